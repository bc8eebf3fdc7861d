#define _GNU_SOURCE
#include "thin-pool.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/loop.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>

#include "cleanup.h"
#include "device-mapper.h"
#include "syscalls.h"

// Docker's dm.loopdatasize and dm.loopmetadatasize. A file that is there keeps its size.
#define DATA_BYTES (100LL << 30)
#define METADATA_BYTES (2LL << 30)
// The kernel tells of the pool at less than so many free blocks; nobody listens.
#define LOW_WATER 32768
// A device's number has 24 bits.
#define MOST_IDS (1U << 24)

enum { ATTEMPTS = 2000, ATTEMPT_MS = 5 };

// The lock of a file that a loop device has is that device's, which got it with the descriptor, and ends with it. So who gets it knows that no pool has the file any more,
// not even one on its way out that is still writing its metadata.
static int lock_file(int file, const char *path, failure_t *failure) {
  const struct timespec moment = {.tv_nsec = ATTEMPT_MS * 1000000L};
  for (int left = ATTEMPTS; flock(file, LOCK_EX | LOCK_NB) < 0; left--) {
    if (errno != EWOULDBLOCK || left == 0) return fail(failure, errno, path, "another device has the pool's file");
    nanosleep(&moment, NULL);
  }
  return 0;
}

static int open_file(const pool_t *pool, const char *name, off_t bytes, failure_t *failure) {
  char path[sizeof pool->folder + 16];
  struct stat status;
  snprintf(path, sizeof path, "%s/%s", pool->folder, name);
  int file = sys_open(path, O_RDWR | O_CREAT, 0600);
  if (file < 0 || fstat(file, &status) < 0 || (status.st_size == 0 && ftruncate(file, bytes) < 0)) {
    fail(failure, errno, path, "cannot make the pool's file");
  } else if (lock_file(file, path, failure) == 0) {
    return file;
  }
  close_descriptor(&file);
  return -1;
}

// A free loop device, with the file; it ends with its last user. Others may take the same free one.
static int attach_loop(int file, const char *folder, failure_t *failure) {
  struct loop_config config = {.fd = (unsigned)file, .info = {.lo_flags = LO_FLAGS_AUTOCLEAR}};
  snprintf((char *)config.info.lo_file_name, sizeof config.info.lo_file_name, "%s", folder);
  cleanup_close int control = sys_open("/dev/loop-control", O_RDWR, 0);
  for (int left = 100; control >= 0 && left > 0; left--) {
    char path[32];
    int number = ioctl(control, LOOP_CTL_GET_FREE);
    snprintf(path, sizeof path, "/dev/loop%d", number);
    int loop = number < 0 ? -1 : sys_open(path, O_RDWR, 0);
    if (loop < 0) break;
    if (ioctl(loop, LOOP_CONFIGURE, &config) == 0) return loop;
    int reason = errno;
    close(loop);
    errno = reason;
    if (reason != EBUSY) break;
  }
  return fail(failure, errno, folder, "cannot get a loop device for the pool");
}

static int describe_loop(int loop, char text[32], uint64_t *bytes) {
  struct stat status;
  off_t size = lseek(loop, 0, SEEK_END);
  if (size < 0 || fstat(loop, &status) < 0) return -1;
  *bytes = (uint64_t)size;
  snprintf(text, 32, "%u:%u", major(status.st_rdev), minor(status.st_rdev));
  return 0;
}

static int create_pool(pool_t *pool, failure_t *failure) {
  char parameters[128], metadata_text[32], data_text[32];
  uint64_t metadata_bytes, data_bytes;
  cleanup_close int metadata_file = open_file(pool, "metadata", METADATA_BYTES, failure);
  cleanup_close int data_file = metadata_file < 0 ? -1 : open_file(pool, "data", DATA_BYTES, failure);
  cleanup_close int metadata = data_file < 0 ? -1 : attach_loop(metadata_file, pool->folder, failure);
  cleanup_close int data = metadata < 0 ? -1 : attach_loop(data_file, pool->folder, failure);
  if (data < 0) return -1;
  if (describe_loop(metadata, metadata_text, &metadata_bytes) < 0 || describe_loop(data, data_text, &data_bytes) < 0) return fail(failure, errno, pool->folder, "cannot look at the pool's files");
  // New blocks are filled with zeros: what was of one container is never another's. A full pool says so at once.
  snprintf(parameters, sizeof parameters, "%s %s %u %d 1 error_if_no_space", metadata_text, data_text, POOL_BLOCK_SECTORS, LOW_WATER);
  pool->device = dm_open_passing(pool->control, pool->name, data_bytes / SECTOR_BYTES, "thin-pool", parameters, 0, failure);
  return pool->device < 0 ? -1 : 0;
}

// A pool that is there but about to go cannot be opened: then its files say when a new one can be made of them.
static int activate(pool_t *pool, failure_t *failure) {
  dm_device_t found;
  int is_there = dm_find(pool->control, pool->name, &found, failure);
  if (is_there < 0) return -1;
  // Of a process that was killed before the pool had its table: it may have the files.
  if (is_there && !found.is_active && dm_remove(pool->control, pool->name, 0) < 0) return fail(failure, errno, pool->name, "cannot remove what is left of the pool");
  if (is_there && found.is_active) {
    char path[64];
    dm_device_t again;
    snprintf(path, sizeof path, "/dev/dm-%u", minor(found.number));
    pool->device = sys_open(path, O_RDONLY, 0);
    if (pool->device >= 0 && dm_find(pool->control, pool->name, &again, failure) == 1 && again.number == found.number && dm_remove(pool->control, pool->name, 1) == 0) return 0;
    close_descriptor(&pool->device);
    pool->device = -1;
  }
  return create_pool(pool, failure);
}

int pool_lock(pool_t *pool, failure_t *failure) { return flock(pool->lock, LOCK_EX) < 0 ? fail(failure, errno, pool->folder, "cannot lock the pool") : 0; }

void pool_unlock(pool_t *pool) { flock(pool->lock, LOCK_UN); }

// The name is of this folder alone, wherever it is seen.
static int name_pool(pool_t *pool, const char *folder, failure_t *failure) {
  struct stat status;
  if ((size_t)snprintf(pool->folder, sizeof pool->folder, "%s", folder) >= sizeof pool->folder) return fail(failure, ENAMETOOLONG, folder, "the path of the pool is too long");
  pool->lock = sys_open(folder, O_RDONLY | O_DIRECTORY, 0);
  if (pool->lock < 0 || fstat(pool->lock, &status) < 0) return fail(failure, errno, folder, "cannot open the pool's folder");
  snprintf(pool->name, sizeof pool->name, "gantry-%u:%u-%" PRIu64 "-pool", major(status.st_dev), minor(status.st_dev), (uint64_t)status.st_ino);
  return 0;
}

int pool_open(const char *folder, pool_t *pool, failure_t *failure) {
  *pool = (pool_t)POOL_NONE;
  if (name_pool(pool, folder, failure) == 0 && pool_lock(pool, failure) == 0 && (pool->control = dm_open_control(failure)) >= 0 && activate(pool, failure) == 0) return 0;
  pool_close(pool);
  return -1;
}

void pool_close(pool_t *pool) {
  close_descriptor(&pool->device);
  close_descriptor(&pool->control);
  close_descriptor(&pool->lock);
  *pool = (pool_t)POOL_NONE;
}

// "TRANSACTION USED/ALL USED/ALL HELD MODE …", metadata first. Linux, Documentation/admin-guide/device-mapper/thin-provisioning.rst
int pool_read_status(const pool_t *pool, pool_status_t *status, failure_t *failure) {
  char text[512];
  char mode[32] = "";
  if (dm_read_status(pool->control, pool->name, text, sizeof text, failure) < 0) return -1;
  int count = sscanf(text, "%" SCNu64 " %" SCNu64 "/%" SCNu64 " %" SCNu64 "/%" SCNu64 " %*s %31s", &status->transaction, &status->used_metadata, &status->all_metadata, &status->used_data,
                     &status->all_data, mode);
  if (count < 5) return fail(failure, EIO, pool->folder, "the pool has failed: thin_check tells of its metadata: %s", text);
  if (strcmp(mode, "ro") == 0 || strstr(text, "needs_check")) return fail(failure, EROFS, pool->folder, "the pool cannot be written to: thin_check tells of its metadata");
  return 0;
}

int pool_take_id(const pool_t *pool, uint32_t *id, failure_t *failure) {
  char text[96];
  pool_status_t status;
  if (pool_read_status(pool, &status, failure) < 0) return -1;
  if (status.transaction >= MOST_IDS) return fail(failure, EOVERFLOW, pool->folder, "the pool has no numbers left for devices");
  *id = (uint32_t)status.transaction;
  snprintf(text, sizeof text, "set_transaction_id %" PRIu64 " %" PRIu64, status.transaction, status.transaction + 1);
  return dm_message(pool->control, pool->name, text) < 0 ? fail(failure, errno, pool->folder, "cannot count on in the pool") : 0;
}

int pool_make_device(const pool_t *pool, uint32_t id, const uint32_t *origin, failure_t *failure) {
  char text[64];
  if (origin)
    snprintf(text, sizeof text, "create_snap %u %u", id, *origin);
  else
    snprintf(text, sizeof text, "create_thin %u", id);
  return dm_message(pool->control, pool->name, text) < 0 ? fail(failure, errno, pool->folder, "cannot %s in the pool", text) : 0;
}

int pool_delete_device(const pool_t *pool, uint32_t id) {
  char text[32];
  snprintf(text, sizeof text, "delete %u", id);
  return dm_message(pool->control, pool->name, text) < 0 && errno != ENODATA ? -1 : 0;
}

static void name_device(const pool_t *pool, uint32_t id, char name[POOL_NAME_LENGTH + 16]) {
  snprintf(name, POOL_NAME_LENGTH + 16, "%.*s%u", (int)(strlen(pool->name) - strlen("pool")), pool->name, id);
}

void pool_close_device(const pool_t *pool, uint32_t id, int device) {
  char name[POOL_NAME_LENGTH + 16];
  name_device(pool, id, name);
  close(device);
  // Others may have it open still: then it goes with them.
  if (dm_remove(pool->control, name, 0) < 0) return;
}

int pool_open_device(const pool_t *pool, uint32_t id, uint64_t sectors, int readonly, failure_t *failure) {
  char name[POOL_NAME_LENGTH + 16], parameters[64];
  struct stat status;
  if (fstat(pool->device, &status) < 0) return fail(failure, errno, pool->folder, "cannot look at the pool");
  name_device(pool, id, name);
  snprintf(parameters, sizeof parameters, "%u:%u %u", major(status.st_rdev), minor(status.st_rdev), id);
  return dm_open_passing(pool->control, name, sectors, "thin", parameters, readonly, failure);
}
