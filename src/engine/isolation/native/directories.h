// Whole directories, for the roles that go through a tree.
#pragma once

#include "error.h"

// The names in a directory (a descriptor that may be O_PATH) in the order of their bytes, so that the same files always come in the same order. The
// list ends with NULL and is the caller's, with what is in it; NULL is a failure.
char **directory_names(int directory, const char *path, failure_t *failure);

void free_names(char **names);

// A directory or two are kept open for each level on the way down.
void allow_many_files(void);
