// What counts as a change of a file.
#pragma once

#include <sys/stat.h>

// Labels belong to the host, access lists cannot be told in a layer, and overlay's own attributes are about how it is stored.
int is_told_xattr(const char *name);

// True if the file is not what is at `before`, a descriptor or -1 for nothing: Docker's rule (mode, owner, device, size, time), and all extended
// attributes that a layer tells. Content is not compared, nor is what a directory has in it.
int is_changed(int fd, const struct stat *status, int before);
