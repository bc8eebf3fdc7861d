// walk OPTIONS START ROOT… [ROOT…]    writes what is at START in a root (root.h), and below it, as an entry stream (entry-stream.h) to stdout
//
// Paths in the stream are relative to START, which itself is "". OPTIONS is a comma list: `content` gives files their content, else their size alone;
// `layer` takes the root for the upper directory of an overlay; `below` looks each path up in a second root and sets ENTRY_BELOW; `one-mount` leaves
// out what is mounted on it; `flat` stops at START; `follow` goes through a link at its end. Status and failures are as those of unpack.
// Every file is opened once, as a path, and all that is asked goes to that descriptor: nothing can be exchanged in between.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "entry-stream.h"
#include "file-links.h"
#include "mount-id.h"
#include "roles.h"
#include "root.h"

#define BUFFER_SIZE (1U << 20)
#define XATTR_MAX 65536U

typedef struct {
  int content, layer, below, one_mount, flat;
  uint64_t mount;
  uint64_t entries;
  file_links_t links;
  unsigned char *buffer;
  size_t used;
  char path[ENTRY_PATH_MAX + 1];
  size_t path_length;
  char names[XATTR_MAX + 1];
  char body[XATTR_MAX];
} walk_t;

static int flush(walk_t *walk, failure_t *failure) {
  for (size_t at = 0; at < walk->used;) {
    ssize_t written = write(STDOUT_FILENO, walk->buffer + at, walk->used - at);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return fail(failure, errno, "", "nobody reads the entry stream");
    at += (size_t)written;
  }
  walk->used = 0;
  return 0;
}

static int put(walk_t *walk, const void *bytes, size_t length, failure_t *failure) {
  for (const char *at = bytes; length > 0;) {
    if (walk->used == BUFFER_SIZE && flush(walk, failure) < 0) return -1;
    size_t part = BUFFER_SIZE - walk->used < length ? BUFFER_SIZE - walk->used : length;
    memcpy(walk->buffer + walk->used, at, part);
    walk->used += part;
    at += part;
    length -= part;
  }
  return 0;
}

static void path_of_descriptor(int fd, char path[32]) { snprintf(path, 32, "/proc/self/fd/%d", fd); }

static int starts_with(const char *text, const char *start) { return strncmp(text, start, strlen(start)) == 0; }

// Labels belong to the host, access lists cannot be told in a layer, and overlay's own are about how it is stored.
static int is_wanted(const char *name) {
  return !starts_with(name, "system.") && !starts_with(name, "security.selinux") && !starts_with(name, "trusted.overlay.") && !starts_with(name, "user.overlay.");
}

// Appends the extended attributes in the stream's form to the body; returns how many.
static uint16_t read_xattrs(walk_t *walk, int fd, size_t *length) {
  char path[32];
  uint16_t count = 0;
  path_of_descriptor(fd, path);
  ssize_t size = listxattr(path, walk->names, XATTR_MAX);
  for (ssize_t at = 0; at < size; at += (ssize_t)strlen(walk->names + at) + 1) {
    const char *name = walk->names + at;
    size_t prefix = 6, name_length = strlen(name);
    if (!is_wanted(name) || *length + prefix + name_length + 1 > XATTR_MAX) continue;
    char *place = walk->body + *length;
    ssize_t value = getxattr(path, name, place + prefix + name_length + 1, XATTR_MAX - *length - prefix - name_length - 1);
    if (value < 0) continue;
    uint16_t short_length = (uint16_t)name_length;
    uint32_t value_length = (uint32_t)value;
    memcpy(place, &short_length, sizeof short_length);
    memcpy(place + sizeof short_length, &value_length, sizeof value_length);
    memcpy(place + prefix, name, name_length + 1);
    *length += prefix + name_length + 1 + (size_t)value;
    count++;
  }
  return count;
}

static int is_opaque(int fd) {
  char path[32], value[4];
  path_of_descriptor(fd, path);
  return getxattr(path, "trusted.overlay.opaque", value, sizeof value) == 1 && value[0] == 'y';
}

static uint8_t kind_of(const walk_t *walk, const struct stat *status) {
  switch (status->st_mode & S_IFMT) {
    case S_IFREG: return ENTRY_FILE;
    case S_IFDIR: return ENTRY_DIRECTORY;
    case S_IFLNK: return ENTRY_SYMLINK;
    case S_IFCHR: return walk->layer && status->st_rdev == 0 ? ENTRY_WHITEOUT : ENTRY_CHARACTER;
    case S_IFBLK: return ENTRY_BLOCK;
    case S_IFIFO: return ENTRY_FIFO;
    default: return 0;  // a socket cannot be told in a tar
  }
}

static void fill_head(entry_head_t *head, const struct stat *status) {
  head->mode = status->st_mode & 07777;
  head->uid = status->st_uid;
  head->gid = status->st_gid;
  head->mtime_seconds = status->st_mtim.tv_sec;
  head->mtime_nanoseconds = (uint32_t)status->st_mtim.tv_nsec;
  head->links = (uint32_t)status->st_nlink;
  if (head->kind == ENTRY_FILE) head->size = (uint64_t)status->st_size;
  if (head->kind == ENTRY_CHARACTER || head->kind == ENTRY_BLOCK) {
    head->major = major(status->st_rdev);
    head->minor = minor(status->st_rdev);
  }
}

// A file that shrinks meanwhile is filled up with zeros: its size is said already.
static int put_content(walk_t *walk, int fd, uint64_t size, failure_t *failure) {
  char path[32];
  path_of_descriptor(fd, path);
  int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (file < 0) return fail(failure, errno, walk->path, "cannot read the file");
  int result = 0;
  for (int ended = 0; size > 0 && result == 0;) {
    if (walk->used == BUFFER_SIZE && (result = flush(walk, failure)) < 0) break;
    size_t part = BUFFER_SIZE - walk->used < size ? BUFFER_SIZE - walk->used : (size_t)size;
    ssize_t count = ended ? 0 : read(file, walk->buffer + walk->used, part);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) result = fail(failure, errno, walk->path, "cannot read the file");
    if (count == 0) {
      ended = 1;
      memset(walk->buffer + walk->used, 0, part);
      count = (ssize_t)part;
    }
    if (count > 0) walk->used += (size_t)count, size -= (uint64_t)count;
  }
  close(file);
  return result;
}

static int put_opaque(walk_t *walk, failure_t *failure) {
  entry_head_t head = {.kind = ENTRY_OPAQUE, .path_length = (uint32_t)walk->path_length, .body_length = (uint32_t)walk->path_length + 2};
  walk->entries++;
  return put(walk, &head, sizeof head, failure) < 0 || put(walk, walk->path, walk->path_length + 1, failure) < 0 ? -1 : put(walk, "", 1, failure);
}

// Writes one entry; the content of a file goes with the first of its names.
static int put_entry(walk_t *walk, int fd, const struct stat *status, uint8_t flags, failure_t *failure) {
  char target[ENTRY_PATH_MAX + 1] = "";
  size_t xattrs_length = 0;
  entry_head_t head = {.kind = kind_of(walk, status), .flags = flags, .path_length = (uint32_t)walk->path_length};
  fill_head(&head, status);
  if (head.kind == ENTRY_SYMLINK) {
    ssize_t length = readlinkat(fd, "", target, ENTRY_PATH_MAX);
    if (length < 0) return fail(failure, errno, walk->path, "cannot read the link");
    target[length] = '\0';
  } else if (head.kind != ENTRY_DIRECTORY && head.kind != ENTRY_WHITEOUT && status->st_nlink > 1 && !walk->flat) {
    const char *first = file_links_find(&walk->links, status->st_dev, status->st_ino, walk->path);
    if (first) {
      snprintf(target, sizeof target, "%s", first);
      head.kind = ENTRY_HARDLINK;
      head.size = 0;
    }
  }
  if (head.kind != ENTRY_HARDLINK && head.kind != ENTRY_WHITEOUT) head.xattrs = read_xattrs(walk, fd, &xattrs_length);
  head.target_length = (uint32_t)strlen(target);
  head.body_length = head.path_length + head.target_length + 2 + (uint32_t)xattrs_length;
  walk->entries++;
  if (put(walk, &head, sizeof head, failure) < 0 || put(walk, walk->path, walk->path_length + 1, failure) < 0) return -1;
  if (put(walk, target, head.target_length + 1, failure) < 0 || put(walk, walk->body, xattrs_length, failure) < 0) return -1;
  if (walk->layer && head.kind == ENTRY_DIRECTORY && is_opaque(fd) && put_opaque(walk, failure) < 0) return -1;
  return walk->content && head.kind == ENTRY_FILE ? put_content(walk, fd, head.size, failure) : 0;
}

static int is_dot(const struct dirent *entry) { return strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0; }

static int compare_names(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static int is_at(size_t count) { return count >= 64 && (count & (count - 1)) == 0; }

// The names in a directory, in order, so that the same files always give the same stream. The list ends with NULL.
static char **read_names(const walk_t *walk, int fd, failure_t *failure) {
  int directory = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *stream = directory < 0 ? NULL : fdopendir(directory);
  size_t count = 0;
  char **names = stream ? malloc(64 * sizeof *names) : NULL;
  if (!names) {
    (void)fail(failure, errno, walk->path, "cannot read the directory");
    if (stream) closedir(stream);
    return NULL;
  }
  for (struct dirent *entry; (entry = readdir(stream));) {
    if (is_dot(entry)) continue;
    names[count] = strdup(entry->d_name);
    if (is_at(++count)) names = realloc(names, count * 2 * sizeof *names);
  }
  closedir(stream);
  names[count] = NULL;
  qsort(names, count, sizeof *names, compare_names);
  return names;
}

static int walk_file(walk_t *walk, int fd, int below, failure_t *failure);

static int walk_name(walk_t *walk, int parent, const char *name, int below, failure_t *failure) {
  size_t length = walk->path_length, name_length = strlen(name);
  if (length + name_length + 1 > ENTRY_PATH_MAX) return fail(failure, ENAMETOOLONG, walk->path, "the path is too long");
  int fd = openat(parent, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  // What a running program has removed meanwhile is not there.
  if (fd < 0) return errno == ENOENT ? 0 : fail(failure, errno, walk->path, "cannot open %.200s", name);
  int same = below < 0 ? -1 : openat(below, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  if (length > 0) walk->path[walk->path_length++] = '/';
  memcpy(walk->path + walk->path_length, name, name_length + 1);
  walk->path_length += name_length;
  int result = walk_file(walk, fd, same, failure);
  walk->path[walk->path_length = length] = '\0';
  close(fd);
  if (same >= 0) close(same);
  return result;
}

static int walk_directory(walk_t *walk, int fd, int below, failure_t *failure) {
  char **names = read_names(walk, fd, failure);
  int result = names ? 0 : -1;
  for (size_t i = 0; names && names[i]; i++) {
    if (result == 0) result = walk_name(walk, fd, names[i], below, failure);
    free(names[i]);
  }
  free(names);
  return result;
}

// A place that something is mounted on is told as the empty file or directory that a new root would need there.
static int put_mount_point(walk_t *walk, const struct stat *status, failure_t *failure) {
  entry_head_t head = {.kind = S_ISDIR(status->st_mode) ? ENTRY_DIRECTORY : ENTRY_FILE, .path_length = (uint32_t)walk->path_length};
  head.mode = S_ISDIR(status->st_mode) ? 0755 : 0644;
  head.mtime_seconds = status->st_mtim.tv_sec;
  head.body_length = head.path_length + 2;
  walk->entries++;
  return put(walk, &head, sizeof head, failure) < 0 || put(walk, walk->path, walk->path_length + 1, failure) < 0 ? -1 : put(walk, "", 1, failure);
}

static int walk_file(walk_t *walk, int fd, int below, failure_t *failure) {
  struct stat status;
  if (fstat(fd, &status) < 0) return fail(failure, errno, walk->path, "cannot look at the file");
  if (walk->one_mount && mount_id_of(fd) != walk->mount) return put_mount_point(walk, &status, failure);
  if (kind_of(walk, &status) == 0) return 0;
  if (put_entry(walk, fd, &status, below >= 0 ? ENTRY_BELOW : 0, failure) < 0) return -1;
  return S_ISDIR(status.st_mode) && !walk->flat ? walk_directory(walk, fd, below, failure) : 0;
}

static int walk_root(walk_t *walk, const char *start, int follow, char **arguments, failure_t *failure) {
  int root = open_root(&arguments, failure), below = -1;
  if (root < 0 || (walk->below && (below = open_root(&arguments, failure)) < 0)) return -1;
  int fd = open_in_root(root, start, O_PATH | (follow ? 0 : O_NOFOLLOW));
  if (fd < 0) return fail(failure, errno, start, "cannot open");
  walk->mount = walk->one_mount ? mount_id_of(fd) : 0;
  if (walk_file(walk, fd, below, failure) < 0) return -1;
  entry_head_t end = {.kind = ENTRY_END, .size = walk->entries, .body_length = 0};
  return put(walk, &end, sizeof end, failure) < 0 ? -1 : flush(walk, failure);
}

static int has_option(const char *list, const char *word) {
  size_t length = strlen(word);
  for (const char *at = strstr(list, word); at; at = strstr(at + 1, word))
    if ((at == list || at[-1] == ',') && (at[length] == '\0' || at[length] == ',')) return 1;
  return 0;
}

// A directory is kept open for each level on the way down.
static void allow_many_files(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) < 0) return;
  limit.rlim_cur = limit.rlim_max;
  (void)setrlimit(RLIMIT_NOFILE, &limit);
}

int run_walk(int argc, char **argv) {
  static walk_t walk;
  failure_t failure = {0};
  if (argc < 4) return 125;
  const char *options = argv[1];
  walk.content = has_option(options, "content");
  walk.layer = has_option(options, "layer");
  walk.below = has_option(options, "below");
  walk.one_mount = has_option(options, "one-mount");
  walk.flat = has_option(options, "flat");
  walk.buffer = malloc(BUFFER_SIZE);
  allow_many_files();
  if (walk.buffer && walk_root(&walk, argv[2], has_option(options, "follow"), argv + 3, &failure) == 0) return 0;
  fprintf(stderr, "%s %s: %s\n", failure.number ? errno_name(failure.number) : "-", failure.target, failure.message);
  return 1;
}
