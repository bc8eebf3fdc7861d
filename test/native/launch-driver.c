// Launches the plan of a file without a monitor and says in JSON lines what came of it: started or failed, then the exit. For tests and measurements of launch.c alone.
//   launch-driver PLAN [times]      with times: the median of whole lives, in microseconds
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "launch.h"

static const launch_stdio_t streams = {.input = 0, .output = 1, .error = 2};

static void drain(int terminal) {
  char text[4096];
  for (ssize_t length; terminal >= 0 && (length = read(terminal, text, sizeof text)) > 0;)
    if (write(1, text, (size_t)length) != length) return;
}

static int live(const plan_t *plan, int quiet, failure_t *failure) {
  launch_t launch = LAUNCH_NONE;
  int status = 0;
  int result = -1;
  if (launch_prepare(&launch, plan, NULL, failure) == 0 && launch_clone(&launch, plan, &streams, failure) == 0) {
    if (!quiet) dprintf(3, "{\"created\":{\"pid\":%d}}\n", launch.pid);
    char byte;
    if (!quiet && plan_setting(plan, SETTING_HANDSHAKE) && read(4, &byte, 1) != 1) fail(failure, 0, "", "given up");
    else if (launch_release(&launch, failure) == 0) {
      if (!quiet) dprintf(3, "{\"started\":{\"pid\":%d,\"startTicks\":%llu}}\n", launch.pid, (unsigned long long)launch.start_ticks);
      drain(launch.terminal);
      waitpid(launch.pid, &status, 0);
      if (!quiet) dprintf(3, "{\"exit\":{\"exitCode\":%d,\"signal\":%d}}\n", WEXITSTATUS(status), WIFSIGNALED(status) ? WTERMSIG(status) : 0);
      result = 0;
    }
  }
  launch_close(&launch);
  return result;
}

static int compare(const void *a, const void *b) {
  double difference = *(const double *)a - *(const double *)b;
  return difference < 0 ? -1 : difference > 0;
}

static int measure(const plan_t *plan, size_t times, failure_t *failure) {
  double *spans = calloc(times, sizeof *spans);
  for (size_t i = 0; spans && i < times; i++) {
    struct timespec before;
    struct timespec after;
    clock_gettime(CLOCK_MONOTONIC, &before);
    if (live(plan, 1, failure) < 0) return -1;
    clock_gettime(CLOCK_MONOTONIC, &after);
    spans[i] = (double)(after.tv_sec - before.tv_sec) * 1e6 + (double)(after.tv_nsec - before.tv_nsec) / 1e3;
  }
  if (!spans) return -1;
  qsort(spans, times, sizeof *spans, compare);
  dprintf(3, "{\"medianUs\":%.0f,\"p10Us\":%.0f,\"p90Us\":%.0f}\n", spans[times / 2], spans[times / 10], spans[times * 9 / 10]);
  free(spans);
  return 0;
}

int main(int argc, char **argv) {
  plan_t plan = {0};
  failure_t failure = {0};
  int file = argc > 1 ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1;
  fcntl(3, F_SETFD, FD_CLOEXEC);
  int result = file < 0 ? fail(&failure, 0, "", "usage: launch-driver PLAN [times] 3>report") : plan_take(file, &plan, &failure);
  if (result == 0) result = argc > 2 ? measure(&plan, strtoul(argv[2], NULL, 10), &failure) : live(&plan, 0, &failure);
  if (result < 0)
    dprintf(3, "{\"failed\":{\"operation\":\"%s\",\"target\":\"%s\",\"errno\":\"%s\",\"message\":\"%s\"}}\n", failure.operation, failure.target, errno_name(failure.number), failure.message);
  plan_free(&plan);
  return result < 0;
}
