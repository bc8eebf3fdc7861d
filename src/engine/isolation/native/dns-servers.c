#define _GNU_SOURCE
#include "dns-servers.h"

#include <net/if.h>
#include <string.h>

#include "dns-message.h"

enum { PORT = 53 };

int dns_servers_parse(dns_servers_t *servers, const char *text) {
  servers->count = 0;
  while (*text) {
    char one[INET6_ADDRSTRLEN + IF_NAMESIZE];
    socket_address_t server;
    size_t length = strcspn(text, ",");
    if (length >= sizeof one) return -1;
    memcpy(one, text, length);
    one[length] = '\0';
    if (socket_address_parse(&server, one, PORT) < 0) return -1;
    if (servers->count < DNS_SERVERS) servers->list[servers->count++] = server;
    text += length;
    if (*text == ',') text++;
  }
  return 0;
}

int dns_is_refusal(const unsigned char *answer) { return dns_code(answer) == DNS_SERVER_FAILURE || dns_code(answer) == DNS_REFUSED; }
