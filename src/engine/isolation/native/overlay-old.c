#define _GNU_SOURCE
#include "overlay-old.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"
#include "lend-memory.h"
#include "syscalls.h"

// As much as the kernel reads; and more descriptors than find room in it.
enum { PAGE = 4096, MOST_OPEN = PAGE / (int)sizeof "/proc/self/fd/" };

typedef struct {
  char text[PAGE];
  size_t length;
  int open[MOST_OPEN];
  size_t open_count;
} options_t;

__attribute__((format(printf, 2, 3))) static int append(options_t *options, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(options->text + options->length, sizeof options->text - options->length, format, arguments);
  va_end(arguments);
  options->length += (size_t)length;
  errno = E2BIG;
  return options->length < sizeof options->text ? 0 : -1;
}

// Stays open until the overlay is made, as an option names it. A mapped copy must be on a mount of the namespace: "/" has room for many.
static int open_layer(options_t *options, const char *path, const id_map_t *map) {
  errno = E2BIG;
  if (options->open_count == MOST_OPEN) return -1;
  int layer = map ? id_map_folder(path, map) : open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (layer < 0) return -1;
  options->open[options->open_count++] = layer;
  if (!map) return layer;
  cleanup_close int root = sys_open("/", O_PATH | O_DIRECTORY, 0);
  return root < 0 || sys_move_mount(layer, root) < 0 ? -1 : layer;
}

// A process that shares its descriptors keeps none of them.
static void close_layers(const options_t *options) {
  for (size_t i = 0; i < options->open_count; i++) close(options->open[i]);
}

// Upper and work must be on one mount: with a map their common folder is mapped, and they are named below it.
static int append_upper(options_t *options, const record_t *record, const id_map_t *map, failure_t *failure) {
  const char *upper = record_text(record, OVERLAY_UPPER);
  const char *work = record_text(record, OVERLAY_WORK);
  const char *name = strrchr(upper, '/');
  const char *work_name = strrchr(work, '/');
  if (!*upper) return 0;
  if (!name || !work_name || name - upper != work_name - work || strncmp(upper, work, (size_t)(name - upper)) != 0) return fail(failure, EXDEV, upper, "cannot use the upper folder");
  char *folder = strndup(upper, (size_t)(name - upper));
  int descriptor = folder ? open_layer(options, folder, map) : -1;
  free(folder);
  if (descriptor < 0) return fail(failure, errno, upper, "cannot use the upper folder");
  if (append(options, ",upperdir=/proc/self/fd/%d%s,workdir=/proc/self/fd/%d%s", descriptor, name, descriptor, work_name) == 0) return 0;
  return fail(failure, errno, upper, "cannot use the upper folder");
}

static int append_lower(options_t *options, const record_t *record, const id_map_t *map, failure_t *failure) {
  for (uint32_t i = OVERLAY_LOWER; i < record->count; i++) {
    const char *path = record_text(record, i);
    int layer = open_layer(options, path, map);
    if (layer < 0) return fail(failure, errno, path, "cannot open the layer");
    if (append(options, "%s/proc/self/fd/%d", i == OVERLAY_LOWER ? ",lowerdir=" : ":", layer) < 0) return fail(failure, errno, path, "too many layers for this kernel");
  }
  return 0;
}

// Whoever makes the overlay is who it acts as: an owner that the mapped layers know.
static int make(const options_t *options, const id_map_t *map) {
  if (map && act_as(map->uid, map->gid) < 0) return -1;
  int result = sys_mount("overlay", "/", "overlay", 0, options->text);
  int number = errno;
  if (map && act_as(0, 0) < 0) return -1;
  errno = number;
  return result;
}

// The mount must be attached somewhere, and for a role that reads files "/" is the host's: so it is in a mount namespace of its own, which ends with the process.
static int mount_here(const record_t *record, const id_map_t *map, failure_t *failure) {
  const char *shown = record_text(record, *record_text(record, OVERLAY_UPPER) ? OVERLAY_UPPER : OVERLAY_LOWER);
  options_t options = {.length = 0, .open_count = 0};
  append(&options, "index=off,redirect_dir=nofollow,metacopy=off%s%s", record_has_flag(record, OVERLAY_OPTIONS, "volatile") ? ",volatile" : "",
         record_has_flag(record, OVERLAY_OPTIONS, "userxattr") ? ",userxattr" : "");
  // Before the layers are opened: they must be on mounts of the namespace.
  if (unshare(CLONE_NEWNS) < 0 || sys_mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) return fail(failure, errno, "/", "cannot make a mount namespace");
  int result = append_upper(&options, record, map, failure) < 0 || append_lower(&options, record, map, failure) < 0 ? -1 : 0;
  if (result == 0 && make(&options, map) < 0) result = fail(failure, errno, shown, "cannot mount the overlay");
  close_layers(&options);
  if (result < 0) return -1;
  // "/" names what is below the mount, but ".." of the root is looked up to the topmost mount there.
  cleanup_close int top = sys_open("/..", O_PATH | O_DIRECTORY, 0);
  int copy = top < 0 ? -1 : sys_clone_tree(top, "", 0);
  return copy < 0 ? fail(failure, errno, shown, "cannot take up the overlay") : copy;
}

typedef struct {
  const record_t *record;
  const id_map_t *map;
  failure_t *failure;
  int *mount;
} apart_t;

static void mount_and_end(const void *argument) {
  const apart_t *apart = argument;
  *apart->mount = mount_here(apart->record, apart->map, apart->failure);
  _exit(0);
}

typedef struct {
  failure_t failure;
  int mount;
} outcome_t;

// By a process that has the same descriptors and ends: the mounts of its namespace go with it, while the overlay that it has taken up, and the layers in that, live on.
static int mount_apart(const record_t *record, const id_map_t *map, failure_t *failure) {
  struct clone_args arguments = {.flags = CLONE_FILES, .exit_signal = SIGCHLD};
  outcome_t *outcome = mmap(NULL, sizeof *outcome, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (outcome == MAP_FAILED) return fail(failure, errno, "", "no memory for the layers");
  outcome->mount = -1;
  const apart_t apart = {.record = record, .map = map, .failure = &outcome->failure, .mount = &outcome->mount};
  pid_t pid = clone_lending_memory(&arguments, mount_and_end, &apart);
  int number = errno;
  while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR) continue;
  int mount = outcome->mount;
  if (pid < 0)
    fail(failure, number, "", "cannot make a process for the overlay");
  else if (mount < 0)
    *failure = outcome->failure;
  munmap(outcome, sizeof *outcome);
  return mount;
}

int overlay_mount_old(const record_t *record, const id_map_t *map, failure_t *failure) { return map ? mount_apart(record, map, failure) : mount_here(record, NULL, failure); }
