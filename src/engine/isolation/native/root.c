#define _GNU_SOURCE
#include "root.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "fuse-overlay.h"
#include "overlay.h"
#include "processes.h"
#include "subvolume.h"
#include "syscalls.h"
#include "volume.h"

static int open_directory(const char *path, failure_t *failure) {
  if (volume_is(path)) return volume_clone_tree(path, failure);
  int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  return fd < 0 ? fail(failure, errno, path, "cannot open the directory") : fd;
}

static void set_field(field_t *field, const char *text) {
  field->bytes = text;
  field->length = (uint32_t)strlen(text);
}

// The mount is attached to no tree: it goes with its descriptor, so that a crash leaves nothing.
static int mount_layers(const char *program, char **arguments, uint32_t lowers, failure_t *failure) {
  field_t *fields = calloc(lowers + 3, sizeof *fields);
  if (!fields) return fail(failure, ENOMEM, "overlay", "no memory for the layers");
  for (uint32_t i = 0; i < 2; i++) set_field(&fields[i], strcmp(arguments[i], "-") == 0 ? "" : arguments[i]);
  set_field(&fields[2], program ? program : "");
  for (uint32_t i = 0; i < lowers; i++) set_field(&fields[3 + i], arguments[3 + i]);
  const record_t record = {.count = lowers + 3, .fields = fields};
  int mount = program ? fuse_overlay_mount(&record, NULL, failure) : overlay_mount(&record, NULL, NULL, failure);
  free(fields);
  return mount;
}

// A number of strings in the arguments, which the next one says; *arguments is then behind that number.
static int take_count(char ***arguments, long most, uint32_t *count, failure_t *failure) {
  char *end = NULL;
  long number = **arguments ? strtol(**arguments, &end, 10) : -1;
  if (number < 0 || number > most || !end || *end) return fail(failure, EINVAL, "overlay", "a number from 0 to %ld is missing", most);
  ++*arguments;
  for (long i = 0; i < number; i++)
    if (!(*arguments)[i]) return fail(failure, EINVAL, "overlay", "there is less than said");
  *count = (uint32_t)number;
  return 0;
}

static int open_bind(const char *source, const char *part, failure_t *failure) {
  if (!volume_is(source) && !*part) return sys_clone_tree(AT_FDCWD, source, AT_RECURSIVE);
  cleanup_close int whole = volume_is(source) ? volume_clone_tree(source, failure) : open(source, O_PATH | O_DIRECTORY | O_CLOEXEC);
  cleanup_close int found = whole < 0 ? -1 : sys_openat2(whole, *part ? part : ".", O_PATH | O_CLOEXEC, RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS);
  return found < 0 ? -1 : sys_clone_tree(found, "", AT_RECURSIVE);
}

// SOURCE PART TARGET rw|ro. What is not there, on either side, is left out: to look at files is no reason to make any.
static int bind_below(int root, char **words, failure_t *failure) {
  static const struct mount_attr attributes = {.attr_set = MOUNT_ATTR_RDONLY};
  const char *target = words[2];
  int readonly = strcmp(words[3], "ro") == 0;
  cleanup_close int place = open_in_root(root, target, O_PATH);
  cleanup_close int copy = place < 0 ? -1 : open_bind(words[0], words[1], failure);
  if (copy < 0) return failure->number ? -1 : 0;
  if (readonly && sys_mount_setattr(copy, AT_RECURSIVE, &attributes) < 0) return fail(failure, errno, target, "cannot make the mount read-only");
  return sys_move_mount(copy, place) < 0 ? fail(failure, errno, target, "cannot mount the volume") : 0;
}

// Only what is attached somewhere can have mounts below it. It is attached over the root of a mount namespace that ends with this process.
static int add_binds(int root, char **arguments, uint32_t count, failure_t *failure) {
  if (count == 0) return 0;
  if (unshare(CLONE_NEWNS) < 0 || sys_mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) return fail(failure, errno, "/", "cannot make a mount namespace");
  cleanup_close int top = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (top < 0 || sys_move_mount(root, top) < 0) return fail(failure, errno, "/", "cannot attach the overlay");
  for (uint32_t i = 0; i < count; i++)
    if (bind_below(root, arguments + 4 * (size_t)i, failure) < 0) return -1;
  return 0;
}

static int open_overlay(char ***arguments, const char *program, failure_t *failure) {
  char **first = *arguments;
  uint32_t lowers = 0, words = 0;
  if (!first[0] || !first[1]) return fail(failure, EINVAL, "overlay", "the layers are missing");
  *arguments += 2;
  if (take_count(arguments, 500, &lowers, failure) < 0) return -1;
  char **binds = *arguments += lowers;
  if (take_count(arguments, 4000, &words, failure) < 0) return -1;
  binds++;
  *arguments += words;
  int root = mount_layers(program, first, lowers, failure);
  if (root < 0 || add_binds(root, binds, words / 4, failure) == 0) return root;
  close(root);
  return -1;
}

// Where the process is in a user namespace of its own, its mounts show the owners of the host, and the kernel makes no file in them for a user
// that the namespace does not have (EOVERFLOW). From inside, owners are those of the container. user_namespaces(7)
static int enter_user_namespace(int process, failure_t *failure) {
  struct stat ours, theirs;
  cleanup_close int theirs_fd = openat(process, "ns/user", O_RDONLY | O_CLOEXEC);
  if (theirs_fd < 0 || fstat(theirs_fd, &theirs) < 0) return fail(failure, errno, "ns/user", "cannot see the user namespace of the process");
  if (stat("/proc/self/ns/user", &ours) == 0 && ours.st_ino == theirs.st_ino) return 0;
  if (setns(theirs_fd, CLONE_NEWUSER) < 0) return fail(failure, errno, "ns/user", "cannot enter the user namespace of the process");
  if (setgroups(0, NULL) < 0 || setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0) return fail(failure, errno, "0", "cannot become root of the user namespace");
  return 0;
}

static int open_process_root(char ***arguments, failure_t *failure) {
  char **first = *arguments;
  char path[64];
  uint64_t ticks = 0;
  if (!first[0] || !first[1]) return fail(failure, EINVAL, "process", "the pid is missing");
  *arguments = first + 2;
  long pid = strtol(first[0], NULL, 10);
  snprintf(path, sizeof path, "/proc/%ld", pid);
  // Opened before the start time is read: the descriptor stays with its process, another one that gets the pid is not found through it.
  cleanup_close int process = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (process < 0 || process_start_ticks((pid_t)pid, &ticks) < 0 || ticks != strtoull(first[1], NULL, 10)) return fail(failure, ESRCH, path, "the process has ended");
  int root = openat(process, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (root < 0) return fail(failure, errno, path, "cannot open the root of the process");
  if (enter_user_namespace(process, failure) == 0) return root;
  close(root);
  return -1;
}

int open_root(char ***arguments, failure_t *failure) {
  const char *kind = **arguments ? *(*arguments)++ : "";
  if (strcmp(kind, "overlay") == 0) return open_overlay(arguments, NULL, failure);
  if (strcmp(kind, "fuse-overlay") == 0 && **arguments) {
    const char *program = *(*arguments)++;
    return open_overlay(arguments, program, failure);
  }
  if (strcmp(kind, "process") == 0) return open_process_root(arguments, failure);
  if (strcmp(kind, "dir") == 0 && **arguments) return open_directory(*(*arguments)++, failure);
  return fail(failure, EINVAL, kind, "not a kind of root");
}

int open_in_root(int root, const char *path, uint64_t flags) {
  return sys_openat2(root, *path ? path : ".", flags | O_CLOEXEC, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
}

int sync_root(int root, failure_t *failure) {
  cleanup_close int file = sys_openat(root, ".", O_RDONLY | O_DIRECTORY);
  return file < 0 || syncfs(file) < 0 ? fail(failure, errno, "", "cannot write the files to their disk") : 0;
}

// The stack must bear the deepest tree that a container can make by changing into directories as it goes.
#define DEPTH_MAX 3000
// An unpack whose engine was killed may still write into what is removed, for as long as its last input lasts.
#define REMOVE_ATTEMPTS 1000
static int depth;

static int remove_content(int directory, failure_t *failure) {
  _Alignas(directory_record_t) char buffer[1024];
  if (depth > DEPTH_MAX) return fail(failure, ELOOP, "", "directories are nested too deeply to remove");
  for (;;) {
    long length = syscall(SYS_getdents64, directory, buffer, sizeof buffer);
    // Somebody else has removed it as well.
    if (length == 0 || (length < 0 && errno == ENOENT)) return 0;
    if (length < 0) return fail(failure, errno, "", "cannot read a directory");
    for (long at = 0; at < length;) {
      const directory_record_t *record = (const void *)(buffer + at);
      at += record->length;
      if (strcmp(record->name, ".") == 0 || strcmp(record->name, "..") == 0) continue;
      if (remove_tree(directory, record->name, failure) < 0) return -1;
    }
  }
}

int remove_tree(int directory, const char *name, failure_t *failure) {
  if (unlinkat(directory, name, 0) == 0 || errno == ENOENT) return 0;
  if (errno != EISDIR && errno != EPERM) return fail(failure, errno, name, "cannot remove");
  for (int left = REMOVE_ATTEMPTS;; left--) {
    if (unlinkat(directory, name, AT_REMOVEDIR) == 0 || errno == ENOENT) return 0;
    if (left == 0 || (errno != ENOTEMPTY && errno != EEXIST)) return fail(failure, errno, name, "cannot remove the directory");
    if (subvolume_destroy(directory, name) == 0) return 0;
    int child = sys_openat2(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS);
    if (child < 0 && errno == ENOENT) return 0;
    if (child < 0) return fail(failure, errno, name, "cannot open a directory to remove it");
    depth++;
    int result = remove_content(child, failure);
    depth--;
    close(child);
    if (result < 0) return -1;
  }
}
