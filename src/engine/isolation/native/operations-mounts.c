#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "cleanup.h"
#include "copy.h"
#include "mounts.h"
#include "operations.h"
#include "paths.h"
#include "syscalls.h"

// What lies at a place of the root that no link leads to.
static int stat_place(const context_t *context, const char *path, struct stat *status) {
  failure_t ignored = {0};
  cleanup_close int place = path_open(context->root, path, PATH_STRICT | PATH_DIRECTORY, &ignored);
  return place < 0 ? -1 : fstat(place, status);
}

// In the container's own procfs, or its /dev itself. The host's may be bound into it as well, and are no such places.
static int is_of_engine(const context_t *context, int target) {
  struct statfs file_system;
  struct stat own;
  struct stat status;
  if (fstatfs(target, &file_system) < 0 || fstat(target, &status) < 0) return 0;
  if (file_system.f_type == PROC_SUPER_MAGIC) return stat_place(context, "/proc", &own) == 0 && own.st_dev == status.st_dev;
  return file_system.f_type == TMPFS_MAGIC && stat_place(context, "/dev", &own) == 0 && own.st_dev == status.st_dev && own.st_ino == status.st_ino;
}

// The place of a mount. A link of the image leads nothing into /proc, where it would lie over what the kernel is told there (CVE-2019-16884), nor onto /dev, where the nodes would
// be made in it. Who names such a path is strict.
static int open_target(const context_t *context, const record_t *record, uint32_t flags, uint32_t path, unsigned kind, failure_t *failure) {
  unsigned strict = record_has_flag(record, flags, "strict") ? PATH_STRICT : 0U;
  const char *name = record_text(record, path);
  int target = path_open(context->root, name, PATH_MAKE | strict | kind, failure);
  if (target < 0 || strict || !is_of_engine(context, target)) return target;
  close(target);
  return fail(failure, EPERM, name, "%s leads into /proc or onto /dev", name);
}

// `copy-up`: what the image has at this place is in the new file system too. Whoever says a mode means it.
static int copy_up(const record_t *record, int target, int mount, failure_t *failure) {
  int has_mode = 0;
  if (!record_has_flag(record, 3, "copy-up")) return 0;
  for (uint32_t i = 4; i < record->count; i++) has_mode |= strncmp(record_text(record, i), "mode=", 5) == 0;
  return copy_folder(target, mount, !has_mode, failure);
}

static int mount_file_system(const context_t *context, const record_t *record, failure_t *failure) {
  const char *path = record_text(record, 2);
  cleanup_close int mount = mount_new(record_text(record, 0), record_text(record, 1), mount_attributes(record, 3), record, 4, failure);
  if (mount < 0) {
    // What matters to a reader is where it was to go; the type is in the message.
    snprintf(failure->target, sizeof failure->target, "%s", path);
    return -1;
  }
  cleanup_close int target = open_target(context, record, 3, 2, PATH_DIRECTORY, failure);
  return target < 0 || copy_up(record, target, mount, failure) < 0 ? -1 : mount_attach(mount, target, path, failure);
}

int operation_MOUNT(context_t *context, const record_t *record, failure_t *failure) {
  if (mount_file_system(context, record, failure) == 0 || record_has_flag(record, 3, "optional")) return 0;
  return -1;
}

// The source is a detached copy with its attributes set, made before the clone: sources.c.
static int attach_source(const context_t *context, const record_t *record, failure_t *failure) {
  const char *path = record_text(record, 1);
  int source = context->sources[context->index];
  struct stat status;
  if (source < 0) return fail(failure, ENOENT, path, "there is no source for %s", path);
  if (fstat(source, &status) < 0) return fail(failure, errno, path, "cannot examine the source for %s", path);
  unsigned kind = S_ISDIR(status.st_mode) ? PATH_DIRECTORY : PATH_FILE;
  cleanup_close int target = open_target(context, record, 2, 1, kind, failure);
  return target < 0 ? -1 : mount_attach(source, target, path, failure);
}

int operation_BIND(context_t *context, const record_t *record, failure_t *failure) {
  if (attach_source(context, record, failure) == 0 || record_has_flag(record, 2, "optional")) return 0;
  return -1;
}

// Where a /dev of the user's own is bound nothing was made in it: its null serves where it is one.
static int find_null(context_t *context, const char *path, failure_t *failure) {
  struct stat status;
  if (context->null >= 0) return 0;
  cleanup_close int folder = path_open(context->root, "/dev", PATH_STRICT | PATH_DIRECTORY, failure);
  if (folder < 0) return -1;
  int null = openat(folder, "null", O_PATH | O_NOFOLLOW | O_CLOEXEC);
  if (null < 0 || fstat(null, &status) < 0 || !S_ISCHR(status.st_mode) || status.st_rdev != makedev(1, 3)) {
    close_descriptor(&null);
    return fail(failure, ENOENT, path, "there is no /dev/null to mask %s with", path);
  }
  context->null = null;
  return 0;
}

// A folder gets an empty one, a file the container's own /dev/null, checked when it was made: an image could bring a /dev/null of another kind (CVE-2025-31133).
static int cover(context_t *context, int target, const char *path, failure_t *failure) {
  struct stat status;
  if (fstat(target, &status) < 0) return fail(failure, errno, path, "cannot examine %s", path);
  if (!S_ISDIR(status.st_mode)) {
    if (find_null(context, path, failure) < 0) return -1;
    cleanup_close int null = sys_clone_tree(context->null, "", 0);
    return null < 0 ? fail(failure, errno, path, "cannot copy /dev/null for %s", path) : mount_attach(null, target, path, failure);
  }
  if (context->empty < 0) {
    int empty = mount_empty(failure);
    if (empty < 0 || mount_attach(empty, target, path, failure) < 0) return -1;
    // Attached once, it can be copied; all masks share it.
    context->empty = empty;
    return 0;
  }
  cleanup_close int copy = sys_clone_tree(context->empty, "", 0);
  return copy < 0 ? fail(failure, errno, path, "cannot copy the empty folder for %s", path) : mount_attach(copy, target, path, failure);
}

static int is_missing(const failure_t *failure) { return failure->number == ENOENT || failure->number == ENOTDIR; }

int operation_MASK(context_t *context, const record_t *record, failure_t *failure) {
  const char *path = record_text(record, 0);
  cleanup_close int target = path_open(context->root, path, 0, failure);
  if (target < 0) return is_missing(failure) ? 0 : -1;
  return cover(context, target, path, failure);
}

int operation_READONLY(context_t *context, const record_t *record, failure_t *failure) {
  static const struct mount_attr attributes = {.attr_set = MOUNT_ATTR_RDONLY};
  const char *path = record_text(record, 0);
  cleanup_close int target = path_open(context->root, path, 0, failure);
  if (target < 0) return is_missing(failure) ? 0 : -1;
  cleanup_close int copy = sys_clone_tree(target, "", AT_RECURSIVE);
  if (copy < 0 || sys_mount_setattr(copy, AT_RECURSIVE, &attributes) < 0) return fail(failure, errno, path, "cannot make %s read-only", path);
  return mount_attach(copy, target, path, failure);
}
