#define _GNU_SOURCE
#include "health.h"

const char *health_word(health_status_t status) {
  static const char *const words[] = {[HEALTH_STARTING] = "starting", [HEALTH_HEALTHY] = "healthy", [HEALTH_UNHEALTHY] = "unhealthy"};
  return words[status];
}

void health_judge(health_state_t *state, const health_rules_t *rules, int exit_code, uint64_t age_ms) {
  if (exit_code == 0) {
    *state = (health_state_t){.status = HEALTH_HEALTHY};
    return;
  }
  // A container that was never healthy has its start period to become so; failures in it do not count.
  if (state->status == HEALTH_STARTING && age_ms < rules->start_period_ms) return;
  state->failing_streak++;
  if (state->failing_streak >= rules->retries) state->status = HEALTH_UNHEALTHY;
}

uint64_t health_wait_ms(const health_state_t *state, const health_rules_t *rules, uint64_t age_ms) {
  return state->status == HEALTH_STARTING && age_ms < rules->start_period_ms ? rules->start_interval_ms : rules->interval_ms;
}
