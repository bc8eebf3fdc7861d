// Remembers under which path a file with several names was met first.
#pragma once

#include <stddef.h>
#include <sys/types.h>

typedef struct {
  dev_t device;
  ino_t inode;
  char *path;
} file_link_t;

typedef struct {
  file_link_t *slots;
  size_t size, used;
} file_links_t;

// The first path of the file, or NULL the first time, when `path` is kept for the next.
const char *file_links_find(file_links_t *links, dev_t device, ino_t inode, const char *path);
