// Where the content of a file stands between its holes.
#pragma once

#include <stdint.h>

enum { SEGMENTS_MAX = 4096 };

// As the entry stream has them (entry-stream.h).
typedef struct {
  uint64_t offset;
  uint64_t length;
} segment_t;

// The number of segments of an open file; 0 where it has no holes, or more of them than there is room for. A file that is one hole has an empty segment at its end.
uint32_t find_segments(int file, uint64_t size, segment_t segments[SEGMENTS_MAX]);
