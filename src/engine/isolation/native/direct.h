// A client's own connection, which an engine has handed over: bare bytes instead of frames, so that nothing of it passes through the engine. The connection that it was given on
// commands it (frame 13), is told when it leaves, and ends it by ending.
#pragma once

#include "client.h"
#include "detach-keys.h"

struct direct {
  client_t *giver;  // null: it has gone, or there is nothing to tell it any more
  int is_framed;
  int has_output;   // until then what it shall get is kept: the engine is still writing there
  int has_input;    // until then the engine reads from there
  int is_leaving;   // the detach keys were typed; what came before them is still to be taken
  detach_keys_t keys;
};

// Frame 12: 0 or an errno; then the giver gets no output any more.
int direct_hand_over(client_t *giver, const char *payload, size_t length);
// Frame 13.
void direct_go_on(client_t *giver, const char *payload, size_t length);

// What was read, `length` bytes at client->input + DETACH_KEYS_LIMIT, becomes its input.
void direct_scan(client_t *client, size_t length);
void direct_use_input(client_t *client);
// It is being dropped.
void direct_gone(client_t *client);
// Nothing is told of it any more, and the end of its giver is not its own.
void direct_part(client_t *client);
