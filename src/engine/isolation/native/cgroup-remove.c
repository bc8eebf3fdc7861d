#define _GNU_SOURCE
#include "cgroup-remove.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "moment.h"

#define REMOVE_LIMIT_MS 3000
#define DEEPEST 32

static int kill_at_once(int directory) {
  int control = openat(directory, "cgroup.kill", O_WRONLY | O_CLOEXEC);
  if (control < 0) return -1;
  ssize_t count = write(control, "1", 1);
  close(control);
  return count == 1 ? 0 : -1;
}

// One round; processes that fork meanwhile are met in the next one.
static void kill_listed(int directory) {
  int listing = openat(directory, "cgroup.procs", O_RDONLY | O_CLOEXEC);
  FILE *lines = listing < 0 ? NULL : fdopen(listing, "r");
  char line[32];
  if (!lines) {
    if (listing >= 0) close(listing);
    return;
  }
  while (fgets(line, sizeof line, lines)) {
    pid_t pid = (pid_t)strtol(line, NULL, 10);
    // 0 is a process that our pid namespace does not see, and would mean ourselves.
    if (pid > 1 && pid != getpid()) kill(pid, SIGKILL);
  }
  fclose(lines);
}

typedef void (*visit_t)(int directory);

static int is_folder(const struct dirent *entry) { return entry->d_type == DT_DIR && strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0; }

static void walk_children(int directory, visit_t visit, int remove, int depth) {
  int listing = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *entries = listing < 0 ? NULL : fdopendir(listing);
  if (!entries) {
    if (listing >= 0) close(listing);
    return;
  }
  for (const struct dirent *entry = readdir(entries); entry; entry = readdir(entries)) {
    if (!is_folder(entry) || depth == 0) continue;
    int child = openat(directory, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (child < 0) continue;
    walk_children(child, visit, remove, depth - 1);
    if (visit) visit(child);
    close(child);
    if (remove) unlinkat(directory, entry->d_name, AT_REMOVEDIR);
  }
  closedir(entries);
}

static void kill_in(const char *path, int for_good) {
  int directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) return;
  if (!for_good || kill_at_once(directory) < 0) {
    walk_children(directory, kill_listed, 0, DEEPEST);
    kill_listed(directory);
  }
  close(directory);
}

static void kill_in_all(const record_t *setting, int for_good) {
  for (uint32_t i = 0; setting && i < setting->count; i++) kill_in(record_text(setting, i), for_good);
}

// Not by cgroup.kill: since Linux 6.14 a process that is cloned into a cgroup (CLONE_INTO_CGROUP) in which that was ever used is killed at once, because the kernel compares the
// count of kills of that cgroup with its parent's.
void cgroup_kill(const plan_t *plan) { kill_in_all(plan_setting(plan, SETTING_CGROUP_REMOVE), 0); }

static int is_removed(const char *path) {
  if (rmdir(path) == 0 || errno == ENOENT) return 1;
  int directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) return errno == ENOENT;
  walk_children(directory, NULL, 1, DEEPEST);
  close(directory);
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
  kill_in_all(setting, 1);
  while (setting && count_left(setting) > 0 && monotonic_now_ms() < end_ms) {
    nanosleep(&pause, NULL);
    if (pause.tv_nsec < 20000000) pause.tv_nsec *= 2;
    kill_in_all(setting, 1);
  }
}
