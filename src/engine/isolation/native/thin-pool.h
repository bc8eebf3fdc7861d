// The pool of thin devices of a state root: two sparse files, `data` and `metadata`, in one folder, behind loop devices. It is active only while a device of it is in use, or
// this is: its removal is asked for as soon as it is there, so whatever is killed, nothing stays.
#pragma once

#include <stdint.h>

#include "error.h"

#define POOL_NAME_LENGTH 80

typedef struct {
  int control;  // of the device mapper
  int lock;     // held while this is open: one process at a time changes what the pool has
  int device;   // keeps the pool
  char name[POOL_NAME_LENGTH];
  char folder[4096];
} pool_t;

#define POOL_NONE {.control = -1, .lock = -1, .device = -1}

// Makes what is missing of the folder's files and activates the pool.
int pool_open(const char *folder, pool_t *pool, failure_t *failure);
// Lets others change the pool; it stays active.
void pool_unlock(pool_t *pool);
int pool_lock(pool_t *pool, failure_t *failure);
void pool_close(pool_t *pool);

typedef struct {
  uint64_t transaction;
  uint64_t used_metadata, all_metadata;  // blocks of 4 KiB
  uint64_t used_data, all_data;          // blocks of POOL_BLOCK_SECTORS
} pool_status_t;

#define SECTOR_BYTES 512U
#define POOL_BLOCK_SECTORS 128U
#define POOL_METADATA_BLOCK 4096U

int pool_read_status(const pool_t *pool, pool_status_t *status, failure_t *failure);

// A number that no device of the pool has or will have again. The pool itself keeps the count, in its metadata.
int pool_take_id(const pool_t *pool, uint32_t *id, failure_t *failure);

// An empty device, or one that begins with what that of `origin` has, which nobody writes to.
int pool_make_device(const pool_t *pool, uint32_t id, const uint32_t *origin, failure_t *failure);

// 0 too where there is none of that number. -1 with errno EBUSY: it is in use.
int pool_delete_device(const pool_t *pool, uint32_t id);

// Makes it a block device that goes when nobody has it open any more; a descriptor of it.
int pool_open_device(const pool_t *pool, uint32_t id, uint64_t sectors, int readonly, failure_t *failure);

// Closes the descriptor of the device and does not wait for the kernel to see that nobody has it.
void pool_close_device(const pool_t *pool, uint32_t id, int device);
