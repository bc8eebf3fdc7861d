// run-sealed PROGRAM EMULATOR [ARGUMENT…]    runs PROGRAM by the emulator, from a sealed memfd. gantry-init makes one of itself and executes it
// (main.c), by system calls that an emulator of a user's processes need not have; what is sealed already stays as it is.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

int main(int argc, char **argv) {
  struct stat status;
  off_t offset = 0;
  static char path[32];
  int file = argc < 3 ? -1 : open(argv[1], O_RDONLY | O_CLOEXEC);
  // Inherited: the emulator opens it again by its number.
  int copy = memfd_create("program", MFD_ALLOW_SEALING);
  if (file < 0 || copy < 0 || fstat(file, &status) < 0 || fchmod(copy, 0755) < 0) return 1;
  while (offset < status.st_size)
    if (sendfile(copy, file, &offset, (size_t)(status.st_size - offset)) <= 0) return 1;
  if (fcntl(copy, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0) return 1;
  snprintf(path, sizeof path, "/proc/self/fd/%d", copy);
  char **words = calloc((size_t)argc, sizeof *words);
  if (!words) return 1;
  words[0] = argv[2];
  words[1] = path;
  for (int i = 3; i < argc; i++) words[i - 1] = argv[i];
  execvp(words[0], words);
  return 1;
}
