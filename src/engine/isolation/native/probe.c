#define _GNU_SOURCE
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "journal.h"
#include "launch.h"
#include "moment.h"

// A plan for the running container: the probe's own, with the first process as its target, which nobody could know when the plan was made.
static int aim_plan(const probe_t *probe, plan_t *aimed) {
  static char pid[24];
  static char ticks[24];
  static field_t fields[2];
  size_t count = 0;
  record_t *settings = calloc(probe->plan.setting_count + 1, sizeof *settings);
  if (!settings) return -1;
  fields[0] = (field_t){.bytes = pid, .length = (uint32_t)snprintf(pid, sizeof pid, "%d", probe->target)};
  fields[1] = (field_t){.bytes = ticks, .length = (uint32_t)snprintf(ticks, sizeof ticks, "%" PRIu64, probe->target_ticks)};
  for (size_t i = 0; i < probe->plan.setting_count; i++)
    if (probe->plan.settings[i].kind != SETTING_TARGET) settings[count++] = probe->plan.settings[i];
  settings[count++] = (record_t){.kind = SETTING_TARGET, .count = 2, .fields = fields};
  *aimed = probe->plan;
  aimed->settings = settings;
  aimed->setting_count = count;
  return 0;
}

static int run_plan(const probe_t *probe, failure_t *failure) {
  plan_t aimed;
  launch_t launch = LAUNCH_NONE;
  const launch_stdio_t stdio = {.input = 0, .output = 1, .error = 2};
  int status = 0;
  if (aim_plan(probe, &aimed) < 0) return fail(failure, ENOMEM, "", "no memory for the probe");
  if (launch_prepare(&launch, &aimed, NULL, failure) < 0 || launch_clone(&launch, &aimed, &stdio, failure) < 0 || launch_release(&launch, failure) < 0) return -1;
  while (waitpid(launch.pid, &status, 0) < 0)
    if (errno != EINTR) return fail(failure, errno, "", "cannot wait for the probe");
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// The probe's process. Its own end by a signal means that there is no exit code: the launch failed (and the output says why), or it took too long.
__attribute__((noreturn)) static void run_helper(const probe_t *probe, int output, pid_t monitor) {
  failure_t failure = {0};
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != monitor) _exit(1);
  if (dup2(output, 1) < 0 || dup2(output, 2) < 0) _exit(1);
  // The lock above all: it tells that the monitor lives.
  syscall(SYS_close_range, 3U, ~0U, 0U);
  int code = run_plan(probe, &failure);
  if (code >= 0) _exit(code);
  dprintf(1, "%s: %s: %s: %s", failure.operation, failure.target, failure.message, strerror(failure.number));
  kill(getpid(), SIGKILL);
  _exit(1);
}

// What comes after the limit is read, so that the probe is not held up, and forgotten.
static int read_output(probe_t *probe) {
  char piece[PROBE_OUTPUT];
  ssize_t count = read(probe->output.descriptor, piece, sizeof piece);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return 0;
  if (count <= 0) {
    watch_close(probe->loop, &probe->output);
    return 0;
  }
  size_t kept = (size_t)count;
  if (kept > PROBE_OUTPUT - probe->length) {
    kept = PROBE_OUTPUT - probe->length;
    probe->is_cut = 1;
  }
  memcpy(probe->bytes + probe->length, piece, kept);
  probe->length += kept;
  return 1;
}

static void output_ready(void *owner, uint32_t events) {
  (void)events;
  read_output(owner);
}

static uint64_t age_ms(const probe_t *probe, int64_t at_ms) { return at_ms > probe->began_ms ? (uint64_t)(at_ms - probe->began_ms) : 0; }

static void wait_for_next(probe_t *probe) { timer_start(&probe->next, health_wait_ms(&probe->state, &probe->rules, age_ms(probe, monotonic_now_ms()))); }

static void start_probe(void *owner) {
  probe_t *probe = owner;
  int ends[2];
  pid_t monitor = getpid();
  // One of the run before may still be on its way out.
  if (probe->helper != 0 || pipe2(ends, O_CLOEXEC) < 0) {
    wait_for_next(probe);
    return;
  }
  fcntl(ends[0], F_SETFL, O_NONBLOCK);
  probe->length = 0;
  probe->is_cut = 0;
  probe->timed_out = 0;
  probe->probe_began_ms = monotonic_now_ms();
  probe->probe_began_ns = wall_now_ns();
  probe->helper = fork();
  if (probe->helper == 0) run_helper(probe, ends[1], monitor);
  close(ends[1]);
  probe->output.descriptor = ends[0];
  if (probe->helper < 0 || watch_set(probe->loop, &probe->output, EPOLLIN) < 0) watch_close(probe->loop, &probe->output);
  if (probe->helper < 0) {
    probe->helper = 0;
    wait_for_next(probe);
    return;
  }
  timer_start(&probe->limit, probe->rules.timeout_ms);
}

static void end_probe(void *owner) {
  probe_t *probe = owner;
  probe->timed_out = 1;
  kill(probe->helper, SIGKILL);
}

#define RESULT_TEXT (PROBE_OUTPUT + 128U)

static size_t result_text(const probe_t *probe, char out[RESULT_TEXT]) {
  char limit[DURATION_TEXT];
  size_t length = 0;
  if (probe->timed_out) {
    format_duration(limit, probe->rules.timeout_ms);
    length = (size_t)snprintf(out, RESULT_TEXT, "Health check exceeded timeout (%s)%s", limit, probe->length > 0 ? ": " : "");
  }
  memcpy(out + length, probe->bytes, probe->length);
  length += probe->length;
  if (probe->is_cut) {
    memcpy(out + length, "...", 3);
    length += 3;
  }
  return length;
}

static void tell_result(probe_t *probe, int exit_code) {
  char text[RESULT_TEXT];
  health_judge(&probe->state, &probe->rules, exit_code, age_ms(probe, probe->probe_began_ms));
  health_record_t record = {.status = health_word(probe->state.status),
                            .exit_code = exit_code,
                            .output = text,
                            .output_length = result_text(probe, text),
                            .failing_streak = probe->state.failing_streak,
                            .started_at_ns = probe->probe_began_ns};
  journal_health(probe->journal, &record);
}

int probe_reaped(probe_t *probe, pid_t pid, int wait_status) {
  if (probe->helper == 0 || pid != probe->helper) return 0;
  probe->helper = 0;
  timer_stop(&probe->limit);
  while (probe->output.descriptor >= 0 && read_output(probe)) continue;
  watch_close(probe->loop, &probe->output);
  if (probe->target == 0) return 1;
  tell_result(probe, WIFEXITED(wait_status) && !probe->timed_out ? WEXITSTATUS(wait_status) : -1);
  wait_for_next(probe);
  return 1;
}

void probe_begin(probe_t *probe, pid_t target, uint64_t target_ticks) {
  if (!probe->is_wanted) return;
  probe->target = target;
  probe->target_ticks = target_ticks;
  probe->began_ms = monotonic_now_ms();
  probe->state = (health_state_t){.status = HEALTH_STARTING};
  wait_for_next(probe);
}

void probe_stop(probe_t *probe) {
  timer_stop(&probe->next);
  timer_stop(&probe->limit);
  probe->target = 0;
  if (probe->helper != 0) kill(probe->helper, SIGKILL);
}

int probe_open(probe_t *probe, loop_t *loop, const plan_t *plan, failure_t *failure) {
  const record_t *setting = plan_setting(plan, SETTING_HEALTH);
  uint64_t *numbers[] = {&probe->rules.interval_ms, &probe->rules.timeout_ms, &probe->rules.start_period_ms, &probe->rules.start_interval_ms, &probe->rules.retries};
  probe->loop = loop;
  probe->output = (watch_t){.descriptor = -1, .ready = output_ready, .owner = probe};
  probe->next = (timer_slot_t){.due = start_probe, .owner = probe};
  probe->limit = (timer_slot_t){.due = end_probe, .owner = probe};
  loop_add_timer(loop, &probe->next);
  loop_add_timer(loop, &probe->limit);
  if (!setting) return 0;
  for (uint32_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
    if (record_number(setting, i, UINT32_MAX, numbers[i], failure) < 0) return -1;
  probe->is_wanted = 1;
  return plan_parse(setting->fields[5].bytes, setting->fields[5].length, &probe->plan, failure);
}
