// Clients over TCP: each has one query at a time, which is answered here or by a server over a connection of its own. RFC 7766
#pragma once

#include "dns-message.h"
#include "dns-packet.h"
#include "dns-servers.h"
#include "loop.h"

// Clients at a time; others wait until one has gone. How long a client may take for its next query, or to read an answer.
enum { DNS_STREAMS = 16, DNS_STREAM_LIMIT_MS = 10000 };

// Bytes of the longest query, and of the longest answer of one's own.
enum { DNS_ROOM = 4096 };

// What comes of a query: the length of the answer in `out`, 0 where a server has to be asked, -1 where there is none.
typedef int (*dns_answerer_t)(void *owner, const unsigned char *bytes, size_t length, unsigned char out[DNS_ROOM], dns_query_t *query);

typedef struct dns_streams dns_streams_t;

typedef struct {
  dns_streams_t *streams;
  watch_t client;  // not open: nobody is here
  watch_t server;
  int64_t end_ms;
  dns_packet_t query;
  dns_packet_t answer;
  size_t question_end;
  unsigned asked;  // which server
} dns_stream_t;

struct dns_streams {
  loop_t *loop;
  timer_slot_t *timer;
  const dns_servers_t *servers;
  dns_answerer_t answer;  // set by the owner, as the listener's descriptor is
  void *owner;
  watch_t listener;
  dns_stream_t list[DNS_STREAMS];
};

// The timer's owner calls dns_streams_expire.
void dns_streams_open(dns_streams_t *streams, loop_t *loop, timer_slot_t *timer, const dns_servers_t *servers);

// Gives up whoever took too long.
void dns_streams_expire(dns_streams_t *streams, int64_t now_ms);

// Nobody is told anything any more, and nobody listens.
void dns_streams_close(dns_streams_t *streams);
