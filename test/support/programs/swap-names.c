// swap-names A B: lets two names of a folder change places, again and again, until it is ended. Says "ready" when it has done so once.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef RENAME_EXCHANGE
#define RENAME_EXCHANGE 2
#endif

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  for (int count = 0;; count++) {
    if (syscall(SYS_renameat2, AT_FDCWD, argv[1], AT_FDCWD, argv[2], RENAME_EXCHANGE) != 0) return 1;
    if (count == 0 && write(STDOUT_FILENO, "ready\n", 6) < 0) return 1;
  }
}
