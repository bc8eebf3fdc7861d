#define _GNU_SOURCE
#include "layer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "cleanup.h"
#include "mounts.h"
#include "syscalls.h"

#define IMAGE "/layer.erofs"
#define TAR "/layer.tar"
#define HOLDER "/holder"
#define EROFS_MAGIC 0xE0F5E1E2
// Of the superblock, in the image.
#define UUID_AT (1024 + 48)

enum { STRING_LIMIT = 255, LINK_LENGTH = 32, HOLDER_LENGTH = 32 };

int layer_is_image(const char *path) {
  size_t length = strlen(path);
  return length > sizeof IMAGE - 1 && strcmp(path + length - (sizeof IMAGE - 1), IMAGE) == 0;
}

// The path of another file in the folder of the image.
static int name_beside(const char *image, const char *name, char path[4096]) {
  errno = ENAMETOOLONG;
  return snprintf(path, 4096, "%.*s%s", (int)(strlen(image) - (sizeof IMAGE - 1)), image, name) < 4096 ? 0 : -1;
}

// Longer strings the kernel takes by way of a descriptor, which must be there until the mount is made.
static int set_file(int context, const char *key, const char *path, int file) {
  char link[LINK_LENGTH];
  if (strlen(path) <= STRING_LIMIT) return sys_fsconfig(context, FSCONFIG_SET_STRING, key, path);
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  return sys_fsconfig(context, FSCONFIG_SET_STRING, key, link);
}

int layer_mount(const char *path, failure_t *failure) {
  char tar[4096];
  cleanup_close int image_file = sys_open(path, O_RDONLY, 0);
  cleanup_close int tar_file = image_file < 0 || name_beside(path, TAR, tar) < 0 ? -1 : sys_open(tar, O_RDONLY, 0);
  if (tar_file < 0) return fail(failure, errno, path, "cannot open the layer");
  cleanup_close int context = sys_fsopen("erofs");
  if (context < 0) return fail(failure, errno, path, "the kernel has no EROFS");
  if (set_file(context, "source", path, image_file) < 0 || set_file(context, "device", tar, tar_file) < 0) return mount_fail(context, failure, path, "cannot use the layer");
  int mount = sys_fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL) < 0 ? -1 : sys_fsmount(context, MOUNT_ATTR_RDONLY);
  // The kernel reads such files by their pages, which those of tmpfs and of other overlays do not give.
  const char *what = errno == ENOTBLK ? "the kernel mounts no layer from a file on this file system" : "cannot mount the layer";
  return mount < 0 ? mount_fail(context, failure, path, what) : mount;
}

// Whether a descriptor that came from another process is a mount of this image: whoever wrote the link may have ended since, and its pid and descriptor be something else. Linux,
// fs/erofs/super.c: the id of the file system is made of the UUID.
static int is_mount_of(int mount, const char *image) {
  uint64_t uuid[2];
  struct statfs status;
  cleanup_close int file = sys_open(image, O_RDONLY, 0);
  if (file < 0 || pread(file, uuid, sizeof uuid, UUID_AT) != sizeof uuid) return 0;
  if (fstatfs(mount, &status) < 0 || (uint32_t)status.f_type != EROFS_MAGIC) return 0;
  uint64_t id = uuid[0] ^ uuid[1];
  return memcmp(&status.f_fsid, &id, sizeof id) == 0;
}

static int take_from_holder(const char *image) {
  char path[4096];
  char text[HOLDER_LENGTH];
  if (name_beside(image, HOLDER, path) < 0) return -1;
  ssize_t length = readlink(path, text, sizeof text - 1);
  if (length <= 0) return -1;
  text[length] = '\0';
  char *end = NULL;
  long pid = strtol(text, &end, 10);
  long number = *end == ':' ? strtol(end + 1, &end, 10) : -1;
  if (pid <= 0 || pid > INT32_MAX || number < 0 || number > INT32_MAX || *end) return -1;
  cleanup_close int holder = sys_pidfd_open((pid_t)pid);
  int mount = holder < 0 ? -1 : sys_pidfd_getfd(holder, (int)number);
  if (mount < 0 || is_mount_of(mount, image)) return mount;
  close(mount);
  return -1;
}

// Another one that makes the same at the same moment may be faster; and a layer that cannot be written to is not shared.
static void tell_others(const char *image, int mount) {
  char path[4096];
  char text[HOLDER_LENGTH];
  if (name_beside(image, HOLDER, path) < 0) return;
  snprintf(text, sizeof text, "%d:%d", getpid(), mount);
  unlink(path);
  if (symlink(text, path) < 0) return;
}

static int open_layer(const char *path, failure_t *failure) {
  int mount = take_from_holder(path);
  if (mount >= 0) return mount;
  mount = layer_mount(path, failure);
  if (mount >= 0) tell_others(path, mount);
  return mount;
}

int layers_open(layers_t *layers, const record_t *record, failure_t *failure) {
  if (layers->descriptors) return 0;
  layers->descriptors = malloc(record->count * sizeof(int));
  if (!layers->descriptors) return fail(failure, ENOMEM, "", "no memory for the layers");
  layers->count = record->count;
  for (uint32_t i = 0; i < record->count; i++) layers->descriptors[i] = -1;
  for (uint32_t i = 0; i < record->count; i++) {
    const char *path = record_text(record, i);
    if (layer_is_image(path) && (layers->descriptors[i] = open_layer(path, failure)) < 0) return -1;
  }
  return 0;
}

void layers_close(layers_t *layers) {
  for (uint32_t i = 0; layers->descriptors && i < layers->count; i++)
    if (layers->descriptors[i] >= 0) close(layers->descriptors[i]);
  free(layers->descriptors);
  *layers = (layers_t)LAYERS_NONE;
}
