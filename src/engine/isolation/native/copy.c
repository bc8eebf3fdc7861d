// copy SOURCE TARGET    makes TARGET a copy of the directory SOURCE, with owners, modes, extended attributes, hard links, holes and times
//
// Files share their blocks with the copy where the file system can do that. Neither crosses a mount nor follows a link. Failures are told as unpack tells
// them; what was made so far stays.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "attributes.h"
#include "cleanup.h"
#include "copy.h"
#include "directories.h"
#include "entry-stream.h"
#include "file-links.h"
#include "roles.h"

#define BUFFER_SIZE (1U << 20)

typedef struct {
  int root;  // of the copy
  dev_t device;
  int shares;  // until the file system says that files cannot share blocks
  file_links_t links;
  char path[ENTRY_PATH_MAX + 1];
  size_t path_length;
} copy_t;

static int write_all(int to, const char *bytes, size_t length, off_t offset) {
  while (length > 0) {
    ssize_t written = pwrite(to, bytes, length, offset);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return -1;
    bytes += written;
    offset += written;
    length -= (size_t)written;
  }
  return 0;
}

static int copy_by_hand(int from, int to, off_t offset, off_t end) {
  static char buffer[BUFFER_SIZE];
  while (offset < end) {
    size_t part = end - offset < (off_t)sizeof buffer ? (size_t)(end - offset) : sizeof buffer;
    ssize_t count = pread(from, buffer, part, offset);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return count == 0 ? 0 : -1;
    if (write_all(to, buffer, (size_t)count, offset) < 0) return -1;
    offset += count;
  }
  return 0;
}

static int copy_range(int from, int to, off_t offset, off_t end) {
  while (offset < end) {
    int64_t in = offset, out = offset;
    long count = syscall(SYS_copy_file_range, from, &in, to, &out, (size_t)(end - offset), 0U);
    if (count <= 0) return count < 0 && errno == ENOSPC ? -1 : copy_by_hand(from, to, offset, end);
    offset += count;
  }
  return 0;
}

// Only what stands between the holes.
static int copy_data(int from, int to, off_t size) {
  if (ftruncate(to, size) < 0) return -1;
  for (off_t offset = 0; offset < size;) {
    off_t data = lseek(from, offset, SEEK_DATA);
    if (data < 0) return errno == ENXIO ? 0 : copy_range(from, to, offset, size);
    off_t hole = lseek(from, data, SEEK_HOLE);
    off_t end = hole < 0 || hole > size ? size : hole;
    if (copy_range(from, to, data, end) < 0) return -1;
    offset = end;
  }
  return 0;
}

static int copy_content(copy_t *copy, place_t from, place_t to, off_t size, failure_t *failure) {
  cleanup_close int source = openat(from.directory, from.name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (source < 0) return fail(failure, errno, copy->path, "cannot read the file");
  cleanup_close int target = openat(to.directory, to.name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (target < 0) return fail(failure, errno, copy->path, "cannot create the file");
  if (size == 0 || (copy->shares && ioctl(target, FICLONE, source) == 0)) return 0;
  // A single file may be one that cannot be shared; that a file system has no such thing holds for all.
  if (errno == EOPNOTSUPP || errno == ENOTTY || errno == EXDEV) copy->shares = 0;
  return copy_data(source, target, size) < 0 ? fail(failure, errno, copy->path, "cannot write the file") : 0;
}

static int copy_symlink(const copy_t *copy, place_t from, place_t to, failure_t *failure) {
  char target[ENTRY_PATH_MAX + 1];
  ssize_t length = readlinkat(from.directory, from.name, target, ENTRY_PATH_MAX);
  if (length < 0) return fail(failure, errno, copy->path, "cannot read the link");
  target[length] = '\0';
  return symlinkat(target, to.directory, to.name) < 0 ? fail(failure, errno, copy->path, "cannot create the link") : 0;
}

static int copy_directory(copy_t *copy, int from, int to, failure_t *failure);

static int copy_subdirectory(copy_t *copy, place_t from, place_t to, const struct stat *status, failure_t *failure) {
  cleanup_close int source = openat(from.directory, from.name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (source < 0) return fail(failure, errno, copy->path, "cannot open the directory");
  if (mkdirat(to.directory, to.name, 0700) < 0) return fail(failure, errno, copy->path, "cannot create the directory");
  cleanup_close int target = openat(to.directory, to.name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (target < 0) return fail(failure, errno, copy->path, "cannot open the directory");
  // What is mounted there does not belong to it.
  return status->st_dev == copy->device ? copy_directory(copy, source, target, failure) : 0;
}

static int copy_kind(copy_t *copy, place_t from, place_t to, const struct stat *status, failure_t *failure) {
  switch (status->st_mode & S_IFMT) {
    case S_IFDIR: return copy_subdirectory(copy, from, to, status, failure);
    case S_IFREG: return copy_content(copy, from, to, status->st_size, failure);
    case S_IFLNK: return copy_symlink(copy, from, to, failure);
    default: return mknodat(to.directory, to.name, status->st_mode & (S_IFMT | 0777), status->st_rdev) < 0 ? fail(failure, errno, copy->path, "cannot create the node") : 0;
  }
}

static int copy_file(copy_t *copy, place_t from, place_t to, failure_t *failure) {
  struct stat status;
  if (fstatat(from.directory, from.name, &status, AT_SYMLINK_NOFOLLOW) < 0) return fail(failure, errno, copy->path, "cannot look at the file");
  if (!S_ISDIR(status.st_mode) && status.st_nlink > 1) {
    const char *first = file_links_find(&copy->links, status.st_dev, status.st_ino, copy->path);
    if (first) return linkat(copy->root, first, to.directory, to.name, 0) < 0 ? fail(failure, errno, copy->path, "cannot create the hard link") : 0;
  }
  return copy_kind(copy, from, to, &status, failure) < 0 ? -1 : attributes_copy(from, to, &status, failure);
}

static int copy_name(copy_t *copy, int from, int to, const char *name, failure_t *failure) {
  size_t length = copy->path_length, name_length = strlen(name);
  if (length + name_length + 1 > ENTRY_PATH_MAX) return fail(failure, ENAMETOOLONG, copy->path, "the path is too long");
  if (length > 0) copy->path[copy->path_length++] = '/';
  memcpy(copy->path + copy->path_length, name, name_length + 1);
  copy->path_length += name_length;
  int result = copy_file(copy, (place_t){from, name}, (place_t){to, name}, failure);
  copy->path[copy->path_length = length] = '\0';
  return result;
}

static int copy_directory(copy_t *copy, int from, int to, failure_t *failure) {
  char **names = directory_names(from, copy->path, failure);
  int result = names ? 0 : -1;
  for (size_t i = 0; result == 0 && names[i]; i++) result = copy_name(copy, from, to, names[i], failure);
  free_names(names);
  return result;
}

static int copy_root(copy_t *copy, const char *from, const char *to, failure_t *failure) {
  struct stat status;
  cleanup_close int source = open(from, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (source < 0 || fstat(source, &status) < 0) return fail(failure, errno, from, "cannot open the directory");
  if (mkdir(to, 0700) < 0) return fail(failure, errno, to, "cannot create the directory");
  cleanup_close int target = open(to, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (target < 0) return fail(failure, errno, to, "cannot open the directory");
  copy->root = target;
  copy->device = status.st_dev;
  if (copy_directory(copy, source, target, failure) < 0) return -1;
  return attributes_copy((place_t){source, "."}, (place_t){target, "."}, &status, failure);
}

int copy_folder(int from, int to, int with_attributes, failure_t *failure) {
  copy_t copy = {.root = to};
  struct stat status;
  if (fstat(from, &status) < 0) return fail(failure, errno, "", "cannot look at the directory");
  copy.device = status.st_dev;
  if (copy_directory(&copy, from, to, failure) < 0) return -1;
  return with_attributes ? attributes_copy((place_t){from, "."}, (place_t){to, "."}, &status, failure) : 0;
}

int run_copy(int argc, char **argv) {
  static copy_t copy = {.shares = 1};
  failure_t failure = {0};
  if (argc != 3) return 125;
  umask(0);
  allow_many_files();
  if (copy_root(&copy, argv[1], argv[2], &failure) == 0) return 0;
  return failure_tell(&failure);
}
