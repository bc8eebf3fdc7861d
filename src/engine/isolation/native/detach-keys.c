#include "detach-keys.h"

#include <string.h>

size_t detach_keys_scan(detach_keys_t *detach, const char *bytes, size_t length, char *out, int *is_complete) {
  size_t passed = 0;
  *is_complete = 0;
  if (detach->count == 0) {
    memmove(out, bytes, length);
    return length;
  }
  for (size_t i = 0; i < length; i++) {
    char byte = bytes[i];
    if (byte == detach->keys[detach->matched]) {
      if (++detach->matched < detach->count) continue;
      detach->matched = 0;
      *is_complete = 1;
      return passed;
    }
    memcpy(out + passed, detach->keys, detach->matched);
    passed += detach->matched;
    detach->matched = byte == detach->keys[0];
    if (detach->matched == 0) out[passed++] = byte;
  }
  return passed;
}
