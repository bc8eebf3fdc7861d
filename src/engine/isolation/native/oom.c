#define _GNU_SOURCE
#include "oom.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "journal.h"
#include "syscalls.h"

#define LOOK_AGAIN_MS 10
#define MOST_LOOKS 50

// The line `oom_kill N` of the counter.
static uint64_t read_count(const oom_t *oom) {
  char text[1024];
  ssize_t length = pread(oom->counter, text, sizeof text - 1, 0);
  if (length <= 0) return oom->seen;
  text[length] = '\0';
  for (const char *line = text; line; line = strchr(line, '\n')) {
    if (*line == '\n') line++;
    if (strncmp(line, "oom_kill ", 9) == 0) return strtoull(line + 9, NULL, 10);
  }
  return oom->seen;
}

uint64_t oom_kills(oom_t *oom) {
  if (oom->counter < 0) return 0;
  uint64_t count = read_count(oom);
  if (count > oom->seen) {
    oom->seen = count;
    journal_oom(oom->journal, count - oom->before_run);
  }
  return oom->seen - oom->before_run;
}

void oom_begin(oom_t *oom) {
  if (oom->counter < 0) return;
  oom->before_run = oom->seen = read_count(oom);
}

static void look_again(void *owner) {
  oom_t *oom = owner;
  uint64_t seen = oom->seen;
  oom_kills(oom);
  if (oom->seen == seen && --oom->looks > 0) timer_start(&oom->again, LOOK_AGAIN_MS);
}

static void v1_event(void *owner, uint32_t events) {
  oom_t *oom = owner;
  uint64_t count = 0;
  (void)events;
  if (read(oom->watch.descriptor, &count, sizeof count) < 0 && errno != EAGAIN) watch_close(oom->loop, &oom->watch);
  oom->looks = MOST_LOOKS;
  look_again(oom);
}

// kernfs reports a change until the file was read.
static void v2_event(void *owner, uint32_t events) {
  oom_t *oom = owner;
  (void)events;
  oom_kills(oom);
}

static int open_in(const char *directory, const char *name, int flags) {
  char path[PATH_MAX];
  int length = snprintf(path, sizeof path, "%s/%s", directory, name);
  if (length < 0 || length >= PATH_MAX) {
    errno = ENAMETOOLONG;
    return -1;
  }
  return sys_open(path, flags, 0);
}

static int register_v1(const oom_t *oom, const char *directory) {
  char line[48];
  int control = open_in(directory, "cgroup.event_control", O_WRONLY);
  if (control < 0) return -1;
  int length = snprintf(line, sizeof line, "%d %d", oom->watch.descriptor, oom->counter);
  ssize_t count = write(control, line, (size_t)length);
  int number = errno;
  close(control);
  errno = number;
  return count < 0 ? -1 : 0;
}

static int open_v1(oom_t *oom, const char *directory) {
  oom->counter = open_in(directory, "memory.oom_control", O_RDONLY);
  if (oom->counter < 0) return -1;
  oom->watch = (watch_t){.descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), .ready = v1_event, .owner = oom};
  if (oom->watch.descriptor < 0 || register_v1(oom, directory) < 0) return -1;
  return watch_set(oom->loop, &oom->watch, EPOLLIN);
}

static int open_v2(oom_t *oom, const char *directory) {
  oom->counter = open_in(directory, "memory.events", O_RDONLY);
  if (oom->counter < 0) return -1;
  oom->watch = (watch_t){.descriptor = oom->counter, .ready = v2_event, .owner = oom};
  return watch_set(oom->loop, &oom->watch, EPOLLPRI);
}

int oom_open(oom_t *oom, loop_t *loop, const plan_t *plan, failure_t *failure) {
  const record_t *setting = plan_setting(plan, SETTING_OOM);
  oom->loop = loop;
  oom->counter = -1;
  oom->watch.descriptor = -1;
  oom->again = (timer_slot_t){.due = look_again, .owner = oom};
  loop_add_timer(loop, &oom->again);
  if (!setting) return 0;
  failure_name_operation(failure, plan_word(SETTING_OOM));
  const char *directory = record_text(setting, 1);
  int is_v1 = strcmp(record_text(setting, 0), "v1") == 0;
  if (!is_v1 && strcmp(record_text(setting, 0), "v2") != 0) return fail(failure, EINVAL, record_text(setting, 0), "the cgroup version is v1 or v2");
  if ((is_v1 ? open_v1(oom, directory) : open_v2(oom, directory)) < 0) return fail(failure, errno, directory, "cannot watch for processes killed for memory");
  failure->operation[0] = '\0';
  return 0;
}
