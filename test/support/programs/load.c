// A load for cgroup tests: `load ANON_BYTES [CACHE_BYTES FILE] [spin|grow|wait]`. Touches ANON_BYTES, writes and syncs
// CACHE_BYTES to FILE, prints "ready", then burns CPU, or allocates until it is killed, or waits.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void touch(size_t bytes) {
  volatile char *memory = malloc(bytes + 1);
  if (memory == NULL) exit(3);
  for (size_t at = 0; at < bytes; at += 4096) memory[at] = 1;
}

static int fill_cache(const char *path, size_t bytes) {
  static char block[1 << 16];
  int fd = open(path, O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0600);
  if (fd < 0) return -1;
  for (size_t done = 0; done < bytes; done += sizeof block) {
    if (write(fd, block, sizeof block) != (ssize_t)sizeof block) return -1;
  }
  return fsync(fd);
}

int main(int argc, char **argv) {
  const char *mode = argv[argc - 1];
  if (argc != 3 && argc != 5) return 2;
  touch(strtoull(argv[1], NULL, 10));
  if (argc == 5 && fill_cache(argv[3], strtoull(argv[2], NULL, 10)) != 0) {
    perror(argv[3]);
    return 4;
  }
  puts("ready");
  fflush(stdout);
  if (strcmp(mode, "spin") == 0) {
    for (volatile unsigned long i = 0;; i++) continue;
  }
  while (strcmp(mode, "grow") == 0) touch(1 << 20);
  for (;;) pause();
}
