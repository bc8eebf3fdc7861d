// Resource limits.
#pragma once

#include <sys/types.h>

#include "error.h"
#include "plan.h"

// Sets the limit of an rlimit operation for this process, no higher than its hard limit where it may not raise that.
int rlimit_set(const record_t *record, failure_t *failure);

// Raises the hard limit of another process to what the operation asks for. What is not permitted is left as it is; rlimit_set clamps.
int rlimit_raise(const record_t *record, pid_t pid, failure_t *failure);
