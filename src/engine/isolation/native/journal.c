#define _GNU_SOURCE
#include "journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "json.h"
#include "moment.h"
#include "syscalls.h"

int journal_open(int *journal, const char *path, failure_t *failure) {
  *journal = sys_open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, 0600);
  return *journal < 0 ? fail(failure, errno, path, "cannot open the journal") : 0;
}

static void add_text_field(text_t *text, const char *name, const char *value) {
  text_add(text, ",\"");
  text_add(text, name);
  text_add(text, "\":");
  text_add_string(text, value, strlen(value));
}

static void add_number_field(text_t *text, const char *name, long long value) {
  text_add(text, ",\"");
  text_add(text, name);
  text_add(text, "\":");
  text_add_number(text, value);
}

static void add_truth_field(text_t *text, const char *name, int value) {
  text_add(text, ",\"");
  text_add(text, name);
  text_add(text, value ? "\":true" : "\":false");
}

// Nanoseconds since 1970 are more than a JavaScript number holds exactly: text.
static void add_time_field(text_t *text, const char *name, uint64_t ns) {
  char digits[24];
  snprintf(digits, sizeof digits, "%llu", (unsigned long long)ns);
  add_text_field(text, name, digits);
}

static void append(int journal, text_t *text, const char *line) {
  text_add(text, "\n");
  if (text->full) return;
  // One write, so that a reader sees whole lines. If it cannot be written there is nobody left to be told.
  while (write(journal, line, (size_t)(text->at - line)) < 0 && errno == EINTR) continue;
}

#define LINE(name) \
  char name##_bytes[JOURNAL_LINE]; \
  text_t name = {.at = name##_bytes, .end = name##_bytes + sizeof name##_bytes}

static void finish(int journal, text_t *text, const char *line) {
  add_time_field(text, "atNs", wall_now_ns());
  text_add(text, "}");
  append(journal, text, line);
}

void journal_start(int journal, pid_t pid, uint64_t start_ticks) {
  LINE(text);
  text_add(&text, "{\"event\":\"start\"");
  add_number_field(&text, "pid", pid);
  add_number_field(&text, "startTicks", (long long)start_ticks);
  finish(journal, &text, text_bytes);
}

static void add_exit(text_t *text, const exit_record_t *record) {
  text_add(text, "{\"event\":\"exit\"");
  add_number_field(text, "exitCode", record->exit_code);
  add_number_field(text, "signal", record->signal);
  add_truth_field(text, "oomKilled", record->oom_kills > 0);
  add_number_field(text, "oomKills", (long long)record->oom_kills);
  add_truth_field(text, "final", record->is_final);
  add_time_field(text, "atNs", record->at_ns);
  text_add(text, "}");
}

size_t format_exit(char *out, size_t room, const exit_record_t *record) {
  text_t text = {.at = out, .end = out + room};
  add_exit(&text, record);
  return (size_t)(text.at - out);
}

void journal_exit(int journal, const exit_record_t *record) {
  LINE(text);
  add_exit(&text, record);
  append(journal, &text, text_bytes);
}

void journal_restarting(int journal, uint64_t attempt, uint64_t delay_ms) {
  LINE(text);
  text_add(&text, "{\"event\":\"restarting\"");
  add_number_field(&text, "attempt", (long long)attempt);
  add_number_field(&text, "delayMs", (long long)delay_ms);
  finish(journal, &text, text_bytes);
}

static void add_failure(text_t *text, const failure_t *failure) {
  text_add(text, "\"operation\":");
  text_add_string(text, failure->operation, strlen(failure->operation));
  add_text_field(text, "target", failure->target);
  add_text_field(text, "errno", errno_name(failure->number));
  add_text_field(text, "message", failure->message);
}

void journal_failed(int journal, const failure_t *failure, int is_final) {
  LINE(text);
  text_add(&text, "{\"event\":\"failed\",");
  add_failure(&text, failure);
  add_truth_field(&text, "final", is_final);
  finish(journal, &text, text_bytes);
}

void tell_failed_status(int status, const failure_t *failure) {
  LINE(text);
  text_add(&text, "{\"failed\":{");
  add_failure(&text, failure);
  text_add(&text, "}}");
  append(status, &text, text_bytes);
}

void journal_oom(int journal, uint64_t oom_kills) {
  LINE(text);
  text_add(&text, "{\"event\":\"oom\"");
  add_number_field(&text, "oomKills", (long long)oom_kills);
  finish(journal, &text, text_bytes);
}

void journal_health(int journal, const health_record_t *record) {
  LINE(text);
  text_add(&text, "{\"event\":\"health\"");
  add_text_field(&text, "status", record->status);
  add_number_field(&text, "exitCode", record->exit_code);
  text_add(&text, ",\"output\":");
  text_add_string(&text, record->output, record->output_length);
  add_number_field(&text, "failingStreak", (long long)record->failing_streak);
  add_time_field(&text, "startedAtNs", record->started_at_ns);
  finish(journal, &text, text_bytes);
}
