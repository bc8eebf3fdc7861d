#define _GNU_SOURCE
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "json.h"
#include "moment.h"
#include "syscalls.h"

#define ENVELOPE 128U
#define LINE_ROOM (LOG_PART * JSON_GROWTH + ENVELOPE)
#define BATCH_ROOM (256U * 1024)

// 290 kB of address space; only what a container's output touches becomes memory. So what each log has is together, before what waits.
struct log {
  int descriptor;
  unsigned max_files;
  uint64_t max_bytes;
  uint64_t size;  // of the file, without the batch
  size_t batched;
  size_t held[2];  // of the beginning of a line, by stream
  char moment[MOMENT_TEXT];
  char path[PATH_MAX];
  char beginnings[2][LOG_PART];
  char batch[BATCH_ROOM];
};

static int open_file(const char *path, int flags) { return sys_open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | flags, 0640); }

int log_open(log_t **log, const char *path, uint64_t max_bytes, unsigned max_files, failure_t *failure) {
  struct stat status;
  // Room for the number of a rotated file.
  if (strlen(path) > PATH_MAX - 16) return fail(failure, ENAMETOOLONG, path, "cannot open the log");
  int descriptor = open_file(path, 0);
  log_t *made = malloc(sizeof *made);
  if (descriptor < 0 || !made || fstat(descriptor, &status) < 0) {
    int number = errno;
    if (descriptor >= 0) close(descriptor);
    free(made);
    return fail(failure, number, path, "cannot open the log");
  }
  made->descriptor = descriptor;
  made->max_files = max_files;
  made->max_bytes = max_bytes;
  made->size = (uint64_t)status.st_size;
  made->batched = 0;
  made->held[LOG_STDOUT] = 0;
  made->held[LOG_STDERR] = 0;
  strcpy(made->path, path);
  *log = made;
  return 0;
}

// A write that ends in the middle (a full disk) is taken back: the file holds whole lines only.
static void flush(log_t *log) {
  size_t done = 0;
  while (done < log->batched) {
    ssize_t count = write(log->descriptor, log->batch + done, log->batched - done);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    done += (size_t)count;
  }
  if (done == log->batched || ftruncate(log->descriptor, (off_t)log->size) < 0) log->size += done;
  log->batched = 0;
}

static void numbered_path(const log_t *log, unsigned number, char out[PATH_MAX]) {
  int length = snprintf(out, PATH_MAX, "%s.%u", log->path, number);
  if (length < 0 || length >= PATH_MAX) out[0] = '\0';
}

static void shift_older_files(const log_t *log) {
  char from[PATH_MAX];
  char to[PATH_MAX];
  for (unsigned number = log->max_files - 1; number > 1; number--) {
    numbered_path(log, number - 1, from);
    numbered_path(log, number, to);
    rename(from, to);
  }
  numbered_path(log, 1, to);
  unlink(to);
  if (link(log->path, to) < 0) rename(log->path, to);
}

static void rotate(log_t *log) {
  char fresh[PATH_MAX];
  int length = snprintf(fresh, sizeof fresh, "%s.new", log->path);
  if (length < 0 || length >= PATH_MAX) return;
  unlink(fresh);
  int descriptor = open_file(fresh, O_EXCL);
  // Without a fresh file the old one grows on; it is better than to lose lines.
  if (descriptor < 0) return;
  if (log->max_files > 1) shift_older_files(log);
  if (rename(fresh, log->path) < 0) {
    close(descriptor);
    return;
  }
  close(log->descriptor);
  log->descriptor = descriptor;
  log->size = 0;
}

static char *put(char *out, const char *bytes, size_t length) {
  memcpy(out, bytes, length);
  return out + length;
}

#define PUT(out, literal) put(out, literal, sizeof(literal) - 1)

static void add_line(log_t *log, int stream, const char *bytes, size_t length) {
  int is_full = log->max_bytes > 0 && log->size + log->batched >= log->max_bytes;
  if (is_full || BATCH_ROOM - log->batched < LINE_ROOM) flush(log);
  if (is_full && log->size >= log->max_bytes) rotate(log);
  char *out = PUT(log->batch + log->batched, "{\"log\":\"");
  out = json_escape(out, bytes, length);
  out = stream == LOG_STDERR ? PUT(out, "\",\"stream\":\"stderr\",\"time\":\"") : PUT(out, "\",\"stream\":\"stdout\",\"time\":\"");
  out = put(out, log->moment, MOMENT_TEXT);
  out = PUT(out, "\"}\n");
  log->batched = (size_t)(out - log->batch);
}

// A line longer than LOG_PART is written in parts. A character that the cut would divide goes to the next part whole.
static void add_part(log_t *log, int stream) {
  char *beginning = log->beginnings[stream];
  size_t open = utf8_open_tail(beginning, log->held[stream]);
  size_t cut = log->held[stream] - open;
  add_line(log, stream, beginning, cut);
  memmove(beginning, beginning + cut, open);
  log->held[stream] = open;
}

static void hold(log_t *log, int stream, const char *bytes, size_t length) {
  memcpy(log->beginnings[stream] + log->held[stream], bytes, length);
  log->held[stream] += length;
}

static void add_held(log_t *log, int stream) {
  if (log->held[stream] > 0) add_line(log, stream, log->beginnings[stream], log->held[stream]);
  log->held[stream] = 0;
}

void log_write(log_t *log, int stream, const char *bytes, size_t length) {
  format_moment(log->moment, wall_now_ns());
  while (length > 0) {
    size_t room = LOG_PART - log->held[stream];
    size_t look = length < room ? length : room;
    const char *newline = memchr(bytes, '\n', look);
    size_t taken = newline ? (size_t)(newline - bytes) + 1 : look;
    if (newline && log->held[stream] == 0) {
      add_line(log, stream, bytes, taken);
    } else {
      hold(log, stream, bytes, taken);
      if (newline)
        add_held(log, stream);
      else if (log->held[stream] == LOG_PART)
        add_part(log, stream);
    }
    bytes += taken;
    length -= taken;
  }
  flush(log);
}

void log_end(log_t *log) {
  format_moment(log->moment, wall_now_ns());
  add_held(log, LOG_STDOUT);
  add_held(log, LOG_STDERR);
  flush(log);
}

void log_close(log_t *log) {
  close(log->descriptor);
  free(log);
}
