// An overlay that a program makes, where the kernel's own cannot be had.
#pragma once

#include "error.h"
#include "plan.h"

// A detached mount from the fields of a fuse-overlay operation: upper, work, program, lower…, top first; an empty upper: read-only. `plan` (or null) tells
// the ids of the namespace that the owners on the disk stand for. The program is nobody's child and ends when the mount has gone.
int fuse_overlay_mount(const record_t *record, const plan_t *plan, failure_t *failure);
