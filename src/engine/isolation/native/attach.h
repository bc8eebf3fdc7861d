// The attach socket: accepts clients of the monitor's own user, gives each what the container writes. README.md has the frames; attach-frames.ts is the other end.
#pragma once

#include "client.h"
#include "loop.h"

// Of each kind: connections to the socket, and those that were handed over.
#define ATTACH_CLIENTS 64

// A client that is late must not lose output, and one that does not read at all must not hold up the container: when a client is full, output waits until it has read
// what is kept for it, but no longer than this. Then it is dropped.
#define ATTACH_HOLD_MS 1000

typedef struct attach attach_t;

typedef struct attach_slot {
  struct attach_slot *next;
  attach_t *attach;
  client_t *client;
} attach_slot_t;

struct attach {
  loop_t *loop;
  client_actions_t actions;
  watch_t listener;
  const char *path;
  int is_finished;
  timer_slot_t hold_timer;  // set: output is held
  void (*hold)(void *owner, int is_held);  // of the actions' owner
  attach_slot_t *slots;
};

void attach_init(attach_t *attach, loop_t *loop);
int attach_open(attach_t *attach, const char *path, failure_t *failure);
// A client that is connected already; waits (for a bounded time) until its hello is here, so that it gets output from the first byte.
void attach_first_client(attach_t *attach, int descriptor);
// One that was handed over: nothing is expected of it yet. Null (and the descriptor is closed) at the end, or where there are too many.
client_t *attach_add_direct(attach_t *attach, int descriptor);
void attach_output(attach_t *attach, int type, const char *bytes, size_t length);
void attach_resume_stdin(attach_t *attach);
// No more clients, those at hand are finished, and the socket's path is gone.
void attach_finish(attach_t *attach);
// What is still to be sent to all clients, and read by those that may be writing; 0 when the monitor may go.
size_t attach_unsettled_bytes(const attach_t *attach);
