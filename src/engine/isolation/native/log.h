// The log of a container in Docker's json-file format, with rotation.
//
// A reader that follows holds its descriptor to the end of the file, then opens the path again: when that is another inode, the log was rotated. The path always
// exists: the file is linked as LOG.1 first and then replaced by a rename.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "error.h"

#define LOG_PART 16384U

typedef struct log log_t;

enum { LOG_STDOUT, LOG_STDERR };

// max_bytes 0: never rotated. Older files are LOG.1 (the youngest) to LOG.(max_files - 1).
int log_open(log_t **log, const char *path, uint64_t max_bytes, unsigned max_files, failure_t *failure);

// Takes output as it was read, in pieces of any size: whole lines are written at once, the beginning of a line is kept. What cannot be written is lost: output is never held up.
void log_write(log_t *log, int stream, const char *bytes, size_t length);

// Writes the beginnings of lines that are kept: no more comes from this process.
void log_end(log_t *log);

void log_close(log_t *log);
