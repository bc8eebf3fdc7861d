// A DNS message on a stream: two bytes of length, then the message. RFC 1035, section 4.2.2
#pragma once

#include <stddef.h>

// As far as it has come or gone.
typedef struct {
  unsigned char *bytes;  // its length, then the message; null: not even the length is there
  size_t length;         // of both
  size_t done;
  unsigned char head[2];
} dns_packet_t;

enum { DNS_PACKET_HEAD = 2 };

// Takes no byte of the next one. 1: it is whole; 0: later; -1: the other end is gone, there is no memory, or the message is longer than `most`.
int dns_packet_read(dns_packet_t *packet, int stream, size_t most);
int dns_packet_write(dns_packet_t *packet, int stream);

// To write it: a copy.
int dns_packet_set(dns_packet_t *packet, const unsigned char *message, size_t length);
// To write it once more.
void dns_packet_rewind(dns_packet_t *packet);
void dns_packet_free(dns_packet_t *packet);

const unsigned char *dns_packet_message(const dns_packet_t *packet);
size_t dns_packet_length(const dns_packet_t *packet);
