// Docker's restart policies and back-off. Pure: times come in, a decision comes out.
#pragma once

#include <stdint.h>

typedef enum { RESTART_NO, RESTART_ON_FAILURE, RESTART_ALWAYS, RESTART_UNLESS_STOPPED } restart_policy_t;

typedef struct {
  restart_policy_t policy;
  uint64_t most_retries;  // of on-failure; 0: no bound
  uint64_t attempts;      // restarts that were decided
  uint64_t delay_ms;      // the last wait; 0 before the first
} restart_t;

// The policy as the plan and frame 10 spell it, and the number of retries as text (empty: 0). -1 for what is neither.
int restart_parse(restart_t *restart, const char *policy, const char *most_retries);

// Whether the process that ran for `ran_ms` and ended with `exit_code` is started again, after restart->delay_ms.
int restart_decide(restart_t *restart, int exit_code, uint64_t ran_ms);
