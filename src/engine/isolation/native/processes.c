#define _GNU_SOURCE
#include "processes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "syscalls.h"

enum { FIELDS_AFTER_NAME = 20 };

int process_start_ticks(pid_t pid, uint64_t *ticks) {
  char path[32];
  char text[1024];
  snprintf(path, sizeof path, "/proc/%d/stat", pid);
  cleanup_close int file = sys_open(path, O_RDONLY, 0);
  ssize_t length = file < 0 ? -1 : read(file, text, sizeof text - 1);
  if (length < 0) return -1;
  text[length] = '\0';
  // The name stands in parentheses and may hold any byte; fields are counted from its last one.
  const char *at = strrchr(text, ')');
  for (int i = 0; at && i < FIELDS_AFTER_NAME; i++) at = strchr(at + 1, ' ');
  errno = EPROTO;
  if (!at) return -1;
  *ticks = strtoull(at + 1, NULL, 10);
  return 0;
}
