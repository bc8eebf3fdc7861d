// Docker's stream format, as attach-frames.ts speaks it: 8 bytes of header (`type 0 0 0`, length big-endian), then the payload.
#pragma once

#include <stddef.h>
#include <stdint.h>

enum {
  FRAME_STDIN = 0,
  FRAME_STDOUT = 1,
  FRAME_STDERR = 2,
  FRAME_ANSWER = 3,
  FRAME_CLOSE_STDIN = 4,
  FRAME_RESIZE = 5,
  FRAME_SIGNAL = 6,
  FRAME_FINAL = 7,
  FRAME_HELLO = 9,
  FRAME_POLICY = 10,
  FRAME_NETWORK = 11,
  FRAME_HAND_OVER = 12,
  FRAME_GO_ON = 13,
};

#define FRAME_HEADER 8U
#define FRAME_PAYLOAD_LIMIT 64U

typedef struct {
  unsigned char header[FRAME_HEADER];
  uint32_t header_length;
  uint32_t left;                            // of the payload
  uint32_t length;                          // of the payload that was read, but for stdin
  char payload[FRAME_PAYLOAD_LIMIT + 1];    // ends with a NUL
} frame_reader_t;

typedef enum {
  FRAME_MORE,      // everything was taken, nothing is complete
  FRAME_HAS_BYTES, // stdin: some of the bytes belong to it; say how many were used with frame_take
  FRAME_COMPLETE,  // a frame other than stdin; ends when the next is read
  FRAME_MALFORMED
} frame_state_t;

// Goes on reading at *bytes and moves it.
frame_state_t frame_read(frame_reader_t *reader, const char **bytes, size_t *length);

// Of `length` bytes, how many belong to the stdin frame at hand.
size_t frame_stdin_length(const frame_reader_t *reader, size_t length);
void frame_take(frame_reader_t *reader, size_t length);

// The type of the frame at hand.
int frame_type(const frame_reader_t *reader);

void frame_header(unsigned char out[FRAME_HEADER], int type, size_t length);
