#define _GNU_SOURCE
#include "restart.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_DELAY_MS 100U
#define LONGEST_DELAY_MS 60000U
#define LONG_RUN_MS 10000U

static const char *const names[] = {
    [RESTART_NO] = "no", [RESTART_ON_FAILURE] = "on-failure", [RESTART_ALWAYS] = "always", [RESTART_UNLESS_STOPPED] = "unless-stopped"};

int restart_parse(restart_t *restart, const char *policy, const char *most_retries) {
  size_t digits = strspn(most_retries, "0123456789");
  if (most_retries[digits] != '\0' || digits > 9) return -1;
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    if (strcmp(names[i], policy) != 0) continue;
    restart->policy = (restart_policy_t)i;
    restart->most_retries = strtoull(most_retries, NULL, 10);
    return 0;
  }
  return -1;
}

int restart_decide(restart_t *restart, int exit_code, uint64_t ran_ms) {
  if (ran_ms >= LONG_RUN_MS) restart->delay_ms = 0;
  restart->delay_ms = restart->delay_ms == 0 ? FIRST_DELAY_MS : restart->delay_ms * 2;
  if (restart->delay_ms > LONGEST_DELAY_MS) restart->delay_ms = LONGEST_DELAY_MS;
  int again = restart->policy == RESTART_ALWAYS || restart->policy == RESTART_UNLESS_STOPPED;
  if (restart->policy == RESTART_ON_FAILURE) again = exit_code != 0 && (restart->most_retries == 0 || restart->attempts < restart->most_retries);
  if (again) restart->attempts++;
  return again;
}
