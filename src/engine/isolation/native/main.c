#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "cleanup.h"
#include "roles.h"
#include "syscalls.h"

#ifndef MFD_EXEC
#define MFD_EXEC 0x10U
#endif

typedef struct {
  const char *name;
  int (*run)(int argc, char **argv);
} role_t;

static const role_t roles[] = {
#define X(name) {#name, run_##name},
    ROLES(X)
#undef X
    {NULL, NULL},
};

#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

// The seals tell whether the program is the sealed copy already; a name could be given to any file.
static int is_sealed(int self) {
  int seals = fcntl(self, F_GET_SEALS);
  return seals >= 0 && (seals & SEALS) == SEALS;
}

static int copy_program(int self) {
  struct stat status;
  off_t offset = 0;
  int copy = (int)syscall(SYS_memfd_create, "gantry-init", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);
  // Kernels before 6.3 do not know MFD_EXEC and make every memfd executable.
  if (copy < 0 && errno == EINVAL) copy = (int)syscall(SYS_memfd_create, "gantry-init", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (copy < 0 || fstat(self, &status) < 0) return -1;
  while (offset < status.st_size)
    if (sendfile(copy, self, &offset, (size_t)(status.st_size - offset)) <= 0) return -1;
  if (fchmod(copy, 0511) < 0 || fcntl(copy, F_ADD_SEALS, SEALS) < 0) return -1;
  return copy;
}

// The file seen through an overlay that has no upper layer and no place in any namespace: it cannot become writable, and its pages are the file's own, shared by all monitors, where
// each copy would take 160 kB. /sys is there because an overlay has two lower layers at least. Needs root; -1 where this is not possible. Who installs another version replaces the file:
// the kernel does not refuse to write to a file that runs through an overlay.
static int open_read_only(int self) {
  char path[PATH_MAX];
  char layers[64];
  ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
  if (length <= 0) return -1;
  path[length] = '\0';
  char *name = strrchr(path, '/') + 1;
  name[-1] = '\0';
  cleanup_close int folder = open(name - 1 == path ? "/" : path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  cleanup_close int context = sys_fsopen("overlay");
  snprintf(layers, sizeof layers, "/proc/self/fd/%d:/sys", folder);
  if (folder < 0 || context < 0 || sys_fsconfig(context, FSCONFIG_SET_STRING, "lowerdir", layers) < 0 || sys_fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL) < 0) return -1;
  cleanup_close int mount = sys_fsmount(context, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
  int file = mount < 0 ? -1 : openat(mount, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  struct stat theirs;
  struct stat ours;
  // The name could be another file's by now.
  if (file < 0 || (fstat(file, &theirs) == 0 && fstat(self, &ours) == 0 && theirs.st_ino == ours.st_ino && theirs.st_size == ours.st_size)) return file;
  close(file);
  return -1;
}

// A file at the root of a read-only overlay: what open_read_only has made.
static int is_read_only(int self) {
  struct statfs status;
  char path[PATH_MAX];
  ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
  if (length <= 1 || fstatfs(self, &status) < 0) return 0;
  path[length] = '\0';
  return status.f_type == OVERLAYFS_SUPER_MAGIC && (status.f_flags & ST_RDONLY) && strrchr(path, '/') == path;
}

// Inside a container /proc/PID/exe opens the program of a process of ours (CVE-2019-5736). What it opens is nothing that anybody can write to.
static int run_from_sealed_copy(char **argv) {
  cleanup_close int self = sys_open("/proc/self/exe", O_RDONLY, 0);
  if (self < 0) return -1;
  if (is_sealed(self) || is_read_only(self)) return 0;
  // Nothing here reads the environment, and the first process of a container would show the engine's in /proc/1/environ.
  char *const environment[] = {NULL};
  int sealed = open_read_only(self);
  if (sealed >= 0) syscall(SYS_execveat, sealed, "", argv, environment, AT_EMPTY_PATH);
  if (sealed >= 0) close(sealed);
  int copy = copy_program(self);
  if (copy < 0) return -1;
  syscall(SYS_execveat, copy, "", argv, environment, AT_EMPTY_PATH);
  return -1;
}

int main(int argc, char **argv) {
  if (run_from_sealed_copy(argv) < 0) {
    fprintf(stderr, "gantry-init: cannot run from a sealed copy: %s\n", strerror(errno));
    return 125;
  }
  // execveat leaves the number of the descriptor as name.
  prctl(PR_SET_NAME, "gantry-init");
  for (const role_t *role = roles; argc > 1 && role->name; role++)
    if (strcmp(role->name, argv[1]) == 0) return role->run(argc - 1, argv + 1);
  fprintf(stderr, "gantry-init: no such role; it is started by gantry\n");
  return 125;
}
