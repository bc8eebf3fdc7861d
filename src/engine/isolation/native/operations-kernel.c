#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/keyctl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "cleanup.h"
#include "loopback.h"
#include "mounts.h"
#include "operations.h"
#include "rlimits.h"
#include "syscalls.h"

int operation_HOSTNAME(context_t *context, const record_t *record, failure_t *failure) {
  const char *name = record_text(record, 0);
  (void)context;
  return sethostname(name, strlen(name)) < 0 ? fail(failure, errno, name, "cannot set the host name") : 0;
}

int operation_DOMAINNAME(context_t *context, const record_t *record, failure_t *failure) {
  const char *name = record_text(record, 0);
  (void)context;
  return setdomainname(name, strlen(name)) < 0 ? fail(failure, errno, name, "cannot set the domain name") : 0;
}

int open_private_procfs(context_t *context, failure_t *failure) {
  if (context->procfs < 0) context->procfs = mount_new("proc", "proc", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC, NULL, 0, failure);
  return context->procfs < 0 ? -1 : 0;
}

// Not through the /proc of the container: a volume could lie over it and take the writes (CVE-2025-52881).
int operation_SYSCTL(context_t *context, const record_t *record, failure_t *failure) {
  char path[PATH_MAX];
  struct statfs file_system;
  const char *name = record_text(record, 0);
  const char *value = record_text(record, 1);
  if (open_private_procfs(context, failure) < 0) return -1;
  if (snprintf(path, sizeof path, "sys/%s", name) >= (int)sizeof path) return fail(failure, ENAMETOOLONG, name, "the name is too long");
  cleanup_close int file = sys_openat2(context->procfs, path, O_WRONLY | O_CLOEXEC, RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
  if (file < 0) return fail(failure, errno, name, "cannot open %s", name);
  if (fstatfs(file, &file_system) < 0 || file_system.f_type != PROC_SUPER_MAGIC) return fail(failure, EXDEV, name, "%s is not of the kernel", name);
  return write(file, value, strlen(value)) < 0 ? fail(failure, errno, name, "cannot write \"%.100s\" to %s", value, name) : 0;
}

int operation_RLIMIT(context_t *context, const record_t *record, failure_t *failure) {
  (void)context;
  return rlimit_set(record, failure);
}

// The monitor has written it (launch.c): a user namespace cannot lower it.
int operation_OOM_SCORE_ADJ(context_t *context, const record_t *record, failure_t *failure) {
  (void)context;
  (void)record;
  (void)failure;
  return 0;
}

int operation_LOOPBACK(context_t *context, const record_t *record, failure_t *failure) {
  (void)context;
  (void)record;
  return loopback_up(failure);
}

int operation_UMASK(context_t *context, const record_t *record, failure_t *failure) {
  uint64_t mask = 0;
  (void)context;
  if (record_number_of_base(record, 0, 8, &mask, failure) < 0) return -1;
  umask((mode_t)mask & 07777);
  return 0;
}

int operation_KEYRING(context_t *context, const record_t *record, failure_t *failure) {
  const char *name = record_text(record, 0);
  (void)context;
  // A kernel without keys has none to hide.
  if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, name, 0, 0, 0) >= 0 || errno == ENOSYS) return 0;
  return fail(failure, errno, name, "cannot make a session keyring");
}
