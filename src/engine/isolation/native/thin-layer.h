// Layers that are a device of the state root's pool (src/engine/layers/drivers/device-files.ts). The folder of one has a file that says which: `root.thin` while it is written to,
// `layer.thin` once it never is again. The file system of the device is the root.
#pragma once

#include <stdint.h>

#include "error.h"

// True for the path of such a file.
int thin_layer_is(const char *path);

// A detached mount of it. What can be written to may be mounted once more for who only reads it; a layer never can.
int thin_layer_mount(const char *path, int readonly, failure_t *failure);

// Gives the device of a folder back to the pool, with its space. A folder without one is fine.
int thin_layer_destroy(const char *folder, failure_t *failure);

// How a device is named in the file: "ID SECTORS\n".
typedef struct {
  uint32_t id;
  uint64_t sectors;
} thin_layer_t;

#define THIN_ROOT "root.thin"
#define THIN_LAYER "layer.thin"

int thin_layer_read(const char *path, thin_layer_t *layer, failure_t *failure);
int thin_layer_write(const char *path, const thin_layer_t *layer, failure_t *failure);

// The folder of the pool from that of a layer: whether that has its place already, or is in the staging folder of the state root.
int thin_layer_find_pool(const char *folder, char pool[4096], failure_t *failure);

// A detached mount of an ext4 device.
int thin_layer_mount_device(int device, int readonly, failure_t *failure);
