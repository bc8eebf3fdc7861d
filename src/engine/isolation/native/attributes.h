// What a file has beside its content.
#pragma once

#include <sys/stat.h>

#include "error.h"

// A file by its name in a directory.
typedef struct {
  int directory;
  const char *name;
} place_t;

// Gives `to` the owner, mode, extended attributes and time that `from` has; what overlay notes of a file for itself is left behind, and so is what
// only `to` had. `status` is that of `from`: for a directory, from before its files were moved.
int attributes_copy(place_t from, place_t to, const struct stat *status, failure_t *failure);

// True where overlay has noted of the directory that it hides all that lower layers have in it.
int attributes_opaque(int directory);
