#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <termios.h>

#include "cleanup.h"
#include "mounts.h"
#include "operations.h"
#include "paths.h"
#include "sync.h"
#include "syscalls.h"

#ifndef TIOCGPTPEER
#define TIOCGPTPEER _IO('T', 0x41)
#endif

enum { MULTIPLEXER_INODE = 2 };

// The multiplexer of the container's devpts, which must be the true one: an image or a volume could put another file at its place (CVE-2025-52565).
static int open_multiplexer(int root, failure_t *failure) {
  struct statfs file_system;
  struct stat status;
  cleanup_close int folder = path_open(root, "/dev/pts", PATH_STRICT | PATH_DIRECTORY, failure);
  if (folder < 0) return -1;
  int master = sys_openat2(folder, "ptmx", O_RDWR | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV);
  if (master < 0) return fail(failure, errno, "/dev/pts/ptmx", "cannot open /dev/pts/ptmx");
  if (fstatfs(master, &file_system) == 0 && file_system.f_type == DEVPTS_SUPER_MAGIC && fstat(master, &status) == 0 && S_ISCHR(status.st_mode) &&
      status.st_rdev == makedev(5, 2) && status.st_ino == MULTIPLEXER_INODE)
    return master;
  close(master);
  return fail(failure, ENODEV, "/dev/pts/ptmx", "/dev/pts/ptmx is not the multiplexer of terminals");
}

static int set_size(const plan_t *plan, int master, failure_t *failure) {
  const record_t *record = plan_setting(plan, SETTING_TERMINAL);
  uint64_t columns = 0;
  uint64_t rows = 0;
  if (!record) return 0;
  if (record_number(record, 0, UINT16_MAX, &columns, failure) < 0 || record_number(record, 1, UINT16_MAX, &rows, failure) < 0) return -1;
  struct winsize size = {.ws_col = (unsigned short)columns, .ws_row = (unsigned short)rows};
  return ioctl(master, TIOCSWINSZ, &size) < 0 ? fail(failure, errno, "/dev/pts", "cannot set the size of the terminal") : 0;
}

static int bind_terminal(const context_t *context, int terminal, const char *path, failure_t *failure) {
  const char *name = NULL;
  struct stat status;
  cleanup_close int folder = path_open_parent(context->root, path, &name, failure);
  if (folder < 0) return -1;
  int file = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (file < 0 && errno != EEXIST) return fail(failure, errno, path, "cannot make %s", path);
  if (file >= 0) close(file);
  cleanup_close int target = openat(folder, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  if (target < 0 || fstat(target, &status) < 0) return fail(failure, errno, path, "cannot open %s", path);
  if (S_ISLNK(status.st_mode)) return fail(failure, ELOOP, path, "%s is a link", path);
  cleanup_close int copy = sys_clone_tree(terminal, "", 0);
  return copy < 0 ? fail(failure, errno, path, "cannot copy the terminal") : mount_attach(copy, target, path, failure);
}

// The process leads a session of its own since it started, so it can take the terminal.
static int take_terminal(int terminal, failure_t *failure) {
  if (ioctl(terminal, TIOCSCTTY, 0) < 0) return fail(failure, errno, "/dev/pts", "cannot take the terminal");
  for (int i = 0; i < 3; i++)
    if (dup2(terminal, i) < 0) return fail(failure, errno, "/dev/pts", "cannot use the terminal as standard stream");
  return 0;
}

int open_console(context_t *context, const char *path, failure_t *failure) {
  static const message_t message = {.kind = MESSAGE_TERMINAL};
  int unlocked = 0;
  cleanup_close int master = open_multiplexer(context->root, failure);
  if (master < 0) return -1;
  if (ioctl(master, TIOCSPTLCK, &unlocked) < 0) return fail(failure, errno, "/dev/pts/ptmx", "cannot unlock the terminal");
  // By descriptor: the name of the other end is looked up by nobody.
  cleanup_close int terminal = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (terminal < 0) return fail(failure, errno, "/dev/pts", "cannot open the terminal");
  if (set_size(context->plan, master, failure) < 0) return -1;
  if (*path && bind_terminal(context, terminal, path, failure) < 0) return -1;
  if (take_terminal(terminal, failure) < 0) return -1;
  return sync_send(context->sync, &message, master) < 0 ? fail(failure, errno, "/dev/pts/ptmx", "cannot hand over the terminal") : 0;
}

int operation_CONSOLE(context_t *context, const record_t *record, failure_t *failure) { return open_console(context, record_text(record, 0), failure); }
