// Makes and opens device nodes and prints one letter an attempt: y where it could, n where that is not permitted.
// device-reach FOLDER c:1:3:rw …: nodes that are opened are in FOLDER already, as c-1-3; those that are made (m) are made there.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static int make(const char *path, char type, unsigned major, unsigned minor) {
  unlink(path);
  return mknod(path, (type == 'b' ? S_IFBLK : S_IFCHR) | 0600, makedev(major, minor));
}

static int reach(const char *path, const char *access) {
  int flags = strcmp(access, "rw") == 0 ? O_RDWR : access[0] == 'r' ? O_RDONLY : O_WRONLY;
  int fd = open(path, flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (fd >= 0) close(fd);
  // There may be no such device: the permission is asked for first.
  return fd < 0 && errno == EPERM ? -1 : 0;
}

int main(int argc, char **argv) {
  char path[512];
  for (int i = 2; i < argc; i++) {
    char type = 0, access[8] = "";
    unsigned major = 0, minor = 0;
    if (sscanf(argv[i], "%c:%u:%u:%7s", &type, &major, &minor, access) != 4) return 2;
    int is_make = strcmp(access, "m") == 0;
    snprintf(path, sizeof path, "%s/%c-%u-%u%s", argv[1], type, major, minor, is_make ? "-made" : "");
    putchar((is_make ? make(path, type, major, minor) : reach(path, access)) == 0 ? 'y' : 'n');
  }
  return 0;
}
