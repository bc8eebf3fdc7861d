// A connection that another process has, taken from it.
#pragma once

#include <stdint.h>

// Descriptor `number` of the process at the other end of `connection`, which must be a connection too; the other process keeps its own. 0 or an errno, ENOSYS before Linux 5.6.
int take_descriptor(int connection, uint32_t number, int *taken);
