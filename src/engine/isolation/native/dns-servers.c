#define _GNU_SOURCE
#include "dns-servers.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dns-message.h"

enum { PORT = 53 };

// fe80::1%eth0: an address of a link says which.
static int parse_server(dns_server_t *server, char *text) {
  char *zone = strchr(text, '%');
  *server = (dns_server_t){.v4 = {.sin_family = AF_INET, .sin_port = htons(PORT)}};
  if (inet_pton(AF_INET, text, &server->v4.sin_addr) == 1) return 0;
  *server = (dns_server_t){.v6 = {.sin6_family = AF_INET6, .sin6_port = htons(PORT)}};
  if (zone) *zone = '\0';
  if (zone) server->v6.sin6_scope_id = if_nametoindex(zone + 1);
  return inet_pton(AF_INET6, text, &server->v6.sin6_addr) == 1 ? 0 : -1;
}

int dns_servers_parse(dns_servers_t *servers, const char *text) {
  servers->count = 0;
  while (*text) {
    char one[INET6_ADDRSTRLEN + IF_NAMESIZE];
    dns_server_t server;
    size_t length = strcspn(text, ",");
    if (length >= sizeof one) return -1;
    memcpy(one, text, length);
    one[length] = '\0';
    if (parse_server(&server, one) < 0) return -1;
    if (servers->count < DNS_SERVERS) servers->list[servers->count++] = server;
    text += length;
    if (*text == ',') text++;
  }
  return 0;
}

int dns_server_connect(const dns_server_t *server, int type) {
  int is_v4 = server->any.sa_family == AF_INET;
  int made = socket(server->any.sa_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  // The kernel gives it a port that nobody can foretell.
  if (made < 0 || connect(made, &server->any, is_v4 ? sizeof server->v4 : sizeof server->v6) == 0 || errno == EINPROGRESS) return made;
  int number = errno;
  close(made);
  errno = number;
  return -1;
}

int dns_is_refusal(const unsigned char *answer) { return dns_code(answer) == DNS_SERVER_FAILURE || dns_code(answer) == DNS_REFUSED; }
