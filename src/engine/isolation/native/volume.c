#define _GNU_SOURCE
#include "volume.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "cleanup.h"
#include "directories.h"
#include "mounts.h"
#include "processes.h"
#include "syscalls.h"

#define PREFIX "volume:"

enum { FOLDER, TYPE, DEVICE, FLAGS, OPTIONS, NAME_LENGTH = 48 };

int volume_is(const char *source) { return strncmp(source, PREFIX, sizeof PREFIX - 1) == 0; }

static uint32_t count_lines(const char *text) {
  uint32_t count = 1;
  for (; *text; text++) count += *text == '\n';
  return count;
}

// The lines as fields of a record. The text is cut where they end.
static void split_lines(char *text, field_t *fields) {
  for (uint32_t i = 0; text; i++) {
    char *line = strsep(&text, "\n");
    fields[i] = (field_t){.bytes = line, .length = (uint32_t)strlen(line)};
  }
}

static int name_of_self(char name[NAME_LENGTH], failure_t *failure) {
  uint64_t ticks = 0;
  if (process_start_ticks(getpid(), &ticks) < 0) return fail(failure, errno, "", "cannot read the own start time");
  snprintf(name, NAME_LENGTH, "%d-%" PRIu64, getpid(), ticks);
  return 0;
}

static int is_gone(int number) { return number == ESRCH || number == ENOENT || number == EBADF || number == EINVAL; }

// The mount of the process that has left the link. With ESRCH that has ended: the pid may be another's by now, its start time is not.
static int take_from(int folder, const char *name) {
  char text[16];
  char *end = NULL;
  uint64_t present = 0;
  ssize_t length = readlinkat(folder, name, text, sizeof text - 1);
  if (length <= 0) return -1;
  text[length] = '\0';
  long pid = strtol(name, &end, 10);
  uint64_t ticks = *end == '-' ? strtoull(end + 1, &end, 10) : 0;
  errno = ESRCH;
  if (pid <= 0 || pid > INT32_MAX || *end) return -1;
  cleanup_close int holder = sys_pidfd_open((pid_t)pid);
  if (holder < 0) return -1;
  errno = ESRCH;
  if (process_start_ticks((pid_t)pid, &present) < 0 || present != ticks) return -1;
  return sys_pidfd_getfd(holder, (int)strtol(text, NULL, 10));
}

// Among those that have it, the links of the dead go. -1 without a failure where nobody has it.
static int take_shared(int folder, const char *shown, failure_t *failure) {
  char **names = directory_names(folder, shown, failure);
  int mount = -1;
  for (size_t i = 0; names && mount < 0 && failure->number == 0 && names[i]; i++) {
    mount = take_from(folder, names[i]);
    if (mount < 0 && is_gone(errno))
      unlinkat(folder, names[i], 0);
    else if (mount < 0)
      fail(failure, errno, shown, "cannot take the volume from process %s", names[i]);
  }
  free_names(names);
  return mount;
}

// Says that this process has the mount, and keeps it open until it ends; unless it has said so before.
static int keep(int folder, int mount, const char *shown, failure_t *failure) {
  char self[NAME_LENGTH];
  char text[16];
  if (name_of_self(self, failure) < 0) return -1;
  int kept = fcntl(mount, F_DUPFD_CLOEXEC, 3);
  if (kept < 0) return fail(failure, errno, shown, "cannot keep the volume");
  snprintf(text, sizeof text, "%d", kept);
  if (symlinkat(text, folder, self) == 0) return 0;
  int number = errno;
  close(kept);
  return number == EEXIST ? 0 : fail(failure, number, shown, "cannot say who has the volume");
}

static int clone_shared(const record_t *volume, int folder, const char *shown, failure_t *failure) {
  cleanup_close int shared = take_shared(folder, shown, failure);
  if (failure->number) return -1;
  cleanup_close int made = shared >= 0 ? -1 : mount_new(record_text(volume, TYPE), record_text(volume, DEVICE), mount_attributes(volume, FLAGS), volume, OPTIONS, failure);
  int mount = shared >= 0 ? shared : made;
  if (mount < 0 || keep(folder, mount, shown, failure) < 0) return -1;
  int copy = sys_clone_tree(mount, "", 0);
  if (copy >= 0) return copy;
  return fail(failure, errno, shown, errno == EINVAL ? "volumes with options need Linux 6.15" : "cannot use the volume");
}

static int clone_locked(const record_t *volume, failure_t *failure) {
  const char *path = record_text(volume, FOLDER);
  const char *slash = strrchr(path, '/');
  const char *shown = slash ? slash + 1 : path;
  cleanup_close int folder = sys_open(path, O_RDONLY | O_DIRECTORY, 0);
  // Two that come at once must not make two file systems of it. The lock goes with the descriptor.
  if (folder < 0 || flock(folder, LOCK_EX) < 0) return fail(failure, errno, shown, "cannot lock the volume");
  int copy = clone_shared(volume, folder, shown, failure);
  // Whatever the kernel has refused, a reader wants to know of which volume.
  if (copy < 0) snprintf(failure->target, sizeof failure->target, "%s", shown);
  return copy;
}

int volume_clone_tree(const char *source, failure_t *failure) {
  const char *text = source + sizeof PREFIX - 1;
  cleanup_free char *lines = strdup(text);
  cleanup_free field_t *fields = calloc(count_lines(text), sizeof *fields);
  if (!lines || !fields) return fail(failure, ENOMEM, "", "no memory for the volume");
  split_lines(lines, fields);
  const record_t volume = {.count = count_lines(text), .fields = fields};
  int copy = clone_locked(&volume, failure);
  if (copy < 0) failure_name_operation(failure, "volume");
  return copy;
}
