// Subvolumes of btrfs.
#pragma once

// Deletes a subvolume with all that is in it, by its name in a directory (a descriptor that may be O_PATH). -1: it is none, or has others in it.
int subvolume_destroy(int directory, const char *name);
