import type { SeccompOperator, SpecSeccomp, SpecSyscall } from './oci-spec.js';

/** Calls that every container may make. The choice is Docker's (moby profiles, seccomp), the order by subject is ours. */
const ALWAYS = [
  // Files and directories.
  `_llseek access cachestat chdir chmod chown chown32 close close_range copy_file_range creat dup dup2 dup3
  faccessat faccessat2 fadvise64 fadvise64_64 fallocate fchdir fchmod fchmodat fchmodat2 fchown fchown32
  fchownat fcntl fcntl64 fdatasync flock fstat fstat64 fstatat64 fstatfs fstatfs64 fsync ftruncate ftruncate64
  getcwd getdents getdents64 ioctl lchown lchown32 link linkat listmount lseek lstat lstat64 mkdir mkdirat mknod
  mknodat name_to_handle_at newfstatat open openat openat2 pipe pipe2 pread64 preadv preadv2 process_mrelease
  pwrite64 pwritev pwritev2 read readahead readlink readlinkat readv rename renameat renameat2 rmdir splice stat
  stat64 statfs statfs64 statmount statx symlink symlinkat sync sync_file_range syncfs tee truncate truncate64
  unlink unlinkat uretprobe vmsplice write writev`,
  // Extended attributes.
  `fgetxattr flistxattr fremovexattr fsetxattr getxattr getxattrat lgetxattr listxattr listxattrat llistxattr
  lremovexattr lsetxattr removexattr removexattrat setxattr setxattrat`,
  // Memory.
  `brk madvise map_shadow_stack membarrier memfd_create memfd_secret mincore mlock mlock2 mlockall mmap mmap2
  mprotect mremap mseal msync munlock munlockall munmap pkey_alloc pkey_free pkey_mprotect remap_file_pages`,
  // Threads and processes.
  `execve execveat exit exit_group fork get_robust_list get_thread_area getpgrp getpid getppid getrandom getsid
  gettid landlock_add_rule landlock_create_ruleset landlock_restrict_self pidfd_open prctl process_vm_readv
  process_vm_writev ptrace restart_syscall rseq
  seccomp set_robust_list set_thread_area set_tid_address setsid sysinfo umask uname vfork wait4 waitid waitpid`,
  // Users, groups, capabilities.
  `capget capset getegid getegid32 geteuid geteuid32 getgid getgid32 getgroups getgroups32 getpgid getresgid
  getresgid32 getresuid getresuid32 getuid getuid32 setfsgid setfsgid32 setfsuid setfsuid32 setgid setgid32
  setgroups setgroups32 setpgid setregid setregid32 setresgid setresgid32 setresuid setresuid32 setreuid
  setreuid32 setuid setuid32`,
  // Scheduling and limits.
  `getcpu getpriority getrlimit getrusage ioprio_get ioprio_set prlimit64 sched_get_priority_max
  sched_get_priority_min sched_getaffinity sched_getattr sched_getparam sched_getscheduler sched_rr_get_interval
  sched_setaffinity sched_setattr sched_setparam sched_setscheduler sched_yield setpriority setrlimit ugetrlimit`,
  // Signals.
  `kill pause pidfd_send_signal rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn
  rt_sigsuspend rt_tgsigqueueinfo sigaltstack sigprocmask sigreturn tgkill tkill`,
  // Timers and clocks.
  `adjtimex alarm clock_adjtime clock_adjtime64 clock_getres clock_getres_time64 clock_gettime clock_gettime64
  clock_nanosleep clock_nanosleep_time64 futex_time64 futimesat getitimer gettimeofday io_pgetevents_time64
  mq_timedreceive mq_timedreceive_time64 mq_timedsend mq_timedsend_time64 nanosleep ppoll_time64 pselect6_time64
  recvmmsg_time64 rt_sigtimedwait rt_sigtimedwait_time64 sched_rr_get_interval_time64 semtimedop
  semtimedop_time64 setitimer time timer_create timer_delete timer_getoverrun timer_gettime timer_gettime64
  timer_settime timer_settime64 timerfd_create timerfd_gettime timerfd_gettime64 timerfd_settime
  timerfd_settime64 times utime utimensat utimensat_time64 utimes`,
  // Waiting for events.
  `_newselect epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait
  epoll_wait_old eventfd eventfd2 fanotify_mark futex futex_requeue futex_wait futex_waitv futex_wake
  inotify_add_watch inotify_init inotify_init1 inotify_rm_watch io_cancel io_destroy io_getevents io_pgetevents
  io_setup io_submit poll ppoll pselect6 select signalfd signalfd4`,
  // Sockets.
  `accept accept4 bind connect getpeername getsockname getsockopt listen recvfrom recvmmsg recvmsg sendfile
  sendfile64 sendmmsg sendmsg sendto setsockopt shutdown socketcall socketpair`,
  // System V and POSIX queues, semaphores, shared memory.
  `ipc mq_getsetattr mq_notify mq_open mq_unlink msgctl msgget msgrcv msgsnd semctl semget semop shmat shmctl
  shmdt shmget`,
];

/** Calls that come with a capability, because it says the container is trusted with them. */
const WITH_CAPABILITY: Readonly<Record<string, string>> = {
  DAC_READ_SEARCH: 'open_by_handle_at',
  SYS_ADMIN: `bpf clone clone3 fanotify_init fsconfig fsmount fsopen fspick lookup_dcookie lsm_get_self_attr lsm_list_modules
    lsm_set_self_attr mount mount_setattr move_mount open_tree perf_event_open quotactl quotactl_fd setdomainname
    sethostname setns syslog umount umount2 unshare`,
  SYS_BOOT: 'reboot',
  SYS_CHROOT: 'chroot',
  SYS_MODULE: 'delete_module init_module finit_module',
  SYS_PACCT: 'acct',
  SYS_PTRACE: 'kcmp pidfd_getfd process_madvise',
  SYS_RAWIO: 'iopl ioperm',
  SYS_TIME: 'settimeofday stime clock_settime clock_settime64',
  SYS_TTY_CONFIG: 'vhangup',
  SYS_NICE: 'get_mempolicy mbind set_mempolicy set_mempolicy_home_node',
  SYSLOG: 'syslog',
  BPF: 'bpf',
  PERFMON: 'perf_event_open',
};

/** Calls that only programs for this processor have a use for. */
const ON_X64 = 'arch_prctl modify_ldt';

/** CLONE_NEW* of every namespace but time's: none may be asked for by clone. */
const NAMESPACE_FLAGS = 0x7e02_0000;
const ENOSYS = 38;

/** Socket families: all but AF_ALG (38) and AF_VSOCK (40), which reach into the kernel's crypto and past the network namespace. */
const SOCKET_FAMILIES: readonly (readonly [SeccompOperator, number])[] = [
  ['SCMP_CMP_LT', 38],
  ['SCMP_CMP_EQ', 39],
  ['SCMP_CMP_GT', 40],
];

/** PER_LINUX, PER_LINUX32, both with UNAME26, and the question which one is set. */
const PERSONALITIES = [0, 8, 0x2_0000, 0x2_0008, 0xffff_ffff];

const made = new Map<string, SpecSeccomp>();

/** Docker's default policy for a container with these capabilities (names without `CAP_`); the same object each time. */
export function defaultSeccomp(capabilities: ReadonlySet<string>, architecture: 'x64' | 'arm64'): SpecSeccomp {
  const key = `${architecture} ${[...capabilities].sort().join()}`;
  const policy = made.get(key) ?? makeSeccomp(capabilities, architecture);
  made.set(key, policy);
  return policy;
}

function makeSeccomp(capabilities: ReadonlySet<string>, architecture: 'x64' | 'arm64'): SpecSeccomp {
  const withCapability = Object.entries(WITH_CAPABILITY).filter(([name]) => capabilities.has(name));
  const names = [...ALWAYS, ...withCapability.map(([, calls]) => calls), ...(architecture === 'x64' ? [ON_X64] : [])];
  return {
    defaultAction: 'SCMP_ACT_ERRNO',
    defaultErrnoRet: 1,
    architectures: architecture === 'x64' ? ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86'] : ['SCMP_ARCH_AARCH64'],
    syscalls: [
      { names: [...new Set(names.flatMap((calls) => calls.split(/\s+/)))], action: 'SCMP_ACT_ALLOW' },
      ...SOCKET_FAMILIES.map(([op, value]) => allowArgument('socket', op, value)),
      ...PERSONALITIES.map((value) => allowArgument('personality', 'SCMP_CMP_EQ', value)),
      ...(capabilities.has('SYS_ADMIN') ? [] : REFUSED_NAMESPACES),
    ],
  };
}

/** clone3 takes its flags from memory, where a filter cannot see them: ENOSYS makes the C library fall back to clone. */
const REFUSED_NAMESPACES: readonly SpecSyscall[] = [
  {
    names: ['clone'],
    action: 'SCMP_ACT_ALLOW',
    args: [{ index: 0, value: NAMESPACE_FLAGS, valueTwo: 0, op: 'SCMP_CMP_MASKED_EQ' }],
  },
  { names: ['clone3'], action: 'SCMP_ACT_ERRNO', errnoRet: ENOSYS },
];

function allowArgument(name: string, op: SeccompOperator, value: number): SpecSyscall {
  return { names: [name], action: 'SCMP_ACT_ALLOW', args: [{ index: 0, value, op }] };
}
