#define _GNU_SOURCE
#include "cgroup-remove.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "cleanup.h"
#include "moment.h"
#include "syscalls.h"

#define REMOVE_LIMIT_MS 3000
#define DEEPEST 32

static int kill_at_once(int directory) {
  cleanup_close int control = sys_openat(directory, "cgroup.kill", O_WRONLY);
  return control >= 0 && write(control, "1", 1) == 1 ? 0 : -1;
}

// One round; processes that fork meanwhile are met in the next one.
static void kill_listed(int directory) {
  char text[512];
  size_t held = 0;
  cleanup_close int listing = sys_openat(directory, "cgroup.procs", O_RDONLY);
  if (listing < 0) return;
  for (ssize_t count; (count = read(listing, text + held, sizeof text - 1 - held)) > 0;) {
    held += (size_t)count;
    text[held] = '\0';
    char *line = text;
    for (char *end; (end = strchr(line, '\n')); line = end + 1) {
      pid_t pid = (pid_t)strtol(line, NULL, 10);
      // 0 is a process that our pid namespace does not see, and would mean ourselves.
      if (pid > 1 && pid != getpid()) kill(pid, SIGKILL);
    }
    held -= (size_t)(line - text);
    memmove(text, line, held);
  }
}

typedef void (*visit_t)(int directory);

static void walk_children(int directory, visit_t visit, int remove, int depth);

static void walk_child(int directory, const char *name, visit_t visit, int remove, int depth) {
  cleanup_close int child = sys_openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  if (child < 0) return;
  walk_children(child, visit, remove, depth - 1);
  if (visit) visit(child);
  if (remove) unlinkat(directory, name, AT_REMOVEDIR);
}

// A cgroup has a link for each group in it and two of its own, which saves the look at its fifty files.
static int has_children(int directory) {
  struct stat status;
  return fstat(directory, &status) < 0 || status.st_nlink != 2;
}

static void walk_children(int directory, visit_t visit, int remove, int depth) {
  _Alignas(directory_record_t) char buffer[1024];
  if (depth == 0 || !has_children(directory)) return;
  cleanup_close int listing = sys_openat(directory, ".", O_RDONLY | O_DIRECTORY);
  for (long length; listing >= 0 && (length = syscall(SYS_getdents64, listing, buffer, sizeof buffer)) > 0;)
    for (long at = 0; at < length;) {
      const directory_record_t *record = (const void *)(buffer + at);
      at += record->length;
      if (record->type != DIRECTORY_RECORD_FOLDER || strcmp(record->name, ".") == 0 || strcmp(record->name, "..") == 0) continue;
      walk_child(directory, record->name, visit, remove, depth);
    }
}

static void kill_in(const char *path, int for_good) {
  cleanup_close int directory = sys_open(path, O_RDONLY | O_DIRECTORY, 0);
  if (directory < 0) return;
  if (for_good && kill_at_once(directory) == 0) return;
  walk_children(directory, kill_listed, 0, DEEPEST);
  kill_listed(directory);
}

static void kill_in_all(const record_t *setting, int for_good) {
  for (uint32_t i = 0; setting && i < setting->count; i++) kill_in(record_text(setting, i), for_good);
}

// Not by cgroup.kill: since Linux 6.14 a process that is cloned into a cgroup (CLONE_INTO_CGROUP) in which that was ever used is killed at once, because the kernel compares the
// count of kills of that cgroup with its parent's.
void cgroup_kill(const plan_t *plan) { kill_in_all(plan_setting(plan, SETTING_CGROUP_REMOVE), 0); }

static int is_removed(const char *path) {
  if (rmdir(path) == 0 || errno == ENOENT) return 1;
  cleanup_close int directory = sys_open(path, O_RDONLY | O_DIRECTORY, 0);
  if (directory < 0) return errno == ENOENT;
  walk_children(directory, NULL, 1, DEEPEST);
  return rmdir(path) == 0 || errno == ENOENT;
}

static int count_left(const record_t *setting) {
  int left = 0;
  for (uint32_t i = 0; i < setting->count; i++)
    if (!is_removed(record_text(setting, i))) left++;
  return left;
}

void cgroup_remove(const plan_t *plan) {
  const record_t *setting = plan_setting(plan, SETTING_CGROUP_REMOVE);
  int64_t end_ms = monotonic_now_ms() + REMOVE_LIMIT_MS;
  struct timespec pause = {.tv_nsec = 250000};
  // A folder that can be removed has nobody in it, so the first attempt comes before any look for processes.
  while (setting && count_left(setting) > 0 && monotonic_now_ms() < end_ms) {
    kill_in_all(setting, 1);
    nanosleep(&pause, NULL);
    if (pause.tv_nsec < 20000000) pause.tv_nsec *= 2;
  }
}
