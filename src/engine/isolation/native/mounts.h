// Mounts are made detached and moved onto a descriptor.
#pragma once

#include <stdint.h>

#include "error.h"
#include "plan.h"

// MOUNT_ATTR_… of a comma list of `ro nosuid nodev noexec noatime relatime strictatime nodiratime`; other words are another's.
uint64_t mount_attributes(const record_t *record, uint32_t index);

// Sets the failure to what the file system said about its context, if it said anything, after the message. Returns -1.
int mount_fail(int context, failure_t *failure, const char *target, const char *what);

// "key=value" or "key" to the context.
int mount_option(int context, const char *option);

// A detached mount of a new file system; `options` are fields of the record from `first` on.
int mount_new(const char *type, const char *source, uint64_t attributes, const record_t *options, uint32_t first, failure_t *failure);

// A detached, empty, read-only folder.
int mount_empty(failure_t *failure);

int mount_attach(int mount, int target, const char *path, failure_t *failure);
