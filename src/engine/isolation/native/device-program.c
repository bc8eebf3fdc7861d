#define _GNU_SOURCE
#include "device-program.h"

#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/resource.h>

#include "cleanup.h"
#include "syscalls.h"

static int sys_bpf(unsigned command, union bpf_attr *attributes) { return (int)syscall(SYS_bpf, command, attributes, sizeof *attributes); }

static int load(const field_t *program) {
  static const char license[] = "Apache-2.0";
  union bpf_attr attributes;
  // Every byte that the kernel does not expect must be zero.
  memset(&attributes, 0, sizeof attributes);
  attributes.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
  attributes.insn_cnt = program->length / (uint32_t)sizeof(struct bpf_insn);
  attributes.insns = (uintptr_t)program->bytes;
  attributes.license = (uintptr_t)license;
  return sys_bpf(BPF_PROG_LOAD, &attributes);
}

// Until Linux 5.11 programs count as locked memory of the user, of all its containers together.
static int load_beyond_limit(const field_t *program) {
  struct rlimit held;
  const struct rlimit none = {.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};
  if (getrlimit(RLIMIT_MEMLOCK, &held) < 0 || setrlimit(RLIMIT_MEMLOCK, &none) < 0) {
    errno = EPERM;
    return -1;
  }
  int loaded = load(program);
  int number = errno;
  setrlimit(RLIMIT_MEMLOCK, &held);
  errno = number;
  return loaded;
}

static int attach(int folder, int program) {
  union bpf_attr attributes;
  memset(&attributes, 0, sizeof attributes);
  attributes.target_fd = (unsigned)folder;
  attributes.attach_bpf_fd = (unsigned)program;
  attributes.attach_type = BPF_CGROUP_DEVICE;
  attributes.attach_flags = BPF_F_ALLOW_MULTI;
  return sys_bpf(BPF_PROG_ATTACH, &attributes);
}

int device_program_attach(const plan_t *plan, failure_t *failure) {
  const record_t *setting = plan_setting(plan, SETTING_DEVICE_PROGRAM);
  const record_t *group = plan_setting(plan, SETTING_CGROUP_V2);
  if (!setting) return 0;
  if (!group) return fail(failure, EINVAL, "", "a program for devices needs a cgroup v2");
  const char *path = record_text(group, 0);
  cleanup_close int folder = sys_open(path, O_RDONLY | O_DIRECTORY, 0);
  if (folder < 0) return fail(failure, errno, path, "cannot open the cgroup");
  cleanup_close int program = load(&setting->fields[0]);
  if (program < 0 && errno == EPERM) program = load_beyond_limit(&setting->fields[0]);
  if (program < 0) return fail(failure, errno, path, "the kernel does not take the device rules (BPF_PROG_TYPE_CGROUP_DEVICE)");
  return attach(folder, program) < 0 ? fail(failure, errno, path, "the kernel does not attach the device rules (BPF_CGROUP_DEVICE)") : 0;
}
