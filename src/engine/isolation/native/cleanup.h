// `cleanup_close int file = open(…)`: closed at the end of the block, whichever way it is left.
#pragma once

#include <unistd.h>

static inline void close_descriptor(const int *descriptor) {
  if (*descriptor >= 0) close(*descriptor);
}

#define cleanup_close __attribute__((cleanup(close_descriptor)))
