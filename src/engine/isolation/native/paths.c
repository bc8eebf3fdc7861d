#define _GNU_SOURCE
#include "paths.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "syscalls.h"

#define FOLLOW (RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS)
#define NEVER_FOLLOW (RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS)

enum { DEPTH_LIMIT = 64, LINK_LIMIT = 40 };

// A walk in user space, for paths with missing components. `..` goes back to the folder the walk came from: the kernel's `..` would leave the root when somebody moves a folder meanwhile.
typedef struct {
  int folders[DEPTH_LIMIT];  // folders[0] is the root and not the walk's own
  int depth;
  int links;
  unsigned flags;
  char rest[PATH_MAX];
} walk_t;

static const char *skip_slashes(const char *path) { return path + strspn(path, "/"); }

static int make_component(int folder, const char *name, int as_file) {
  if (!as_file) return mkdirat(folder, name, 0755) < 0 && errno != EEXIST ? -1 : 0;
  int file = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
  if (file < 0) return errno == EEXIST ? 0 : -1;
  return close(file);
}

// A magic link of procfs is refused by the kernel alone; its text would be taken for a path. Other links may lead to nothing yet.
static int is_followed(int folder, const char *name) {
  cleanup_close int end = sys_openat2(folder, name, O_PATH | O_CLOEXEC, FOLLOW);
  return end >= 0 || errno != ELOOP;
}

// Puts what the link says before the rest of the path.
static int follow_link(walk_t *walk, int link, const char *name) {
  char text[PATH_MAX];
  if (!is_followed(walk->folders[walk->depth], name)) return -1;
  ssize_t length = readlinkat(link, "", text, sizeof text);
  size_t rest = strlen(walk->rest);
  if (length < 0) return -1;
  if (walk->flags & PATH_STRICT || ++walk->links > LINK_LIMIT) errno = ELOOP;
  else if ((size_t)length + 1 + rest + 1 > sizeof walk->rest) errno = ENAMETOOLONG;
  else {
    memmove(walk->rest + length + 1, walk->rest, rest + 1);
    memcpy(walk->rest, text, (size_t)length);
    walk->rest[length] = '/';
    if (text[0] == '/')
      while (walk->depth > 0) close(walk->folders[walk->depth--]);
    return 0;
  }
  return -1;
}

// Cuts the next component off the rest; 0 when there is none.
static int next_component(walk_t *walk, char name[NAME_MAX + 1]) {
  const char *start = skip_slashes(walk->rest);
  size_t length = strcspn(start, "/");
  if (length == 0) return 0;
  if (length > NAME_MAX) {
    errno = ENAMETOOLONG;
    return -1;
  }
  memcpy(name, start, length);
  name[length] = '\0';
  const char *after = skip_slashes(start + length);
  memmove(walk->rest, after, strlen(after) + 1);
  return 1;
}

static int step(walk_t *walk, const char *name) {
  int here = walk->folders[walk->depth];
  if (strcmp(name, ".") == 0) return 0;
  if (strcmp(name, "..") == 0) {
    if (walk->depth > 0) close(walk->folders[walk->depth--]);
    return 0;
  }
  int next = openat(here, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  if (next < 0 && errno == ENOENT && make_component(here, name, walk->flags & PATH_FILE && walk->rest[0] == '\0') == 0)
    next = openat(here, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  struct stat status;
  if (next < 0) return -1;
  int result = fstat(next, &status);
  if (result == 0 && S_ISLNK(status.st_mode)) {
    result = follow_link(walk, next, name);
    close(next);
    return result;
  }
  if (result == 0 && walk->depth + 1 < DEPTH_LIMIT) {
    walk->folders[++walk->depth] = next;
    return 0;
  }
  close(next);
  if (result == 0) errno = ENAMETOOLONG;
  return -1;
}

// Apart, so that its room on the stack is there only while it runs.
__attribute__((noinline)) static int walk_and_make(int root, const char *path, unsigned flags) {
  walk_t walk = {.folders = {root}, .flags = flags};
  char name[NAME_MAX + 1];
  int more = 1;
  if (strlen(path) >= sizeof walk.rest) {
    errno = ENAMETOOLONG;
    return -1;
  }
  memcpy(walk.rest, path, strlen(path) + 1);
  while (more > 0)
    if ((more = next_component(&walk, name)) > 0 && step(&walk, name) < 0) more = -1;
  int number = errno;
  int found = more < 0 ? -1 : walk.depth > 0 ? walk.folders[walk.depth--] : fcntl(root, F_DUPFD_CLOEXEC, 3);
  while (walk.depth > 0) close(walk.folders[walk.depth--]);
  if (more < 0) errno = number;
  return found;
}

static uint64_t resolution(unsigned flags) { return flags & PATH_STRICT ? NEVER_FOLLOW : FOLLOW; }

// Where only the last component is missing, the kernel resolves the rest at once. -1 for all else, with any errno.
static int make_last(int root, const char *path, unsigned flags) {
  char folder[256] = ".";
  const char *slash = strrchr(path, '/');
  const char *name = slash ? slash + 1 : path;
  size_t length = slash ? (size_t)(slash - path) : 0;
  if (!*name || strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || length >= sizeof folder) return -1;
  if (length > 0) {
    memcpy(folder, path, length);
    folder[length] = '\0';
  }
  cleanup_close int parent = sys_openat2(root, folder, O_PATH | O_DIRECTORY | O_CLOEXEC, resolution(flags));
  if (parent < 0 || make_component(parent, name, flags & PATH_FILE) < 0) return -1;
  return sys_openat2(parent, name, O_PATH | O_CLOEXEC | (flags & PATH_DIRECTORY ? O_DIRECTORY : 0U), NEVER_FOLLOW);
}

static int walk_to(int root, const char *path, unsigned flags, failure_t *failure) {
  struct stat status;
  int made = walk_and_make(root, path, flags);
  if (made < 0) return fail(failure, errno, path, "cannot make %s", path);
  if (fstat(made, &status) == 0 && (!(flags & PATH_DIRECTORY) || S_ISDIR(status.st_mode))) return made;
  close(made);
  return fail(failure, ENOTDIR, path, "%s is no folder", path);
}

int path_open(int root, const char *path, unsigned flags, failure_t *failure) {
  uint64_t how = O_PATH | O_CLOEXEC | (flags & PATH_DIRECTORY ? O_DIRECTORY : 0U);
  const char *relative = skip_slashes(path);
  if (root < 0) return fail(failure, EINVAL, path, "there is no root yet to find %s in", path);
  if (!*relative) relative = ".";
  int found = sys_openat2(root, relative, how, resolution(flags));
  if (found >= 0) return found;
  if (errno != ENOENT || !(flags & PATH_MAKE)) return fail(failure, errno, path, "cannot open %s", path);
  found = make_last(root, relative, flags);
  return found >= 0 ? found : walk_to(root, relative, flags, failure);
}

int path_open_parent(int root, const char *path, const char **name, failure_t *failure) {
  char folder[PATH_MAX];
  const char *last = strrchr(path, '/');
  *name = last ? last + 1 : path;
  if (!**name || strcmp(*name, ".") == 0 || strcmp(*name, "..") == 0) return fail(failure, EINVAL, path, "%s names no file", path);
  size_t length = (size_t)(*name - path);
  if (length >= sizeof folder) return fail(failure, ENAMETOOLONG, path, "the path is too long");
  memcpy(folder, path, length);
  folder[length] = '\0';
  return path_open(root, folder, PATH_STRICT | PATH_MAKE | PATH_DIRECTORY, failure);
}
