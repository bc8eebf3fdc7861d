// Paths of a container, resolved below its root. A path is walked once and what comes back is a descriptor (O_PATH), which cannot be swapped for another file afterwards.
#pragma once

#include "error.h"

enum {
  PATH_STRICT = 1,     // no link of any kind on the way, nothing above the root: /proc, /sys, /dev and what is in them
  PATH_MAKE = 2,       // what is missing is made, folder by folder (0755)
  PATH_FILE = 4,       // with PATH_MAKE: the last component is made as an empty file (0644)
  PATH_DIRECTORY = 8,  // what is there must be a folder
};

// Returns a descriptor or -1. A missing path without PATH_MAKE fails with ENOENT.
int path_open(int root, const char *path, unsigned flags, failure_t *failure);

// The folder that holds the path's last component, opened strictly and made if missing; *name points to that component.
int path_open_parent(int root, const char *path, const char **name, failure_t *failure);
