#define _GNU_SOURCE
#include "loop.h"

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "moment.h"

int loop_open(loop_t *loop, failure_t *failure) {
  *loop = (loop_t){.epoll = epoll_create1(EPOLL_CLOEXEC)};
  return loop->epoll < 0 ? fail(failure, errno, "epoll", "cannot make the event loop") : 0;
}

void loop_add_timer(loop_t *loop, timer_slot_t *timer) {
  for (int i = 0; i < LOOP_TIMERS; i++) {
    if (loop->timers[i]) continue;
    loop->timers[i] = timer;
    return;
  }
}

void timer_start(timer_slot_t *timer, uint64_t delay_ms) { timer->at_ms = monotonic_now_ms() + (int64_t)delay_ms; }

void timer_advance(timer_slot_t *timer, int64_t at_ms) {
  if (timer->at_ms == 0 || at_ms < timer->at_ms) timer->at_ms = at_ms;
}

void timer_stop(timer_slot_t *timer) { timer->at_ms = 0; }

static timer_slot_t *next_timer(const loop_t *loop) {
  timer_slot_t *next = NULL;
  for (int i = 0; i < LOOP_TIMERS && loop->timers[i]; i++)
    if (loop->timers[i]->at_ms != 0 && (!next || loop->timers[i]->at_ms < next->at_ms)) next = loop->timers[i];
  return next;
}

// How long epoll may wait: -1 without a timer, 0 when it is due.
static int wait_ms(const timer_slot_t *timer) {
  if (!timer) return -1;
  int64_t left = timer->at_ms - monotonic_now_ms();
  if (left <= 0) return 0;
  return left < INT32_MAX ? (int)left : INT32_MAX;
}

void loop_run(loop_t *loop) {
  while (!loop->is_done) {
    struct epoll_event event;
    timer_slot_t *timer = next_timer(loop);
    int count = epoll_wait(loop->epoll, &event, 1, wait_ms(timer));
    if (count == 1) {
      watch_t *watch = event.data.ptr;
      watch->ready(watch->owner, event.events);
    }
    // Asked again: output that never ends must not hold up a time that has come.
    timer = next_timer(loop);
    if (timer && wait_ms(timer) == 0) {
      timer_stop(timer);
      timer->due(timer->owner);
    }
  }
}

int watch_set(loop_t *loop, watch_t *watch, uint32_t events) {
  if (watch->descriptor < 0 || watch->events == events) return 0;
  int operation = watch->events == 0 ? EPOLL_CTL_ADD : events == 0 ? EPOLL_CTL_DEL : EPOLL_CTL_MOD;
  struct epoll_event event = {.events = events, .data.ptr = watch};
  if (epoll_ctl(loop->epoll, operation, watch->descriptor, &event) < 0) return -1;
  watch->events = events;
  return 0;
}

void watch_close(loop_t *loop, watch_t *watch) {
  if (watch->descriptor < 0) return;
  watch_set(loop, watch, 0);
  close(watch->descriptor);
  watch->descriptor = -1;
}
