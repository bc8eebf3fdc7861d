// A folder's content into another folder.
#pragma once

#include "error.h"

// Both are descriptors of directories; `to` is empty and on a file system that shares no blocks with the other. Its own owner, mode and times follow where asked for.
int copy_folder(int from, int to, int with_attributes, failure_t *failure);
