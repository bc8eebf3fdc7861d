// The monitor's event loop: descriptors that become ready and times that come, one at a time, so that a handler may remove any other.
#pragma once

#include <stdint.h>

#include "error.h"

typedef struct {
  int descriptor;   // -1: not watched
  uint32_t events;  // of epoll
  void (*ready)(void *owner, uint32_t events);
  void *owner;
} watch_t;

typedef struct {
  int64_t at_ms;  // of the monotonic clock; 0: not set
  void (*due)(void *owner);
  void *owner;
} timer_slot_t;

#define LOOP_TIMERS 12

typedef struct {
  int epoll;
  int is_done;
  timer_slot_t *timers[LOOP_TIMERS];
} loop_t;

int loop_open(loop_t *loop, failure_t *failure);

// Runs until is_done is set.
void loop_run(loop_t *loop);

// A timer that the loop looks at; it lives as long as the loop.
void loop_add_timer(loop_t *loop, timer_slot_t *timer);
void timer_start(timer_slot_t *timer, uint64_t delay_ms);
// At that time, or as before where that is earlier.
void timer_advance(timer_slot_t *timer, int64_t at_ms);
void timer_stop(timer_slot_t *timer);

// Events 0 takes the descriptor out of the loop without closing it (epoll would still tell of its end).
int watch_set(loop_t *loop, watch_t *watch, uint32_t events);
// Takes it out and closes it.
void watch_close(loop_t *loop, watch_t *watch);
