// Access to files below a root that may be hostile: nothing here ever leaves it, whatever links are in it.
#pragma once

#include <stdint.h>

#include "error.h"

// Opens the root that the arguments describe and moves *arguments behind them:
//   dir PATH                                    a directory of the host, or a volume (volume.h)
//   process PID START_TICKS                     the root of that process, whose user namespace this process enters: open it after all others
//   overlay UPPER WORK COUNT LOWER… COUNT (SOURCE PART TARGET rw|ro)…
//                                               these layers, top first, with folders of the host, volumes and parts of them bound into them, mounted for this process alone
//                                               and nowhere to be seen; UPPER `-`: read-only; no layer: UPPER as it is. A layer is a folder, or a file that is
//                                               one (layer.h, thin-layer.h)
//   fuse-overlay PROGRAM UPPER WORK …           the same by that program (fuse-overlay.h)
int open_root(char ***arguments, failure_t *failure);

// openat2 below root; links are resolved as if root were /, magic links are refused. Returns a descriptor or -1 with errno.
int open_in_root(int root, const char *path, uint64_t flags);

// Writes all of its file system to the disk, and tells what could not be.
int sync_root(int root, failure_t *failure);

// Removes a file or a whole directory by its name in a directory; what is not there is fine. Does not go into other mounts.
int remove_tree(int directory, const char *name, failure_t *failure);
