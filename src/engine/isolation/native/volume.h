// Volumes that are file systems of their own (src/engine/volumes/volume-source.ts). Nothing of them is mounted on the host: whoever needs one has a mount that is attached nowhere.
#pragma once

#include "error.h"

// True for the source of such a volume: `volume:` and its lines FOLDER, TYPE, DEVICE, FLAGS and OPTION…, as the operation `mount` takes them. Any other source is a path.
int volume_is(const char *source);

// A detached copy of the mount that all share, or -1. The first one makes the mount. It is there as long as one of the processes that asked for it: each keeps a descriptor until it ends, and
// says so in FOLDER, by a link PID-TICKS (its start time) to the number of the descriptor.
int volume_clone_tree(const char *source, failure_t *failure);
