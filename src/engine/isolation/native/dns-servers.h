// The servers that names of others are asked of.
#pragma once

#include <stddef.h>

#include "socket-address.h"

// As many as Docker's resolver and the C libraries ask.
enum { DNS_SERVERS = 3 };

// How long one of them may take.
enum { DNS_SERVER_LIMIT_MS = 4000 };

typedef struct {
  size_t count;
  socket_address_t list[DNS_SERVERS];
} dns_servers_t;

// A comma list of addresses; those after the first DNS_SERVERS are not asked. -1: one is no address.
int dns_servers_parse(dns_servers_t *servers, const char *text);

// True when the next server is to be asked: this one cannot help, or does not want to.
int dns_is_refusal(const unsigned char *answer);
