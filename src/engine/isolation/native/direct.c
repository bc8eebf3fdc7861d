#define _GNU_SOURCE
#include "direct.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "take-descriptor.h"

enum { FRAMED = 1, HEAD_BYTES = 5, STREAMS_OUT = CLIENT_STDOUT | CLIENT_STDERR };

// Descriptor (u32, big-endian), bits, detach keys.
int direct_hand_over(client_t *giver, const char *payload, size_t length) {
  unsigned char head[HEAD_BYTES];
  int descriptor = -1;
  if (length < HEAD_BYTES || length - HEAD_BYTES > DETACH_KEYS_LIMIT) return EINVAL;
  if (giver->given || giver->direct) return EBUSY;
  memcpy(head, payload, sizeof head);
  int number = take_descriptor(giver->watch.descriptor, (uint32_t)head[0] << 24 | (uint32_t)head[1] << 16 | (uint32_t)head[2] << 8 | head[3], &descriptor);
  if (number != 0) return number;
  client_t *client = giver->actions->add_client(giver->actions->owner, descriptor);
  if (!client) return EUSERS;
  client->direct = calloc(1, sizeof *client->direct);
  if (!client->direct) {
    client_drop(client);
    return ENOMEM;
  }
  client->direct->giver = giver;
  client->direct->is_framed = head[4] & FRAMED;
  client->direct->keys.count = length - HEAD_BYTES;
  memcpy(client->direct->keys.keys, payload + HEAD_BYTES, length - HEAD_BYTES);
  client->is_greeted = 1;
  client->waits_for_stdin = 1;
  client->streams = giver->streams & STREAMS_OUT;
  giver->streams &= ~(unsigned)STREAMS_OUT;
  giver->given = client;
  return 0;
}

// Bits as in `hello`: what goes on; and how many of the detach keys were typed before.
void direct_go_on(client_t *giver, const char *payload, size_t length) {
  client_t *client = giver->given;
  if (!client || length != 2) return;
  direct_t *direct = client->direct;
  unsigned bits = (unsigned char)payload[0];
  size_t matched = (unsigned char)payload[1];
  if (bits & STREAMS_OUT) direct->has_output = 1;
  if (bits & CLIENT_STDIN && direct->has_output && !direct->has_input) {
    direct->has_input = 1;
    direct->keys.matched = matched < direct->keys.count ? matched : 0;
    client->waits_for_stdin = 0;
    client->streams |= giver->streams & CLIENT_STDIN;
    giver->streams &= ~(unsigned)CLIENT_STDIN;
  }
  // The process has ended meanwhile.
  if (direct->has_output && client->is_discarding) direct_part(client);
  client_end_when_sent(client);
  client_watch(client);
}

void direct_part(client_t *client) {
  if (client->direct->giver) client->direct->giver->given = NULL;
  client->direct->giver = NULL;
}

static void tell_giver(client_t *client, const char *how) {
  client_t *giver = client->direct->giver;
  char text[64];
  if (!giver) return;
  direct_part(client);
  int length = snprintf(text, sizeof text, "{\"left\":\"%s\"}", how);
  client_send(giver, FRAME_ANSWER, text, (size_t)length);
}

void direct_gone(client_t *client) { tell_giver(client, "gone"); }

void direct_scan(client_t *client, size_t length) {
  client->input_from = 0;
  client->input_to = detach_keys_scan(&client->direct->keys, client->input + DETACH_KEYS_LIMIT, length, client->input, &client->direct->is_leaving);
}

// What waits is still sent, then the end. It is read from until it closes: what it was sent could be lost to it otherwise.
static void detach(client_t *client) {
  client->direct->is_leaving = 0;
  tell_giver(client, "detached");
  client_leave_stdin(client);
  client->streams = 0;
  client->is_discarding = 1;
  client_end_when_sent(client);
}

void direct_use_input(client_t *client) {
  size_t length = client->input_to - client->input_from;
  size_t taken = length;
  if (!client->direct->has_input) return;
  if (client->streams & CLIENT_STDIN && length > 0) taken = client->actions->take_stdin(client->actions->owner, client->input + client->input_from, length);
  client->input_from += taken;
  client->waits_for_stdin = taken < length;
  if (!client->waits_for_stdin && client->direct->is_leaving) detach(client);
}
