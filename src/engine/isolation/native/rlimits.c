#define _GNU_SOURCE
#include "rlimits.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

// The kernel's own structure: with prlimit(2) of the C library the type of the first argument differs from one to the other.
typedef struct {
  uint64_t soft;
  uint64_t hard;
} limit_t;

typedef struct {
  int resource;
  limit_t wanted;
} request_t;

static int find_resource(const char *name) {
  static const struct {
    const char *name;
    int resource;
  } table[] = {
      {"core", RLIMIT_CORE},     {"cpu", RLIMIT_CPU},         {"data", RLIMIT_DATA},   {"fsize", RLIMIT_FSIZE},   {"locks", RLIMIT_LOCKS},           {"memlock", RLIMIT_MEMLOCK},
      {"nice", RLIMIT_NICE},     {"nofile", RLIMIT_NOFILE},   {"nproc", RLIMIT_NPROC}, {"rss", RLIMIT_RSS},       {"msgqueue", RLIMIT_MSGQUEUE},     {"rtprio", RLIMIT_RTPRIO},
      {"rttime", RLIMIT_RTTIME}, {"stack", RLIMIT_STACK},     {"as", RLIMIT_AS},       {"sigpending", RLIMIT_SIGPENDING},
  };
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
    if (strcmp(table[i].name, name) == 0) return table[i].resource;
  return -1;
}

static int read_value(const record_t *record, uint32_t index, uint64_t *value, failure_t *failure) {
  if (strcmp(record_text(record, index), "unlimited") != 0) return record_number(record, index, UINT64_MAX, value, failure);
  *value = UINT64_MAX;
  return 0;
}

static int read_request(const record_t *record, request_t *request, failure_t *failure) {
  const char *name = record_text(record, 0);
  request->resource = find_resource(name);
  if (request->resource < 0) return fail(failure, EINVAL, name, "there is no resource limit %s", name);
  if (read_value(record, 1, &request->wanted.soft, failure) < 0 || read_value(record, 2, &request->wanted.hard, failure) < 0) return -1;
  if (request->wanted.soft > request->wanted.hard) return fail(failure, EINVAL, name, "the soft limit of %s is above the hard one", name);
  return 0;
}

static int sys_prlimit(pid_t pid, int resource, const limit_t *wanted, limit_t *present) {
  return (int)syscall(SYS_prlimit64, pid, resource, wanted, present);
}

int rlimit_set(const record_t *record, failure_t *failure) {
  request_t request = {0};
  limit_t present = {0};
  if (read_request(record, &request, failure) < 0) return -1;
  if (sys_prlimit(0, request.resource, &request.wanted, NULL) == 0) return 0;
  if (errno != EPERM || sys_prlimit(0, request.resource, NULL, &present) < 0) return fail(failure, errno, record_text(record, 0), "cannot set the limit %s", record_text(record, 0));
  if (request.wanted.hard > present.hard) request.wanted.hard = present.hard;
  if (request.wanted.soft > request.wanted.hard) request.wanted.soft = request.wanted.hard;
  if (sys_prlimit(0, request.resource, &request.wanted, NULL) == 0) return 0;
  return fail(failure, errno, record_text(record, 0), "cannot set the limit %s", record_text(record, 0));
}

int rlimit_raise(const record_t *record, pid_t pid, failure_t *failure) {
  request_t request = {0};
  limit_t present = {0};
  if (read_request(record, &request, failure) < 0) return -1;
  if (sys_prlimit(pid, request.resource, NULL, &present) < 0 || present.hard >= request.wanted.hard) return 0;
  present.hard = request.wanted.hard;
  sys_prlimit(pid, request.resource, &present, NULL);
  return 0;
}
