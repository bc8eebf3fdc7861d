#define _GNU_SOURCE
#include "namespaces.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "syscalls.h"

static const struct {
  const char *word;
  const char *file;
  unsigned flag;
} table[] = {
    {"user", "user", CLONE_NEWUSER}, {"pid", "pid", CLONE_NEWPID}, {"net", "net", CLONE_NEWNET},          {"ipc", "ipc", CLONE_NEWIPC},
    {"mnt", "mnt", CLONE_NEWNS},     {"uts", "uts", CLONE_NEWUTS}, {"cgroup", "cgroup", CLONE_NEWCGROUP}, {"time", "time", CLONE_NEWTIME},
};

enum { COUNT = sizeof table / sizeof table[0] };

unsigned namespace_flag(const char *word) {
  for (size_t i = 0; i < COUNT; i++)
    if (strcmp(table[i].word, word) == 0) return table[i].flag;
  return 0;
}

int namespaces_to_clone(const plan_t *plan, unsigned *flags, failure_t *failure) {
  const record_t *record = plan_setting(plan, SETTING_CLONE);
  *flags = 0;
  for (uint32_t i = 0; record && i < record->count; i++) {
    unsigned flag = namespace_flag(record_text(record, i));
    if (flag == 0) {
      failure_name_operation(failure, "clone");
      return fail(failure, EINVAL, record_text(record, i), "%s is no namespace", record_text(record, i));
    }
    *flags |= flag;
  }
  return 0;
}

int namespaces_of(pid_t pid, unsigned *flags, failure_t *failure) {
  char path[64];
  struct stat theirs;
  struct stat ours;
  *flags = 0;
  for (size_t i = 0; i < COUNT; i++) {
    snprintf(path, sizeof path, "/proc/self/ns/%s", table[i].file);
    // A kernel without this kind of namespace.
    if (stat(path, &ours) < 0) continue;
    snprintf(path, sizeof path, "/proc/%d/ns/%s", pid, table[i].file);
    if (stat(path, &theirs) < 0) return fail(failure, errno, path, "cannot see the namespaces of process %d", pid);
    if (ours.st_ino != theirs.st_ino || ours.st_dev != theirs.st_dev) *flags |= table[i].flag;
  }
  return 0;
}
