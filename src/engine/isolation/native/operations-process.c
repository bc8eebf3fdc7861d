#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "cleanup.h"
#include "operations.h"
#include "paths.h"
#include "sync.h"
#include "syscalls.h"

int die_with_monitor(const context_t *context, failure_t *failure) {
  struct pollfd monitor = {.fd = context->sync, .events = POLLIN};
  // The operation `start` has parted them.
  if (context->sync < 0) return 0;
  if (!plan_setting(context->plan, SETTING_DETACHED) && prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0 && !context->filtered) return fail(failure, errno, "", "cannot be tied to the monitor");
  // getppid() is 0 in a pid namespace; the monitor's end of the socket tells whether it died before the call.
  if (poll(&monitor, 1, 0) > 0 && monitor.revents & (POLLHUP | POLLERR)) return fail(failure, ESRCH, "", "the monitor has gone");
  return 0;
}

int operation_BOUNDING(context_t *context, const record_t *record, failure_t *failure) {
  uint64_t kept = 0;
  (void)context;
  if (record_number_of_base(record, 0, 16, &kept, failure) < 0) return -1;
  for (unsigned long i = 0; i < 64; i++) {
    if (kept >> i & 1 || prctl(PR_CAPBSET_DROP, i, 0, 0, 0) == 0) continue;
    // The kernel has no capability of this number, and so none above.
    if (errno == EINVAL) break;
    return fail(failure, errno, record_text(record, 0), "cannot drop capability %lu", i);
  }
  return 0;
}

int operation_NO_NEW_PRIVILEGES(context_t *context, const record_t *record, failure_t *failure) {
  (void)context;
  (void)record;
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? fail(failure, errno, "", "cannot give up new privileges") : 0;
}

static int read_capabilities(struct __user_cap_data_struct data[2]) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  return (int)syscall(SYS_capget, &header, data);
}

static int write_capabilities(const struct __user_cap_data_struct data[2]) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  return (int)syscall(SYS_capset, &header, data);
}

// Programs open /dev/stdout again, as the user they are. Only pipes, sockets and the container's terminals are given away, never a node of the host.
static void give_streams_to(uid_t uid) {
  struct stat status;
  for (int i = 0; i < 3; i++) {
    if (fstat(i, &status) < 0 || status.st_uid == uid) continue;
    unsigned number = major(status.st_rdev);
    int is_terminal = S_ISCHR(status.st_mode) && number >= 136 && number <= 143;
    // Not every pipe can be given away, in a user namespace for one; the program works without that in most cases.
    if ((S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode) || is_terminal) && fchown(i, uid, status.st_gid) < 0) continue;
  }
}

static int set_groups(const record_t *record, failure_t *failure) {
  uint32_t count = record->count - 2;
  cleanup_free gid_t *groups = calloc((size_t)count + 1, sizeof *groups);
  if (!groups) return fail(failure, ENOMEM, "", "no memory for the groups");
  for (uint32_t i = 0; i < count; i++) {
    uint64_t group = 0;
    if (record_number(record, i + 2, UINT32_MAX - 1, &group, failure) < 0) return -1;
    groups[i] = (gid_t)group;
  }
  // Always, so that no group of the engine's user stays (CVE-2022-36109).
  return sys_setgroups(count, groups) < 0 ? fail(failure, errno, record_text(record, 2), "cannot set the additional groups") : 0;
}

int operation_USER(context_t *context, const record_t *record, failure_t *failure) {
  uint64_t uid = 0;
  uint64_t gid = 0;
  struct __user_cap_data_struct data[2];
  (void)context;
  if (record_number(record, 0, UINT32_MAX - 1, &uid, failure) < 0 || record_number(record, 1, UINT32_MAX - 1, &gid, failure) < 0) return -1;
  give_streams_to((uid_t)uid);
  if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0) return fail(failure, errno, "", "cannot keep capabilities");
  if (set_groups(record, failure) < 0) return -1;
  if (sys_setresgid((gid_t)gid) < 0) return fail(failure, errno, record_text(record, 1), "cannot become group %s", record_text(record, 1));
  if (sys_setresuid((uid_t)uid) < 0) return fail(failure, errno, record_text(record, 0), "cannot become user %s", record_text(record, 0));
  if (uid == 0) return 0;
  // What was permitted is put in force again for the operations that follow; execve takes it from a user who is not root.
  if (read_capabilities(data) < 0) return fail(failure, errno, "", "cannot read the capabilities");
  data[0].effective = data[0].permitted;
  data[1].effective = data[1].permitted;
  return write_capabilities(data) < 0 ? fail(failure, errno, "", "cannot keep capabilities") : 0;
}

int operation_CAPABILITIES(context_t *context, const record_t *record, failure_t *failure) {
  uint64_t sets[4] = {0};
  (void)context;
  for (uint32_t i = 0; i < 4; i++)
    if (record_number_of_base(record, i, 16, &sets[i], failure) < 0) return -1;
  struct __user_cap_data_struct data[2] = {
      {.effective = (uint32_t)sets[0], .permitted = (uint32_t)sets[1], .inheritable = (uint32_t)sets[2]},
      {.effective = (uint32_t)(sets[0] >> 32), .permitted = (uint32_t)(sets[1] >> 32), .inheritable = (uint32_t)(sets[2] >> 32)},
  };
  if (write_capabilities(data) < 0) return fail(failure, errno, record_text(record, 1), "cannot set the capabilities");
  if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0) return fail(failure, errno, "", "cannot clear the ambient capabilities");
  for (unsigned long i = 0; i < 64; i++)
    if (sets[3] >> i & 1 && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, i, 0, 0) < 0) return fail(failure, errno, record_text(record, 3), "cannot make capability %lu ambient", i);
  return 0;
}

int operation_SECCOMP(context_t *context, const record_t *record, failure_t *failure) {
  const field_t *field = &record->fields[0];
  size_t count = field->length / sizeof(struct sock_filter);
  if (count == 0 || count > BPF_MAXINSNS || field->length % sizeof(struct sock_filter) != 0) return fail(failure, EINVAL, "", "the filter is no program");
  // The filter may refuse prctl, and nothing that follows a change of user clears the tie but another change of user.
  if (die_with_monitor(context, failure) < 0) return -1;
  cleanup_free struct sock_filter *filter = malloc(field->length);
  if (!filter) return fail(failure, ENOMEM, "", "no memory for the filter");
  memcpy(filter, field->bytes, field->length);
  struct sock_fprog program = {.len = (unsigned short)count, .filter = filter};
  if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0) return fail(failure, errno, "", "the kernel does not take the filter");
  context->filtered = 1;
  return 0;
}

int operation_DIRECTORY(context_t *context, const record_t *record, failure_t *failure) {
  char name[PATH_MAX];
  const char *path = record_text(record, 0);
  unsigned make = strcmp(record_text(record, 1), "make") == 0 ? PATH_MAKE : 0U;
  // Magic links are not followed, so /proc/self/fd/N of a folder of the host does not lead out.
  cleanup_close int folder = path_open(context->root, path, PATH_DIRECTORY | make, failure);
  if (folder < 0) return -1;
  if (fchdir(folder) < 0) return fail(failure, errno, path, "cannot go to %s", path);
  // The kernel's own answer: the C library would hide "(unreachable)", which is how it names a folder outside of the root (CVE-2024-21626).
  if (syscall(SYS_getcwd, name, sizeof name) < 0 || name[0] != '/') return fail(failure, ENOENT, path, "%s is outside of the root", path);
  return 0;
}

int operation_INIT(context_t *context, const record_t *record, failure_t *failure) {
  (void)record;
  return die_with_monitor(context, failure) < 0 ? -1 : become_init(context, failure);
}

// The monitor has made it ready: sources.c.
int operation_ENVIRONMENT(context_t *context, const record_t *record, failure_t *failure) {
  (void)context;
  (void)record;
  (void)failure;
  return 0;
}
