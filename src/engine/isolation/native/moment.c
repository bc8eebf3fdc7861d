#define _GNU_SOURCE
#include "moment.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

uint64_t wall_now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

int64_t monotonic_now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void format_moment(char *out, uint64_t ns) {
  time_t seconds = (time_t)(ns / 1000000000U);
  struct tm parts = {0};
  char date[32];
  char fraction[16];
  gmtime_r(&seconds, &parts);
  strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &parts);
  snprintf(fraction, sizeof fraction, ".%09uZ", (unsigned)(ns % 1000000000U));
  memcpy(out, date, 19);
  memcpy(out + 19, fraction, 11);
}

void format_duration(char out[DURATION_TEXT], uint64_t milliseconds) {
  uint64_t seconds = milliseconds / 1000;
  unsigned rest = (unsigned)(milliseconds % 1000);
  char fraction[8] = "";
  if (milliseconds > 0 && milliseconds < 1000) {
    snprintf(out, DURATION_TEXT, "%ums", rest);
    return;
  }
  if (rest > 0) {
    int length = snprintf(fraction, sizeof fraction, ".%03u", rest);
    while (fraction[length - 1] == '0') fraction[--length] = '\0';
  }
  if (seconds >= 3600)
    snprintf(out, DURATION_TEXT, "%" PRIu64 "h%" PRIu64 "m%" PRIu64 "%ss", seconds / 3600, seconds / 60 % 60, seconds % 60, fraction);
  else if (seconds >= 60)
    snprintf(out, DURATION_TEXT, "%" PRIu64 "m%" PRIu64 "%ss", seconds / 60, seconds % 60, fraction);
  else
    snprintf(out, DURATION_TEXT, "%" PRIu64 "%ss", seconds, fraction);
}
