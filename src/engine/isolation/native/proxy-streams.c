#define _GNU_SOURCE
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "moment.h"
#include "proxy.h"

enum { PIECE = 32768, ACCEPT_AGAIN_MS = 1000 };

typedef struct end end_t;

struct end {
  proxy_stream_t *stream;
  end_t *other;
  watch_t watch;
  int is_over;  // nothing more comes from it
  size_t from;  // of what it did not take yet; nothing is read for it meanwhile
  size_t to;
  char waiting[PIECE];  // pages of it that are not used take no memory
};

enum { CLIENT, SERVER, ENDS };

struct proxy_stream {
  host_port_t *port;
  proxy_stream_t *next;
  proxy_stream_t **link;
  int is_connected;
  end_t ends[ENDS];
};

static int is_waiting(const end_t *end) { return end->from < end->to; }

static void close_stream(proxy_stream_t *stream, int is_broken) {
  static const struct linger at_once = {.l_onoff = 1};
  host_port_t *port = stream->port;
  for (int i = 0; i < ENDS; i++) {
    end_t *end = &stream->ends[i];
    if (is_broken && end->watch.descriptor >= 0) setsockopt(end->watch.descriptor, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    watch_close(port->loop, &end->watch);
  }
  *stream->link = stream->next;
  if (stream->next) stream->next->link = stream->link;
  free(stream);
  // There is a descriptor again, if that was what lacked.
  if (port->is_served) watch_set(port->loop, &port->watch, EPOLLIN);
}

static int ask_for_events(proxy_stream_t *stream) {
  for (int i = 0; i < ENDS; i++) {
    end_t *end = &stream->ends[i];
    uint32_t input = !end->is_over && !is_waiting(end->other) ? EPOLLIN : 0;
    if (watch_set(stream->port->loop, &end->watch, input | (is_waiting(end) ? (uint32_t)EPOLLOUT : 0)) < 0) return -1;
  }
  return 0;
}

static int is_passing(int number) { return number == EAGAIN || number == EINTR; }

// What an end did not take is kept, and given when it takes more.
static int give(end_t *end) {
  ssize_t sent = send(end->watch.descriptor, end->waiting + end->from, end->to - end->from, MSG_NOSIGNAL);
  if (sent < 0) return is_passing(errno) ? 0 : -1;
  end->from += (size_t)sent;
  if (!is_waiting(end) && end->other->is_over) shutdown(end->watch.descriptor, SHUT_WR);
  return 0;
}

static int carry(end_t *end) {
  end_t *other = end->other;
  ssize_t count = read(end->watch.descriptor, other->waiting, sizeof other->waiting);
  if (count < 0) return is_passing(errno) ? 0 : -1;
  if (count == 0) {
    end->is_over = 1;
    shutdown(other->watch.descriptor, SHUT_WR);
    return 0;
  }
  other->from = 0;
  other->to = (size_t)count;
  return give(other);
}

static int finish_connecting(proxy_stream_t *stream) {
  int number = 0;
  socklen_t length = sizeof number;
  if (getsockopt(stream->ends[SERVER].watch.descriptor, SOL_SOCKET, SO_ERROR, &number, &length) < 0 || number != 0) return -1;
  stream->is_connected = 1;
  return 0;
}

static int move_on(end_t *end, uint32_t events) {
  if (!end->stream->is_connected) return finish_connecting(end->stream);
  if (is_waiting(end) && events & (EPOLLOUT | EPOLLERR | EPOLLHUP) && give(end) < 0) return -1;
  if (!end->is_over && !is_waiting(end->other) && events & (EPOLLIN | EPOLLERR | EPOLLHUP)) return carry(end);
  return 0;
}

static int is_done(const proxy_stream_t *stream) {
  for (int i = 0; i < ENDS; i++)
    if (!stream->ends[i].is_over || is_waiting(&stream->ends[i])) return 0;
  return 1;
}

static void end_ready(void *owner, uint32_t events) {
  proxy_stream_t *stream = ((end_t *)owner)->stream;
  int result = move_on(owner, events);
  if (result == 0 && is_done(stream))
    close_stream(stream, 0);
  else if (result < 0 || ask_for_events(stream) < 0)
    close_stream(stream, 1);
}

static void set_end(proxy_stream_t *stream, int which, int descriptor) {
  static const int on = 1;
  end_t *end = &stream->ends[which];
  end->stream = stream;
  end->other = &stream->ends[which == CLIENT ? SERVER : CLIENT];
  end->watch = (watch_t){.descriptor = descriptor, .ready = end_ready, .owner = end};
  end->is_over = 0;
  end->from = end->to = 0;
  // Pieces go on as they come.
  if (descriptor >= 0 && stream->port->protocol == 0) setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

static void begin(host_port_t *port, proxy_stream_t *stream, int client) {
  stream->port = port;
  stream->next = port->streams;
  stream->link = &port->streams;
  stream->is_connected = 0;
  if (port->streams) port->streams->link = &stream->next;
  port->streams = stream;
  set_end(stream, CLIENT, client);
  set_end(stream, SERVER, socket_address_connect(&port->target, port->type, port->protocol));
  // The client is heard when the connection is there.
  if (stream->ends[SERVER].watch.descriptor < 0 || watch_set(port->loop, &stream->ends[SERVER].watch, EPOLLOUT) < 0) close_stream(stream, 1);
}

void proxy_take_client(void *owner, uint32_t events) {
  host_port_t *port = owner;
  (void)events;
  proxy_stream_t *stream = malloc(sizeof *stream);
  int client = stream ? accept4(port->watch.descriptor, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK) : -1;
  if (client >= 0) {
    begin(port, stream, client);
    return;
  }
  int lacks_something = !stream || errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
  free(stream);
  if (!lacks_something) return;
  // They wait in the kernel until somebody has gone, or for a while.
  watch_set(port->loop, &port->watch, 0);
  timer_advance(port->timer, monotonic_now_ms() + ACCEPT_AGAIN_MS);
}

void proxy_end_streams(host_port_t *port) {
  while (port->streams) close_stream(port->streams, 1);
}
