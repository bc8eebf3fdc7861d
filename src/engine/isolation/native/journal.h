// The journal of a container: what happened to it, one JSON line each, appended with one write. engine/containers/journal.ts reads it; README.md has the lines.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "error.h"

typedef struct {
  int exit_code;
  int signal;
  uint64_t oom_kills;
  int is_final;
  uint64_t at_ns;
} exit_record_t;

typedef struct {
  const char *status;
  int exit_code;
  const char *output;
  size_t output_length;
  uint64_t failing_streak;
  uint64_t started_at_ns;
} health_record_t;

// Room for the longest line: a probe's output of 4 KiB, escaped.
#define JOURNAL_LINE 32768U

int journal_open(int *journal, const char *path, failure_t *failure);

void journal_start(int journal, pid_t pid, uint64_t start_ticks);
void journal_exit(int journal, const exit_record_t *record);
void journal_restarting(int journal, uint64_t attempt, uint64_t delay_ms);
void journal_failed(int journal, const failure_t *failure, int is_final);
void journal_oom(int journal, uint64_t oom_kills);
void journal_health(int journal, const health_record_t *record);

// The object of an exit line, without its end of line: clients get the same. Returns its length.
size_t format_exit(char *out, size_t room, const exit_record_t *record);

// Why nothing has started, as a line for who waits for it at the socket `status`: the same four fields.
void tell_failed_status(int status, const failure_t *failure);
