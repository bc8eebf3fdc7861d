#define _GNU_SOURCE
#include "sources.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "cleanup.h"
#include "foreign.h"
#include "mounts.h"
#include "namespaces.h"
#include "fuse-overlay.h"
#include "overlay.h"
#include "processes.h"
#include "syscalls.h"
#include "volume.h"

static unsigned long propagation(const record_t *record) {
  if (record_has_flag(record, 2, "shared") || record_has_flag(record, 2, "rshared")) return MS_SHARED;
  if (record_has_flag(record, 2, "slave") || record_has_flag(record, 2, "rslave")) return MS_SLAVE;
  return MS_PRIVATE;
}

// What a container has written into a volume leads nowhere but into that volume.
static int open_part(const char *source, const char *part, unsigned recursive, failure_t *failure) {
  cleanup_close int whole = volume_is(source) ? volume_clone_tree(source, failure) : sys_open(source, O_PATH | O_DIRECTORY, 0);
  if (whole < 0) return failure->number ? -1 : fail(failure, errno, source, "cannot open %s", source);
  cleanup_close int found = sys_openat2(whole, part, O_PATH | O_CLOEXEC, RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS);
  int copy = found < 0 ? -1 : sys_clone_tree(found, "", recursive);
  if (copy >= 0) return copy;
  failure_name_operation(failure, "subpath");
  return fail(failure, errno, part, "cannot open %s in %.120s", part, volume_is(source) ? "the volume" : source);
}

static int open_tree(const record_t *record, unsigned recursive, failure_t *failure) {
  const char *source = record_text(record, 0);
  const char *part = record_text(record, 3);
  if (*part) return open_part(source, part, recursive, failure);
  if (volume_is(source)) return volume_clone_tree(source, failure);
  int copy = foreign_is(source) ? foreign_clone_tree(source, recursive) : sys_clone_tree(AT_FDCWD, source, recursive);
  return copy >= 0 || record_has_flag(record, 2, "optional") ? copy : fail(failure, errno, source, "cannot open %s", source);
}

static int open_bind(const record_t *record, failure_t *failure) {
  static const struct mount_attr read_only = {.attr_set = MOUNT_ATTR_RDONLY};
  const char *source = record_text(record, 0);
  unsigned recursive = record_has_flag(record, 2, "rec") ? AT_RECURSIVE : 0;
  struct mount_attr attributes = {.attr_set = mount_attributes(record, 2), .propagation = propagation(record)};
  // Of the ways to keep access times there is always one: another is set in place of it.
  if (attributes.attr_set & MOUNT_ATTR__ATIME) attributes.attr_clr = MOUNT_ATTR__ATIME;
  int copy = open_tree(record, recursive, failure);
  if (copy < 0) return -1;
  if (sys_mount_setattr(copy, recursive, &attributes) == 0 && (!record_has_flag(record, 2, "ro-top") || sys_mount_setattr(copy, 0, &read_only) == 0)) return copy;
  int number = errno;
  close(copy);
  return fail(failure, number, source, "cannot set the attributes of the mount of %s", source);
}

static int open_root(const record_t *record, failure_t *failure) {
  static const struct mount_attr attributes = {.propagation = MS_PRIVATE};
  const char *path = record_text(record, 0);
  int copy = sys_clone_tree(AT_FDCWD, path, AT_RECURSIVE);
  if (copy < 0) return fail(failure, errno, path, "cannot open %s", path);
  if (sys_mount_setattr(copy, AT_RECURSIVE, &attributes) == 0) return copy;
  int number = errno;
  close(copy);
  return fail(failure, number, path, "cannot make the mount of %s private", path);
}

// The host's node of the same number: by the same name, or by the number.
static int open_node(const record_t *record, failure_t *failure) {
  const char *path = record_text(record, 0);
  int is_block = record_text(record, 1)[0] == 'b';
  char numbered[64];
  uint64_t numbers[2] = {0};
  struct stat status;
  if (record_number(record, 2, UINT32_MAX, &numbers[0], failure) < 0 || record_number(record, 3, UINT32_MAX, &numbers[1], failure) < 0) return -1;
  snprintf(numbered, sizeof numbered, "/dev/%s/%u:%u", is_block ? "block" : "char", (unsigned)numbers[0], (unsigned)numbers[1]);
  const char *const paths[] = {path, numbered};
  for (size_t i = 0; i < 2; i++) {
    int copy = sys_clone_tree(AT_FDCWD, paths[i], 0);
    if (copy < 0) continue;
    if (fstat(copy, &status) == 0 && (is_block ? S_ISBLK(status.st_mode) : S_ISCHR(status.st_mode)) && status.st_rdev == makedev((unsigned)numbers[0], (unsigned)numbers[1]))
      return copy;
    close(copy);
  }
  return fail(failure, ENODEV, path, "the host has no node for %s", path);
}

int sources_change_user_namespace(const sources_t *sources) {
  unsigned flags = sources->clone_flags;
  for (size_t i = 0; i < sources->join_count; i++) flags |= sources->joins[i].flag;
  return (flags & CLONE_NEWUSER) != 0;
}

// It must serve the container from outside, and know the ids before there is a process that has them.
static int open_fuse_overlay(const sources_t *sources, const record_t *record, const plan_t *plan, failure_t *failure) {
  if (sources_change_user_namespace(sources) && !plan_setting(plan, SETTING_UID_MAP)) return fail(failure, ENOTSUP, record_text(record, 2), "fuse-overlayfs cannot map ids for a user namespace that is joined");
  return fuse_overlay_mount(record, plan, failure);
}

// Open both ways: the byte of `start` can be written whether or not the process reads already, and a reader that dies leaves nobody to write to.
static int open_fifo(const record_t *record, failure_t *failure) {
  const char *path = record_text(record, 0);
  if (mkfifo(path, 0600) < 0) return fail(failure, errno, path, "cannot make %s", path);
  int fifo = sys_open(path, O_RDWR | O_NOFOLLOW, 0);
  return fifo < 0 ? fail(failure, errno, path, "cannot open %s", path) : fifo;
}

static int open_source(const sources_t *sources, const plan_t *plan, const record_t *record, int *descriptor, failure_t *failure) {
  int wanted = 1;
  if (record->kind == OPERATION_BIND) {
    wanted = !record_has_flag(record, 2, "optional");
    *descriptor = open_bind(record, failure);
  } else if (record->kind == OPERATION_ROOT) {
    *descriptor = open_root(record, failure);
  } else if (record->kind == OPERATION_START) {
    *descriptor = open_fifo(record, failure);
  } else if (record->kind == OPERATION_FUSE_OVERLAY) {
    *descriptor = open_fuse_overlay(sources, record, plan, failure);
  } else if (record->kind == OPERATION_OVERLAY && overlay_is_device(record) && !sources_change_user_namespace(sources)) {
    *descriptor = overlay_mount(record, NULL, sources->layers, failure);
  } else if (record->kind == OPERATION_DEVICE && sources_change_user_namespace(sources)) {
    *descriptor = open_node(record, failure);
  } else {
    return 0;
  }
  if (*descriptor >= 0 || !wanted) return 0;
  failure_name_operation(failure, plan_word(record->kind));
  return -1;
}

static int open_operations(sources_t *sources, const plan_t *plan, failure_t *failure) {
  sources->operations = malloc((plan->operation_count + 1) * sizeof(int));
  if (!sources->operations) return fail(failure, ENOMEM, "", "no memory for the sources");
  sources->operation_count = plan->operation_count;
  for (size_t i = 0; i < plan->operation_count; i++) sources->operations[i] = -1;
  for (size_t i = 0; i < plan->operation_count; i++)
    if (open_source(sources, plan, &plan->operations[i], &sources->operations[i], failure) < 0) return -1;
  return 0;
}

static int open_cgroup(sources_t *sources, const plan_t *plan, failure_t *failure) {
  const record_t *v2 = plan_setting(plan, SETTING_CGROUP_V2);
  if (!v2) return 0;
  sources->cgroup = sys_open(record_text(v2, 0), O_PATH | O_DIRECTORY, 0);
  if (sources->cgroup >= 0) return 0;
  failure_name_operation(failure, "cgroup-v2");
  return fail(failure, errno, record_text(v2, 0), "cannot open the cgroup");
}

// Joining the namespace one is in already is refused for some kinds and never does anything.
static int is_own(const char *word, int descriptor) {
  char path[64];
  struct stat ours;
  struct stat theirs;
  snprintf(path, sizeof path, "/proc/self/ns/%s", word);
  return stat(path, &ours) == 0 && fstat(descriptor, &theirs) == 0 && ours.st_ino == theirs.st_ino && ours.st_dev == theirs.st_dev;
}

static int open_join(sources_t *sources, const record_t *record, failure_t *failure) {
  const char *word = record_text(record, 0);
  const char *path = record_text(record, 1);
  unsigned flag = namespace_flag(word);
  failure_name_operation(failure, "join");
  if (flag == 0 || sources->join_count == sizeof sources->joins / sizeof sources->joins[0]) return fail(failure, EINVAL, word, "%s is no namespace to join", word);
  int descriptor = sys_open(path, O_RDONLY, 0);
  if (descriptor < 0) return fail(failure, errno, path, "cannot open the namespace %s", path);
  if (is_own(word, descriptor))
    close(descriptor);
  else
    sources->joins[sources->join_count++] = (join_t){.flag = flag, .descriptor = descriptor};
  failure->operation[0] = '\0';
  return 0;
}

static int open_joins(sources_t *sources, const plan_t *plan, failure_t *failure) {
  // The user namespace gives the right to enter the others, so it comes first.
  for (int pass = 0; pass < 2; pass++)
    for (size_t i = 0; i < plan->setting_count; i++) {
      const record_t *record = &plan->settings[i];
      int is_user = record->kind == SETTING_JOIN && strcmp(record_text(record, 0), "user") == 0;
      if (record->kind == SETTING_JOIN && is_user == (pass == 0) && open_join(sources, record, failure) < 0) return -1;
    }
  return 0;
}

// A pid alone could be another process by now: the pidfd is taken first, then the start time is compared.
static int open_target(sources_t *sources, const plan_t *plan, failure_t *failure) {
  const record_t *record = plan_setting(plan, SETTING_TARGET);
  uint64_t pid = 0;
  uint64_t ticks = 0;
  uint64_t present = 0;
  if (!record) return 0;
  failure_name_operation(failure, "target");
  if (sources->clone_flags) return fail(failure, EINVAL, "", "a process in a running container makes no namespaces");
  if (record_number(record, 0, INT32_MAX, &pid, failure) < 0 || record_number(record, 1, UINT64_MAX, &ticks, failure) < 0) return -1;
  sources->target = sys_pidfd_open((pid_t)pid);
  if (sources->target < 0) return fail(failure, errno, record_text(record, 0), "there is no process %s", record_text(record, 0));
  if (process_start_ticks((pid_t)pid, &present) < 0 || present != ticks) return fail(failure, ESRCH, record_text(record, 0), "process %s is another one", record_text(record, 0));
  if (namespaces_of((pid_t)pid, &sources->target_flags, failure) < 0) return -1;
  failure->operation[0] = '\0';
  return 0;
}

// The fields as execve wants them. The text stays the plan's.
static char **to_vector(const record_t *record) {
  uint32_t count = record ? record->count : 0;
  char **vector = calloc((size_t)count + 1, sizeof *vector);
  for (uint32_t i = 0; vector && i < count; i++) memcpy(&vector[i], &record->fields[i].bytes, sizeof vector[i]);
  return vector;
}

// Here and not where it is used: a process that borrows our memory could not free it.
static int make_vectors(sources_t *sources, const plan_t *plan, failure_t *failure) {
  sources->arguments = to_vector(plan_operation(plan, OPERATION_EXEC));
  sources->environment = to_vector(plan_operation(plan, OPERATION_ENVIRONMENT));
  return sources->arguments && sources->environment ? 0 : fail(failure, ENOMEM, "", "no memory for the arguments");
}

sources_t *sources_open(const plan_t *plan, const layers_t *layers, failure_t *failure) {
  sources_t *sources = malloc(sizeof *sources);
  if (!sources) {
    fail(failure, ENOMEM, "", "no memory for the sources");
    return NULL;
  }
  *sources = (sources_t){.cgroup = -1, .target = -1, .network = -1, .layers = layers};
  if (namespaces_to_clone(plan, &sources->clone_flags, failure) == 0 && open_target(sources, plan, failure) == 0 && open_joins(sources, plan, failure) == 0 &&
      open_cgroup(sources, plan, failure) == 0 && open_operations(sources, plan, failure) == 0 && make_vectors(sources, plan, failure) == 0)
    return sources;
  sources_close(sources);
  return NULL;
}

int sources_map(const sources_t *sources, const plan_t *plan, const id_map_t *map, int *overlay, failure_t *failure) {
  *overlay = -1;
  for (size_t i = 0; i < plan->operation_count; i++) {
    const record_t *record = &plan->operations[i];
    int result = 0;
    if (record->kind == OPERATION_OVERLAY) {
      result = *overlay = overlay_mount(record, map, sources->layers, failure);
    } else if (record->kind == OPERATION_BIND && record_has_flag(record, 2, "idmap") && sources->operations[i] >= 0) {
      unsigned recursive = record_has_flag(record, 2, "rec") ? AT_RECURSIVE : 0;
      if (id_map_mount(sources->operations[i], recursive, map) < 0) result = fail(failure, errno, record_text(record, 0), "cannot map the ids of %s", record_text(record, 0));
    }
    if (result >= 0) continue;
    failure_name_operation(failure, plan_word(record->kind));
    return -1;
  }
  return 0;
}

void sources_close(sources_t *sources) {
  if (!sources) return;
  for (size_t i = 0; i < sources->operation_count; i++) close_descriptor(&sources->operations[i]);
  for (size_t i = 0; i < sources->join_count; i++) close_descriptor(&sources->joins[i].descriptor);
  close_descriptor(&sources->cgroup);
  close_descriptor(&sources->target);
  free(sources->arguments);
  free(sources->environment);
  free(sources->operations);
  free(sources);
}
