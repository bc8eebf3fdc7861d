// Overlays of kernels that know less than overlay.c asks of them: no layer by itself (before 6.7), or no layer that is mounted nowhere (before 6.15).
#pragma once

#include "error.h"
#include "id-map.h"
#include "plan.h"

// The fields of an overlay operation.
enum { OVERLAY_UPPER, OVERLAY_WORK, OVERLAY_OPTIONS, OVERLAY_LOWER };

// As overlay_mount, for layers that are folders: all go into one page of options, so there can be about 220.
// Without a map this process is in a mount namespace of its own afterwards; with one it stays where it is.
int overlay_mount_old(const record_t *record, const id_map_t *map, failure_t *failure);
