#define _GNU_SOURCE
#include "parents.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "entry-stream.h"
#include "root.h"

#define SLOTS (sizeof((parents_t *)0)->slots / sizeof((parents_t *)0)->slots[0])

static size_t slot_of(const char *path) {
  uint32_t hash = 2166136261U;
  for (; *path; path++) hash = (hash ^ (unsigned char)*path) * 16777619U;
  return hash % SLOTS;
}

int make_plain_directory(int parent, const char *name) {
  struct stat status;
  if (mkdirat(parent, name, 0755) < 0 || fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) < 0) return -1;
  if (!(status.st_mode & S_ISGID)) return 0;
  return fchownat(parent, name, (uid_t)-1, getegid(), AT_SYMLINK_NOFOLLOW) < 0 ? -1 : fchmodat(parent, name, 0755, 0);
}

// A whiteout of the layer that is unpacked hides what the layers below have there, and goes on to do so.
static int replace_whiteout(int parent, const char *name) {
  char path[ENTRY_PATH_MAX + 64];
  struct stat status;
  if (fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISCHR(status.st_mode) || status.st_rdev != 0) return 0;
  snprintf(path, sizeof path, "/proc/self/fd/%d/%s", parent, name);
  return unlinkat(parent, name, 0) < 0 || make_plain_directory(parent, name) < 0 ? -1 : lsetxattr(path, "trusted.overlay.opaque", "y", 1, 0);
}

static int make_missing(const parents_t *parents, const char *path, failure_t *failure) {
  char prefix[ENTRY_PATH_MAX + 1];
  size_t length = strlen(path);
  if (length > ENTRY_PATH_MAX) return fail(failure, ENAMETOOLONG, path, "cannot make the directory");
  memcpy(prefix, path, length + 1);
  for (char *slash = strchr(prefix, '/');; slash = strchr(slash + 1, '/')) {
    if (slash) *slash = '\0';
    char *name = strrchr(prefix, '/');
    if (name) *name = '\0';
    int parent = open_in_root(parents->root, name ? prefix : "", O_PATH | O_DIRECTORY);
    if (name) *name = '/';
    if (parent < 0) return fail(failure, errno, prefix, "cannot open the parent directory");
    int made = make_plain_directory(parent, name ? name + 1 : prefix);
    if (made < 0 && errno == EEXIST && parents->has_whiteouts) made = replace_whiteout(parent, name ? name + 1 : prefix);
    int number = errno;
    close(parent);
    if (made < 0 && number != EEXIST) return fail(failure, number, prefix, "cannot make the directory");
    if (!slash) return 0;
    *slash = '/';
  }
}

int parents_open(parents_t *parents, const char *path, failure_t *failure) {
  if (*path == '\0') return parents->root;
  size_t slot = slot_of(path);
  if (parents->slots[slot].path && strcmp(parents->slots[slot].path, path) == 0) return parents->slots[slot].fd;
  int fd = open_in_root(parents->root, path, O_PATH | O_DIRECTORY);
  if (fd < 0 && (errno == ENOENT || (errno == ENOTDIR && parents->has_whiteouts))) {
    if (make_missing(parents, path, failure) < 0) return -1;
    fd = open_in_root(parents->root, path, O_PATH | O_DIRECTORY);
  }
  if (fd < 0) return fail(failure, errno, path, "cannot open the parent directory");
  if (parents->slots[slot].path) {
    free(parents->slots[slot].path);
    close(parents->slots[slot].fd);
  }
  parents->slots[slot].fd = fd;
  parents->slots[slot].path = strdup(path);
  return fd;
}

void parents_forget(parents_t *parents) {
  for (size_t slot = 0; slot < SLOTS; slot++) {
    if (!parents->slots[slot].path) continue;
    free(parents->slots[slot].path);
    close(parents->slots[slot].fd);
    parents->slots[slot].path = NULL;
  }
}
