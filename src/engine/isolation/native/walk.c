// walk OPTIONS START ROOT… [ROOT…]    writes what is at START in a root (root.h), and below it, as an entry stream (entry-stream.h) to stdout
//
// Paths in the stream are relative to START, which itself is "". OPTIONS is a comma list: `content` gives files their content, else their size alone; `holes` leaves out of it what is none;
// `layer` takes the root for the upper directory of an overlay; `below` looks each path up in a second root and sets ENTRY_BELOW: an opaque
// directory of a layer then comes as whiteouts of what it hides; `changes` tells only what differs from the second root, and what only that one has as
// whiteouts; `one-mount` leaves out what is mounted on it; `flat` stops at START; `follow` goes through a link at its end. Status and failures are as those of unpack.
// Of /proc, /sys and the like the folder alone is told.
// Every file is opened once, as a path, and all that is asked goes to that descriptor: nothing can be exchanged in between.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "changes.h"
#include "directories.h"
#include "attributes.h"
#include "cleanup.h"
#include "entry-stream.h"
#include "file-links.h"
#include "holes.h"
#include "mount-id.h"
#include "roles.h"
#include "root.h"

// A part of what the socket to the reader holds: so one works while the other does.
#define BUFFER_SIZE (1U << 16)
#define XATTR_MAX 65536U

// A file, and what the second root has at its path, or -1. What a directory hides of that one is gone.
typedef struct {
  int fd, below, hides;
} pair_t;

// A directory on the way down that is told only when something in it is.
typedef struct level {
  struct level *up;
  int fd;
  uint8_t flags;
  int told;
  struct stat status;
  size_t path_length;
} level_t;

typedef struct {
  int content, layer, below, changes, one_mount, flat, holes;
  level_t *level;
  uint64_t mount;
  uint64_t entries;
  file_links_t links;
  unsigned char *buffer;
  size_t used;
  char path[ENTRY_PATH_MAX + 1];
  size_t path_length;
  char names[XATTR_MAX + 1];
  char body[XATTR_MAX];
  segment_t segments[SEGMENTS_MAX];
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

// Appends the extended attributes in the stream's form to the body; returns how many.
static uint16_t read_xattrs(walk_t *walk, int fd, size_t *length) {
  char path[32];
  uint16_t count = 0;
  path_of_descriptor(fd, path);
  ssize_t size = listxattr(path, walk->names, XATTR_MAX);
  for (ssize_t at = 0; at < size; at += (ssize_t)strlen(walk->names + at) + 1) {
    const char *name = walk->names + at;
    size_t prefix = 6, name_length = strlen(name);
    if (!is_told_xattr(name) || *length + prefix + name_length + 1 > XATTR_MAX) continue;
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

static int is_opaque(const walk_t *walk, int fd) { return walk->layer && attributes_opaque(fd); }

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

// What a file lacks that shrinks meanwhile is filled up with zeros: its size is said already.
static int put_range(walk_t *walk, int file, uint64_t length, failure_t *failure) {
  int result = 0;
  for (int ended = 0; length > 0 && result == 0;) {
    if (walk->used == BUFFER_SIZE && (result = flush(walk, failure)) < 0) break;
    size_t part = BUFFER_SIZE - walk->used < length ? BUFFER_SIZE - walk->used : (size_t)length;
    ssize_t count = ended ? 0 : read(file, walk->buffer + walk->used, part);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) result = fail(failure, errno, walk->path, "cannot read the file");
    if (count == 0) {
      ended = 1;
      memset(walk->buffer + walk->used, 0, part);
      count = (ssize_t)part;
    }
    if (count > 0) walk->used += (size_t)count, length -= (uint64_t)count;
  }
  return result;
}

static int open_content(int fd) {
  char path[32];
  path_of_descriptor(fd, path);
  return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

static int put_content(walk_t *walk, int fd, const entry_head_t *head, failure_t *failure) {
  cleanup_close int file = open_content(fd);
  if (file < 0) return fail(failure, errno, walk->path, "cannot read the file");
  if (head->segments == 0) return put_range(walk, file, head->size, failure);
  for (uint32_t i = 0; i < head->segments; i++) {
    if (lseek(file, (off_t)walk->segments[i].offset, SEEK_SET) < 0) return fail(failure, errno, walk->path, "cannot read the file");
    if (put_range(walk, file, walk->segments[i].length, failure) < 0) return -1;
  }
  return 0;
}

// Only of what takes less room than its size is looked for holes.
static uint32_t read_segments(walk_t *walk, int fd, const struct stat *status) {
  if (!walk->holes || !walk->content || !S_ISREG(status->st_mode) || (uint64_t)status->st_blocks * 512 >= (uint64_t)status->st_size) return 0;
  cleanup_close int file = open_content(fd);
  return file < 0 ? 0 : find_segments(file, (uint64_t)status->st_size, walk->segments);
}

static int put_opaque(walk_t *walk, failure_t *failure) {
  entry_head_t head = {.kind = ENTRY_OPAQUE, .path_length = (uint32_t)walk->path_length, .body_length = (uint32_t)walk->path_length + 2};
  walk->entries++;
  return put(walk, &head, sizeof head, failure) < 0 || put(walk, walk->path, walk->path_length + 1, failure) < 0 ? -1 : put(walk, "", 1, failure);
}

static int put_whiteout(walk_t *walk, failure_t *failure) {
  entry_head_t head = {.kind = ENTRY_WHITEOUT, .flags = ENTRY_BELOW, .path_length = (uint32_t)walk->path_length, .body_length = (uint32_t)walk->path_length + 2};
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
  if (head.kind == ENTRY_FILE) head.segments = read_segments(walk, fd, status);
  size_t segments_length = head.segments * sizeof *walk->segments;
  head.target_length = (uint32_t)strlen(target);
  head.body_length = head.path_length + head.target_length + 2 + (uint32_t)(xattrs_length + segments_length);
  walk->entries++;
  if (put(walk, &head, sizeof head, failure) < 0 || put(walk, walk->path, walk->path_length + 1, failure) < 0) return -1;
  if (put(walk, target, head.target_length + 1, failure) < 0 || put(walk, walk->body, xattrs_length, failure) < 0 || put(walk, walk->segments, segments_length, failure) < 0) return -1;
  if (head.kind == ENTRY_DIRECTORY && !walk->below && is_opaque(walk, fd) && put_opaque(walk, failure) < 0) return -1;
  return walk->content && head.kind == ENTRY_FILE ? put_content(walk, fd, &head, failure) : 0;
}

// The directories above what is told now, outermost first.
static int tell_levels(walk_t *walk, level_t *level, failure_t *failure) {
  if (!level || level->told) return 0;
  if (tell_levels(walk, level->up, failure) < 0) return -1;
  size_t length = walk->path_length;
  char last = walk->path[level->path_length];
  walk->path[walk->path_length = level->path_length] = '\0';
  level->told = 1;
  int result = put_entry(walk, level->fd, &level->status, level->flags, failure);
  walk->path[level->path_length] = last;
  walk->path_length = length;
  return result;
}

static int walk_file(walk_t *walk, pair_t file, failure_t *failure);

// Puts the name behind the path; `length` is how to take it off again.
static int enter_name(walk_t *walk, const char *name, size_t *length, failure_t *failure) {
  size_t name_length = strlen(name);
  *length = walk->path_length;
  if (*length + name_length + 1 > ENTRY_PATH_MAX) return fail(failure, ENAMETOOLONG, walk->path, "the path is too long");
  if (*length > 0) walk->path[walk->path_length++] = '/';
  memcpy(walk->path + walk->path_length, name, name_length + 1);
  walk->path_length += name_length;
  return 0;
}

static void leave_name(walk_t *walk, size_t length) { walk->path[walk->path_length = length] = '\0'; }

static int walk_name(walk_t *walk, pair_t parent, const char *name, failure_t *failure) {
  size_t length;
  int fd = openat(parent.fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  // What a running program has removed meanwhile is not there.
  if (fd < 0) return errno == ENOENT ? 0 : fail(failure, errno, walk->path, "cannot open %.200s", name);
  int same = parent.below < 0 ? -1 : openat(parent.below, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  int result = enter_name(walk, name, &length, failure);
  if (result == 0) {
    result = walk_file(walk, (pair_t){fd, same, parent.hides}, failure);
    leave_name(walk, length);
  }
  close(fd);
  if (same >= 0) close(same);
  return result;
}

static int walk_gone(walk_t *walk, const char *name, failure_t *failure) {
  size_t length;
  if (tell_levels(walk, walk->level, failure) < 0 || enter_name(walk, name, &length, failure) < 0) return -1;
  int result = put_whiteout(walk, failure);
  leave_name(walk, length);
  return result;
}

static int is_directory(int fd) {
  struct stat status;
  return fd >= 0 && fstat(fd, &status) == 0 && S_ISDIR(status.st_mode);
}

// Both lists are in order; what only the second one has is gone.
static int walk_names(walk_t *walk, pair_t directory, char **names, char **before, failure_t *failure) {
  int result = 0;
  while (result == 0 && (*names || (before && *before))) {
    int order = !before || !*before ? -1 : !*names ? 1 : strcmp(*names, *before);
    if (order >= 0) before++;
    result = order > 0 ? walk_gone(walk, before[-1], failure) : walk_name(walk, directory, *names++, failure);
  }
  return result;
}

static int walk_directory(walk_t *walk, pair_t directory, failure_t *failure) {
  char **names = directory_names(directory.fd, walk->path, failure), **before = NULL;
  int compares = (walk->changes || directory.hides) && is_directory(directory.below);
  int result = names ? 0 : -1;
  if (result == 0 && compares && !(before = directory_names(directory.below, walk->path, failure))) result = -1;
  if (result == 0) result = walk_names(walk, directory, names, before, failure);
  free_names(before);
  free_names(names);
  return result;
}

// Tells of the directory when it has changed itself, and else as soon as something in it has.
static int walk_level(walk_t *walk, pair_t directory, const struct stat *status, failure_t *failure) {
  level_t level = {.up = walk->level, .fd = directory.fd, .flags = directory.below >= 0 ? ENTRY_BELOW : 0, .status = *status, .path_length = walk->path_length};
  // Of the root itself there is nothing to tell.
  level.told = walk->path_length == 0;
  walk->level = &level;
  int result = is_changed(directory.fd, status, directory.below) ? tell_levels(walk, &level, failure) : 0;
  if (result == 0) result = walk_directory(walk, directory, failure);
  walk->level = level.up;
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

static int put_file(walk_t *walk, pair_t file, const struct stat *status, failure_t *failure) {
  if (tell_levels(walk, walk->level, failure) < 0) return -1;
  // A socket cannot be told, but hides what was there all the same.
  if (kind_of(walk, status) == 0) return put_whiteout(walk, failure);
  return put_entry(walk, file.fd, status, file.below >= 0 ? ENTRY_BELOW : 0, failure);
}

// What the kernel makes up while it is read: files come and go, some cannot be read, some never end. Of a root in use its mounts are seen too.
static int is_of_kernel(int fd) {
  static const unsigned long kinds[] = {PROC_SUPER_MAGIC,  SYSFS_MAGIC,   CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC, DEVPTS_SUPER_MAGIC,
                                        SECURITYFS_MAGIC, DEBUGFS_MAGIC, TRACEFS_MAGIC,      BPF_FS_MAGIC};
  struct statfs status;
  if (fstatfs(fd, &status) < 0) return 0;
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
    if ((unsigned long)status.f_type == kinds[i]) return 1;
  return 0;
}

static int walk_file(walk_t *walk, pair_t file, failure_t *failure) {
  struct stat status;
  if (fstat(file.fd, &status) < 0) return fail(failure, errno, walk->path, "cannot look at the file");
  if (walk->one_mount && mount_id_of(file.fd) != walk->mount) return put_mount_point(walk, &status, failure);
  if (kind_of(walk, &status) == 0 && file.below < 0) return 0;
  if (walk->changes && S_ISDIR(status.st_mode)) return walk_level(walk, file, &status, failure);
  if (walk->changes && !is_changed(file.fd, &status, file.below)) return 0;
  if (put_file(walk, file, &status, failure) < 0) return -1;
  if (!S_ISDIR(status.st_mode) || walk->flat || is_of_kernel(file.fd)) return 0;
  // Nothing of the layers below is seen in an opaque directory, nor in those that are in it.
  file.hides = walk->below && (file.hides || is_opaque(walk, file.fd));
  return walk_directory(walk, file, failure);
}

static int walk_root(walk_t *walk, const char *start, int follow, char **arguments, failure_t *failure) {
  int root = open_root(&arguments, failure), below = -1;
  if (root < 0 || (walk->below && (below = open_root(&arguments, failure)) < 0)) return -1;
  int fd = open_in_root(root, start, O_PATH | (follow ? 0 : O_NOFOLLOW));
  if (fd < 0) return fail(failure, errno, start, "cannot open");
  walk->mount = walk->one_mount ? mount_id_of(fd) : 0;
  if (walk_file(walk, (pair_t){fd, below, 0}, failure) < 0) return -1;
  entry_head_t end = {.kind = ENTRY_END, .size = walk->entries, .body_length = 0};
  return put(walk, &end, sizeof end, failure) < 0 ? -1 : flush(walk, failure);
}

static int has_option(const char *list, const char *word) {
  size_t length = strlen(word);
  for (const char *at = strstr(list, word); at; at = strstr(at + 1, word))
    if ((at == list || at[-1] == ',') && (at[length] == '\0' || at[length] == ',')) return 1;
  return 0;
}

int run_walk(int argc, char **argv) {
  static walk_t walk;
  failure_t failure = {0};
  if (argc < 4) return 125;
  const char *options = argv[1];
  walk.content = has_option(options, "content");
  walk.layer = has_option(options, "layer");
  walk.changes = has_option(options, "changes");
  walk.below = walk.changes || has_option(options, "below");
  walk.one_mount = has_option(options, "one-mount");
  walk.flat = has_option(options, "flat");
  walk.holes = has_option(options, "holes");
  walk.buffer = malloc(BUFFER_SIZE);
  allow_many_files();
  if (walk.buffer && walk_root(&walk, argv[2], has_option(options, "follow"), argv + 3, &failure) == 0) return 0;
  return failure_tell(&failure);
}
