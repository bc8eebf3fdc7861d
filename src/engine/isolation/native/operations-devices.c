#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "cleanup.h"
#include "mounts.h"
#include "operations.h"
#include "paths.h"
#include "syscalls.h"

// The folder that a node or link is made in. Those of /dev come one after the other, and nothing is mounted in between: it stays open.
static int open_folder(context_t *context, const char *path, const char **name, failure_t *failure) {
  const char *last = strrchr(path, '/');
  size_t length = last ? (size_t)(last - path) : 0;
  if (context->folder >= 0 && last && strcmp(last, "/.") != 0 && strcmp(last, "/..") != 0 && last[1] && length == context->folder_length && memcmp(path, context->folder_path, length) == 0) {
    *name = last + 1;
    return context->folder;
  }
  forget_folder(context);
  context->folder = path_open_parent(context->root, path, name, failure);
  context->folder_path = path;
  context->folder_length = length;
  return context->folder;
}

void forget_folder(context_t *context) {
  close_descriptor(&context->folder);
  context->folder = -1;
}

typedef struct {
  const char *path;
  mode_t mode;
  dev_t device;
  uid_t uid;
  gid_t gid;
} node_t;

static int read_node(const record_t *record, node_t *node, failure_t *failure) {
  uint64_t major = 0;
  uint64_t minor = 0;
  uint64_t mode = 0;
  uint64_t uid = 0;
  uint64_t gid = 0;
  const char *type = record_text(record, 1);
  mode_t format = strcmp(type, "c") == 0 ? S_IFCHR : strcmp(type, "b") == 0 ? S_IFBLK : strcmp(type, "p") == 0 ? S_IFIFO : 0;
  if (format == 0) return fail(failure, EINVAL, record_text(record, 0), "%s is no type of a device", type);
  if (record_number(record, 2, UINT32_MAX, &major, failure) < 0 || record_number(record, 3, UINT32_MAX, &minor, failure) < 0) return -1;
  if (record_number_of_base(record, 4, 8, &mode, failure) < 0 || mode > 07777) return fail(failure, EINVAL, record_text(record, 4), "%s is no mode", record_text(record, 4));
  if (record_number(record, 5, UINT32_MAX, &uid, failure) < 0 || record_number(record, 6, UINT32_MAX, &gid, failure) < 0) return -1;
  *node = (node_t){.path = record_text(record, 0),
                   .mode = format | (mode_t)mode,
                   .device = format == S_IFIFO ? 0 : makedev((unsigned)major, (unsigned)minor),
                   .uid = (uid_t)uid,
                   .gid = (gid_t)gid};
  return 0;
}

// The node that is at the name, as descriptor, if it is what the plan says.
static int open_node(int folder, const char *name, const node_t *node, failure_t *failure) {
  struct stat status;
  int found = openat(folder, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  if (found < 0) return fail(failure, errno, node->path, "cannot open %s", node->path);
  if (fstat(found, &status) == 0 && (status.st_mode & S_IFMT) == (node->mode & S_IFMT) && (node->device == 0 || status.st_rdev == node->device)) return found;
  close(found);
  return fail(failure, EEXIST, node->path, "there is something else at %s", node->path);
}

static int make_node(int folder, const char *name, const node_t *node, failure_t *failure) {
  if (mknodat(folder, name, node->mode, node->device) < 0) {
    if (errno != EEXIST) return fail(failure, errno, node->path, "cannot make %s", node->path);
    int found = open_node(folder, name, node, failure);
    return found < 0 ? -1 : close(found);
  }
  if ((node->uid || node->gid) && fchownat(folder, name, node->uid, node->gid, AT_SYMLINK_NOFOLLOW) < 0)
    return fail(failure, errno, node->path, "cannot give %s to %u:%u", node->path, node->uid, node->gid);
  return 0;
}

// A user namespace may not make nodes: the host's own, opened by the monitor, is bound over an empty file.
static int bind_node(int source, int folder, const char *name, const char *path, failure_t *failure) {
  int file = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
  if (file < 0 && errno != EEXIST) return fail(failure, errno, path, "cannot make %s", path);
  if (file >= 0) close(file);
  cleanup_close int target = openat(folder, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  return target < 0 ? fail(failure, errno, path, "cannot open %s", path) : mount_attach(source, target, path, failure);
}

// Standard streams that are the host's /dev/null become the container's: a program could ask where they lead to.
static void replace_null_streams(int folder, const char *name) {
  struct stat status;
  cleanup_close int null = openat(folder, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
  for (int i = 0; null >= 0 && i < 3; i++)
    if (fstat(i, &status) == 0 && S_ISCHR(status.st_mode) && status.st_rdev == makedev(1, 3)) dup2(null, i);
}

// Keeps the container's /dev/null for masks: the one made here, or found to be what the plan says.
static int keep_null(context_t *context, int folder, const char *name, const node_t *node, failure_t *failure) {
  if (context->null >= 0 || strcmp(node->path, "/dev/null") != 0 || !S_ISCHR(node->mode) || node->device != makedev(1, 3)) return 0;
  context->null = open_node(folder, name, node, failure);
  if (context->null < 0) return -1;
  replace_null_streams(folder, name);
  return 0;
}

int operation_DEVICE(context_t *context, const record_t *record, failure_t *failure) {
  node_t node = {0};
  const char *name = NULL;
  int source = context->sources[context->index];
  if (read_node(record, &node, failure) < 0) return -1;
  int folder = open_folder(context, node.path, &name, failure);
  if (folder < 0) return -1;
  if ((source < 0 ? make_node(folder, name, &node, failure) : bind_node(source, folder, name, node.path, failure)) < 0) return -1;
  return keep_null(context, folder, name, &node, failure);
}

int operation_SYMLINK(context_t *context, const record_t *record, failure_t *failure) {
  const char *text = record_text(record, 0);
  const char *path = record_text(record, 1);
  const char *name = NULL;
  char there[256];
  int folder = open_folder(context, path, &name, failure);
  if (folder < 0) return -1;
  if (symlinkat(text, folder, name) == 0) return 0;
  int number = errno;
  ssize_t length = number == EEXIST ? readlinkat(folder, name, there, sizeof there) : -1;
  if (length >= 0 && (size_t)length == strlen(text) && memcmp(there, text, (size_t)length) == 0) return 0;
  return fail(failure, number, path, "cannot make the link %s", path);
}
