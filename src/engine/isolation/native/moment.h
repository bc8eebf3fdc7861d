// Times as the monitor uses them: the wall clock for records, the monotonic one for waiting.
#pragma once

#include <stdint.h>

// 2026-01-02T03:04:05.123456789Z
#define MOMENT_TEXT 30

uint64_t wall_now_ns(void);
int64_t monotonic_now_ms(void);

// Exactly MOMENT_TEXT bytes, no NUL.
void format_moment(char *out, uint64_t ns);

// As Go prints a duration: 30s, 1m30s, 1h0m0s, 1.5s, 500ms.
#define DURATION_TEXT 40
void format_duration(char out[DURATION_TEXT], uint64_t milliseconds);
