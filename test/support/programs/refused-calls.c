// Makes every system call that a container must not make, each in a process of its own, and prints "NAME ERRNO" a line:
// 0 where the call was not refused. What it asks for does no harm where it is granted: the time is set to what it is, an
// empty kernel image is loaded, a file that is not there is swapped on.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// Of a kernel newer than the headers may be.
#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif
#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif

struct call {
  const char *name;
  long number;
  long args[6];
};

#define TEXT(text) ((long)(text))

static struct timespec now;
static struct timeval today;
static struct timex one_tick = {.modes = ADJ_TICK, .tick = 10000};
static struct perf_event_attr counter = {.type = PERF_TYPE_SOFTWARE, .size = sizeof counter};
static struct __user_cap_header_struct own_capabilities = {_LINUX_CAPABILITY_VERSION_3, 0};
static struct __user_cap_data_struct all_capabilities[2] = {{~0u, ~0u, 0}, {0x1ff, 0x1ff, 0}};
static char handle[8 + 128];

static const struct call calls[] = {
    // Mounts, in the old words and the new.
    {"mount", SYS_mount, {TEXT("x"), TEXT("/tmp"), TEXT("tmpfs")}},
    {"mount bind", SYS_mount, {TEXT("/"), TEXT("/tmp"), 0, MS_BIND}},
    {"mount cgroup", SYS_mount, {TEXT("x"), TEXT("/tmp"), TEXT("cgroup"), 0, TEXT("memory")}},
    {"mount remount", SYS_mount, {0, TEXT("/proc/sys"), 0, MS_REMOUNT | MS_BIND}},
    {"umount2", SYS_umount2, {TEXT("/proc/sys"), MNT_DETACH}},
    {"pivot_root", SYS_pivot_root, {TEXT("/"), TEXT("/tmp")}},
    {"fsopen", SYS_fsopen, {TEXT("tmpfs"), 0}},
    {"fsconfig", SYS_fsconfig, {-1, 0}},
    {"fsmount", SYS_fsmount, {-1}},
    {"fspick", SYS_fspick, {AT_FDCWD, TEXT("/")}},
    {"open_tree", SYS_open_tree, {AT_FDCWD, TEXT("/"), 1}},
    {"move_mount", SYS_move_mount, {AT_FDCWD, TEXT("/proc"), AT_FDCWD, TEXT("/tmp")}},
    {"mount_setattr", SYS_mount_setattr, {AT_FDCWD, TEXT("/"), 0, 0, 0}},
    // Namespaces.
    {"unshare mnt", SYS_unshare, {CLONE_NEWNS}},
    {"unshare uts", SYS_unshare, {CLONE_NEWUTS}},
    {"unshare ipc", SYS_unshare, {CLONE_NEWIPC}},
    {"unshare net", SYS_unshare, {CLONE_NEWNET}},
    {"unshare pid", SYS_unshare, {CLONE_NEWPID}},
    {"unshare user", SYS_unshare, {CLONE_NEWUSER}},
    {"unshare cgroup", SYS_unshare, {CLONE_NEWCGROUP}},
    {"unshare time", SYS_unshare, {CLONE_NEWTIME}},
    {"clone mnt", SYS_clone, {CLONE_NEWNS | SIGCHLD}},
    {"clone uts", SYS_clone, {CLONE_NEWUTS | SIGCHLD}},
    {"clone ipc", SYS_clone, {CLONE_NEWIPC | SIGCHLD}},
    {"clone net", SYS_clone, {CLONE_NEWNET | SIGCHLD}},
    {"clone pid", SYS_clone, {CLONE_NEWPID | SIGCHLD}},
    {"clone user", SYS_clone, {CLONE_NEWUSER | SIGCHLD}},
    {"clone cgroup", SYS_clone, {CLONE_NEWCGROUP | SIGCHLD}},
    {"clone3", SYS_clone3, {0, 0}},
    {"sethostname", SYS_sethostname, {TEXT("x"), 1}},
    {"setdomainname", SYS_setdomainname, {TEXT("x"), 1}},
    // Keys, programs of the kernel, counters.
    {"add_key", SYS_add_key, {TEXT("user"), TEXT("x"), TEXT("x"), 1, -3}},
    {"request_key", SYS_request_key, {TEXT("user"), TEXT("x"), 0, 0}},
    {"keyctl", SYS_keyctl, {0, -3, 0}},
    {"bpf", SYS_bpf, {5, 0, 0}},
    {"perf_event_open", SYS_perf_event_open, {TEXT(&counter), 0, -1, -1, 0}},
    {"userfaultfd", SYS_userfaultfd, {0}},
    {"io_uring_setup", SYS_io_uring_setup, {1, 0}},
    {"fanotify_init", SYS_fanotify_init, {0, 0}},
    {"init_module", SYS_init_module, {0, 0, TEXT("")}},
    {"finit_module", SYS_finit_module, {-1, TEXT(""), 0}},
    {"delete_module", SYS_delete_module, {TEXT("nosuchmodule"), 0}},
    {"kexec_load", SYS_kexec_load, {0, 0, 0, 0}},
    {"kexec_file_load", SYS_kexec_file_load, {-1, -1, 0, 0, 0}},
    // The machine: its time, power, swap, log, ports, accounting.
    {"reboot", SYS_reboot, {0xfee1dead, 672274793, 0, 0}},
    {"swapon", SYS_swapon, {TEXT("/nosuchfile"), 0}},
    {"swapoff", SYS_swapoff, {TEXT("/nosuchfile")}},
    {"settimeofday", SYS_settimeofday, {TEXT(&today), 0}},
    {"clock_settime", SYS_clock_settime, {CLOCK_REALTIME, TEXT(&now)}},
    {"adjtimex", SYS_adjtimex, {TEXT(&one_tick)}},
    {"syslog", SYS_syslog, {10, 0, 0}},
    {"acct", SYS_acct, {TEXT("/nosuchfile")}},
    {"vhangup", SYS_vhangup, {0}},
    {"quotactl", SYS_quotactl, {0x800001 << 8, TEXT("/"), 0, 0}},
    {"nfsservctl", SYS_nfsservctl, {0}},
    {"lookup_dcookie", SYS_lookup_dcookie, {0, 0, 0}},
#ifdef __x86_64__
    {"iopl", SYS_iopl, {3}},
    {"ioperm", SYS_ioperm, {0x80, 1, 1}},
    {"uselib", SYS_uselib, {TEXT("/nosuchfile")}},
#endif
    // Files of the host by handle, memory of other processes and on other nodes.
    {"open_by_handle_at", SYS_open_by_handle_at, {AT_FDCWD, TEXT(handle), O_RDONLY}},
    {"kcmp", SYS_kcmp, {1, 1, 0, 0, 0}},
    {"pidfd_getfd", SYS_pidfd_getfd, {-1, 0, 0}},
    {"process_madvise", SYS_process_madvise, {-1, 0, 0, 0, 0}},
    {"mbind", SYS_mbind, {0, 0, 0, 0, 0, 0}},
    {"set_mempolicy", SYS_set_mempolicy, {0, 0, 0}},
    {"move_pages", SYS_move_pages, {0, 0, 0, 0, 0, 0}},
    {"migrate_pages", SYS_migrate_pages, {0, 0, 0, 0}},
    // Sockets past the network namespace and into the kernel's cryptography; other personalities.
    {"socket AF_ALG", SYS_socket, {AF_ALG, SOCK_SEQPACKET, 0}},
    {"socket AF_VSOCK", SYS_socket, {AF_VSOCK, SOCK_STREAM, 0}},
    {"personality", SYS_personality, {ADDR_NO_RANDOMIZE}},
    // More rights than were given.
    {"capset", SYS_capset, {TEXT(&own_capabilities), TEXT(all_capabilities)}},
    {"prctl ambient", SYS_prctl, {PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, 21, 0, 0}},
    {"prctl mm", SYS_prctl, {PR_SET_MM, PR_SET_MM_EXE_FILE, -1, 0, 0}},
    {"setpriority", SYS_setpriority, {PRIO_PROCESS, 0, -10}},
};

/** The error of a call, or 0; SIGSYS and the like as minus their number. */
static int attempt(const struct call *call) {
  int ends[2], answer = 0, status;
  if (pipe(ends) != 0) exit(2);
  pid_t child = fork();
  if (child == 0) {
    const long *a = call->args;
    errno = 0;
    answer = syscall(call->number, a[0], a[1], a[2], a[3], a[4], a[5]) == -1 ? errno : 0;
    if (write(ends[1], &answer, sizeof answer) < 0) _exit(2);
    _exit(0);
  }
  close(ends[1]);
  ssize_t got = read(ends[0], &answer, sizeof answer);
  close(ends[0]);
  if (waitpid(child, &status, 0) != child) exit(2);
  return got == sizeof answer ? answer : -WTERMSIG(status);
}

int main(void) {
  clock_gettime(CLOCK_REALTIME, &now);
  today = (struct timeval){now.tv_sec, now.tv_nsec / 1000};
  // A handle of the root of ext4: what let a container of old read the host's files.
  memcpy(handle, (unsigned[]){8, 1, 2, 0}, 16);
  for (size_t at = 0; at < sizeof calls / sizeof *calls; at++) printf("%s %d\n", calls[at].name, attempt(&calls[at]));
  return 0;
}
