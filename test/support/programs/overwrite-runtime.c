// overwrite-runtime FILE: watches for processes whose program is neither this one nor the file, and tries to open that program for
// writing, as the way to overwrite a container's runtime was: first for reading, then by the descriptor again and again, for it may be
// busy only as long as the process is there. Ends at a line on its standard input and says "met N refused N read N written N".
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ATTEMPTS = 50 };

static unsigned met, refused, read_only, written;

static void try_writing(int program) {
  char path[64];
  snprintf(path, sizeof path, "/proc/self/fd/%d", program);
  for (int at = 0; at < ATTEMPTS; at++) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) continue;
    // Nothing is written: that it could be is what is told.
    written++;
    close(fd);
    return;
  }
}

static int is_same(const struct stat *one, const struct stat *other) { return one->st_dev == other->st_dev && one->st_ino == other->st_ino; }

static void meet(int pid, const struct stat own[2]) {
  char path[64];
  struct stat status;
  snprintf(path, sizeof path, "/proc/%d/exe", pid);
  int program = open(path, O_RDONLY | O_CLOEXEC);
  if (program < 0) {
    if (errno != EACCES && errno != EPERM) return;
    met++;
    refused++;
    return;
  }
  if (fstat(program, &status) == 0 && !is_same(&status, &own[0]) && !is_same(&status, &own[1])) {
    met++;
    read_only++;
    try_writing(program);
  }
  close(program);
}

int main(int argc, char **argv) {
  struct stat own[2];
  struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
  if (argc != 2 || stat("/proc/self/exe", &own[0]) != 0 || stat(argv[1], &own[1]) != 0) return 2;
  puts("ready");
  fflush(stdout);
  for (int last = 1; poll(&input, 1, 0) == 0;) {
    // New processes have the numbers after the last one.
    char path[32];
    for (int pid = last; pid < last + 50; pid++) {
      snprintf(path, sizeof path, "/proc/%d", pid);
      if (pid > 1 && access(path, F_OK) == 0) last = pid;
      meet(pid, own);
    }
  }
  printf("met %u refused %u read %u written %u\n", met, refused, read_only, written);
  return 0;
}
