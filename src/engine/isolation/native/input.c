#define _GNU_SOURCE
#include "input.h"

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

void input_begin(input_t *input, int descriptor, int is_terminal) {
  watch_close(input->loop, &input->watch);
  input->watch.descriptor = descriptor;
  input->is_terminal = is_terminal;
  input->is_running = 1;
  if (input->ends_early) input_close(input);
  input->ends_early = 0;
}

void input_end(input_t *input) {
  watch_close(input->loop, &input->watch);
  input->is_running = 0;
}

size_t input_take(input_t *input, const char *bytes, size_t length) {
  if (input->mode == INPUT_NONE) return length;
  if (!input->is_running) return 0;
  if (input->watch.descriptor < 0) return length;
  ssize_t count = write(input->watch.descriptor, bytes, length);
  if (count >= 0 && (size_t)count == length) return length;
  if (count < 0 && errno != EAGAIN && errno != EINTR) {
    watch_close(input->loop, &input->watch);
    return length;
  }
  watch_set(input->loop, &input->watch, EPOLLOUT);
  return count < 0 ? 0 : (size_t)count;
}

// A terminal has no end of input but the character that means it.
void input_close(input_t *input) {
  if (!input->is_running)
    input->ends_early = 1;
  else if (!input->is_terminal)
    watch_close(input->loop, &input->watch);
}
