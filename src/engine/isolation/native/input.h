// The process's stdin: a pipe or the terminal, written without waiting.
#pragma once

#include <stddef.h>

#include "loop.h"

typedef enum { INPUT_NONE, INPUT_STAYS, INPUT_ONCE, INPUT_HANGS_UP } input_mode_t;

typedef struct {
  loop_t *loop;
  input_mode_t mode;
  watch_t watch;  // the writing end; its handler is called when it takes bytes again
  int is_terminal;
  int is_running;  // there is a process, or was in this run; without one, bytes wait
  int ends_early;  // was closed before the process began
} input_t;

// A process begins: takes over the writing end (-1: it has none).
void input_begin(input_t *input, int descriptor, int is_terminal);
// The process has ended: what comes is for the next one.
void input_end(input_t *input);
// How many bytes were taken. What nobody can read any more is taken and thrown away.
size_t input_take(input_t *input, const char *bytes, size_t length);
void input_close(input_t *input);
