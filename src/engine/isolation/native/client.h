// One client of the attach socket: what it sent and was not used yet, what it shall get and did not read yet. Nothing here ever waits for a client.
#pragma once

#include <stddef.h>

#include "error.h"
#include "frames.h"
#include "loop.h"

// A client for which more than this waits is full until it has read all of it; attach.c says what that means for the others.
#define CLIENT_OUTPUT_LIMIT (1U << 20)

// Never comes: it keeps a descriptor in the loop, which then tells of the other end's leaving. EPOLLPRI would not do: whoever is connected can send a byte out of band.
#define CLIENT_WATCHED EPOLLMSG

enum { CLIENT_STDOUT = 1, CLIENT_STDERR = 2, CLIENT_STDIN = 4 };

typedef struct client client_t;
typedef struct direct direct_t;

// What the socket's clients act on.
typedef struct {
  void *owner;
  // Returns how many bytes the process took; the client is not read from until client_resume when they are not all.
  size_t (*take_stdin)(void *owner, const char *bytes, size_t length);
  void (*close_stdin)(void *owner);
  // No more stdin comes from a client that had attached it.
  void (*stdin_left)(void *owner);
  // Frames that have an answer, and the size: 0 or an errno, with words in the failure where there are some.
  int (*command)(void *owner, int type, const char *payload, size_t length, failure_t *failure);
  // One more client, on a descriptor that is taken over; null (and it is closed) where there is no room for it.
  client_t *(*add_client)(void *owner, int descriptor);
} client_actions_t;

struct client {
  watch_t watch;
  loop_t *loop;
  const client_actions_t *actions;
  int is_greeted;
  int is_dropped;      // its descriptor is closed, it is freed by the attach socket
  int is_full;
  int waits_for_stdin; // the process does not take more
  int input_ended;
  int is_discarding;   // it has the end, once all is sent: what comes from it is thrown away
  int output_ended;    // it does not read any more; what it sent before is still used
  unsigned streams;  // CLIENT_…
  direct_t *direct;  // it speaks no frames: direct.h
  client_t *given;   // the one that was handed over on this connection
  frame_reader_t reader;
  char *input;
  size_t input_from;
  size_t input_to;
  char *output;
  size_t output_from;
  size_t output_to;
  size_t output_room;
};

// Takes over the descriptor; null (and it is closed) without memory.
client_t *client_new(loop_t *loop, int descriptor, const client_actions_t *actions);
void client_free(client_t *client);

void client_ready(client_t *client, uint32_t events);
void client_send(client_t *client, int type, const char *bytes, size_t length);
// The process takes stdin again.
void client_resume(client_t *client);
// The process has ended: what waits is still sent, then the end. A client that may be writing, to the process or to have its connection taken, is read from until it
// stops: one whose writes fail might not read what it has been sent.
void client_finish(client_t *client);
void client_drop(client_t *client);
// For direct.c: looks for what matters now; no more stdin comes from it; where nothing waits any more and nothing will come, tells it the end.
void client_watch(client_t *client);
void client_leave_stdin(client_t *client);
void client_end_when_sent(client_t *client);
size_t client_waiting_bytes(const client_t *client);
// After client_finish: what waits, and as long as it may be writing what it has not read, and one.
size_t client_unsettled_bytes(const client_t *client);
