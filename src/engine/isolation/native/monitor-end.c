#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cgroup-remove.h"
#include "moment.h"
#include "monitor.h"

// A client that reads slowly gets the rest as long as it reads at all within this time.
#define LINGER_LIMIT_MS 10000
#define LINGER_LOOK_MS 10

static char **words_of(const record_t *record) {
  uint32_t count = record ? record->count : 0;
  char **words = calloc(count + 1U, sizeof *words);
  union {
    const char *from;
    char *to;
  } word;
  if (!words) return NULL;
  for (uint32_t i = 0; i < count; i++) {
    word.from = record_text(record, i);
    words[i] = word.to;
  }
  return words;
}

__attribute__((noreturn)) static void run_command(char **arguments, char **environment) {
  sigset_t none;
  sigemptyset(&none);
  for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
  sigprocmask(SIG_SETMASK, &none, NULL);
  syscall(SYS_close_range, 3U, ~0U, 0U);
  setsid();
  execve(arguments[0], arguments, environment);
  _exit(127);
}

// Nobody waits for it: it may look at the container only when the monitor has gone.
static void spawn_exit_command(const plan_t *plan) {
  const record_t *setting = plan_setting(plan, SETTING_EXIT_COMMAND);
  if (!setting) return;
  char **arguments = words_of(setting);
  char **environment = words_of(plan_setting(plan, SETTING_EXIT_ENVIRONMENT));
  if (arguments && environment && fork() == 0) run_command(arguments, environment);
  free(arguments);
  free(environment);
}

static void send_exit(monitor_t *monitor) {
  char text[512] = "{\"exit\":";
  size_t length = sizeof "{\"exit\":" - 1;
  length += format_exit(text + length, sizeof text - length - 1, &monitor->last_exit);
  text[length++] = '}';
  attach_output(&monitor->attach, FRAME_ANSWER, text, length);
}

void monitor_linger(void *owner) {
  monitor_t *monitor = owner;
  size_t waiting = attach_unsettled_bytes(&monitor->attach);
  int64_t now = monotonic_now_ms();
  if (waiting != monitor->linger_bytes) monitor->linger_end_ms = now + LINGER_LIMIT_MS;
  monitor->linger_bytes = waiting;
  if (waiting == 0 || now >= monitor->linger_end_ms)
    monitor->loop.is_done = 1;
  else
    timer_start(&monitor->linger_timer, LINGER_LOOK_MS);
}

static void give_lock_back(monitor_t *monitor) {
  static const char text[] = "free\n";
  if (monitor->lock < 0) return;
  ssize_t written = pwrite(monitor->lock, text, sizeof text - 1, 0);
  // Where that fails the end of this process says it too.
  (void)written;
  close(monitor->lock);
  monitor->lock = -1;
}

void monitor_finish(void *owner) {
  monitor_t *monitor = owner;
  process_close_streams(&monitor->process);
  if (monitor->log) {
    log_end(monitor->log);
    log_close(monitor->log);
    monitor->log = NULL;
  }
  send_exit(monitor);
  attach_finish(&monitor->attach);
  // Before the cgroup goes, which is what an engine finds when this process is killed in between: it then clears both (containers/reconcile.ts).
  network_end(&monitor->process.network);
  cgroup_remove(&monitor->plan);
  process_release_root(&monitor->process);
  spawn_exit_command(&monitor->plan);
  // From here on there is nothing of the container, only clients that have not read all of it.
  give_lock_back(monitor);
  monitor->linger_bytes = 0;
  monitor_linger(monitor);
}
