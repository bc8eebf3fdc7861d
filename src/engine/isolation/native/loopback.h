// lo of a new network namespace is down, and has no address until it is up.
#pragma once

#include "error.h"

// Of the network namespace that one is in. That it is up already is fine.
int loopback_up(failure_t *failure);
