// Descriptors of the directories that entries are made in, opened once and kept.
#pragma once

#include "error.h"

typedef struct {
  int root;
  struct {
    char *path;
    int fd;
  } slots[256];
} parents_t;

// A descriptor of the directory `path` below the root, made with its parents if missing. It stays the cache's; -1 is a failure.
int parents_open(parents_t *parents, const char *path, failure_t *failure);

// To be called whenever something that exists is replaced or removed: a kept descriptor could stand for what is gone.
void parents_forget(parents_t *parents);
