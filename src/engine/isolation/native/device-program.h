#pragma once

#include "error.h"
#include "plan.h"

// Loads the program of the setting `device-program` and attaches it to the folder of `cgroup-v2`, beside those that are there. The kernel lets go of it with the cgroup.
int device_program_attach(const plan_t *plan, failure_t *failure);
