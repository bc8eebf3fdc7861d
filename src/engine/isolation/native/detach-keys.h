// Looks for the detach keys in what is typed, as model/detach-keys.ts does; holds a beginning of them back until it is clear what follows.
#pragma once

#include <stddef.h>

#define DETACH_KEYS_LIMIT 56U

typedef struct {
  char keys[DETACH_KEYS_LIMIT];
  size_t count;  // 0: none are looked for
  size_t matched;
} detach_keys_t;

// What goes on to the process, as its length: it is written to `out`, which takes `length` bytes and those that were held back, and may begin as many as DETACH_KEYS_LIMIT
// before `bytes`. *is_complete: the keys are, and what comes after them is thrown away.
size_t detach_keys_scan(detach_keys_t *detach, const char *bytes, size_t length, char *out, int *is_complete);
