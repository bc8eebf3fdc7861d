#define _GNU_SOURCE
#include "id-map.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cleanup.h"
#include "syscalls.h"

// The host's id for 0 inside, of lines "inside outside count".
static int find_root(const char *text, uint32_t *id, failure_t *failure) {
  unsigned inside = 0;
  unsigned outside = 0;
  unsigned count = 0;
  for (const char *line = text; *line; line += strspn(line, "\n")) {
    if (sscanf(line, "%u %u %u", &inside, &outside, &count) != 3) break;
    if (inside == 0 && count > 0) {
      *id = outside;
      return 0;
    }
    line += strcspn(line, "\n");
  }
  return fail(failure, EINVAL, text, "the map has no line for id 0");
}

static int write_map(pid_t pid, const char *name, const record_t *record, failure_t *failure) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
  cleanup_close int file = open(path, O_WRONLY | O_CLOEXEC);
  // The kernel takes the whole map in one write.
  if (file >= 0 && write(file, record->fields[0].bytes, record->fields[0].length) == (ssize_t)record->fields[0].length) return 0;
  return fail(failure, errno, path, "cannot write the id map");
}

static int write_one(const plan_t *plan, uint32_t kind, pid_t pid, uint32_t *root, failure_t *failure) {
  const record_t *record = plan_setting(plan, kind);
  int result = -1;
  if (!record)
    fail(failure, EINVAL, "", "a user namespace needs its map");
  else if (find_root(record_text(record, 0), root, failure) == 0)
    result = write_map(pid, kind == SETTING_UID_MAP ? "uid_map" : "gid_map", record, failure);
  if (result < 0) failure_name_operation(failure, plan_word(kind));
  return result;
}

static int open_namespace(pid_t pid, id_map_t *map, failure_t *failure) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/ns/user", pid);
  map->user_namespace = open(path, O_RDONLY | O_CLOEXEC);
  return map->user_namespace < 0 ? fail(failure, errno, path, "cannot open the user namespace") : 0;
}

int id_map_write(const plan_t *plan, pid_t pid, id_map_t *map, failure_t *failure) {
  if (write_one(plan, SETTING_UID_MAP, pid, &map->uid, failure) < 0 || write_one(plan, SETTING_GID_MAP, pid, &map->gid, failure) < 0) return -1;
  return open_namespace(pid, map, failure);
}

static int read_one(pid_t pid, const char *name, uint32_t *root, failure_t *failure) {
  char path[64];
  char text[4096];
  snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
  cleanup_close int file = open(path, O_RDONLY | O_CLOEXEC);
  ssize_t length = file < 0 ? -1 : read(file, text, sizeof text - 1);
  if (length < 0) return fail(failure, errno, path, "cannot read the id map");
  text[length] = '\0';
  return find_root(text, root, failure);
}

int id_map_read(pid_t pid, id_map_t *map, failure_t *failure) {
  if (read_one(pid, "uid_map", &map->uid, failure) < 0 || read_one(pid, "gid_map", &map->gid, failure) < 0) return -1;
  return open_namespace(pid, map, failure);
}

int id_map_mount(int mount, unsigned flags, const id_map_t *map) {
  struct mount_attr attributes = {.attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (unsigned)map->user_namespace};
  return sys_mount_setattr(mount, flags, &attributes);
}

int id_map_folder(const char *path, const id_map_t *map) {
  int copy = sys_clone_tree(AT_FDCWD, path, 0);
  if (copy < 0 || id_map_mount(copy, 0, map) == 0) return copy;
  int number = errno;
  close(copy);
  errno = number;
  return -1;
}

int act_as(uid_t uid, gid_t gid) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct data[2];
  setfsgid(gid);
  setfsuid(uid);
  // Leaving root takes the capabilities over files from the effective set.
  if (syscall(SYS_capget, &header, data) < 0) return -1;
  for (size_t i = 0; i < 2; i++) data[i].effective = data[i].permitted;
  if (syscall(SYS_capset, &header, data) < 0) return -1;
  if ((uid_t)setfsuid((uid_t)-1) == uid && (gid_t)setfsgid((gid_t)-1) == gid) return 0;
  errno = EPERM;
  return -1;
}
