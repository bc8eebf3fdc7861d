#define _GNU_SOURCE
#include "overlay.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "cleanup.h"
#include "id-map.h"
#include "mounts.h"
#include "overlay-old.h"
#include "syscalls.h"
#include "thin-layer.h"

enum { STRING_LIMIT = 255, LINK_LENGTH = 32 };

// Without these, renamed folders and files with changed modes would be stored as references into lower layers, and a commit could not be the plain content of the upper folder.
static const char *const plain_options[] = {"index=off", "redirect_dir=nofollow", "metacopy=off"};

static int set_options(int context, const record_t *record) {
  for (size_t i = 0; i < sizeof plain_options / sizeof plain_options[0]; i++)
    if (mount_option(context, plain_options[i]) < 0) return -1;
  if (record_has_flag(record, OVERLAY_OPTIONS, "volatile") && mount_option(context, "volatile") < 0) return -1;
  return record_has_flag(record, OVERLAY_OPTIONS, "userxattr") ? mount_option(context, "userxattr") : 0;
}

// Names a folder to the overlay. Strings of more than 255 bytes are refused by the kernel: then, and for what has no path, by way of a descriptor.
static int set_folder(int context, const char *key, const char *path) {
  char link[LINK_LENGTH];
  if (strlen(path) <= STRING_LIMIT) return sys_fsconfig(context, FSCONFIG_SET_STRING, key, path);
  cleanup_close int folder = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return -1;
  snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
  return sys_fsconfig(context, FSCONFIG_SET_STRING, key, link);
}

// Mounts that are the overlay's alone, by the index of the field that they stand for, or -1: layers that are images, and copies of folders with mapped ids. They live as long as their
// descriptors, and the overlay takes them up only when it is made.
typedef struct {
  const id_map_t *map;
  const layers_t *layers;
  int *descriptors;
  uint32_t count;
} own_mounts_t;

static void close_own(own_mounts_t *own) {
  for (uint32_t i = 0; own->descriptors && i < own->count; i++)
    if (own->descriptors[i] >= 0) close(own->descriptors[i]);
  free(own->descriptors);
}

static int make_own(own_mounts_t *own) {
  own->descriptors = malloc(own->count * sizeof(int));
  for (uint32_t i = 0; own->descriptors && i < own->count; i++) own->descriptors[i] = -1;
  return own->descriptors ? 0 : -1;
}

static int find_shared(const own_mounts_t *own, uint32_t index) { return own->layers && own->layers->descriptors ? own->layers->descriptors[index] : -1; }

// The image of a field as a mount of the overlay's own.
static int mount_image(const own_mounts_t *own, uint32_t index, const char *path, failure_t *failure) {
  int shared = find_shared(own, index);
  int mount = shared < 0 ? layer_mount(path, failure) : sys_clone_tree(shared, "", 0);
  if (mount < 0) return shared < 0 ? -1 : fail(failure, errno, path, "cannot use the layer");
  if (!own->map || id_map_mount(mount, 0, own->map) == 0) return mount;
  int number = errno;
  close(mount);
  return fail(failure, number, path, "cannot map the ids of the layer");
}

static int mount_images(const record_t *record, own_mounts_t *own, failure_t *failure) {
  for (uint32_t i = OVERLAY_LOWER; i < record->count; i++) {
    const char *path = record_text(record, i);
    if (!layer_is_image(path)) continue;
    int shared = own->map ? -1 : find_shared(own, i);
    // The overlay copies what it takes up. To let go of a copy of one's own may wait for all processors to have seen it.
    own->descriptors[i] = shared < 0 ? mount_image(own, i, path, failure) : fcntl(shared, F_DUPFD_CLOEXEC, 0);
    if (own->descriptors[i] < 0) return -1;
  }
  return 0;
}

// "/proc/self/fd/N", with room for a name after it.
static void name_own(const own_mounts_t *own, uint32_t index, char link[LINK_LENGTH]) { snprintf(link, LINK_LENGTH, "/proc/self/fd/%d", own->descriptors[index]); }

static int set_below(int context, const char *key, const char *link, const char *name) {
  char path[STRING_LIMIT + 1];
  errno = ENAMETOOLONG;
  return snprintf(path, sizeof path, "%s%s", link, name) < (int)sizeof path ? sys_fsconfig(context, FSCONFIG_SET_STRING, key, path) : -1;
}

// Both must be on one mount, so their common folder is mapped and they are named below it.
static int set_mapped_upper(int context, const record_t *record, own_mounts_t *own) {
  const char *upper = record_text(record, OVERLAY_UPPER);
  const char *work = record_text(record, OVERLAY_WORK);
  const char *name = strrchr(upper, '/');
  const char *work_name = strrchr(work, '/');
  char link[LINK_LENGTH];
  errno = EXDEV;
  if (!name || !work_name || name - upper != work_name - work || strncmp(upper, work, (size_t)(name - upper)) != 0) return -1;
  char *folder = strndup(upper, (size_t)(name - upper));
  if (folder) own->descriptors[OVERLAY_UPPER] = id_map_folder(folder, own->map);
  free(folder);
  if (own->descriptors[OVERLAY_UPPER] < 0) return -1;
  name_own(own, OVERLAY_UPPER, link);
  if (set_below(context, "upperdir", link, name) < 0) return -1;
  return set_below(context, "workdir", link, work_name);
}

static int set_upper(int context, const record_t *record, own_mounts_t *own) {
  if (!*record_text(record, OVERLAY_UPPER)) return 0;
  if (own->map) return set_mapped_upper(context, record, own);
  if (set_folder(context, "upperdir", record_text(record, OVERLAY_UPPER)) < 0) return -1;
  return set_folder(context, "workdir", record_text(record, OVERLAY_WORK));
}

// A file system of the old kind keeps every text until the mount is made and then refuses what it does not know. It is told by not taking a descriptor at all, whatever has failed before.
static int knows_single_layers(int context) {
  int number = errno;
  int is_old = syscall(SYS_fsconfig, context, FSCONFIG_SET_FD, "gantry", NULL, context) < 0 && errno == EOPNOTSUPP;
  errno = number;
  return !is_old;
}

// Whoever makes the overlay is who it acts as. That must be an owner the mapped layers know, or the overlay becomes read-only.
static int create(int context, const id_map_t *map) {
  if (map && act_as(map->uid, map->gid) < 0) return -1;
  int result = sys_fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL);
  int number = errno;
  if (map && act_as(0, 0) < 0) return -1;
  errno = number;
  return result;
}

static int set_lower(int context, const record_t *record, own_mounts_t *own, uint32_t *index) {
  char link[LINK_LENGTH];
  for (*index = OVERLAY_LOWER; *index < record->count; ++*index) {
    const char *path = record_text(record, *index);
    int *mount = &own->descriptors[*index];
    if (*mount < 0 && own->map && (*mount = id_map_folder(path, own->map)) < 0) return -1;
    if (*mount >= 0) name_own(own, *index, link);
    int result = *mount >= 0 ? sys_fsconfig(context, FSCONFIG_SET_STRING, "lowerdir+", link) : set_folder(context, "lowerdir+", path);
    if (result < 0) return -1;
  }
  return 0;
}

static int mount_thin_layer(const char *path, int readonly, const id_map_t *map, failure_t *failure) {
  int mount = thin_layer_mount(path, readonly, failure);
  if (mount < 0 || !map || id_map_mount(mount, 0, map) == 0) return mount;
  int number = errno;
  close(mount);
  return fail(failure, number, path, "cannot map the ids of the layer");
}

// One layer that is the whole root. What the mount that it is on forbids is no rule for what is in it, as it is none for an overlay.
static int mount_single_layer(const record_t *record, uint32_t index, const own_mounts_t *own, failure_t *failure) {
  const char *path = record_text(record, index);
  const id_map_t *map = own->map;
  uint64_t attributes = index == OVERLAY_LOWER ? MOUNT_ATTR_RDONLY : 0;
  const struct mount_attr all = {.attr_set = attributes, .attr_clr = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC};
  if (layer_is_image(path)) return mount_image(own, index, path, failure);
  if (thin_layer_is(path)) return mount_thin_layer(path, index == OVERLAY_LOWER, map, failure);
  int copy = map ? id_map_folder(path, map) : sys_clone_tree(AT_FDCWD, path, 0);
  if (copy < 0) return fail(failure, errno, path, "cannot use the layer");
  if (sys_mount_setattr(copy, 0, &all) == 0) return copy;
  int number = errno;
  close(copy);
  return fail(failure, number, path, attributes ? "cannot make the layer read-only" : "cannot mount the layer");
}

static int has_images(const record_t *record) {
  for (uint32_t i = OVERLAY_LOWER; i < record->count; i++)
    if (layer_is_image(record_text(record, i))) return 1;
  return 0;
}

// Kernels before 6.7 refuse the first layer that they are given alone, or all of it at last; those before 6.15 the mapped ones, which are mounted nowhere.
static int is_too_old(int context, const record_t *record, const own_mounts_t *own, uint32_t refused) {
  return errno == EINVAL && !has_images(record) && (own->map || refused == OVERLAY_LOWER || !knows_single_layers(context));
}

static int mount_layers(int context, const record_t *record, own_mounts_t *own, failure_t *failure) {
  uint32_t index = 0;
  const char *shown = record_text(record, *record_text(record, OVERLAY_UPPER) ? OVERLAY_UPPER : OVERLAY_LOWER);
  if (mount_images(record, own, failure) < 0) return -1;
  if (set_options(context, record) < 0) return mount_fail(context, failure, shown, "the overlay does not take its options");
  if (set_lower(context, record, own, &index) < 0) {
    if (is_too_old(context, record, own, index)) return overlay_mount_old(record, own->map, failure);
    return mount_fail(context, failure, record_text(record, index), "cannot use the layer");
  }
  if (set_upper(context, record, own) < 0) return mount_fail(context, failure, shown, "cannot use the upper folder");
  if (create(context, own->map) < 0) {
    if (is_too_old(context, record, own, record->count)) return overlay_mount_old(record, own->map, failure);
    return mount_fail(context, failure, shown, "cannot mount the overlay");
  }
  int mount = sys_fsmount(context, 0);
  return mount < 0 ? mount_fail(context, failure, shown, "cannot mount the overlay") : mount;
}

int overlay_is_device(const record_t *record) { return record->count == OVERLAY_LOWER && thin_layer_is(record_text(record, OVERLAY_UPPER)); }

int overlay_mount(const record_t *record, const id_map_t *map, const layers_t *layers, failure_t *failure) {
  int writable = *record_text(record, OVERLAY_UPPER) != '\0';
  struct statvfs status;
  own_mounts_t own = {.map = map, .layers = layers, .count = record->count};
  // The kernel wants two layers where nothing can be written, and one below where something can.
  if (!writable && record->count == OVERLAY_LOWER + 1) return mount_single_layer(record, OVERLAY_LOWER, &own, failure);
  if (writable && record->count == OVERLAY_LOWER) return mount_single_layer(record, OVERLAY_UPPER, &own, failure);
  cleanup_close int context = sys_fsopen("overlay");
  if (context < 0) return fail(failure, errno, "overlay", "the kernel has no overlay file system");
  int mount = make_own(&own) == 0 ? mount_layers(context, record, &own, failure) : fail(failure, ENOMEM, "", "no memory for the layers");
  close_own(&own);
  if (mount < 0 || !writable || fstatvfs(mount, &status) < 0 || !(status.f_flag & ST_RDONLY)) return mount;
  close(mount);
  return fail(failure, EROFS, record_text(record, OVERLAY_UPPER), "the overlay came out read-only");
}
