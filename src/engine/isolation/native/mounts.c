#define _GNU_SOURCE
#include "mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "cleanup.h"
#include "syscalls.h"

uint64_t mount_attributes(const record_t *record, uint32_t index) {
  static const struct {
    const char *word;
    uint64_t attribute;
  } table[] = {
      {"ro", MOUNT_ATTR_RDONLY},       {"nosuid", MOUNT_ATTR_NOSUID},           {"nodev", MOUNT_ATTR_NODEV},           {"noexec", MOUNT_ATTR_NOEXEC},
      {"noatime", MOUNT_ATTR_NOATIME}, {"strictatime", MOUNT_ATTR_STRICTATIME}, {"nodiratime", MOUNT_ATTR_NODIRATIME},
  };
  uint64_t attributes = 0;
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
    if (record_has_flag(record, index, table[i].word)) attributes |= table[i].attribute;
  return attributes;
}

int mount_fail(int context, failure_t *failure, const char *target, const char *what) {
  int number = errno;
  char log[192] = "";
  // One message a read, "e text\n" with e for an error; the last error is the one that ended it.
  for (char line[sizeof log]; context >= 0;) {
    ssize_t length = read(context, line, sizeof line - 1);
    if (length <= 0) break;
    line[length] = '\0';
    line[strcspn(line, "\n")] = '\0';
    if (strncmp(line, "e ", 2) == 0) snprintf(log, sizeof log, "%s", line + 2);
  }
  return fail(failure, number, target, *log ? "%s: %s" : "%s", what, log);
}

int mount_option(int context, const char *option) {
  char key[256];
  const char *equals = strchr(option, '=');
  size_t length = equals ? (size_t)(equals - option) : strlen(option);
  if (length >= sizeof key) {
    errno = EINVAL;
    return -1;
  }
  memcpy(key, option, length);
  key[length] = '\0';
  return equals ? sys_fsconfig(context, FSCONFIG_SET_STRING, key, equals + 1) : sys_fsconfig(context, FSCONFIG_SET_FLAG, key, NULL);
}

static int fail_option(int context, failure_t *failure, const char *type, const char *option) {
  int number = errno;
  char what[FAILURE_TEXT];
  snprintf(what, sizeof what, "%s does not take the option %.100s", type, option);
  errno = number;
  return mount_fail(context, failure, option, what);
}

static int fail_mount(int context, failure_t *failure, const char *type) {
  int number = errno;
  char what[FAILURE_TEXT];
  snprintf(what, sizeof what, "cannot make a mount of %s", type);
  errno = number;
  return mount_fail(context, failure, type, what);
}

int mount_new(const char *type, const char *source, uint64_t attributes, const record_t *options, uint32_t first, failure_t *failure) {
  cleanup_close int context = sys_fsopen(type);
  if (context < 0) return fail(failure, errno, type, "the kernel has no file system %s", type);
  if (*source && sys_fsconfig(context, FSCONFIG_SET_STRING, "source", source) < 0) return mount_fail(context, failure, source, "cannot set the source");
  for (uint32_t i = first; options && i < options->count; i++) {
    if (mount_option(context, record_text(options, i)) < 0) return fail_option(context, failure, type, record_text(options, i));
  }
  int mount = sys_fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL) < 0 ? -1 : sys_fsmount(context, (unsigned)attributes);
  return mount < 0 ? fail_mount(context, failure, type) : mount;
}

int mount_empty(failure_t *failure) {
  static const field_t fields[] = {{.bytes = "nr_blocks=1", .length = 11}, {.bytes = "nr_inodes=1", .length = 11}, {.bytes = "mode=755", .length = 8}};
  static const record_t options = {.count = 3, .fields = fields};
  return mount_new("tmpfs", "tmpfs", MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC, &options, 0, failure);
}

int mount_attach(int mount, int target, const char *path, failure_t *failure) {
  return sys_move_mount(mount, target) < 0 ? fail(failure, errno, path, "cannot move the mount to %s", path) : 0;
}
