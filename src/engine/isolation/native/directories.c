#define _GNU_SOURCE
#include "directories.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static int is_dot(const struct dirent *entry) { return strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0; }

static int compare_names(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

#define FIRST_ROOM 64U

// Room for one more, twice as much whenever it is used up.
static char **make_room(char **names, size_t count) {
  if (count < FIRST_ROOM || (count & (count - 1)) != 0) return names;
  char **larger = realloc(names, count * 2 * sizeof *names);
  if (!larger) abort();
  return larger;
}

char **directory_names(int directory, const char *path, failure_t *failure) {
  int opened = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *stream = opened < 0 ? NULL : fdopendir(opened);
  size_t count = 0;
  char **names = stream ? malloc(FIRST_ROOM * sizeof *names) : NULL;
  if (!names) {
    (void)fail(failure, errno, path, "cannot read the directory");
    if (stream) closedir(stream);
    return NULL;
  }
  for (struct dirent *entry; (entry = readdir(stream));) {
    if (is_dot(entry)) continue;
    if (!(names[count] = strdup(entry->d_name))) abort();
    names = make_room(names, ++count);
  }
  closedir(stream);
  names[count] = NULL;
  qsort(names, count, sizeof *names, compare_names);
  return names;
}

void free_names(char **names) {
  for (size_t i = 0; names && names[i]; i++) free(names[i]);
  free(names);
}

void allow_many_files(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) < 0) return;
  limit.rlim_cur = limit.rlim_max;
  (void)setrlimit(RLIMIT_NOFILE, &limit);
}
