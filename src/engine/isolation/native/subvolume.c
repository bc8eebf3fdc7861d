// subvolume TARGET [SOURCE]    makes a subvolume of btrfs: an empty one, or one that begins with what the subvolume SOURCE has
#define _GNU_SOURCE
#include "subvolume.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/btrfs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "error.h"
#include "roles.h"

// Every subvolume's root directory has it, and hardly any other file. btrfs(5), "Subvolumes"
#define ROOT_INODE 256

int subvolume_destroy(int directory, const char *name) {
  struct btrfs_ioctl_vol_args arguments = {0};
  struct stat status;
  size_t length = strlen(name);
  if (length > BTRFS_PATH_NAME_MAX || fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) < 0 || status.st_ino != ROOT_INODE || !S_ISDIR(status.st_mode)) return -1;
  cleanup_close int folder = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return -1;
  memcpy(arguments.name, name, length);
  return ioctl(folder, BTRFS_IOC_SNAP_DESTROY, &arguments);
}

static int snapshot(int folder, const char *name, const char *source, failure_t *failure) {
  struct btrfs_ioctl_vol_args_v2 arguments = {0};
  cleanup_close int from = open(source, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (from < 0) return fail(failure, errno, source, "cannot open the subvolume");
  arguments.fd = from;
  memcpy(arguments.name, name, strlen(name));
  return ioctl(folder, BTRFS_IOC_SNAP_CREATE_V2, &arguments) < 0 ? fail(failure, errno, source, "cannot make a snapshot") : 0;
}

static int create(int folder, const char *name, failure_t *failure) {
  struct btrfs_ioctl_vol_args arguments = {0};
  memcpy(arguments.name, name, strlen(name));
  return ioctl(folder, BTRFS_IOC_SUBVOL_CREATE, &arguments) < 0 ? fail(failure, errno, name, "cannot make a subvolume") : 0;
}

static int make(char *target, const char *source, failure_t *failure) {
  char *slash = strrchr(target, '/');
  if (!slash || !slash[1] || slash == target || strlen(slash + 1) > BTRFS_SUBVOL_NAME_MAX) return fail(failure, EINVAL, target, "not a path to make a subvolume at");
  *slash = '\0';
  cleanup_close int folder = open(target, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return fail(failure, errno, target, "cannot open the folder");
  return source ? snapshot(folder, slash + 1, source, failure) : create(folder, slash + 1, failure);
}

int run_subvolume(int argc, char **argv) {
  failure_t failure = {0};
  if (argc != 2 && argc != 3) return 125;
  if (make(argv[1], argv[2], &failure) == 0) return 0;
  return failure_tell(&failure);
}
