#define _GNU_SOURCE
#include "thin-layer.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>

#include "cleanup.h"
#include "mounts.h"
#include "syscalls.h"
#include "thin-pool.h"

enum { PATH_LENGTH = 4096, DELETE_ATTEMPTS = 6000, ATTEMPT_MS = 5 };

static int ends_with(const char *path, const char *name) {
  size_t length = strlen(path), end = strlen(name);
  return length > end && path[length - end - 1] == '/' && strcmp(path + length - end, name) == 0;
}

int thin_layer_is(const char *path) { return ends_with(path, THIN_ROOT) || ends_with(path, THIN_LAYER); }

int thin_layer_read(const char *path, thin_layer_t *layer, failure_t *failure) {
  char text[64];
  cleanup_close int file = sys_open(path, O_RDONLY | O_NOFOLLOW, 0);
  ssize_t length = file < 0 ? -1 : read(file, text, sizeof text - 1);
  if (length < 0) return fail(failure, errno, path, "cannot read which device the layer is");
  text[length] = '\0';
  // One that was cut off, by a crash, names nothing.
  if (length == 0 || text[length - 1] != '\n' || sscanf(text, "%" SCNu32 " %" SCNu64, &layer->id, &layer->sectors) != 2) return fail(failure, EBADMSG, path, "the file names no device");
  return 0;
}

int thin_layer_write(const char *path, const thin_layer_t *layer, failure_t *failure) {
  char text[64];
  int length = snprintf(text, sizeof text, "%u %" PRIu64 "\n", layer->id, layer->sectors);
  cleanup_close int file = sys_open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
  if (file < 0 || write(file, text, (size_t)length) != length) return fail(failure, errno, path, "cannot note which device the layer is");
  return 0;
}

int thin_layer_find_pool(const char *folder, char pool[4096], failure_t *failure) {
  static const char *const places[] = {"/../../pool", "/../../devicemapper/pool"};
  struct stat status;
  for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
    if (snprintf(pool, PATH_LENGTH, "%s%s", folder, places[i]) >= PATH_LENGTH) return fail(failure, ENAMETOOLONG, folder, "the path of the layer is too long");
    if (stat(pool, &status) == 0 && S_ISDIR(status.st_mode)) return 0;
  }
  return fail(failure, ENOENT, folder, "the state root has no pool of thin devices");
}

int thin_layer_mount_device(int device, int readonly, failure_t *failure) {
  char path[64];
  struct stat status;
  if (fstat(device, &status) < 0) return fail(failure, errno, "", "cannot look at the device");
  snprintf(path, sizeof path, "/dev/dm-%u", minor(status.st_rdev));
  cleanup_close int context = sys_fsopen("ext4");
  if (context < 0) return fail(failure, errno, path, "the kernel has no ext4");
  // What mkfs has left for later needs not be done: blocks that nobody has written are zeros.
  int result = sys_fsconfig(context, FSCONFIG_SET_STRING, "source", path);
  if (result == 0) result = sys_fsconfig(context, FSCONFIG_SET_FLAG, readonly ? "ro" : "noinit_itable", NULL);
  if (result < 0 || sys_fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL) < 0) return mount_fail(context, failure, path, "cannot mount the layer's device");
  int mount = sys_fsmount(context, 0);
  return mount < 0 ? mount_fail(context, failure, path, "cannot mount the layer's device") : mount;
}

// The folder of the file at the path.
static int folder_of(const char *path, char folder[4096], failure_t *failure) {
  int length = (int)(strrchr(path, '/') - path);
  return snprintf(folder, PATH_LENGTH, "%.*s", length, path) < PATH_LENGTH ? 0 : fail(failure, ENAMETOOLONG, path, "the path of the layer is too long");
}

static int open_layer_device(const char *path, pool_t *pool, int readonly, failure_t *failure) {
  char folder[PATH_LENGTH], pool_folder[PATH_LENGTH];
  thin_layer_t layer;
  if (folder_of(path, folder, failure) < 0 || thin_layer_read(path, &layer, failure) < 0 || thin_layer_find_pool(folder, pool_folder, failure) < 0 || pool_open(pool_folder, pool, failure) < 0)
    return -1;
  int device = pool_open_device(pool, layer.id, layer.sectors, readonly, failure);
  pool_unlock(pool);
  return device;
}

int thin_layer_mount(const char *path, int readonly, failure_t *failure) {
  static const struct mount_attr attributes = {.attr_set = MOUNT_ATTR_RDONLY};
  pool_t pool = POOL_NONE;
  int is_layer = ends_with(path, THIN_LAYER);
  if (is_layer && !readonly) return fail(failure, EROFS, path, "a layer is not written to");
  cleanup_close int device = open_layer_device(path, &pool, is_layer, failure);
  // The file systems of one device must agree on whether they write.
  int mount = device < 0 ? -1 : thin_layer_mount_device(device, is_layer, failure);
  pool_close(&pool);
  if (mount < 0 || !readonly || sys_mount_setattr(mount, 0, &attributes) == 0) return mount;
  int number = errno;
  close(mount);
  return fail(failure, number, path, "cannot make the layer read-only");
}

// What is gone with its device would stay in the pool's file otherwise; blocks that other devices have too stay. 0 while somebody has it mounted. It takes a while, and is the device's
// alone, so others need not wait.
static int discard(pool_t *pool, const thin_layer_t *layer) {
  char path[32];
  failure_t ignored = {0};
  uint64_t range[2] = {0, layer->sectors * SECTOR_BYTES};
  if (pool_lock(pool, &ignored) < 0) return 1;
  int device = pool_open_device(pool, layer->id, layer->sectors, 0, &ignored);
  pool_unlock(pool);
  // What cannot be opened has no blocks, or a reader, whom the pool tells of.
  if (device < 0) return 1;
  snprintf(path, sizeof path, "/proc/self/fd/%d", device);
  int alone = sys_open(path, O_RDWR | O_EXCL, 0);
  int is_in_use = alone < 0 && errno == EBUSY;
  // One that cannot discard is deleted all the same.
  if (alone >= 0 && ioctl(alone, BLKDISCARD, range) < 0) ignored.number = errno;
  close_descriptor(&alone);
  pool_close_device(pool, layer->id, device);
  return !is_in_use;
}

static int delete_once(pool_t *pool, const thin_layer_t *layer) {
  failure_t ignored = {0};
  if (pool_lock(pool, &ignored) < 0) return -1;
  int result = pool_delete_device(pool, layer->id);
  int number = errno;
  pool_unlock(pool);
  errno = number;
  return result;
}

// A device is in use until its last mount has gone, which can be a moment after its last process.
static int delete_device(pool_t *pool, const thin_layer_t *layer, failure_t *failure) {
  const struct timespec moment = {.tv_nsec = ATTEMPT_MS * 1000000L};
  pool_unlock(pool);
  int is_discarded = 0;
  for (int left = DELETE_ATTEMPTS;; left--) {
    if (!is_discarded) is_discarded = discard(pool, layer);
    errno = EBUSY;
    if (is_discarded && delete_once(pool, layer) == 0) return 0;
    if (errno != EBUSY || left == 0) return fail(failure, errno, pool->folder, "cannot delete the device %u of the pool", layer->id);
    nanosleep(&moment, NULL);
  }
}

static int destroy(const char *folder, const char *path, failure_t *failure) {
  char pool_folder[PATH_LENGTH];
  pool_t pool = POOL_NONE;
  thin_layer_t layer;
  if (thin_layer_read(path, &layer, failure) < 0) return failure->number == EBADMSG || failure->number == ENOENT ? 0 : -1;
  // Without its pool nothing of the device is left.
  if (thin_layer_find_pool(folder, pool_folder, failure) < 0) return failure->number == ENOENT ? 0 : -1;
  if (pool_open(pool_folder, &pool, failure) < 0) return -1;
  int result = delete_device(&pool, &layer, failure);
  pool_close(&pool);
  return result;
}

// The file goes after its device: what is killed in between finds no device the next time, which is fine.
int thin_layer_destroy(const char *folder, failure_t *failure) {
  static const char *const names[] = {THIN_ROOT, THIN_LAYER};
  char path[PATH_LENGTH];
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    if (snprintf(path, sizeof path, "%s/%s", folder, names[i]) >= PATH_LENGTH || access(path, F_OK) < 0) continue;
    if (destroy(folder, path, failure) < 0) return -1;
  }
  return 0;
}
