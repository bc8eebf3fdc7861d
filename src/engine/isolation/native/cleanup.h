// `cleanup_close int file = open(…)`, `cleanup_free char *text = malloc(…)`: closed and freed at the end of the block, whichever way it is left.
#pragma once

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static inline void close_descriptor(const int *descriptor) {
  if (*descriptor >= 0) close(*descriptor);
}

#define cleanup_close __attribute__((cleanup(close_descriptor)))

// The argument points to a pointer of any type.
static inline void free_pointer(void *pointer) {
  void *memory;
  memcpy(&memory, pointer, sizeof memory);
  free(memory);
}

#define cleanup_free __attribute__((cleanup(free_pointer)))
