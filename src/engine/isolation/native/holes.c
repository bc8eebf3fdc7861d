#define _GNU_SOURCE
#include "holes.h"

#include <errno.h>
#include <unistd.h>

// The next segment from `offset` on; 0 where only a hole is left, -1 where the file system cannot tell.
static int next_segment(int file, uint64_t offset, uint64_t size, segment_t *segment) {
  off_t data = lseek(file, (off_t)offset, SEEK_DATA);
  if (data < 0) return errno == ENXIO ? 0 : -1;
  off_t hole = lseek(file, data, SEEK_HOLE);
  if (hole < 0) return -1;
  uint64_t end = (uint64_t)hole < size ? (uint64_t)hole : size;
  // It has grown since its size was read.
  if ((uint64_t)data >= end) return 0;
  *segment = (segment_t){.offset = (uint64_t)data, .length = end - (uint64_t)data};
  return 1;
}

uint32_t find_segments(int file, uint64_t size, segment_t segments[SEGMENTS_MAX]) {
  uint32_t count = 0;
  uint64_t end = 0;
  int found = 1;
  while (end < size && (found = next_segment(file, end, size, &segments[count])) > 0) {
    end = segments[count].offset + segments[count].length;
    if (++count == SEGMENTS_MAX) return 0;
  }
  if (found < 0 || (count == 1 && segments[0].length == size)) return 0;
  if (count == 0) segments[count++] = (segment_t){.offset = size, .length = 0};
  return count;
}
