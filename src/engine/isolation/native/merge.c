// merge LAYER TARGET          moves what is in LAYER, a directory as overlay has its upper one, onto the directory TARGET, which then is what an overlay of both
//                             would show; LAYER goes
// merge LAYER TARGET ROOT…    the same in a root (root.h), and all of it is written to the disk
//
// Both are on one file system. Failures are told as unpack tells them; TARGET is then of no use.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "attributes.h"
#include "cleanup.h"
#include "directories.h"
#include "roles.h"
#include "root.h"

static int merge_directory(int layer, int target, failure_t *failure);

// What the target has at that name stays only if it is a directory too, and this one does not hide it.
static int make_directory(int directory, const char *name, int hides, failure_t *failure) {
  struct stat status;
  int is_there = fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0;
  if (is_there && S_ISDIR(status.st_mode) && !hides) return 0;
  if (is_there && remove_tree(directory, name, failure) < 0) return -1;
  return mkdirat(directory, name, 0700) < 0 ? fail(failure, errno, name, "cannot create the directory") : 0;
}

static int move_directory(place_t from, place_t to, const struct stat *status, failure_t *failure) {
  cleanup_close int layer = openat(from.directory, from.name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (layer < 0) return fail(failure, errno, from.name, "cannot open the directory");
  if (make_directory(to.directory, to.name, attributes_opaque(layer), failure) < 0) return -1;
  cleanup_close int target = openat(to.directory, to.name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (target < 0) return fail(failure, errno, to.name, "cannot open the directory");
  if (merge_directory(layer, target, failure) < 0 || attributes_copy(from, to, status, failure) < 0) return -1;
  return unlinkat(from.directory, from.name, AT_REMOVEDIR) < 0 ? fail(failure, errno, from.name, "cannot remove the directory") : 0;
}

static int move_file(place_t from, place_t to, failure_t *failure) {
  if (renameat(from.directory, from.name, to.directory, to.name) == 0) return 0;
  if (errno != EISDIR && errno != ENOTEMPTY && errno != EEXIST) return fail(failure, errno, from.name, "cannot move the file");
  if (remove_tree(to.directory, to.name, failure) < 0) return -1;
  return renameat(from.directory, from.name, to.directory, to.name) < 0 ? fail(failure, errno, from.name, "cannot move the file") : 0;
}

static int apply_whiteout(place_t from, place_t to, failure_t *failure) {
  if (remove_tree(to.directory, to.name, failure) < 0) return -1;
  return unlinkat(from.directory, from.name, 0) < 0 ? fail(failure, errno, from.name, "cannot remove the whiteout") : 0;
}

static int merge_name(place_t from, place_t to, failure_t *failure) {
  struct stat status;
  if (fstatat(from.directory, from.name, &status, AT_SYMLINK_NOFOLLOW) < 0) return fail(failure, errno, from.name, "cannot look at the file");
  if (S_ISDIR(status.st_mode)) return move_directory(from, to, &status, failure);
  return S_ISCHR(status.st_mode) && status.st_rdev == 0 ? apply_whiteout(from, to, failure) : move_file(from, to, failure);
}

static int merge_directory(int layer, int target, failure_t *failure) {
  char **names = directory_names(layer, "", failure);
  int result = names ? 0 : -1;
  for (size_t i = 0; result == 0 && names[i]; i++) result = merge_name((place_t){layer, names[i]}, (place_t){target, names[i]}, failure);
  free_names(names);
  return result;
}

static int merge_roots(const char *from, const char *to, failure_t *failure) {
  struct stat status;
  cleanup_close int layer = open(from, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (layer < 0 || fstat(layer, &status) < 0) return fail(failure, errno, from, "cannot open the directory");
  cleanup_close int target = open(to, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (target < 0) return fail(failure, errno, to, "cannot open the directory");
  if (merge_directory(layer, target, failure) < 0 || attributes_copy((place_t){layer, "."}, (place_t){target, "."}, &status, failure) < 0) return -1;
  return rmdir(from) < 0 ? fail(failure, errno, from, "cannot remove the directory") : 0;
}

static int merge_in_root(const char *from, const char *to, char **arguments, failure_t *failure) {
  int root = open_root(&arguments, failure);
  if (root < 0) return -1;
  if (fchdir(root) < 0) return fail(failure, errno, "", "cannot go to the root");
  return merge_roots(from, to, failure) < 0 ? -1 : sync_root(root, failure);
}

int run_merge(int argc, char **argv) {
  failure_t failure = {0};
  if (argc < 3) return 125;
  umask(0);
  allow_many_files();
  if ((argc == 3 ? merge_roots(argv[1], argv[2], &failure) : merge_in_root(argv[1], argv[2], argv + 3, &failure)) == 0) return 0;
  return failure_tell(&failure);
}
