#define _GNU_SOURCE
#include "frames.h"

#include <string.h>

int frame_type(const frame_reader_t *reader) { return reader->header[0]; }

static void begin_frame(frame_reader_t *reader) {
  reader->header_length = 0;
  reader->length = 0;
}

static int has_known_type(const frame_reader_t *reader) {
  static const unsigned known = 1U << FRAME_STDIN | 1U << FRAME_CLOSE_STDIN | 1U << FRAME_RESIZE | 1U << FRAME_SIGNAL | 1U << FRAME_FINAL | 1U << FRAME_HELLO | 1U << FRAME_POLICY | 1U << FRAME_NETWORK |
                                1U << FRAME_HAND_OVER | 1U << FRAME_GO_ON;
  return reader->header[0] < 32 && (known >> reader->header[0] & 1U);
}

static void read_header(frame_reader_t *reader, const char **bytes, size_t *length) {
  size_t wanted = FRAME_HEADER - reader->header_length;
  size_t count = *length < wanted ? *length : wanted;
  memcpy(reader->header + reader->header_length, *bytes, count);
  reader->header_length += (uint32_t)count;
  *bytes += count;
  *length -= count;
  const unsigned char *at = reader->header + 4;
  reader->left = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | (uint32_t)at[3];
}

static frame_state_t read_payload(frame_reader_t *reader, const char **bytes, size_t *length) {
  size_t count = *length < reader->left ? *length : reader->left;
  if (reader->length + reader->left > FRAME_PAYLOAD_LIMIT) return FRAME_MALFORMED;
  memcpy(reader->payload + reader->length, *bytes, count);
  reader->length += (uint32_t)count;
  reader->left -= (uint32_t)count;
  reader->payload[reader->length] = '\0';
  *bytes += count;
  *length -= count;
  return reader->left == 0 ? FRAME_COMPLETE : FRAME_MORE;
}

frame_state_t frame_read(frame_reader_t *reader, const char **bytes, size_t *length) {
  for (;;) {
    if (reader->header_length == FRAME_HEADER && reader->left == 0) begin_frame(reader);
    if (reader->header_length < FRAME_HEADER) read_header(reader, bytes, length);
    if (reader->header_length < FRAME_HEADER) return FRAME_MORE;
    if (!has_known_type(reader)) return FRAME_MALFORMED;
    if (frame_type(reader) != FRAME_STDIN) return read_payload(reader, bytes, length);
    if (reader->left > 0) return *length > 0 ? FRAME_HAS_BYTES : FRAME_MORE;
  }
}

size_t frame_stdin_length(const frame_reader_t *reader, size_t length) { return length < reader->left ? length : reader->left; }

void frame_take(frame_reader_t *reader, size_t length) { reader->left -= (uint32_t)length; }

void frame_header(unsigned char out[FRAME_HEADER], int type, size_t length) {
  const unsigned char header[FRAME_HEADER] = {
      (unsigned char)type, 0, 0, 0, (unsigned char)(length >> 24 & 255), (unsigned char)(length >> 16 & 255), (unsigned char)(length >> 8 & 255), (unsigned char)(length & 255)};
  memcpy(out, header, FRAME_HEADER);
}
