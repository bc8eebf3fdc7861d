// What the results of probes mean: Docker's rules. Pure: times come in.
#pragma once

#include <stdint.h>

typedef enum { HEALTH_STARTING, HEALTH_HEALTHY, HEALTH_UNHEALTHY } health_status_t;

typedef struct {
  uint64_t interval_ms;
  uint64_t timeout_ms;
  uint64_t start_period_ms;
  uint64_t start_interval_ms;
  uint64_t retries;
} health_rules_t;

typedef struct {
  health_status_t status;
  uint64_t failing_streak;
} health_state_t;

const char *health_word(health_status_t status);

// A probe that began `age_ms` after the container did has ended with the exit code.
void health_judge(health_state_t *state, const health_rules_t *rules, int exit_code, uint64_t age_ms);

// How long to wait for the next probe when the container is `age_ms` old.
uint64_t health_wait_ms(const health_state_t *state, const health_rules_t *rules, uint64_t age_ms);
