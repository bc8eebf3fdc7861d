// Descriptors of the directories that entries are made in, opened once and kept.
#pragma once

#include "error.h"

typedef struct {
  int root;
  int has_whiteouts;  // of overlay: one that is on the way becomes an opaque directory
  struct {
    char *path;
    int fd;
  } slots[256];
} parents_t;

// A descriptor of the directory `path` below the root, made with its parents if missing. It stays the cache's; -1 is a failure.
int parents_open(parents_t *parents, const char *path, failure_t *failure);

// To be called whenever something that exists is replaced or removed: a kept descriptor could stand for what is gone.
void parents_forget(parents_t *parents);

// Of mode 0755 and this process's group, also in a directory that gives its own group to what is made in it.
int make_plain_directory(int parent, const char *name);
