#define _GNU_SOURCE
#include "overlay.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "cleanup.h"
#include "id-map.h"
#include "mounts.h"
#include "syscalls.h"

#define UPPER 0
#define WORK 1
#define OPTIONS 2
#define LOWER 3

enum { STRING_LIMIT = 255, LINK_LENGTH = 32 };

// Without these, renamed folders and files with changed modes would be stored as references into lower layers, and a commit could not be the plain content of the upper folder.
static const char *const plain_options[] = {"index=off", "redirect_dir=nofollow", "metacopy=off"};

static int set_options(int context, const record_t *record) {
  for (size_t i = 0; i < sizeof plain_options / sizeof plain_options[0]; i++)
    if (mount_option(context, plain_options[i]) < 0) return -1;
  if (record_has_flag(record, OPTIONS, "volatile") && mount_option(context, "volatile") < 0) return -1;
  return record_has_flag(record, OPTIONS, "userxattr") ? mount_option(context, "userxattr") : 0;
}

// Names a folder to the overlay. Strings of more than 255 bytes are refused by the kernel: then, and for what has no path, by way of a descriptor.
static int set_folder(int context, const char *key, const char *path) {
  char link[LINK_LENGTH];
  if (strlen(path) <= STRING_LIMIT) return sys_fsconfig(context, FSCONFIG_SET_STRING, key, path);
  cleanup_close int folder = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return -1;
  snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
  return sys_fsconfig(context, FSCONFIG_SET_STRING, key, link);
}

// Copies of layers with mapped ids. They live as long as their descriptors, and the overlay takes them up only when it is made.
typedef struct {
  const id_map_t *map;
  int *descriptors;
  size_t count;
} copies_t;

static void close_copies(copies_t *copies) {
  for (size_t i = 0; i < copies->count; i++) close(copies->descriptors[i]);
  free(copies->descriptors);
}

// A detached copy of the mount in which the ids of the namespace are those on the disk.
static int map_folder(const char *path, const id_map_t *map) {
  struct mount_attr attributes = {.attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (unsigned)map->user_namespace};
  int copy = sys_clone_tree(AT_FDCWD, path, 0);
  if (copy < 0) return -1;
  if (sys_mount_setattr(copy, 0, &attributes) == 0) return copy;
  int number = errno;
  close(copy);
  errno = number;
  return -1;
}

// "/proc/self/fd/N" of the copy, with room for a name after it.
static int keep_copy(copies_t *copies, const char *path, char link[LINK_LENGTH]) {
  int copy = map_folder(path, copies->map);
  if (copy < 0) return -1;
  copies->descriptors[copies->count++] = copy;
  snprintf(link, LINK_LENGTH, "/proc/self/fd/%d", copy);
  return 0;
}

static int set_mapped_folder(int context, const char *path, copies_t *copies) {
  char link[LINK_LENGTH];
  return keep_copy(copies, path, link) < 0 ? -1 : sys_fsconfig(context, FSCONFIG_SET_STRING, "lowerdir+", link);
}

static int set_below(int context, const char *key, const char *link, const char *name) {
  char path[STRING_LIMIT + 1];
  errno = ENAMETOOLONG;
  return snprintf(path, sizeof path, "%s%s", link, name) < (int)sizeof path ? sys_fsconfig(context, FSCONFIG_SET_STRING, key, path) : -1;
}

// Both must be on one mount, so their common folder is mapped and they are named below it.
static int set_mapped_upper(int context, const record_t *record, copies_t *copies) {
  const char *upper = record_text(record, UPPER);
  const char *work = record_text(record, WORK);
  const char *name = strrchr(upper, '/');
  const char *work_name = strrchr(work, '/');
  char link[LINK_LENGTH];
  errno = EXDEV;
  if (!name || !work_name || name - upper != work_name - work || strncmp(upper, work, (size_t)(name - upper)) != 0) return -1;
  char *folder = strndup(upper, (size_t)(name - upper));
  int result = folder ? keep_copy(copies, folder, link) : -1;
  free(folder);
  if (result < 0 || set_below(context, "upperdir", link, name) < 0) return -1;
  return set_below(context, "workdir", link, work_name);
}

static int set_upper(int context, const record_t *record, copies_t *copies) {
  if (!*record_text(record, UPPER)) return 0;
  if (copies->map) return set_mapped_upper(context, record, copies);
  if (set_folder(context, "upperdir", record_text(record, UPPER)) < 0) return -1;
  return set_folder(context, "workdir", record_text(record, WORK));
}

// Kernels before 6.7 know no lowerdir+. There all layers go into one page of options, so there can be about 220.
static int mount_in_one_call(const record_t *record, failure_t *failure) {
  char options[4096];
  int length = snprintf(options, sizeof options, "index=off,redirect_dir=nofollow,metacopy=off%s%s", record_has_flag(record, OPTIONS, "volatile") ? ",volatile" : "",
                        record_has_flag(record, OPTIONS, "userxattr") ? ",userxattr" : "");
  for (uint32_t i = 0; i < record->count; i++) {
    const char *path = record_text(record, i);
    const char *key = i == UPPER ? ",upperdir=" : i == WORK ? ",workdir=" : i == LOWER ? ",lowerdir=" : ":";
    if (i == OPTIONS || !*path) continue;
    // These stay open until the process executes its program.
    int folder = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return fail(failure, errno, path, "cannot open the layer");
    length += snprintf(options + length, sizeof options - (size_t)length, "%s/proc/self/fd/%d", key, folder);
    if (length >= (int)sizeof options) return fail(failure, E2BIG, path, "too many layers for this kernel");
  }
  if (sys_mount("overlay", "/", "overlay", 0, options) < 0) return fail(failure, errno, record_text(record, UPPER), "cannot mount the overlay");
  // "/" names what is below the mount, but ".." of the root is looked up to the topmost mount there.
  cleanup_close int top = sys_open("/..", O_PATH | O_DIRECTORY, 0);
  int copy = top < 0 ? -1 : sys_clone_tree(top, "", 0);
  return copy < 0 ? fail(failure, errno, record_text(record, UPPER), "cannot take up the overlay") : copy;
}

// A file system of the old kind keeps every text until the mount is made and then refuses what it does not know. It is told by not taking a descriptor at all, whatever has failed before.
static int knows_single_layers(int context) {
  int number = errno;
  int is_old = syscall(SYS_fsconfig, context, FSCONFIG_SET_FD, "gantry", NULL, context) < 0 && errno == EOPNOTSUPP;
  errno = number;
  return !is_old;
}

// Whoever makes the overlay is who it acts as. That must be an owner the mapped layers know, or the overlay becomes read-only.
static int create(int context, const id_map_t *map) {
  if (map && act_as(map->uid, map->gid) < 0) return -1;
  int result = sys_fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL);
  int number = errno;
  if (map && act_as(0, 0) < 0) return -1;
  errno = number;
  return result;
}

static int set_lower(int context, const record_t *record, copies_t *copies, uint32_t *index) {
  for (*index = LOWER; *index < record->count; ++*index) {
    const char *path = record_text(record, *index);
    int result = copies->map ? set_mapped_folder(context, path, copies) : set_folder(context, "lowerdir+", path);
    if (result < 0) return -1;
  }
  return 0;
}

// One folder that is the whole root. What the mount that it is on forbids is no rule for what is in it, as it is none for an overlay.
static int mount_single_layer(const char *path, uint64_t attributes, const id_map_t *map, failure_t *failure) {
  const struct mount_attr all = {.attr_set = attributes, .attr_clr = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC};
  int copy = map ? map_folder(path, map) : sys_clone_tree(AT_FDCWD, path, 0);
  if (copy < 0) return fail(failure, errno, path, "cannot use the layer");
  if (sys_mount_setattr(copy, 0, &all) == 0) return copy;
  int number = errno;
  close(copy);
  return fail(failure, number, path, attributes ? "cannot make the layer read-only" : "cannot mount the layer");
}

static int mount_layers(int context, const record_t *record, copies_t *copies, failure_t *failure) {
  uint32_t index = 0;
  const char *shown = record_text(record, *record_text(record, UPPER) ? UPPER : LOWER);
  if (set_options(context, record) < 0) return mount_fail(context, failure, shown, "the overlay does not take its options");
  if (set_lower(context, record, copies, &index) < 0) {
    if (errno == EINVAL && !copies->map && (index == LOWER || !knows_single_layers(context))) return mount_in_one_call(record, failure);
    return mount_fail(context, failure, record_text(record, index), "cannot use the layer");
  }
  if (set_upper(context, record, copies) < 0) return mount_fail(context, failure, shown, "cannot use the upper folder");
  if (create(context, copies->map) < 0) {
    if (errno == EINVAL && !copies->map && !knows_single_layers(context)) return mount_in_one_call(record, failure);
    return mount_fail(context, failure, shown, "cannot mount the overlay");
  }
  int mount = sys_fsmount(context, 0);
  return mount < 0 ? mount_fail(context, failure, shown, "cannot mount the overlay") : mount;
}

int overlay_mount(const record_t *record, const id_map_t *map, failure_t *failure) {
  int writable = *record_text(record, UPPER) != '\0';
  struct statvfs status;
  // The kernel wants two layers where nothing can be written, and one below where something can.
  if (!writable && record->count == LOWER + 1) return mount_single_layer(record_text(record, LOWER), MOUNT_ATTR_RDONLY, map, failure);
  if (writable && record->count == LOWER) return mount_single_layer(record_text(record, UPPER), 0, map, failure);
  cleanup_close int context = sys_fsopen("overlay");
  if (context < 0) return fail(failure, errno, "overlay", "the kernel has no overlay file system");
  copies_t copies = {.map = map, .descriptors = calloc(record->count, sizeof(int))};
  int mount = copies.descriptors ? mount_layers(context, record, &copies, failure) : fail(failure, ENOMEM, "", "no memory for the layers");
  close_copies(&copies);
  if (mount < 0 || !writable || fstatvfs(mount, &status) < 0 || !(status.f_flag & ST_RDONLY)) return mount;
  close(mount);
  return fail(failure, EROFS, record_text(record, UPPER), "the overlay came out read-only");
}
