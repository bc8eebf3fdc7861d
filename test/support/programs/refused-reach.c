// Tries to see, signal, read or write what is the host's, and prints "NAME ERRNO" a line: 0 where it could. Where it could,
// nothing of the host is changed: files are opened for writing and not written, flags are set to what they are.
// refused-reach FILE PID SOCKET PORT: a file, a process, an abstract socket and a TCP port of the host.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static void say(const char *name, long answer) { printf("%s %d\n", name, answer == -1 ? errno : 0); }

static long try_writing(const char *path) { return open(path, O_WRONLY | O_CLOEXEC); }

static long try_write(const char *path, const char *text) {
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  return fd < 0 ? -1 : write(fd, text, strlen(text));
}

/** Makes a device node in a folder of the container's own and opens it. */
static long try_device(const char *name, mode_t type, unsigned major, unsigned minor, int flags) {
  char path[64];
  snprintf(path, sizeof path, "/tmp/%s", name);
  if (mknod(path, type | 0600, makedev(major, minor)) != 0) return -1;
  return open(path, flags | O_CLOEXEC);
}

static long try_setns(const char *path, int kind) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  return fd < 0 ? -1 : setns(fd, kind);
}

static long try_connect(int family, const void *address, socklen_t length) {
  int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  return fd < 0 ? -1 : connect(fd, address, length);
}

static long try_abstract(const char *name) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  memcpy(address.sun_path + 1, name, strlen(name));
  return try_connect(AF_UNIX, &address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name)));
}

static long try_port(int port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return try_connect(AF_INET, &address, sizeof address);
}

/** Sets the flags of the loopback to what they are: only who may change the network can. */
static long try_interface(void) {
  struct ifreq request = {.ifr_name = "lo"};
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  return ioctl(fd, SIOCGIFFLAGS, &request) != 0 ? -1 : ioctl(fd, SIOCSIFFLAGS, &request);
}

/** The way out of a chroot: a second root, with the working directory above it, then up to the top. */
static long try_chroot_escape(const char *file) {
  if (mkdir("/tmp/jail", 0700) != 0 || chroot("/tmp/jail") != 0) exit(2);
  for (int depth = 0; depth < 64; depth++) {
    if (chdir("..") != 0) exit(2);
  }
  if (chroot(".") != 0) exit(2);
  return access(file, F_OK);
}

static long try_path(const char *before, const char *path) {
  char joined[4096];
  snprintf(joined, sizeof joined, "%s%s", before, path);
  return access(joined, F_OK);
}

static void reach_files(const char *file) {
  say("file of the host", access(file, F_OK));
  say("file above the root", try_path("/../../../..", file));
  say("file below the root of pid 1", try_path("/proc/1/root", file));
  say("file below the working directory of pid 1", try_path("/proc/1/cwd/../../..", file));
  say("block device of the host", try_device("vda", S_IFBLK, 254, 0, O_RDONLY));
  say("loop device", try_device("loop", S_IFBLK, 7, 0, O_RDWR));
  say("/dev/mem", try_device("mem", S_IFCHR, 1, 1, O_RDWR));
  say("/dev/kmsg made", try_device("kmsg", S_IFCHR, 1, 11, O_WRONLY));
  say("/dev/kmsg", try_writing("/dev/kmsg"));
  say("/proc/kmsg", open("/proc/kmsg", O_RDONLY | O_NONBLOCK));
  say("/proc/sysrq-trigger", try_writing("/proc/sysrq-trigger"));
  say("/proc/sys/kernel/core_pattern", try_writing("/proc/sys/kernel/core_pattern"));
  say("/proc/sys/vm/drop_caches", try_writing("/proc/sys/vm/drop_caches"));
  say("/proc/sys/net/ipv4/ip_forward", try_writing("/proc/sys/net/ipv4/ip_forward"));
  say("/proc/irq/default_smp_affinity", try_writing("/proc/irq/default_smp_affinity"));
  say("/sys/kernel/mm/ksm/run", try_writing("/sys/kernel/mm/ksm/run"));
  const char *limit = "/sys/fs/cgroup/memory/memory.limit_in_bytes";
  say("own memory limit", try_writing(access(limit, F_OK) == 0 ? limit : "/sys/fs/cgroup/memory.max"));
  const char *members = "/sys/fs/cgroup/memory/cgroup.procs";
  say("own cgroup", try_writing(access(members, F_OK) == 0 ? members : "/sys/fs/cgroup/cgroup.procs"));
  say("own OOM score", try_write("/proc/self/oom_score_adj", "-1000"));
}

static void reach_processes(pid_t host) {
  char byte;
  struct iovec here = {&byte, 1}, there = {&byte, 1};
  say("ptrace of the host's", ptrace(PTRACE_SEIZE, host, 0, 0));
  say("signal to the host's", kill(host, 0));
  say("pidfd of the host's", syscall(SYS_pidfd_open, host, 0));
  say("memory of the host's", process_vm_readv(host, &here, 1, &there, 1, 0));
  say("scheduler of the host's", sched_getscheduler(host));
  for (const char **kind = (const char *[]){"mnt", "uts", "ipc", "net", "pid", "user", "cgroup", "time", NULL}; *kind; kind++) {
    char path[64], name[64];
    snprintf(path, sizeof path, "/proc/1/ns/%s", *kind);
    snprintf(name, sizeof name, "setns %s of pid 1", *kind);
    say(name, try_setns(path, 0));
  }
}

int main(int argc, char **argv) {
  if (argc != 5) return 2;
  reach_files(argv[1]);
  reach_processes(atoi(argv[2]));
  say("abstract socket of the host", try_abstract(argv[3]));
  say("port of the host's loopback", try_port(atoi(argv[4])));
  say("interface", try_interface());
  char letter = '\n';
  say("TIOCSTI", ioctl(STDIN_FILENO, TIOCSTI, &letter));
  say("controlling terminal", open("/dev/tty", O_RDWR | O_CLOEXEC));
  fflush(stdout);
  say("file above a chroot", try_chroot_escape(argv[1]));
  return 0;
}
