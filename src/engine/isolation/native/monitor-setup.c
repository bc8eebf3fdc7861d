#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "device-program.h"
#include "monitor.h"
#include "processes.h"
#include "syscalls.h"

static const char *text_of(const plan_t *plan, uint32_t kind) {
  const record_t *setting = plan_setting(plan, kind);
  return setting ? record_text(setting, 0) : NULL;
}

typedef int (*opener_t)(monitor_t *monitor, failure_t *failure);

typedef struct {
  const char *word;
  opener_t open;
} part_t;

// Of what may have come ahead of the plan.
static const record_t *first_setting(const monitor_t *monitor, uint32_t kind) {
  const record_t *ahead = plan_setting(&monitor->ahead, kind);
  return ahead ? ahead : plan_setting(&monitor->plan, kind);
}

// Held as long as the monitor lives: whoever gets it knows that no process of this container is left. The file says who holds it.
static int take_lock(monitor_t *monitor, failure_t *failure) {
  const record_t *setting = first_setting(monitor, SETTING_LOCK);
  if (!setting || monitor->lock >= 0) return 0;
  const char *path = record_text(setting, 0);
  monitor->lock = sys_open(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0600);
  if (monitor->lock < 0) return fail(failure, errno, path, "cannot open the lock");
  if (flock(monitor->lock, LOCK_EX | LOCK_NB) < 0) return fail(failure, errno, path, "another monitor has the lock");
  uint64_t start_ticks = 0;
  if (process_start_ticks(getpid(), &start_ticks) < 0) return fail(failure, errno, "", "cannot read the start time of the monitor");
  if (ftruncate(monitor->lock, 0) < 0 || dprintf(monitor->lock, "%d %" PRIu64 "\n", getpid(), start_ticks) < 0) return fail(failure, errno, path, "cannot write the lock");
  return 0;
}

static int open_journal(monitor_t *monitor, failure_t *failure) {
  const char *path = text_of(&monitor->plan, SETTING_JOURNAL);
  return journal_open(&monitor->journal, path ? path : "/dev/null", failure);
}

static int open_log(monitor_t *monitor, failure_t *failure) {
  const record_t *setting = plan_setting(&monitor->plan, SETTING_LOG);
  uint64_t max_bytes = 0;
  uint64_t max_files = 0;
  if (!setting) return 0;
  if (record_number(setting, 1, INT64_MAX, &max_bytes, failure) < 0 || record_number(setting, 2, 1000, &max_files, failure) < 0) return -1;
  return log_open(&monitor->log, record_text(setting, 0), max_bytes, (unsigned)max_files, failure);
}

static int set_input(monitor_t *monitor, failure_t *failure) {
  static const char *const modes[] = {[INPUT_NONE] = "none", [INPUT_STAYS] = "open", [INPUT_ONCE] = "once", [INPUT_HANGS_UP] = "hang-up"};
  const char *word = text_of(&monitor->plan, SETTING_STDIN);
  for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
    if (strcmp(word ? word : "none", modes[i]) != 0) continue;
    monitor->input.mode = (input_mode_t)i;
    return 0;
  }
  return fail(failure, EINVAL, word ? word : "", "stdin is none, open, once or hang-up");
}

static int set_restart(monitor_t *monitor, failure_t *failure) {
  const record_t *setting = plan_setting(&monitor->plan, SETTING_RESTART);
  if (!setting || restart_parse(&monitor->restart, record_text(setting, 0), record_text(setting, 1)) == 0) return 0;
  return fail(failure, EINVAL, record_text(setting, 0), "a restart policy is no, on-failure, always or unless-stopped, and a number");
}

static void read_signals(void *owner, uint32_t events) {
  monitor_t *monitor = owner;
  struct signalfd_siginfo information[16];
  (void)events;
  while (read(monitor->signals.descriptor, information, sizeof information) > 0) continue;
  for (;;) {
    int status = 0;
    pid_t pid = waitpid(-1, &status, WNOHANG);
    if (pid <= 0) return;
    monitor_child_ended(monitor, pid, status);
  }
}

static int watch_children(monitor_t *monitor, failure_t *failure) {
  sigset_t mask;
  sigemptyset(&mask);
  sigaddset(&mask, SIGCHLD);
  sigprocmask(SIG_BLOCK, &mask, NULL);
  monitor->signals = (watch_t){.descriptor = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK), .ready = read_signals, .owner = monitor};
  if (monitor->signals.descriptor < 0 || watch_set(&monitor->loop, &monitor->signals, EPOLLIN) < 0) return fail(failure, errno, "signalfd", "cannot watch for the end of processes");
  return 0;
}

static size_t take_stdin(void *owner, const char *bytes, size_t length) { return input_take(&((monitor_t *)owner)->input, bytes, length); }

static void close_stdin(void *owner) { input_close(&((monitor_t *)owner)->input); }

static void stdin_left(void *owner) {
  monitor_t *monitor = owner;
  if (monitor->input.mode == INPUT_ONCE) input_close(&monitor->input);
  if (monitor->input.mode != INPUT_HANGS_UP) return;
  // As a terminal does whose line is cut: who is stopped is continued, to hear it.
  (void)process_signal(&monitor->process, SIGHUP);
  (void)process_signal(&monitor->process, SIGCONT);
}

static void stdin_ready(void *owner, uint32_t events) {
  monitor_t *monitor = owner;
  // Not asked for again until somebody waits again: a reader that is gone would make it ready for ever.
  watch_set(&monitor->loop, &monitor->input.watch, 0);
  (void)events;
  attach_resume_stdin(&monitor->attach);
}

static void hold_output(void *owner, int is_held) { process_hold(&((monitor_t *)owner)->process, is_held); }

static int open_attach(monitor_t *monitor, failure_t *failure) {
  const char *path = text_of(&monitor->plan, SETTING_SOCKET);
  return path ? attach_open(&monitor->attach, path, failure) : 0;
}

static int open_network(monitor_t *monitor, failure_t *failure) {
  network_t *network = &monitor->process.network;
  return network->is_ahead ? 0 : network_open(network, &monitor->loop, first_setting(monitor, SETTING_NETWORK), failure);
}

static client_t *add_client(void *owner, int descriptor) { return attach_add_direct(&((monitor_t *)owner)->attach, descriptor); }

static void connect_attach(monitor_t *monitor) {
  attach_init(&monitor->attach, &monitor->loop);
  monitor->attach.hold = hold_output;
  monitor->attach.actions = (client_actions_t){
      .owner = monitor, .take_stdin = take_stdin, .close_stdin = close_stdin, .stdin_left = stdin_left, .command = monitor_command, .add_client = add_client};
}

static void connect_parts(monitor_t *monitor) {
  connect_attach(monitor);
  monitor->input.loop = &monitor->loop;
  monitor->input.watch = (watch_t){.descriptor = -1, .ready = stdin_ready, .owner = monitor};
  process_init(&monitor->process);
  monitor->process.loop = &monitor->loop;
  monitor->process.attach = &monitor->attach;
  monitor->process.input = &monitor->input;
  monitor->process.plan = &monitor->plan;
  monitor->process.silent = monitor_streams_ended;
  monitor->process.owner = monitor;
  monitor->restart_timer = (timer_slot_t){.due = monitor_restart_due, .owner = monitor};
  monitor->finish_timer = (timer_slot_t){.due = monitor_finish, .owner = monitor};
  monitor->linger_timer = (timer_slot_t){.due = monitor_linger, .owner = monitor};
  loop_add_timer(&monitor->loop, &monitor->restart_timer);
  loop_add_timer(&monitor->loop, &monitor->finish_timer);
  loop_add_timer(&monitor->loop, &monitor->linger_timer);
}

static int open_probe(monitor_t *monitor, failure_t *failure) { return probe_open(&monitor->probe, &monitor->loop, &monitor->plan, failure); }

static int open_oom(monitor_t *monitor, failure_t *failure) { return oom_open(&monitor->oom, &monitor->loop, &monitor->plan, failure); }

static int restrict_devices(monitor_t *monitor, failure_t *failure) { return device_program_attach(&monitor->plan, failure); }

static int open_parts(monitor_t *monitor, const part_t *parts, size_t count, failure_t *failure) {
  for (size_t i = 0; i < count; i++) {
    if (parts[i].open(monitor, failure) == 0) continue;
    failure_name_operation(failure, parts[i].word);
    return -1;
  }
  return 0;
}

int monitor_begin(monitor_t *monitor, failure_t *failure) {
  if (loop_open(&monitor->loop, failure) < 0) return -1;
  connect_parts(monitor);
  return 0;
}

int monitor_connect(monitor_t *monitor, failure_t *failure) {
  static const part_t parts[] = {{"lock", take_lock}, {"network", open_network}};
  int result = open_parts(monitor, parts, sizeof parts / sizeof parts[0], failure);
  return result == 0 ? network_connect_ahead(&monitor->process.network, failure) : result;
}

int monitor_open(monitor_t *monitor, failure_t *failure) {
  static const part_t parts[] = {{"lock", take_lock},     {"journal", open_journal}, {"log", open_log}, {"stdin", set_input},   {"restart", set_restart},
                                 {"id", watch_children}, {"health", open_probe},    {"oom", open_oom}, {"device-program", restrict_devices},
                                 {"network", open_network}, {"socket", open_attach}};
  if (open_parts(monitor, parts, sizeof parts / sizeof parts[0], failure) < 0) return -1;
  monitor->process.log = monitor->log;
  monitor->probe.journal = monitor->journal;
  monitor->oom.journal = monitor->journal;
  return 0;
}
