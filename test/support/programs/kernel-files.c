// Prints "writable PATH" for every file of /proc and /sys that can be opened for writing, and "sysctl PATH = TEXT" for every kernel
// parameter. Files of processes are left out, and nothing is written.
#define _GNU_SOURCE
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int starts_with(const char *text, const char *beginning) { return strncmp(text, beginning, strlen(beginning)) == 0; }

static int is_of_process(const char *path) {
  return starts_with(path, "/proc/") && ((path[6] >= '0' && path[6] <= '9') || starts_with(path, "/proc/self") || starts_with(path, "/proc/thread-self"));
}

static void tell_value(const char *path) {
  char text[4096];
  int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
  if (fd >= 0) close(fd);
  if (length < 0) return;
  text[length] = '\0';
  for (char *at = text; *at; at++)
    if (*at == '\n' || *at == '\t') *at = ' ';
  printf("sysctl %s = %s\n", path + strlen("/proc/sys/"), text);
}

static int look(const char *path, const struct stat *status, int type, struct FTW *place) {
  (void)status;
  (void)place;
  if (is_of_process(path)) return FTW_SKIP_SUBTREE;
  if (type != FTW_F) return FTW_CONTINUE;
  int fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
  if (fd >= 0) printf("writable %s\n", path);
  if (fd >= 0) close(fd);
  if (starts_with(path, "/proc/sys/")) tell_value(path);
  return FTW_CONTINUE;
}

int main(void) {
  nftw("/proc", look, 32, FTW_PHYS | FTW_ACTIONRETVAL);
  nftw("/sys", look, 32, FTW_PHYS | FTW_ACTIONRETVAL);
  return 0;
}
