#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "roles.h"

#ifndef MFD_EXEC
#define MFD_EXEC 0x10U
#endif

typedef struct {
  const char *name;
  int (*run)(int argc, char **argv);
} role_t;

static const role_t roles[] = {
#define X(name) {#name, run_##name},
    ROLES(X)
#undef X
    {NULL, NULL},
};

#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

// The seals tell whether the program is the sealed copy already; a name could be given to any file.
static int is_sealed(int self) {
  int seals = fcntl(self, F_GET_SEALS);
  return seals >= 0 && (seals & SEALS) == SEALS;
}

static int copy_program(int self) {
  struct stat status;
  off_t offset = 0;
  int copy = (int)syscall(SYS_memfd_create, "gantry-init", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);
  // Kernels before 6.3 do not know MFD_EXEC and make every memfd executable.
  if (copy < 0 && errno == EINVAL) copy = (int)syscall(SYS_memfd_create, "gantry-init", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (copy < 0 || fstat(self, &status) < 0) return -1;
  while (offset < status.st_size)
    if (sendfile(copy, self, &offset, (size_t)(status.st_size - offset)) <= 0) return -1;
  if (fchmod(copy, 0511) < 0 || fcntl(copy, F_ADD_SEALS, SEALS) < 0) return -1;
  return copy;
}

// Inside a container /proc/PID/exe opens the program of a process of ours (CVE-2019-5736). What it opens is this copy, which nobody can write to.
static int run_from_sealed_copy(char **argv) {
  int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  if (self < 0) return -1;
  if (is_sealed(self)) return close(self);
  int copy = copy_program(self);
  if (copy < 0) return -1;
  // Nothing here reads the environment, and the first process of a container would show the engine's in /proc/1/environ.
  char *const environment[] = {NULL};
  syscall(SYS_execveat, copy, "", argv, environment, AT_EMPTY_PATH);
  return -1;
}

int main(int argc, char **argv) {
  if (run_from_sealed_copy(argv) < 0) {
    fprintf(stderr, "gantry-init: cannot run from a sealed copy: %s\n", strerror(errno));
    return 125;
  }
  // execveat leaves the number of the descriptor as name.
  prctl(PR_SET_NAME, "gantry-init");
  for (const role_t *role = roles; argc > 1 && role->name; role++)
    if (strcmp(role->name, argv[1]) == 0) return role->run(argc - 1, argv + 1);
  fprintf(stderr, "gantry-init: no such role; it is started by gantry\n");
  return 125;
}
