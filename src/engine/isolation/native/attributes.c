#define _GNU_SOURCE
#include "attributes.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#define NAMES_MAX 65536U
#define PATH_TEXT (NAME_MAX + 64)

static void path_of(place_t place, char path[PATH_TEXT]) { snprintf(path, PATH_TEXT, "/proc/self/fd/%d/%s", place.directory, place.name); }

static int is_of_overlay(const char *name) { return strncmp(name, "trusted.overlay.", 16) == 0 || strncmp(name, "user.overlay.", 13) == 0; }

static int remove_xattrs(const char *path, failure_t *failure) {
  static char names[NAMES_MAX];
  ssize_t size = llistxattr(path, names, sizeof names);
  for (ssize_t at = 0; at < size; at += (ssize_t)strlen(names + at) + 1)
    if (lremovexattr(path, names + at) < 0 && errno != ENODATA && errno != ENOTSUP && strcmp(names + at, "security.selinux") != 0) return fail(failure, errno, path, "cannot remove %.100s", names + at);
  return 0;
}

static int copy_xattrs(const char *from, const char *to, failure_t *failure) {
  static char names[NAMES_MAX], value[NAMES_MAX];
  ssize_t size = llistxattr(from, names, sizeof names);
  for (ssize_t at = 0; at < size; at += (ssize_t)strlen(names + at) + 1) {
    const char *name = names + at;
    // Labels are the business of the host's policy.
    if (is_of_overlay(name) || strcmp(name, "security.selinux") == 0) continue;
    ssize_t length = lgetxattr(from, name, value, sizeof value);
    if (length < 0 || (lsetxattr(to, name, value, (size_t)length, 0) < 0 && errno != ENOTSUP)) return fail(failure, errno, from, "cannot copy %.100s", name);
  }
  return 0;
}

int attributes_copy(place_t from, place_t to, const struct stat *status, failure_t *failure) {
  char source[PATH_TEXT], target[PATH_TEXT];
  const struct timespec times[2] = {status->st_atim, status->st_mtim};
  path_of(from, source);
  path_of(to, target);
  // The order matters: chown clears setuid and security.capability, and all of it changes the time.
  if (fchownat(to.directory, to.name, status->st_uid, status->st_gid, AT_SYMLINK_NOFOLLOW) < 0) return fail(failure, errno, to.name, "cannot set the owner");
  if (!S_ISLNK(status->st_mode) && fchmodat(to.directory, to.name, status->st_mode & 07777, 0) < 0) return fail(failure, errno, to.name, "cannot set the mode");
  if (remove_xattrs(target, failure) < 0 || copy_xattrs(source, target, failure) < 0) return -1;
  if (utimensat(to.directory, to.name, times, AT_SYMLINK_NOFOLLOW) < 0) return fail(failure, errno, to.name, "cannot set the time");
  return 0;
}

int attributes_opaque(int directory) {
  char path[32], value[4];
  snprintf(path, sizeof path, "/proc/self/fd/%d", directory);
  return getxattr(path, "trusted.overlay.opaque", value, sizeof value) == 1 && value[0] == 'y';
}
