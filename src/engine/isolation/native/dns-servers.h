// The servers that names of others are asked of.
#pragma once

#include <netinet/in.h>
#include <stddef.h>

// As many as Docker's resolver and the C libraries ask.
enum { DNS_SERVERS = 3 };

// How long one of them may take.
enum { DNS_SERVER_LIMIT_MS = 4000 };

typedef union {
  struct sockaddr any;
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;
} dns_server_t;

typedef struct {
  size_t count;
  dns_server_t list[DNS_SERVERS];
} dns_servers_t;

// A comma list of addresses; those after the first DNS_SERVERS are not asked. -1: one is no address.
int dns_servers_parse(dns_servers_t *servers, const char *text);

// A socket to a server that does not block and closes on exec, in the namespace one is in. Of a stream the connection may still be on its way. -1: errno says why.
int dns_server_connect(const dns_server_t *server, int type);

// True when the next server is to be asked: this one cannot help, or does not want to.
int dns_is_refusal(const unsigned char *answer);
