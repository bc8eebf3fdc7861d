// unpack OPTIONS BASE ROOT…    makes what the entry stream on stdin holds (entry-stream.h) below BASE in a root (root.h)
//
// OPTIONS is a comma list: `overlay` makes whiteouts as overlay has them, else what they name is removed; `keep-kind` refuses to replace a directory by
// something else or the other way round; `apart` makes BASE, and nothing beside it counts; `sync` writes all to its disk at the end. Status 0: all of it is there. Else one line on stderr, `ERRNO path: message`, and what was made so far stays.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "cleanup.h"
#include "entry-stream.h"
#include "parents.h"
#include "roles.h"
#include "root.h"

#define BUFFER_SIZE (1U << 20)

typedef struct pending_directory {
  struct pending_directory *next;
  struct timespec times[2];
  char path[];
} pending_directory_t;

typedef struct {
  parents_t parents;
  const char *base;
  int overlay, keep_kind;
  int setgid_seen;  // from then on a new file may have got its directory's group
  pending_directory_t *directories, *last;
  unsigned char *buffer;
  size_t begin, end;
} unpack_t;

typedef struct {
  entry_head_t head;
  char *body;        // path NUL target NUL xattrs segments
  char *path;        // with the base in front
  char *name;        // last part of the path
  int parent;        // descriptor of the directory that holds it
  const char *target, *xattrs, *segments;
} entry_t;

static int fill(unpack_t *unpack, failure_t *failure) {
  ssize_t count;
  do count = read(STDIN_FILENO, unpack->buffer, BUFFER_SIZE);
  while (count < 0 && errno == EINTR);
  if (count <= 0) return fail(failure, count < 0 ? errno : EPIPE, "", "the entry stream is cut off");
  unpack->begin = 0;
  unpack->end = (size_t)count;
  return 0;
}

static int take(unpack_t *unpack, void *into, size_t length, failure_t *failure) {
  for (char *at = into; length > 0;) {
    if (unpack->begin == unpack->end && fill(unpack, failure) < 0) return -1;
    size_t part = unpack->end - unpack->begin < length ? unpack->end - unpack->begin : length;
    memcpy(at, unpack->buffer + unpack->begin, part);
    unpack->begin += part;
    at += part;
    length -= part;
  }
  return 0;
}

static int write_range(unpack_t *unpack, int fd, uint64_t offset, uint64_t length) {
  failure_t ignored;
  while (length > 0) {
    if (unpack->begin == unpack->end && fill(unpack, &ignored) < 0) return errno = EPIPE, -1;
    size_t part = unpack->end - unpack->begin < length ? unpack->end - unpack->begin : (size_t)length;
    ssize_t written = pwrite(fd, unpack->buffer + unpack->begin, part, (off_t)offset);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return -1;
    unpack->begin += (size_t)written;
    offset += (uint64_t)written;
    length -= (uint64_t)written;
  }
  return 0;
}

static int write_content(unpack_t *unpack, const entry_t *entry, int fd) {
  if (entry->head.segments == 0) return write_range(unpack, fd, 0, entry->head.size);
  if (ftruncate(fd, (off_t)entry->head.size) < 0) return -1;
  for (uint32_t i = 0; i < entry->head.segments; i++) {
    uint64_t segment[2];
    memcpy(segment, entry->segments + i * sizeof segment, sizeof segment);
    if (write_range(unpack, fd, segment[0], segment[1]) < 0) return -1;
  }
  return 0;
}

// Goes through the extended attributes; a file system that has none of a kind is no failure.
static int set_xattrs(const entry_t *entry, int fd, const char *path, failure_t *failure) {
  const char *at = entry->xattrs;
  for (uint16_t i = 0; i < entry->head.xattrs; i++) {
    uint16_t name_length;
    uint32_t value_length;
    memcpy(&name_length, at, sizeof name_length);
    memcpy(&value_length, at + sizeof name_length, sizeof value_length);
    const char *name = at + sizeof name_length + sizeof value_length, *value = name + name_length + 1;
    int result = fd >= 0 ? fsetxattr(fd, name, value, value_length, 0) : lsetxattr(path, name, value, value_length, 0);
    if (result < 0 && errno != ENOTSUP) return fail(failure, errno, entry->path, "cannot set %.100s", name);
    at = value + value_length;
  }
  return 0;
}

static void fill_times(const entry_t *entry, struct timespec times[2]) {
  times[0].tv_sec = times[1].tv_sec = entry->head.mtime_seconds;
  times[0].tv_nsec = times[1].tv_nsec = entry->head.mtime_nanoseconds;
}

static int needs_owner(const unpack_t *unpack, const entry_t *entry) { return unpack->setgid_seen || entry->head.uid != 0 || entry->head.gid != 0; }

// What is in the way goes; a whiteout of this layer that a directory replaces leaves the directory opaque.
static int make_room(unpack_t *unpack, entry_t *entry, int *was_whiteout, failure_t *failure) {
  struct stat status;
  if (fstatat(entry->parent, entry->name, &status, AT_SYMLINK_NOFOLLOW) < 0) return errno == ENOENT ? 0 : fail(failure, errno, entry->path, "cannot look at");
  if (unpack->keep_kind && S_ISDIR(status.st_mode) != (entry->head.kind == ENTRY_DIRECTORY))
    return fail(failure, S_ISDIR(status.st_mode) ? EISDIR : ENOTDIR, entry->path, "cannot overwrite %s", S_ISDIR(status.st_mode) ? "directory with non-directory" : "non-directory with directory");
  *was_whiteout = unpack->overlay && S_ISCHR(status.st_mode) && status.st_rdev == 0;
  // Whatever is replaced may be on the way to a directory that is kept open.
  int result = remove_tree(entry->parent, entry->name, failure);
  parents_forget(&unpack->parents);
  if (result < 0) return -1;
  char *slash = entry->name == entry->path ? NULL : entry->name - 1;
  if (slash) *slash = '\0';
  entry->parent = parents_open(&unpack->parents, slash ? entry->path : "", failure);
  if (slash) *slash = '/';
  return entry->parent < 0 ? -1 : 0;
}

static int create_file(const entry_t *entry) {
  return openat(entry->parent, entry->name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, entry->head.mode & 01777);
}

static int finish_file(const unpack_t *unpack, const entry_t *entry, int fd, failure_t *failure) {
  struct timespec times[2];
  // The order matters: chown clears setuid and security.capability, writing clears them too, and all of it changes the time.
  if (needs_owner(unpack, entry) && fchown(fd, entry->head.uid, entry->head.gid) < 0) return fail(failure, errno, entry->path, "cannot give the file its owner");
  if ((entry->head.mode & 06000) && fchmod(fd, entry->head.mode) < 0) return fail(failure, errno, entry->path, "cannot give the file its mode");
  if (set_xattrs(entry, fd, NULL, failure) < 0) return -1;
  fill_times(entry, times);
  return futimens(fd, times) < 0 ? fail(failure, errno, entry->path, "cannot set the time") : 0;
}

static int unpack_file(unpack_t *unpack, entry_t *entry, failure_t *failure) {
  int fd = create_file(entry), was_whiteout = 0;
  if (fd < 0 && errno == EEXIST) {
    if (make_room(unpack, entry, &was_whiteout, failure) < 0) return -1;
    fd = create_file(entry);
  }
  if (fd < 0) return fail(failure, errno, entry->path, "cannot create the file");
  int result = write_content(unpack, entry, fd) < 0 ? fail(failure, errno, entry->path, "cannot write the file") : finish_file(unpack, entry, fd, failure);
  close(fd);
  return result;
}

static void path_of_descriptor(const entry_t *entry, char *path, size_t size) { snprintf(path, size, "/proc/self/fd/%d/%s", entry->parent, entry->name); }

static int set_opaque(const entry_t *entry, failure_t *failure) {
  char path[ENTRY_PATH_MAX + 64];
  path_of_descriptor(entry, path, sizeof path);
  return lsetxattr(path, "trusted.overlay.opaque", "y", 1, 0) < 0 ? fail(failure, errno, entry->path, "cannot make the directory opaque") : 0;
}

static int create_other(const entry_t *entry, int root) {
  mode_t mode = entry->head.mode & 01777;
  switch (entry->head.kind) {
    case ENTRY_DIRECTORY: return mkdirat(entry->parent, entry->name, mode);
    case ENTRY_SYMLINK: return symlinkat(entry->target, entry->parent, entry->name);
    case ENTRY_CHARACTER: return mknodat(entry->parent, entry->name, S_IFCHR | mode, makedev(entry->head.major, entry->head.minor));
    case ENTRY_BLOCK: return mknodat(entry->parent, entry->name, S_IFBLK | mode, makedev(entry->head.major, entry->head.minor));
    case ENTRY_FIFO: return mknodat(entry->parent, entry->name, S_IFIFO | mode, 0);
    case ENTRY_WHITEOUT: return mknodat(entry->parent, entry->name, S_IFCHR, 0);
    case ENTRY_HARDLINK: break;
    default: return errno = EINVAL, -1;
  }
  const char *slash = strrchr(entry->target, '/');
  char directory[ENTRY_PATH_MAX + 1] = "";
  if (slash) memcpy(directory, entry->target, (size_t)(slash - entry->target));
  int target = open_in_root(root, directory, O_PATH | O_DIRECTORY);
  if (target < 0) return -1;
  int result = linkat(target, slash ? slash + 1 : entry->target, entry->parent, entry->name, 0);
  int number = errno;
  close(target);
  errno = number;
  return result;
}

static int remember_directory(unpack_t *unpack, const entry_t *entry, failure_t *failure) {
  size_t length = strlen(entry->path) + 1;
  pending_directory_t *pending = malloc(sizeof *pending + length);
  if (!pending) return fail(failure, ENOMEM, entry->path, "no memory");
  memcpy(pending->path, entry->path, length);
  fill_times(entry, pending->times);
  pending->next = NULL;
  *(unpack->last ? &unpack->last->next : &unpack->directories) = pending;
  unpack->last = pending;
  if (entry->head.mode & 02000) unpack->setgid_seen = 1;
  return 0;
}

// What the kernel gave it is not what the entry says: something was there, it clears these bits, or a directory took them over from the one it is in.
static int needs_mode(const unpack_t *unpack, const entry_t *entry, int existed) {
  return existed || (entry->head.mode & 06000) || (unpack->setgid_seen && entry->head.kind == ENTRY_DIRECTORY);
}

static int finish_other(unpack_t *unpack, const entry_t *entry, int existed, failure_t *failure) {
  char path[ENTRY_PATH_MAX + 64];
  struct timespec times[2];
  if (entry->head.kind == ENTRY_HARDLINK) return 0;
  if ((existed || needs_owner(unpack, entry)) && fchownat(entry->parent, entry->name, entry->head.uid, entry->head.gid, AT_SYMLINK_NOFOLLOW) < 0)
    return fail(failure, errno, entry->path, "cannot set the owner");
  if (entry->head.kind != ENTRY_SYMLINK && needs_mode(unpack, entry, existed) && fchmodat(entry->parent, entry->name, entry->head.mode, 0) < 0)
    return fail(failure, errno, entry->path, "cannot set the mode");
  path_of_descriptor(entry, path, sizeof path);
  if (set_xattrs(entry, -1, path, failure) < 0) return -1;
  if (entry->head.kind == ENTRY_DIRECTORY) return remember_directory(unpack, entry, failure);
  fill_times(entry, times);
  return utimensat(entry->parent, entry->name, times, AT_SYMLINK_NOFOLLOW) < 0 ? fail(failure, errno, entry->path, "cannot set the time") : 0;
}

static int is_directory(const entry_t *entry) {
  struct stat status;
  return fstatat(entry->parent, entry->name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(status.st_mode);
}

static int unpack_other(unpack_t *unpack, entry_t *entry, failure_t *failure) {
  int existed = 0, was_whiteout = 0;
  if (create_other(entry, unpack->parents.root) < 0) {
    if (errno != EEXIST) return fail(failure, errno, entry->path, "cannot create the entry of type %c", entry->head.kind);
    existed = entry->head.kind == ENTRY_DIRECTORY && is_directory(entry);
    if (!existed && (make_room(unpack, entry, &was_whiteout, failure) < 0 || create_other(entry, unpack->parents.root) < 0))
      return failure->message[0] ? -1 : fail(failure, errno, entry->path, "cannot replace by the entry of type %c", entry->head.kind);
  }
  if (was_whiteout && entry->head.kind == ENTRY_DIRECTORY && set_opaque(entry, failure) < 0) return -1;
  return finish_other(unpack, entry, existed, failure);
}

// A whiteout takes from the layers below only: what this layer itself has at that path stays, and hides them.
static int unpack_whiteout(unpack_t *unpack, entry_t *entry, failure_t *failure) {
  if (!unpack->overlay) {
    int result = remove_tree(entry->parent, entry->name, failure);
    parents_forget(&unpack->parents);
    return result;
  }
  if (create_other(entry, unpack->parents.root) == 0) return 0;
  if (errno != EEXIST) return fail(failure, errno, entry->path, "cannot make a whiteout");
  return is_directory(entry) ? set_opaque(entry, failure) : 0;
}

static int unpack_opaque(unpack_t *unpack, entry_t *entry, failure_t *failure) {
  if (!unpack->overlay) return 0;
  if (make_plain_directory(entry->parent, entry->name) < 0 && errno != EEXIST) return fail(failure, errno, entry->path, "cannot make the directory");
  return is_directory(entry) ? set_opaque(entry, failure) : fail(failure, ENOTDIR, entry->path, "cannot make opaque what is no directory");
}

// The root itself can only get attributes.
static int unpack_root(unpack_t *unpack, entry_t *entry, failure_t *failure) {
  if (entry->head.kind == ENTRY_OPAQUE) return 0;
  if (entry->head.kind != ENTRY_DIRECTORY) return fail(failure, EINVAL, "/", "the root can be nothing but a directory");
  entry->parent = unpack->parents.root;
  entry->name = strcpy(entry->path, ".");
  return finish_other(unpack, entry, 1, failure);
}

static int unpack_entry(unpack_t *unpack, entry_t *entry, failure_t *failure) {
  if (entry->path[0] == '\0') return unpack_root(unpack, entry, failure);
  char *slash = strrchr(entry->path, '/');
  entry->name = slash ? slash + 1 : entry->path;
  if (slash) *slash = '\0';
  entry->parent = parents_open(&unpack->parents, slash ? entry->path : "", failure);
  if (slash) *slash = '/';
  if (entry->parent < 0) return -1;
  if (entry->head.kind == ENTRY_FILE) return unpack_file(unpack, entry, failure);
  if (entry->head.kind == ENTRY_WHITEOUT) return unpack_whiteout(unpack, entry, failure);
  if (entry->head.kind == ENTRY_OPAQUE) return unpack_opaque(unpack, entry, failure);
  return unpack_other(unpack, entry, failure);
}

// The stream comes from the engine alone; the checks are against a mistake there, not against a hostile archive.
static int place_body(unpack_t *unpack, entry_t *entry, failure_t *failure) {
  const entry_head_t *head = &entry->head;
  size_t base = strlen(unpack->base), left = head->body_length;
  if (head->path_length > ENTRY_PATH_MAX || head->target_length > ENTRY_PATH_MAX || left < (size_t)head->path_length + head->target_length + 2)
    return fail(failure, EBADMSG, "", "an entry is malformed");
  left -= (size_t)head->path_length + head->target_length + 2;
  entry->target = entry->body + head->path_length + 1;
  entry->xattrs = entry->target + head->target_length + 1;
  const char *at = entry->xattrs;
  for (uint16_t i = 0; i < head->xattrs; i++) {
    uint16_t name_length;
    uint32_t value_length;
    if (left < 7) return fail(failure, EBADMSG, entry->body, "an entry is malformed");
    memcpy(&name_length, at, sizeof name_length);
    memcpy(&value_length, at + sizeof name_length, sizeof value_length);
    size_t length = 7U + (size_t)name_length + value_length;
    if (left < length) return fail(failure, EBADMSG, entry->body, "an entry is malformed");
    at += length;
    left -= length;
  }
  entry->segments = at;
  if (left != (size_t)head->segments * 16) return fail(failure, EBADMSG, entry->body, "an entry is malformed");
  snprintf(entry->path, ENTRY_PATH_MAX * 2 + 2, "%s%s%s", unpack->base, base > 0 && head->path_length > 0 ? "/" : "", entry->body);
  return 0;
}

static int unpack_stream(unpack_t *unpack, failure_t *failure) {
  entry_t entry = {.body = malloc(ENTRY_BODY_MAX + 1), .path = malloc(ENTRY_PATH_MAX * 2 + 2)};
  unpack->buffer = malloc(BUFFER_SIZE);
  if (!entry.body || !entry.path || !unpack->buffer) return fail(failure, ENOMEM, "", "no memory");
  for (;;) {
    if (take(unpack, &entry.head, sizeof entry.head, failure) < 0) return -1;
    if (entry.head.kind == ENTRY_END) return 0;
    if (entry.head.body_length > ENTRY_BODY_MAX) return fail(failure, EBADMSG, "", "an entry is malformed");
    if (take(unpack, entry.body, entry.head.body_length, failure) < 0) return -1;
    if (place_body(unpack, &entry, failure) < 0 || unpack_entry(unpack, &entry, failure) < 0) return -1;
  }
}

// At the end, since every file that is made in a directory changes its time; of several times the last one counts. What has been replaced has its own time, and what has been taken away none.
static int set_directory_times(const unpack_t *unpack, failure_t *failure) {
  for (const pending_directory_t *pending = unpack->directories; pending; pending = pending->next) {
    char path[64];
    cleanup_close int directory = open_in_root(unpack->parents.root, pending->path, O_PATH | O_DIRECTORY | O_NOFOLLOW);
    if (directory < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP)) continue;
    snprintf(path, sizeof path, "/proc/self/fd/%d", directory);
    if (directory < 0 || utimensat(AT_FDCWD, path, pending->times, 0) < 0) return fail(failure, errno, pending->path, "cannot set the time");
  }
  return 0;
}

static int has_option(const char *list, const char *word) {
  size_t length = strlen(word);
  for (const char *at = strstr(list, word); at; at = strstr(at + 1, word))
    if ((at == list || at[-1] == ',') && (at[length] == '\0' || at[length] == ',')) return 1;
  return 0;
}

// What is unpacked there hides and links to nothing beside it. The root stays open: a mount that is attached nowhere goes with it.
static int open_apart(int root, const char *base, failure_t *failure) {
  if (mkdirat(root, base, 0755) < 0) return fail(failure, errno, base, "cannot make the directory");
  int folder = open_in_root(root, base, O_PATH | O_DIRECTORY | O_NOFOLLOW);
  return folder < 0 ? fail(failure, errno, base, "cannot open the directory") : folder;
}

int run_unpack(int argc, char **argv) {
  failure_t failure = {0};
  unpack_t unpack = {0};
  char **arguments = argv + 3;
  if (argc < 4) return 125;
  umask(0);
  unpack.overlay = unpack.parents.has_whiteouts = has_option(argv[1], "overlay");
  unpack.keep_kind = has_option(argv[1], "keep-kind");
  unpack.base = argv[2];
  // Below a directory that was there before, its group bit is not known.
  unpack.setgid_seen = *unpack.base != '\0';
  unpack.parents.root = open_root(&arguments, &failure);
  if (unpack.parents.root >= 0 && has_option(argv[1], "apart")) {
    unpack.parents.root = open_apart(unpack.parents.root, unpack.base, &failure);
    unpack.setgid_seen = 0;
    unpack.base = "";
  }
  if (unpack.parents.root >= 0 && unpack_stream(&unpack, &failure) == 0 && set_directory_times(&unpack, &failure) == 0 &&
      (!has_option(argv[1], "sync") || sync_root(unpack.parents.root, &failure) == 0))
    return 0;
  return failure_tell(&failure);
}
