// What /proc says about a process.
#pragma once

#include <stdint.h>
#include <sys/types.h>

// Field 22 of /proc/PID/stat, in clock ticks since the machine started: with the pid it names a process for good.
int process_start_ticks(pid_t pid, uint64_t *ticks);
