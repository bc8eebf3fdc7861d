// Queries over UDP that servers outside are asked, and their answers.
#pragma once

#include "dns-message.h"
#include "dns-servers.h"
#include "loop.h"

// Queries without an answer yet; then sockets for each server. A query has a socket of its own, with a port that nobody can foretell, as long as there are so few; then they share.
enum { DNS_PENDING = 1024, DNS_LANES = 16 };

typedef struct dns_forward dns_forward_t;
typedef struct dns_pending dns_pending_t;

typedef struct {
  dns_forward_t *forward;
  watch_t watch;
  unsigned count;  // of queries that wait for an answer here; 0: closed
  unsigned char server;
} dns_lane_t;

struct dns_forward {
  loop_t *loop;
  timer_slot_t *timer;
  const dns_servers_t *servers;
  const watch_t *clients;  // the socket that queries come from
  dns_pending_t *first;  // in the order of their ends
  dns_pending_t *last;
  unsigned count;
  dns_lane_t lanes[DNS_SERVERS][DNS_LANES];
};

// `forward` is all zero. The timer's owner calls dns_forward_expire.
void dns_forward_open(dns_forward_t *forward, loop_t *loop, timer_slot_t *timer, const dns_servers_t *servers, const watch_t *clients);

// Asks; the client is told what comes, a failure too.
void dns_forward_ask(dns_forward_t *forward, const struct sockaddr_in *client, const unsigned char *bytes, size_t length, const dns_query_t *query);

// Goes on with those whose server took too long.
void dns_forward_expire(dns_forward_t *forward, int64_t now_ms);

// Nobody is told anything any more.
void dns_forward_close(dns_forward_t *forward);
