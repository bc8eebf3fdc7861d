#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "cleanup.h"
#include "mounts.h"
#include "operations.h"
#include "overlay.h"
#include "syscalls.h"

// The root is mounted over "/": that hides nothing, for paths start at the root this process has, below the new mount.
static int attach_root(context_t *context, int mount, failure_t *failure) {
  cleanup_close int here = sys_open("/", O_PATH | O_DIRECTORY, 0);
  if (here < 0) return fail(failure, errno, "/", "cannot open the host's root");
  if (context->root >= 0) return fail(failure, EEXIST, "/", "there is a root already");
  if (mount_attach(mount, here, "/", failure) < 0) return -1;
  context->root = mount;
  return 0;
}

int operation_OVERLAY(context_t *context, const record_t *record, failure_t *failure) {
  // In a user namespace the monitor has made it: only who is privileged on the host can map the ids of the layers. One that is a device too: here the container's device rules hold.
  int mount = context->overlay >= 0 ? context->overlay : context->sources[context->index];
  if (mount < 0) mount = overlay_mount(record, NULL, context->layers, failure);
  return mount < 0 ? -1 : attach_root(context, mount, failure);
}

int operation_ROOT(context_t *context, const record_t *record, failure_t *failure) {
  (void)record;
  return attach_root(context, context->sources[context->index], failure);
}

int operation_FUSE_OVERLAY(context_t *context, const record_t *record, failure_t *failure) { return operation_ROOT(context, record, failure); }

// 1 while something lies over the root: ".." of the root is looked up to the topmost mount there.
static int is_covered(int root) {
  uint64_t own = 0;
  uint64_t topmost = 0;
  cleanup_close int top = sys_open("/..", O_PATH | O_DIRECTORY, 0);
  if (top < 0 || sys_mount_id(root, &own) < 0 || sys_mount_id(top, &topmost) < 0) return -1;
  return own != topmost;
}

// The old root lands on top of the new one, and with it whatever lay over the old one: each comes off alone.
static int leave_old_root(int root) {
  int covered;
  while ((covered = is_covered(root)) > 0)
    if (sys_umount(".", MNT_DETACH) < 0) return -1;
  return covered;
}

int operation_PIVOT(context_t *context, const record_t *record, failure_t *failure) {
  (void)record;
  if (context->root < 0) return fail(failure, EINVAL, "/", "there is no root to go to");
  if (fchdir(context->root) < 0) return fail(failure, errno, "/", "cannot go to the root");
  if (sys_pivot_root(".", ".") < 0) return fail(failure, errno, "/", "cannot change the root");
  if (leave_old_root(context->root) < 0) return fail(failure, errno, "/", "cannot leave the host's root");
  if (chdir("/") < 0) return fail(failure, errno, "/", "cannot go to the new root");
  return 0;
}

int operation_READONLY_ROOT(context_t *context, const record_t *record, failure_t *failure) {
  static const struct mount_attr attributes = {.attr_set = MOUNT_ATTR_RDONLY};
  (void)record;
  if (sys_mount_setattr(context->root, 0, &attributes) < 0) return fail(failure, errno, "/", "cannot make the root read-only");
  return 0;
}

int operation_PROPAGATION(context_t *context, const record_t *record, failure_t *failure) {
  const char *word = record_text(record, 0);
  unsigned recursive = word[0] == 'r' ? AT_RECURSIVE : 0;
  const char *type = recursive ? word + 1 : word;
  struct mount_attr attributes = {0};
  if (strcmp(type, "private") == 0) attributes.propagation = MS_PRIVATE;
  if (strcmp(type, "slave") == 0) attributes.propagation = MS_SLAVE;
  if (strcmp(type, "shared") == 0) attributes.propagation = MS_SHARED;
  if (!attributes.propagation) return fail(failure, EINVAL, word, "%s is no propagation", word);
  if (sys_mount_setattr(context->root, recursive, &attributes) < 0) return fail(failure, errno, "/", "cannot make the root %s", word);
  return 0;
}
