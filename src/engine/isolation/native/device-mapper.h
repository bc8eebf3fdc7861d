// The kernel's device mapper by its ioctls. A device has a name, and one target that is as long as it.
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "error.h"

typedef struct {
  dev_t number;
  int is_active;  // it has a table: what was killed while it made one leaves a device without
} dm_device_t;

// Descriptor of the control node, which is made where nobody has.
int dm_open_control(failure_t *failure);

// 1 and the device, 0 where there is none of that name.
int dm_find(int control, const char *name, dm_device_t *device, failure_t *failure);

// Makes a device of one target and starts it.
int dm_create(int control, const char *name, uint64_t sectors, const char *target, const char *parameters, int readonly, failure_t *failure);

// At once, or as soon as the last one closes it where it is open. What is not there is fine. Negative with errno where it cannot be.
int dm_remove(int control, const char *name, int when_closed);

// A message to the target; negative with errno.
int dm_message(int control, const char *name, const char *text);

// What the target tells of itself.
int dm_read_status(int control, const char *name, char *text, size_t size, failure_t *failure);

// The device by its name, open; it goes as soon as nobody has it open any more, whatever becomes of this process. Made as dm_create does where it is not there.
int dm_open_passing(int control, const char *name, uint64_t sectors, const char *target, const char *parameters, int readonly, failure_t *failure);
