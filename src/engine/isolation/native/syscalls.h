// System calls that one of the two C libraries lacks. sys/mount.h is never included: in glibc 2.36 it cannot stand beside linux/mount.h.
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif
#ifndef MNT_DETACH
#define MNT_DETACH 2
#endif
#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC (1U << 2)
#endif

// Close-on-exec. The C library's open would say that of the descriptor once more, for kernels that are older than the flag.
static inline int sys_openat(int folder, const char *path, int flags) { return (int)syscall(SYS_openat, folder, path, flags | O_CLOEXEC, 0); }
static inline int sys_open(const char *path, int flags, unsigned mode) { return (int)syscall(SYS_openat, AT_FDCWD, path, flags | O_CLOEXEC, mode); }

// What SYS_getdents64 gives.
typedef struct {
  uint64_t inode;
  int64_t offset;
  uint16_t length;
  uint8_t type;
  char name[];
} directory_record_t;

enum { DIRECTORY_RECORD_FOLDER = 4 };

// With `..` on the way and a rename or a mount anywhere at that moment, the kernel cannot tell whether the walk stayed inside and says EAGAIN.
static inline int sys_openat2(int folder, const char *path, uint64_t flags, uint64_t resolve) {
  struct open_how how = {.flags = flags, .resolve = resolve};
  int found;
  int attempts = 0;
  do found = (int)syscall(SYS_openat2, folder, path, &how, sizeof how);
  while (found < 0 && errno == EAGAIN && ++attempts < 1000);
  return found;
}

static inline int sys_fsopen(const char *type) { return (int)syscall(SYS_fsopen, type, FSOPEN_CLOEXEC); }

static inline int sys_fsconfig(int context, unsigned command, const char *key, const char *value) {
  return (int)syscall(SYS_fsconfig, context, command, key, value, 0);
}

static inline int sys_fsmount(int context, unsigned attributes) { return (int)syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, attributes); }

// A detached copy of the mount at the path, or of the descriptor itself when the path is empty.
static inline int sys_clone_tree(int folder, const char *path, unsigned flags) {
  return (int)syscall(SYS_open_tree, folder, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | flags | (*path ? 0U : 0x1000U /* AT_EMPTY_PATH */));
}

static inline int sys_move_mount(int mount, int target) {
  return (int)syscall(SYS_move_mount, mount, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

static inline int sys_mount_setattr(int mount, unsigned flags, const struct mount_attr *attributes) {
  return (int)syscall(SYS_mount_setattr, mount, "", flags | 0x1000U /* AT_EMPTY_PATH */, attributes, sizeof *attributes);
}

static inline int sys_mount(const char *source, const char *target, const char *type, unsigned long flags, const char *options) {
  return (int)syscall(SYS_mount, source, target, type, flags, options);
}

static inline int sys_umount(const char *target, int flags) { return (int)syscall(SYS_umount2, target, flags); }

static inline int sys_pivot_root(const char *new_root, const char *put_old) { return (int)syscall(SYS_pivot_root, new_root, put_old); }

// Which mount a descriptor is on. The C libraries disagree on struct statx: stx_mnt_id is its 19th word, STATX_MNT_ID the bit of it.
static inline int sys_mount_id(int descriptor, uint64_t *id) {
  uint64_t words[32] = {0};
  if (syscall(SYS_statx, descriptor, "", 0x1000 /* AT_EMPTY_PATH */, 0x1000U, words) < 0) return -1;
  *id = words[18];
  return 0;
}

static inline pid_t sys_clone3(struct clone_args *arguments) { return (pid_t)syscall(SYS_clone3, arguments, sizeof *arguments); }

static inline int sys_pidfd_open(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

static inline int sys_pidfd_getfd(int process, int descriptor) { return (int)syscall(SYS_pidfd_getfd, process, descriptor, 0); }

static inline int sys_close_range(unsigned first, unsigned flags) { return (int)syscall(SYS_close_range, first, ~0U, flags); }

// A process here has one thread; the C libraries would first look for others.
static inline int sys_setgroups(size_t count, const gid_t *groups) { return (int)syscall(SYS_setgroups, count, groups); }
static inline int sys_setresgid(gid_t gid) { return (int)syscall(SYS_setresgid, gid, gid, gid); }
static inline int sys_setresuid(uid_t uid) { return (int)syscall(SYS_setresuid, uid, uid, uid); }
