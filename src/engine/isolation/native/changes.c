#define _GNU_SOURCE
#include "changes.h"

#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>

#define NAMES_MAX 65536U

static int starts_with(const char *text, const char *start) { return strncmp(text, start, strlen(start)) == 0; }

int is_told_xattr(const char *name) {
  return !starts_with(name, "system.") && !starts_with(name, "security.selinux") && !starts_with(name, "trusted.overlay.") && !starts_with(name, "user.overlay.");
}

// A file system or an archive that keeps whole seconds has cut the rest off on one side.
static int is_same_time(const struct timespec *one, const struct timespec *other) {
  return one->tv_sec == other->tv_sec && (one->tv_nsec == other->tv_nsec || one->tv_nsec == 0 || other->tv_nsec == 0);
}

static int count_told(const char *names, ssize_t size) {
  int count = 0;
  for (ssize_t at = 0; at < size; at += (ssize_t)strlen(names + at) + 1) count += is_told_xattr(names + at);
  return count;
}

static int has_same_value(const char *path, const char *before, const char *name) {
  static char values[2][NAMES_MAX];
  ssize_t length = getxattr(path, name, values[0], NAMES_MAX);
  return length >= 0 && getxattr(before, name, values[1], NAMES_MAX) == length && memcmp(values[0], values[1], (size_t)length) == 0;
}

static int has_same_xattrs(int fd, int before_fd) {
  static char names[NAMES_MAX], before_names[NAMES_MAX];
  char path[32], before[32];
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  snprintf(before, sizeof before, "/proc/self/fd/%d", before_fd);
  ssize_t size = listxattr(path, names, NAMES_MAX), before_size = listxattr(before, before_names, NAMES_MAX);
  if (count_told(names, size) != count_told(before_names, before_size)) return 0;
  for (ssize_t at = 0; at < size; at += (ssize_t)strlen(names + at) + 1)
    if (is_told_xattr(names + at) && !has_same_value(path, before, names + at)) return 0;
  return 1;
}

int is_changed(int fd, const struct stat *status, int before) {
  struct stat old;
  if (before < 0 || fstat(before, &old) < 0) return 1;
  if (status->st_mode != old.st_mode || status->st_uid != old.st_uid || status->st_gid != old.st_gid || status->st_rdev != old.st_rdev) return 1;
  if (!is_same_time(&status->st_mtim, &old.st_mtim)) return 1;
  if (!S_ISDIR(status->st_mode) && (status->st_size != old.st_size || status->st_nlink > old.st_nlink)) return 1;
  return !has_same_xattrs(fd, before);
}
