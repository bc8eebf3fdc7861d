// thin make FOLDER MKFS              gives the folder of a layer an empty device of the state root's pool (thin-layer.h): the file root.thin
// thin make FOLDER MKFS PARENT       one that begins with what the layer in the folder PARENT has
// thin make FOLDER MKFS PARENT own   the same, or of nothing with PARENT `-`, as the root of a container: of its root directory an overlay shows owner and mode of the upper folder
// thin status POOL                   what the pool takes, as a line on stdout: used, all blocks of data; used, all of metadata; bytes of a device; name; `-` for what it cannot tell
//
// What the pool begins with is a device `base`, a snapshot of which every layer without a parent is: ext4, made by the program MKFS once.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"
#include "roles.h"
#include "root.h"
#include "syscalls.h"
#include "thin-layer.h"
#include "thin-pool.h"

// Docker's dm.basesize.
#define BASE_BYTES (10ULL << 30)
// Docker's dm.min_free_space, per cent: with less nothing new is made.
#define FREE_PERCENT 10U

enum { PATH_LENGTH = 4096, DELETE_ATTEMPTS = 6000, ATTEMPT_MS = 5 };

static int join_path(char path[4096], const char *folder, const char *name, failure_t *failure) {
  return snprintf(path, PATH_LENGTH, "%s/%s", folder, name) < PATH_LENGTH ? 0 : fail(failure, ENAMETOOLONG, folder, "the path is too long");
}

static int check_space(const pool_t *pool, failure_t *failure) {
  pool_status_t status;
  if (pool_read_status(pool, &status, failure) < 0) return -1;
  const struct {
    const char *name;
    uint64_t free, all;
  } parts[] = {{"data", status.all_data - status.used_data, status.all_data}, {"metadata", status.all_metadata - status.used_metadata, status.all_metadata}};
  for (size_t i = 0; i < 2; i++) {
    uint64_t least = parts[i].all * FREE_PERCENT / 100;
    if (parts[i].free < least)
      return fail(failure, ENOSPC, pool->folder, "Thin Pool has %" PRIu64 " free %s blocks which is less than minimum required %" PRIu64 " free %s blocks", parts[i].free, parts[i].name, least,
                  parts[i].name);
  }
  return 0;
}

// The file is there before the device, so that whoever finds the folder left over knows of both; no other device will ever have the number.
static int make_device(const pool_t *pool, const char *folder, const thin_layer_t *origin, uint64_t sectors, failure_t *failure) {
  char path[PATH_LENGTH];
  thin_layer_t layer = {.sectors = sectors};
  if (join_path(path, folder, THIN_ROOT, failure) < 0 || pool_take_id(pool, &layer.id, failure) < 0 || thin_layer_write(path, &layer, failure) < 0) return -1;
  return pool_make_device(pool, layer.id, origin ? &origin->id : NULL, failure);
}

__attribute__((noreturn)) static void run_mkfs(const char *program, int device) {
  char path[64], quiet[] = "-q", extended[] = "-E", later[] = "nodiscard,lazy_itable_init=1,lazy_journal_init=1", journal[] = "-J", small[] = "size=16", search[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
  char name[] = "mkfs.ext4";
  struct stat status;
  int null = sys_open("/dev/null", O_RDWR, 0);
  // It is of no use to anybody else.
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || fstat(device, &status) < 0 || null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0) _exit(126);
  snprintf(path, sizeof path, "/dev/dm-%u", minor(status.st_rdev));
  char *arguments[] = {name, quiet, extended, later, journal, small, path, NULL};
  char *environment[] = {search, NULL};
  execve(program, arguments, environment);
  _exit(127);
}

static int make_file_system(const char *program, int device, failure_t *failure) {
  int status = 0;
  pid_t child = fork();
  if (child == 0) run_mkfs(program, device);
  while (child > 0 && waitpid(child, &status, 0) < 0)
    if (errno != EINTR) return fail(failure, errno, program, "cannot wait for %s", program);
  if (child < 0) return fail(failure, errno, program, "cannot start %s", program);
  if (status != 0) return fail(failure, 0, program, "%s ended with status %d", program, WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
  return 0;
}

// A root has nothing in it.
static int empty_file_system(int device, failure_t *failure) {
  cleanup_close int mount = thin_layer_mount_device(device, 0, failure);
  if (mount < 0) return -1;
  if (unlinkat(mount, "lost+found", AT_REMOVEDIR) < 0) return fail(failure, errno, "lost+found", "cannot empty the file system");
  return sync_root(mount, failure);
}

static int fill_base(const pool_t *pool, const char *folder, const char *program, failure_t *failure) {
  char path[PATH_LENGTH];
  thin_layer_t layer;
  if (mkdir(folder, 0700) < 0) return fail(failure, errno, folder, "cannot make the folder");
  if (make_device(pool, folder, NULL, BASE_BYTES / SECTOR_BYTES, failure) < 0 || join_path(path, folder, THIN_ROOT, failure) < 0 || thin_layer_read(path, &layer, failure) < 0) return -1;
  cleanup_close int device = pool_open_device(pool, layer.id, layer.sectors, 0, failure);
  if (device < 0) return -1;
  return make_file_system(program, device, failure) < 0 ? -1 : empty_file_system(device, failure);
}

// Whoever had it may still be ending, or have died before it could ask for its removal: to be opened once more takes it away.
static int delete_left(const pool_t *pool, const thin_layer_t *layer) {
  const struct timespec moment = {.tv_nsec = ATTEMPT_MS * 1000000L};
  failure_t ignored = {0};
  int device = pool_open_device(pool, layer->id, layer->sectors, 0, &ignored);
  if (device >= 0) pool_close_device(pool, layer->id, device);
  for (int left = DELETE_ATTEMPTS; pool_delete_device(pool, layer->id) < 0; left--) {
    if (errno != EBUSY || left == 0) return -1;
    nanosleep(&moment, NULL);
  }
  return 0;
}

// What of it was left by a process that died is deleted first.
static int make_base(const pool_t *pool, const char *base, const char *program, failure_t *failure) {
  char folder[PATH_LENGTH], file[PATH_LENGTH];
  thin_layer_t left;
  failure_t ignored = {0};
  if (join_path(folder, pool->folder, "new", failure) < 0 || join_path(file, folder, THIN_ROOT, failure) < 0) return -1;
  if (thin_layer_read(file, &left, &ignored) == 0 && delete_left(pool, &left) < 0) return fail(failure, errno, file, "cannot delete what is left");
  if (remove_tree(pool->lock, "new", failure) < 0 || fill_base(pool, folder, program, failure) < 0) return -1;
  return rename(folder, base) < 0 ? fail(failure, errno, base, "cannot name the folder") : 0;
}

static int open_base(const pool_t *pool, const char *program, thin_layer_t *base, failure_t *failure) {
  char folder[PATH_LENGTH], file[PATH_LENGTH];
  if (join_path(folder, pool->folder, "base", failure) < 0 || join_path(file, folder, THIN_ROOT, failure) < 0) return -1;
  if (access(folder, F_OK) < 0 && make_base(pool, folder, program, failure) < 0) return -1;
  return thin_layer_read(file, base, failure);
}

static int open_origin(const pool_t *pool, const char *program, const char *parent, thin_layer_t *origin, failure_t *failure) {
  char file[PATH_LENGTH];
  if (!parent) return open_base(pool, program, origin, failure);
  return join_path(file, parent, THIN_LAYER, failure) < 0 ? -1 : thin_layer_read(file, origin, failure);
}

static int give_to_root(const char *folder, failure_t *failure) {
  char file[PATH_LENGTH];
  if (join_path(file, folder, THIN_ROOT, failure) < 0) return -1;
  cleanup_close int mount = thin_layer_mount(file, 0, failure);
  if (mount < 0) return -1;
  cleanup_close int root = sys_openat(mount, ".", O_RDONLY | O_DIRECTORY);
  return root < 0 || fchown(root, 0, 0) < 0 || fchmod(root, 0755) < 0 ? fail(failure, errno, folder, "cannot set the owner of the root") : 0;
}

static int make(const char *folder, const char *program, const char *parent, int is_own, failure_t *failure) {
  char pool_folder[PATH_LENGTH];
  pool_t pool = POOL_NONE;
  thin_layer_t origin;
  if (mkdir(folder, 0700) < 0) return fail(failure, errno, folder, "cannot make the folder");
  if (thin_layer_find_pool(folder, pool_folder, failure) < 0 || pool_open(pool_folder, &pool, failure) < 0) return -1;
  int result = check_space(&pool, failure);
  if (result == 0) result = open_origin(&pool, program, parent, &origin, failure);
  if (result == 0) result = make_device(&pool, folder, &origin, origin.sectors, failure);
  pool_unlock(&pool);
  // Before the pool is let go of, which would have to be made again.
  if (result == 0 && is_own) result = give_to_root(folder, failure);
  pool_close(&pool);
  return result;
}

static int tell_status(const char *folder, failure_t *failure) {
  pool_t pool = POOL_NONE;
  pool_status_t status;
  if (pool_open(folder, &pool, failure) < 0) return -1;
  int result = pool_read_status(&pool, &status, failure);
  if (result == 0)
    printf("%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %llu %s\n", status.used_data, status.all_data, status.used_metadata, status.all_metadata, BASE_BYTES, pool.name);
  pool_close(&pool);
  return result;
}

int run_thin(int argc, char **argv) {
  failure_t failure = {0};
  const char *word = argc > 2 ? argv[1] : "";
  int result = -1;
  if (strcmp(word, "make") == 0 && argc >= 4 && argc <= 6) {
    const char *parent = argc > 4 && strcmp(argv[4], "-") != 0 ? argv[4] : NULL;
    result = make(argv[2], argv[3], parent, argc == 6, &failure);
  } else if (strcmp(word, "status") == 0 && argc == 3) {
    result = tell_status(argv[2], &failure);
  } else {
    return 125;
  }
  return result == 0 ? 0 : failure_tell(&failure);
}
