// Layers that are mounted from a file (src/engine/layers/drivers/image-files.ts).
#pragma once

#include <stdint.h>

#include "error.h"
#include "plan.h"

// True for the path of an image: any other lower layer of an overlay is a folder.
int layer_is_image(const char *path);

// A detached, read-only mount of the image with the tar beside it, of this process alone: what is read through it is in memory once more.
int layer_mount(const char *path, failure_t *failure);

// The images among the layers of an overlay operation: mounts by the index of the field, or -1. A mount that another monitor has is shared, so that all containers have one copy of a
// file in memory; one that is made is told to others beside the image, in the link `holder`. They are there as long as one of those who share them.
typedef struct {
  int *descriptors;
  uint32_t count;
} layers_t;

#define LAYERS_NONE {.descriptors = NULL, .count = 0}

int layers_open(layers_t *layers, const record_t *record, failure_t *failure);
void layers_close(layers_t *layers);
