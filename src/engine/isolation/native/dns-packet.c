#define _GNU_SOURCE
#include "dns-packet.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

// What a call for `want` bytes has come to: how many were moved, 0 for later, -1 for never. The end of the file is that too.
static ssize_t judge(ssize_t count) {
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return 0;
  return count > 0 ? count : -1;
}

static int read_some(unsigned char *bytes, size_t length, size_t *done, int stream) {
  while (*done < length) {
    ssize_t count = judge(recv(stream, bytes + *done, length - *done, MSG_DONTWAIT));
    if (count <= 0) return (int)count;
    *done += (size_t)count;
  }
  return 1;
}

static int read_head(dns_packet_t *packet, int stream, size_t most) {
  int result = read_some(packet->head, DNS_PACKET_HEAD, &packet->done, stream);
  if (result <= 0) return result;
  size_t length = (size_t)(packet->head[0] << 8 | packet->head[1]);
  packet->bytes = length > most ? NULL : malloc(DNS_PACKET_HEAD + length);
  if (!packet->bytes) return -1;
  memcpy(packet->bytes, packet->head, DNS_PACKET_HEAD);
  packet->length = DNS_PACKET_HEAD + length;
  return 1;
}

int dns_packet_read(dns_packet_t *packet, int stream, size_t most) {
  int result = packet->bytes ? 1 : read_head(packet, stream, most);
  return result > 0 ? read_some(packet->bytes, packet->length, &packet->done, stream) : result;
}

int dns_packet_write(dns_packet_t *packet, int stream) {
  while (packet->done < packet->length) {
    ssize_t count = judge(send(stream, packet->bytes + packet->done, packet->length - packet->done, MSG_DONTWAIT | MSG_NOSIGNAL));
    if (count <= 0) return (int)count;
    packet->done += (size_t)count;
  }
  return 1;
}

int dns_packet_set(dns_packet_t *packet, const unsigned char *message, size_t length) {
  dns_packet_free(packet);
  packet->bytes = malloc(DNS_PACKET_HEAD + length);
  if (!packet->bytes) return -1;
  packet->bytes[0] = (unsigned char)(length >> 8);
  packet->bytes[1] = (unsigned char)length;
  memcpy(packet->bytes + DNS_PACKET_HEAD, message, length);
  packet->length = DNS_PACKET_HEAD + length;
  return 0;
}

void dns_packet_rewind(dns_packet_t *packet) { packet->done = 0; }

void dns_packet_free(dns_packet_t *packet) {
  free(packet->bytes);
  *packet = (dns_packet_t){0};
}

const unsigned char *dns_packet_message(const dns_packet_t *packet) { return packet->bytes + DNS_PACKET_HEAD; }

size_t dns_packet_length(const dns_packet_t *packet) { return packet->length - DNS_PACKET_HEAD; }
