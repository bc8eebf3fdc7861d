#define _GNU_SOURCE
#include "client.h"

#include <errno.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "direct.h"
#include "json.h"

#define INPUT_ROOM 32768U

client_t *client_new(loop_t *loop, int descriptor, const client_actions_t *actions) {
  client_t *client = calloc(1, sizeof *client);
  char *input = malloc(INPUT_ROOM);
  if (!client || !input) {
    free(client);
    free(input);
    close(descriptor);
    return NULL;
  }
  client->watch.descriptor = descriptor;
  client->loop = loop;
  client->actions = actions;
  client->input = input;
  return client;
}

void client_free(client_t *client) {
  watch_close(client->loop, &client->watch);
  free(client->input);
  free(client->output);
  free(client->direct);
  free(client);
}

size_t client_waiting_bytes(const client_t *client) { return client->output_to - client->output_from; }

size_t client_unsettled_bytes(const client_t *client) {
  int unread = 0;
  if (!client->is_discarding || client->input_ended) return client_waiting_bytes(client);
  if (ioctl(client->watch.descriptor, SIOCOUTQ, &unread) < 0) unread = 0;
  return client_waiting_bytes(client) + (size_t)unread + 1;
}

void client_leave_stdin(client_t *client) {
  if (!(client->streams & CLIENT_STDIN)) return;
  client->streams &= ~(unsigned)CLIENT_STDIN;
  client->actions->stdin_left(client->actions->owner);
}

// The end of a connection of frames is its leaving; a bare one has closed its half, and stays.
static void end_input(client_t *client) {
  if (client->input_ended) return;
  client->input_ended = 1;
  if (!client->direct)
    client_leave_stdin(client);
  else if (client->streams & CLIENT_STDIN)
    client->actions->close_stdin(client->actions->owner);
}

static void free_output(client_t *client) {
  free(client->output);
  client->output = NULL;
  client->output_from = client->output_to = client->output_room = 0;
  client->is_full = 0;
}

static void end_output(client_t *client) {
  client->output_ended = 1;
  free_output(client);
}

static void drop_given(client_t *client) {
  client_t *given = client->given;
  if (!given) return;
  direct_part(given);
  client_drop(given);
}

void client_drop(client_t *client) {
  if (client->is_dropped) return;
  client->is_dropped = 1;
  watch_close(client->loop, &client->watch);
  end_output(client);
  client->input_ended = 1;
  client_leave_stdin(client);
  if (client->direct) direct_gone(client);
  drop_given(client);
}

static int is_kept(const client_t *client) { return client->direct && !client->direct->has_output; }

void client_watch(client_t *client) {
  uint32_t events = CLIENT_WATCHED;
  if (client->is_dropped || is_kept(client)) return;
  if (!client->waits_for_stdin && !client->input_ended) events |= EPOLLIN;
  if (client_waiting_bytes(client) > 0) events |= EPOLLOUT;
  if (watch_set(client->loop, &client->watch, events) < 0) client_drop(client);
}

static int keep_output(client_t *client, const char *bytes, size_t length) {
  size_t waiting = client->output_to - client->output_from;
  if (client->output_from > 0 && client->output_to + length > client->output_room) {
    memmove(client->output, client->output + client->output_from, waiting);
    client->output_from = 0;
    client->output_to = waiting;
  }
  if (client->output_to + length > client->output_room) {
    size_t room = client->output_room ? client->output_room * 2 : 16384;
    while (room < client->output_to + length) room *= 2;
    char *larger = realloc(client->output, room);
    if (!larger) return -1;
    client->output = larger;
    client->output_room = room;
  }
  memcpy(client->output + client->output_to, bytes, length);
  client->output_to += length;
  return 0;
}

// What the socket takes at once of header and payload: the usual case, in which nothing waits.
static size_t send_now(client_t *client, const unsigned char *header, size_t header_length, const char *bytes, size_t length) {
  unsigned char head[FRAME_HEADER];
  union {
    const char *from;
    char *to;
  } payload = {.from = bytes};
  memcpy(head, header, sizeof head);
  struct iovec parts[2] = {{.iov_base = head, .iov_len = header_length}, {.iov_base = payload.to, .iov_len = length}};
  struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
  ssize_t count = sendmsg(client->watch.descriptor, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (count < 0 && errno != EAGAIN && errno != EINTR) end_output(client);
  return count < 0 ? 0 : (size_t)count;
}

void client_send(client_t *client, int type, const char *bytes, size_t length) {
  unsigned char header[FRAME_HEADER];
  size_t header_length = client->direct && !client->direct->is_framed ? 0 : FRAME_HEADER;
  size_t sent = 0;
  if (client->output_ended) return;
  frame_header(header, type, length);
  if (client_waiting_bytes(client) == 0 && !is_kept(client)) sent = send_now(client, header, header_length, bytes, length);
  if (client->output_ended || sent == header_length + length) return;
  size_t waiting = client_waiting_bytes(client) + header_length + length - sent;
  size_t header_left = sent < header_length ? header_length - sent : 0;
  size_t payload_sent = sent > header_length ? sent - header_length : 0;
  client->is_full = waiting > CLIENT_OUTPUT_LIMIT;
  // Output stops when a client is full; only one that asks and asks without reading the answers comes this far.
  if (waiting > 4 * CLIENT_OUTPUT_LIMIT || keep_output(client, (const char *)header + header_length - header_left, header_left) < 0 ||
      keep_output(client, bytes + payload_sent, length - payload_sent) < 0) {
    client_drop(client);
    return;
  }
  client_watch(client);
}

void client_end_when_sent(client_t *client) {
  if (client->is_discarding && client_waiting_bytes(client) == 0 && !is_kept(client)) shutdown(client->watch.descriptor, SHUT_WR);
}

static void send_waiting(client_t *client) {
  ssize_t count = send(client->watch.descriptor, client->output + client->output_from, client->output_to - client->output_from, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (count < 0 && errno != EAGAIN && errno != EINTR) end_output(client);
  if (count <= 0) return;
  client->output_from += (size_t)count;
  if (client_waiting_bytes(client) > 0) return;
  free_output(client);
  client_end_when_sent(client);
}

static void add_refusal(text_t *text, int number, const char *message) {
  text_add(text, "{\"error\":\"");
  text_add(text, errno_name(number));
  text_add(text, "\"");
  if (message[0] != '\0') {
    text_add(text, ",\"message\":");
    text_add_string(text, message, strlen(message));
  }
  text_add(text, "}");
}

static void answer(client_t *client, int number, const char *message) {
  char bytes[64 + FAILURE_TEXT * JSON_GROWTH];
  text_t text = {.at = bytes, .end = bytes + sizeof bytes};
  if (number == 0)
    text_add(&text, "{\"ok\":true}");
  else
    add_refusal(&text, number, message);
  client_send(client, FRAME_ANSWER, bytes, (size_t)(text.at - bytes));
}

static void run_command(client_t *client, int type) {
  const frame_reader_t *reader = &client->reader;
  failure_t failure = {0};
  int number = client->actions->command(client->actions->owner, type, reader->payload, reader->length, &failure);
  // The size has no answer.
  if (type != FRAME_RESIZE) answer(client, number, failure.message);
}

static void handle_frame(client_t *client) {
  const client_actions_t *actions = client->actions;
  const frame_reader_t *reader = &client->reader;
  int type = frame_type(reader);
  if (!client->is_greeted) {
    if (type != FRAME_HELLO || reader->length != 1) {
      client_drop(client);
      return;
    }
    client->is_greeted = 1;
    client->streams = (unsigned char)reader->payload[0];
    return;
  }
  if (type == FRAME_HELLO)
    client_drop(client);
  else if (type == FRAME_CLOSE_STDIN)
    actions->close_stdin(actions->owner);
  else if (type == FRAME_GO_ON)
    direct_go_on(client, reader->payload, reader->length);
  else if (type == FRAME_HAND_OVER)
    answer(client, direct_hand_over(client, reader->payload, reader->length), "");
  else
    run_command(client, type);
}

static void pass_stdin(client_t *client, const char **bytes, size_t *length) {
  size_t count = frame_stdin_length(&client->reader, *length);
  size_t taken = count;
  if (!client->is_greeted) {
    client_drop(client);
    return;
  }
  if (client->streams & CLIENT_STDIN) taken = client->actions->take_stdin(client->actions->owner, *bytes, count);
  frame_take(&client->reader, taken);
  *bytes += taken;
  *length -= taken;
  client->waits_for_stdin = taken < count;
}

static void use_frames(client_t *client) {
  const char *bytes = client->input + client->input_from;
  size_t length = client->input_to - client->input_from;
  int is_going = 1;
  client->waits_for_stdin = 0;
  while (is_going && !client->is_dropped && !client->waits_for_stdin) {
    switch (frame_read(&client->reader, &bytes, &length)) {
      case FRAME_MORE: is_going = 0; break;
      case FRAME_HAS_BYTES: pass_stdin(client, &bytes, &length); break;
      case FRAME_COMPLETE: handle_frame(client); break;
      case FRAME_MALFORMED:
      default: client_drop(client);
    }
  }
  client->input_from = client->input_to - length;
}

static void use_input(client_t *client) {
  if (client->direct)
    direct_use_input(client);
  else
    use_frames(client);
}

static void read_input(client_t *client) {
  size_t before = client->direct ? DETACH_KEYS_LIMIT : 0;
  ssize_t count = recv(client->watch.descriptor, client->input + before, INPUT_ROOM - before, MSG_DONTWAIT);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (count < 0 && client->direct) {
    client_drop(client);
    return;
  }
  if (count <= 0) {
    end_input(client);
    return;
  }
  if (client->is_discarding) return;
  client->input_from = 0;
  client->input_to = (size_t)count;
  if (client->direct) direct_scan(client, (size_t)count);
  use_input(client);
}

// The other end is closed. What it sent before is still used; what it would have got is not wanted.
static void hang_up(client_t *client) {
  end_output(client);
  drop_given(client);
  if (client->waits_for_stdin)
    watch_set(client->loop, &client->watch, 0);
  else if (client->input_ended)
    client_drop(client);
  else
    client_watch(client);
}

void client_ready(client_t *client, uint32_t events) {
  if (events & EPOLLOUT && client_waiting_bytes(client) > 0) send_waiting(client);
  if (events & (EPOLLIN | EPOLLHUP | EPOLLERR) && !client->waits_for_stdin && !client->input_ended) read_input(client);
  if (client->is_dropped) return;
  if (events & (EPOLLHUP | EPOLLERR))
    hang_up(client);
  else
    client_watch(client);
}

void client_resume(client_t *client) {
  if (client->is_dropped || !client->waits_for_stdin) return;
  use_input(client);
  if (!client->waits_for_stdin) client_watch(client);
}

void client_finish(client_t *client) {
  int was_waiting = client->waits_for_stdin;
  client->is_discarding = (client->direct || client->streams) && !client->input_ended;
  client->streams &= ~(unsigned)CLIENT_STDIN;
  client->waits_for_stdin = 0;
  if (client->given && is_kept(client->given)) {
    // It says yet when that one may be written to.
    client->is_discarding = 0;
    if (was_waiting) use_input(client);
  } else if (!client->is_discarding) {
    client->input_ended = 1;
  }
  if (client->direct && !is_kept(client)) direct_part(client);
  client_end_when_sent(client);
  client_watch(client);
}
