// An IPv4 or IPv6 address with a port.
#pragma once

#include <netinet/in.h>
#include <stdint.h>

typedef union {
  struct sockaddr any;
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;
} socket_address_t;

// An address as text; one of a link says which (fe80::1%eth0). -1: it is no address.
int socket_address_parse(socket_address_t *address, const char *text, uint16_t port);

int socket_address_is_same(const socket_address_t *one, const socket_address_t *other);

socklen_t socket_address_length(const socket_address_t *address);

// A socket connected to it, which does not block and closes on exec, in the namespace one is in. Of a stream the connection may still be on its way. -1: errno says why.
int socket_address_connect(const socket_address_t *address, int type, int protocol);
