#define _GNU_SOURCE
#include "socket-address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int socket_address_parse(socket_address_t *address, const char *text, uint16_t port) {
  char bare[INET6_ADDRSTRLEN + IF_NAMESIZE];
  if (snprintf(bare, sizeof bare, "%s", text) >= (int)sizeof bare) return -1;
  memset(address, 0, sizeof *address);
  address->v4.sin_port = htons(port);
  address->any.sa_family = AF_INET;
  if (inet_pton(AF_INET, bare, &address->v4.sin_addr) == 1) return 0;
  char *zone = strchr(bare, '%');
  if (zone) *zone = '\0';
  address->any.sa_family = AF_INET6;
  if (inet_pton(AF_INET6, bare, &address->v6.sin6_addr) != 1) return -1;
  if (zone) address->v6.sin6_scope_id = if_nametoindex(zone + 1);
  return 0;
}

int socket_address_is_same(const socket_address_t *one, const socket_address_t *other) {
  if (one->any.sa_family != other->any.sa_family || one->v4.sin_port != other->v4.sin_port) return 0;
  if (one->any.sa_family == AF_INET) return one->v4.sin_addr.s_addr == other->v4.sin_addr.s_addr;
  return one->v6.sin6_scope_id == other->v6.sin6_scope_id && memcmp(&one->v6.sin6_addr, &other->v6.sin6_addr, sizeof one->v6.sin6_addr) == 0;
}

socklen_t socket_address_length(const socket_address_t *address) { return address->any.sa_family == AF_INET ? sizeof address->v4 : sizeof address->v6; }

int socket_address_connect(const socket_address_t *address, int type, int protocol) {
  int made = socket(address->any.sa_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
  // The kernel gives it a port that nobody can foretell.
  if (made < 0 || connect(made, &address->any, socket_address_length(address)) == 0 || errno == EINPROGRESS) return made;
  int number = errno;
  close(made);
  errno = number;
  return -1;
}
