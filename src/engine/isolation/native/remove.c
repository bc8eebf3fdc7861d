// remove PATH…    deletes files and whole folders without going into other mounts, and the device that the folder of a layer may have; what is not there is fine.
//                 Failures are told as unpack tells them.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "error.h"
#include "roles.h"
#include "root.h"
#include "thin-layer.h"

static int remove_path(char *path, failure_t *failure) {
  char *slash = strrchr(path, '/');
  if (!slash || !slash[1]) return fail(failure, EINVAL, path, "not a path to remove");
  if (thin_layer_destroy(path, failure) < 0) return -1;
  *slash = '\0';
  int parent = open(*path ? path : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
  int number = errno;
  *slash = '/';
  if (parent < 0) return number == ENOENT ? 0 : fail(failure, number, path, "cannot open the folder");
  int result = remove_tree(parent, slash + 1, failure);
  close(parent);
  return result;
}

int run_remove(int argc, char **argv) {
  failure_t failure = {0};
  for (int i = 1; i < argc; i++) {
    if (remove_path(argv[i], &failure) == 0) continue;
    return failure_tell(&failure);
  }
  return 0;
}
