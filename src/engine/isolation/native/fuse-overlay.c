// The mount is made here, of a descriptor of /dev/fuse, and the program is given that descriptor: so there is no place in any namespace at which it is
// mounted, and nothing to unmount. When the last that has the mount goes, the kernel ends the connection, and with it the program.
#define _GNU_SOURCE
#include "fuse-overlay.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"
#include "mounts.h"
#include "syscalls.h"

#define UPPER 0
#define WORK 1
#define PROGRAM 2
#define LOWER 3

// More is refused as an argument of a program. execve(2)
#define OPTIONS_MAX 131072U

// As the program knows it by then.
#define FUSE_DESCRIPTOR 3

static int mount_connection(int fuse, failure_t *failure) {
  static const char *const options[] = {"source=fuse-overlayfs", "rootmode=40000", "user_id=0", "group_id=0", "allow_other", "default_permissions"};
  char descriptor[32];
  cleanup_close int context = sys_fsopen("fuse");
  if (context < 0) return fail(failure, errno, "fuse", "the kernel has no fuse file system");
  snprintf(descriptor, sizeof descriptor, "fd=%d", fuse);
  int result = mount_option(context, descriptor);
  for (size_t i = 0; result == 0 && i < sizeof options / sizeof options[0]; i++) result = mount_option(context, options[i]);
  if (result < 0 || sys_fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL) < 0) return mount_fail(context, failure, "fuse", "cannot make the fuse file system");
  int mount = sys_fsmount(context, 0);
  return mount < 0 ? mount_fail(context, failure, "fuse", "cannot mount the fuse file system") : mount;
}

static int append(char *options, size_t *length, const char *before, const char *text) {
  int written = snprintf(options + *length, OPTIONS_MAX - *length, "%s%s", before, text);
  if (written < 0 || (size_t)written >= OPTIONS_MAX - *length) return -1;
  *length += (size_t)written;
  return 0;
}

static int append_folder(char *options, size_t *length, const char *before, const char *path, failure_t *failure) {
  if (strpbrk(path, ",:\\")) return fail(failure, EINVAL, path, "fuse-overlayfs takes no path with a comma, a colon or a backslash");
  return append(options, length, before, path) < 0 ? fail(failure, E2BIG, path, "too many layers for fuse-overlayfs") : 0;
}

// "0 300000 65536\n" of the plan becomes ",uidmapping=0:300000:65536".
static int append_map(char *options, size_t *length, const char *key, const record_t *setting, failure_t *failure) {
  size_t first = *length + strlen(key);
  if (!setting) return 0;
  if (append(options, length, key, record_text(setting, 0)) < 0) return fail(failure, E2BIG, "", "too many layers for fuse-overlayfs");
  while (options[*length - 1] == '\n') options[--*length] = '\0';
  for (char *at = options + first; *at; at++)
    if (*at == ' ' || *at == '\n') *at = ':';
  return 0;
}

static int fill_options(char *options, const record_t *record, const plan_t *plan, failure_t *failure) {
  size_t length = 0;
  for (uint32_t i = LOWER; i < record->count; i++)
    if (append_folder(options, &length, i == LOWER ? "lowerdir=" : ":", record_text(record, i), failure) < 0) return -1;
  if (*record_text(record, UPPER)) {
    if (append_folder(options, &length, ",upperdir=", record_text(record, UPPER), failure) < 0) return -1;
    if (append_folder(options, &length, ",workdir=", record_text(record, WORK), failure) < 0) return -1;
  }
  if (!plan) return 0;
  if (append_map(options, &length, ",uidmapping=", plan_setting(plan, SETTING_UID_MAP), failure) < 0) return -1;
  return append_map(options, &length, ",gidmapping=", plan_setting(plan, SETTING_GID_MAP), failure);
}

__attribute__((noreturn)) static void run_program(const char *program, char *options, int fuse, int complaints) {
  char mount_point[] = "/dev/fd/3", foreground[] = "-f", option[] = "-o", path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
  char *name = strdup(program);
  char *arguments[] = {name, foreground, option, options, mount_point, NULL};
  char *environment[] = {path, NULL};
  int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  // Out of the way of the numbers that they are to have.
  int high_fuse = fcntl(fuse, F_DUPFD_CLOEXEC, 10), high_complaints = fcntl(complaints, F_DUPFD_CLOEXEC, 10);
  if (!name || null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(high_complaints, 2) < 0 || dup2(high_fuse, FUSE_DESCRIPTOR) < 0) _exit(1);
  sys_close_range(FUSE_DESCRIPTOR + 1, 0);
  // Nobody reads the complaints of one that has started.
  signal(SIGPIPE, SIG_IGN);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  if (chdir("/") == 0) execve(program, arguments, environment);
  dprintf(2, "%s", strerror(errno));
  _exit(1);
}

// The one in between ends at once, so that the program is the child of whoever takes up orphans.
static int start_program(const char *program, char *options, int fuse, int complaints, failure_t *failure) {
  pid_t between = fork();
  if (between == 0) {
    setsid();
    pid_t pid = fork();
    if (pid == 0) run_program(program, options, fuse, complaints);
    _exit(pid < 0);
  }
  int status = 0;
  while (between > 0 && waitpid(between, &status, 0) < 0 && errno == EINTR) continue;
  return between > 0 && status == 0 ? 0 : fail(failure, EAGAIN, program, "cannot start the program");
}

// The first look is answered by the program, or by the kernel once it has ended.
static int wait_until_served(int mount, int complaints, const char *program, failure_t *failure) {
  char text[200] = "";
  struct stat status;
  if (fstat(mount, &status) == 0) return 0;
  int number = errno;
  ssize_t length = read(complaints, text, sizeof text - 1);
  while (length > 0 && text[length - 1] == '\n') text[--length] = '\0';
  return fail(failure, number, program, "cannot mount the layers: %s", text);
}

static int serve(const record_t *record, char *options, failure_t *failure) {
  const char *program = record_text(record, PROGRAM);
  int ends[2];
  cleanup_close int fuse = open("/dev/fuse", O_RDWR | O_CLOEXEC);
  if (fuse < 0) return fail(failure, errno, "/dev/fuse", "cannot open /dev/fuse");
  int mount = mount_connection(fuse, failure);
  if (mount < 0 || pipe2(ends, O_CLOEXEC) < 0) return mount < 0 ? -1 : fail(failure, errno, "", "cannot make a pipe");
  int result = start_program(program, options, fuse, ends[1], failure);
  close(ends[1]);
  // Only the program has it from here on: its end is the end of the connection.
  close(fuse);
  fuse = -1;
  if (result == 0) result = wait_until_served(mount, ends[0], program, failure);
  close(ends[0]);
  if (result == 0) return mount;
  close(mount);
  return -1;
}

int fuse_overlay_mount(const record_t *record, const plan_t *plan, failure_t *failure) {
  cleanup_free char *options = malloc(OPTIONS_MAX);
  if (!options) return fail(failure, ENOMEM, "", "no memory for the layers");
  *options = '\0';
  return fill_options(options, record, plan, failure) < 0 ? -1 : serve(record, options, failure);
}
