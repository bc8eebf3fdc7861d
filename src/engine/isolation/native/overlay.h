// The overlay of a container's layers.
#pragma once

#include "error.h"
#include "id-map.h"
#include "layer.h"
#include "plan.h"

// A detached mount from the fields of an overlay operation. With a map (else null) the layers are id-mapped by it and `upper` and `work` must be in one folder.
// Without a lower layer the upper one, or with a single lower and no upper that one, is the root as it is.
// `layers` are its images (else null: they are mounted for it alone).
int overlay_mount(const record_t *record, const id_map_t *map, const layers_t *layers, failure_t *failure);

// Whether the root is a device: one that runs under a container's device rules could not open it.
int overlay_is_device(const record_t *record);
