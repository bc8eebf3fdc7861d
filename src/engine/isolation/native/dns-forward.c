#define _GNU_SOURCE
#include "dns-forward.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "moment.h"

// Bytes of one answer. The buffer is used for one at a time; what is not needed of it takes no memory.
enum { ANSWER_ROOM = 65535 };

// At one wake-up, so that other descriptors have their turn.
enum { MOST_READS = 32 };

struct dns_pending {
  dns_pending_t *next;
  dns_pending_t *previous;
  dns_lane_t *lane;
  int64_t end_ms;
  struct sockaddr_in client;
  uint16_t client_id;
  uint16_t id;
  unsigned server;
  size_t question_end;
  size_t length;
  unsigned char bytes[];
};

static unsigned draw(void) {
  unsigned value = 0;
  if (getrandom(&value, sizeof value, 0) != sizeof value) abort();
  return value;
}

static void attach(dns_forward_t *forward, dns_pending_t *pending) {
  pending->next = NULL;
  pending->previous = forward->last;
  if (forward->last)
    forward->last->next = pending;
  else
    forward->first = pending;
  forward->last = pending;
  pending->lane->count++;
}

static void detach(dns_forward_t *forward, dns_pending_t *pending) {
  dns_pending_t *next = pending->next;
  dns_pending_t *previous = pending->previous;
  dns_lane_t *lane = pending->lane;
  if (previous)
    previous->next = next;
  else
    forward->first = next;
  if (next)
    next->previous = previous;
  else
    forward->last = previous;
  pending->lane = NULL;
  if (--lane->count == 0) watch_close(forward->loop, &lane->watch);
}

static dns_pending_t *find(const dns_forward_t *forward, const dns_lane_t *lane, const unsigned char *answer, size_t length) {
  for (dns_pending_t *pending = forward->first; pending; pending = pending->next)
    if (pending->lane == lane && dns_is_answer(answer, length, pending->id, pending->bytes, pending->question_end)) return pending;
  return NULL;
}

static int is_taken(const dns_forward_t *forward, const dns_lane_t *lane, uint16_t id) {
  for (const dns_pending_t *pending = forward->first; pending; pending = pending->next)
    if (pending->lane == lane && pending->id == id) return 1;
  return 0;
}

static void tell(const dns_forward_t *forward, const dns_pending_t *pending, const unsigned char *bytes, size_t length) {
  // A client that is gone, or does not read, gets nothing.
  (void)sendto(forward->clients->descriptor, bytes, length, MSG_DONTWAIT, (const struct sockaddr *)&pending->client, sizeof pending->client);
}

static void tell_failure(const dns_forward_t *forward, dns_pending_t *pending) {
  unsigned char out[DNS_UDP_ROOM];
  const dns_query_t query = {.question_end = pending->question_end};
  dns_set_id(pending->bytes, pending->client_id);
  tell(forward, pending, out, dns_error(out, pending->bytes, &query, DNS_SERVER_FAILURE));
}

static void lane_ready(void *owner, uint32_t events);

static int open_lane(dns_forward_t *forward, dns_lane_t *lane, unsigned server) {
  lane->forward = forward;
  lane->server = (unsigned char)server;
  lane->watch = (watch_t){.descriptor = socket_address_connect(&forward->servers->list[server], SOCK_DGRAM, 0), .ready = lane_ready, .owner = lane};
  if (lane->watch.descriptor < 0) return -1;
  if (watch_set(forward->loop, &lane->watch, EPOLLIN) == 0) return 0;
  watch_close(forward->loop, &lane->watch);
  return -1;
}

// A new one while there may be, else one of those that there are. Null: there is none.
static dns_lane_t *choose_lane(dns_forward_t *forward, unsigned server) {
  dns_lane_t *open[DNS_LANES];
  unsigned count = 0;
  for (unsigned i = 0; i < DNS_LANES; i++) {
    dns_lane_t *lane = &forward->lanes[server][i];
    if (lane->count > 0)
      open[count++] = lane;
    else if (open_lane(forward, lane, server) == 0)
      return lane;
  }
  return count > 0 ? open[draw() % count] : NULL;
}

static int send_on(dns_forward_t *forward, dns_lane_t *lane, dns_pending_t *pending) {
  do pending->id = (uint16_t)draw();
  while (is_taken(forward, lane, pending->id));
  dns_set_id(pending->bytes, pending->id);
  return send(lane->watch.descriptor, pending->bytes, pending->length, MSG_DONTWAIT) == (ssize_t)pending->length ? 0 : -1;
}

static int ask_server(dns_forward_t *forward, dns_pending_t *pending) {
  dns_lane_t *lane = choose_lane(forward, pending->server);
  if (!lane) return -1;
  if (send_on(forward, lane, pending) < 0) {
    if (lane->count == 0) watch_close(forward->loop, &lane->watch);
    return -1;
  }
  pending->lane = lane;
  pending->end_ms = monotonic_now_ms() + DNS_SERVER_LIMIT_MS;
  attach(forward, pending);
  timer_advance(forward->timer, pending->end_ms);
  return 0;
}

static void forget(dns_forward_t *forward, dns_pending_t *pending) {
  forward->count--;
  free(pending);
}

// From `pending->server` on, the first that can be asked at all. It stands in no list.
static void ask(dns_forward_t *forward, dns_pending_t *pending) {
  for (; pending->server < forward->servers->count; pending->server++)
    if (ask_server(forward, pending) == 0) return;
  tell_failure(forward, pending);
  forget(forward, pending);
}

static void ask_next(dns_forward_t *forward, dns_pending_t *pending) {
  detach(forward, pending);
  pending->server++;
  ask(forward, pending);
}

static void take_answer(dns_forward_t *forward, const dns_lane_t *lane, unsigned char *answer, size_t length) {
  dns_pending_t *pending = find(forward, lane, answer, length);
  if (!pending) return;
  if (dns_is_refusal(answer) && pending->server + 1 < forward->servers->count) {
    ask_next(forward, pending);
    return;
  }
  dns_set_id(answer, pending->client_id);
  tell(forward, pending, answer, length);
  detach(forward, pending);
  forget(forward, pending);
}

// The kernel says that nobody listens there: all who wait here ask the next one.
static void leave_lane(dns_forward_t *forward, const dns_lane_t *lane) {
  dns_pending_t *next = NULL;
  for (dns_pending_t *pending = forward->first; pending; pending = next) {
    next = pending->next;
    if (pending->lane == lane) ask_next(forward, pending);
  }
}

static void lane_ready(void *owner, uint32_t events) {
  static unsigned char answer[ANSWER_ROOM];
  dns_lane_t *lane = owner;
  dns_forward_t *forward = lane->forward;
  (void)events;
  for (int i = 0; i < MOST_READS && lane->count > 0; i++) {
    ssize_t count = recv(lane->watch.descriptor, answer, sizeof answer, MSG_DONTWAIT);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return;
    if (count < 0) {
      leave_lane(forward, lane);
      return;
    }
    take_answer(forward, lane, answer, (size_t)count);
  }
}

void dns_forward_open(dns_forward_t *forward, loop_t *loop, timer_slot_t *timer, const dns_servers_t *servers, const watch_t *clients) {
  forward->loop = loop;
  forward->timer = timer;
  forward->servers = servers;
  forward->clients = clients;
}

void dns_forward_ask(dns_forward_t *forward, const struct sockaddr_in *client, const unsigned char *bytes, size_t length, const dns_query_t *query) {
  unsigned char out[DNS_UDP_ROOM];
  dns_pending_t *pending = forward->count < DNS_PENDING ? malloc(sizeof *pending + length) : NULL;
  if (!pending) {
    (void)sendto(forward->clients->descriptor, out, dns_error(out, bytes, query, DNS_SERVER_FAILURE), MSG_DONTWAIT, (const struct sockaddr *)client, sizeof *client);
    return;
  }
  *pending = (dns_pending_t){.client = *client, .client_id = dns_id(bytes), .question_end = query->question_end, .length = length};
  memcpy(pending->bytes, bytes, length);
  forward->count++;
  ask(forward, pending);
}

void dns_forward_expire(dns_forward_t *forward, int64_t now_ms) {
  while (forward->first && forward->first->end_ms <= now_ms) ask_next(forward, forward->first);
  if (forward->first) timer_advance(forward->timer, forward->first->end_ms);
}

void dns_forward_close(dns_forward_t *forward) {
  while (forward->first) {
    dns_pending_t *pending = forward->first;
    detach(forward, pending);
    forget(forward, pending);
  }
}
