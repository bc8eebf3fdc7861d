// What a container costs at the least: all that an engine does for one, by a program that knows it beforehand and keeps no
// state. Prints the ms it took.
//   launcher run FOLDER GROUP FILTER PROGRAM...   FOLDER has `lower`, the root file system; `upper` and `work` are made in it
//   launcher enter PID GROUP FILTER PROGRAM...    in the container of a process
// GROUP is a name below each hierarchy of cgroup v1, FILTER a file with a seccomp program.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// <sys/mount.h> cannot stand beside <linux/mount.h> in older C libraries.
int mount(const char *source, const char *target, const char *type, unsigned long flags, const void *data);
int umount2(const char *target, int flags);
enum { DETACH = 2 };

#define SAFE (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)
#define COUNT(list) (sizeof(list) / sizeof *(list))

static const char *const hierarchies[] = {"memory", "cpu", "cpuacct", "cpuset", "pids", "devices", "freezer", "blkio"};
static const char *const device_rules[] = {"c *:* m",   "b *:* m",   "c 1:3 rwm", "c 1:5 rwm", "c 1:7 rwm",
                                           "c 1:8 rwm", "c 1:9 rwm", "c 5:0 rwm", "c 5:2 rwm", "c 136:* rwm"};
static const char *const masked[] = {"proc/acpi",       "proc/asound", "proc/interrupts", "proc/kcore",
                                     "proc/keys",       "proc/scsi",   "proc/timer_list", "proc/latency_stats",
                                     "sys/firmware",    "sys/devices/virtual/powercap"};
static const char *const read_only[] = {"proc/bus", "proc/fs", "proc/irq", "proc/sys", "proc/sysrq-trigger"};
static const struct {
  const char *name;
  unsigned major, minor;
} nodes[] = {{"null", 1, 3}, {"zero", 1, 5}, {"full", 1, 7}, {"random", 1, 8}, {"urandom", 1, 9}, {"tty", 5, 0}};
static const char *const links[][2] = {{"pts/ptmx", "ptmx"},
                                       {"/proc/self/fd", "fd"},
                                       {"/proc/self/fd/0", "stdin"},
                                       {"/proc/self/fd/1", "stdout"},
                                       {"/proc/self/fd/2", "stderr"}};
static const int kept_capabilities[] = {0, 1, 3, 4, 5, 6, 7, 8, 10, 13, 18, 27, 29, 31};
enum { LAST_CAPABILITY = 40, LONGEST_PATH = 512 };

static _Noreturn void die(const char *what) {
  perror(what);
  _exit(125);
}

static int check(long result, const char *what) {
  if (result < 0) die(what);
  return (int)result;
}

static double now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void write_text(const char *path, const char *text) {
  int file = check(open(path, O_WRONLY | O_CLOEXEC), path);
  check(write(file, text, strlen(text)), path);
  close(file);
}

static const char *group_path(const char *hierarchy, const char *group, const char *file) {
  static char path[LONGEST_PATH];
  snprintf(path, sizeof path, "/sys/fs/cgroup/%s/%s/%s", hierarchy, group, file);
  return path;
}

static void make_groups(const char *group) {
  for (size_t i = 0; i < COUNT(hierarchies); i++) check(mkdir(group_path(hierarchies[i], group, ""), 0755), "group");
  check(mkdir(group_path("unified", group, ""), 0755), "group");
  write_text(group_path("cpuset", group, "cpuset.cpus"), "0");
  write_text(group_path("cpuset", group, "cpuset.mems"), "0");
  write_text(group_path("devices", group, "devices.deny"), "a");
  for (size_t i = 0; i < COUNT(device_rules); i++) {
    write_text(group_path("devices", group, "devices.allow"), device_rules[i]);
  }
}

static void join_groups(const char *group) {
  for (size_t i = 0; i < COUNT(hierarchies); i++) write_text(group_path(hierarchies[i], group, "tasks"), "0");
}

static void remove_groups(const char *group) {
  for (size_t i = 0; i < COUNT(hierarchies); i++) check(rmdir(group_path(hierarchies[i], group, "")), "rmdir");
  check(rmdir(group_path("unified", group, "")), "rmdir");
}

static int open_below(int root, const char *path) {
  struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS};
  return (int)syscall(SYS_openat2, root, path, &how, sizeof how);
}

// `options` are names and values by turns, a value NULL for a flag; behind the last a NULL.
static int make_mount(const char *type, unsigned attributes, const char *const *options) {
  int made = check(syscall(SYS_fsopen, type, FSOPEN_CLOEXEC), type);
  for (; options != NULL && options[0] != NULL; options += 2) {
    unsigned kind = options[1] == NULL ? FSCONFIG_SET_FLAG : FSCONFIG_SET_STRING;
    check(syscall(SYS_fsconfig, made, kind, options[0], options[1], 0), options[0]);
  }
  check(syscall(SYS_fsconfig, made, FSCONFIG_CMD_CREATE, NULL, NULL, 0), type);
  int result = check(syscall(SYS_fsmount, made, FSMOUNT_CLOEXEC, attributes), type);
  close(made);
  return result;
}

static void move_mount_to(int made, int target) {
  unsigned flags = MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH;
  check(syscall(SYS_move_mount, made, "", target, "", flags), "move_mount");
}

static int copy_mount(int place) {
  unsigned flags = AT_EMPTY_PATH | AT_RECURSIVE | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC;
  return check(syscall(SYS_open_tree, place, "", flags), "open_tree");
}

static void put_mount(int root, int made, const char *path) {
  int target = open_below(root, path);
  if (target < 0) {
    check(mkdirat(root, path, 0755), path);
    target = check(open_below(root, path), path);
  }
  move_mount_to(made, target);
  close(target);
  close(made);
}

static int mount_root(const char *folder) {
  char lower[LONGEST_PATH], upper[LONGEST_PATH], work[LONGEST_PATH];
  snprintf(lower, sizeof lower, "%s/lower", folder);
  snprintf(upper, sizeof upper, "%s/upper", folder);
  snprintf(work, sizeof work, "%s/work", folder);
  check(mount(NULL, "/", NULL, 0x4000 | 0x40000 /* MS_REC | MS_PRIVATE */, NULL), "private");
  const char *options[] = {"lowerdir", lower, "upperdir", upper, "workdir", work, "index", "off", NULL};
  int root = make_mount("overlay", 0, options);
  int place = check(open(folder, O_PATH | O_CLOEXEC), folder);
  move_mount_to(root, place);
  close(place);
  return root;
}

static void mount_kernel_files(int root) {
  static const char *const dev[] = {"mode", "755", "size", "65536k", NULL};
  static const char *const pts[] = {"newinstance", NULL, "ptmxmode", "0666", "mode", "0620", "gid", "5", NULL};
  static const char *const shm[] = {"mode", "1777", "size", "65536k", NULL};
  put_mount(root, make_mount("proc", SAFE, NULL), "proc");
  put_mount(root, make_mount("tmpfs", MOUNT_ATTR_NOSUID, dev), "dev");
  put_mount(root, make_mount("devpts", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, pts), "dev/pts");
  put_mount(root, make_mount("tmpfs", SAFE, shm), "dev/shm");
  put_mount(root, make_mount("mqueue", SAFE, NULL), "dev/mqueue");
  put_mount(root, make_mount("sysfs", SAFE | MOUNT_ATTR_RDONLY, NULL), "sys");
  put_mount(root, make_mount("tmpfs", SAFE, NULL), "sys/fs/cgroup");
  for (size_t i = 0; i < COUNT(hierarchies); i++) {
    const char *options[] = {hierarchies[i], NULL, NULL};
    char path[LONGEST_PATH];
    snprintf(path, sizeof path, "sys/fs/cgroup/%s", hierarchies[i]);
    put_mount(root, make_mount("cgroup", SAFE | MOUNT_ATTR_RDONLY, options), path);
  }
}

static void make_nodes(int root) {
  int dev = check(open_below(root, "dev"), "dev");
  umask(0);
  for (size_t i = 0; i < COUNT(nodes); i++) {
    check(mknodat(dev, nodes[i].name, S_IFCHR | 0666, makedev(nodes[i].major, nodes[i].minor)), nodes[i].name);
  }
  umask(022);
  for (size_t i = 0; i < COUNT(links); i++) check(symlinkat(links[i][0], dev, links[i][1]), links[i][1]);
  close(dev);
}

static void hide_paths(int root) {
  int null = check(open_below(root, "dev/null"), "dev/null");
  for (size_t i = 0; i < COUNT(masked); i++) {
    int target = open_below(root, masked[i]);
    struct stat status;
    if (target < 0) continue;
    check(fstat(target, &status), masked[i]);
    int made = S_ISDIR(status.st_mode) ? make_mount("tmpfs", SAFE | MOUNT_ATTR_RDONLY, NULL) : copy_mount(null);
    move_mount_to(made, target);
    close(made);
    close(target);
  }
  for (size_t i = 0; i < COUNT(read_only); i++) {
    int target = open_below(root, read_only[i]);
    struct mount_attr change = {.attr_set = MOUNT_ATTR_RDONLY};
    if (target < 0) continue;
    int made = copy_mount(target);
    check(syscall(SYS_mount_setattr, made, "", AT_EMPTY_PATH | AT_RECURSIVE, &change, sizeof change), read_only[i]);
    move_mount_to(made, target);
    close(made);
    close(target);
  }
}

static void change_root(int root) {
  check(fchdir(root), "fchdir");
  check(syscall(SYS_pivot_root, ".", "."), "pivot_root");
  check(umount2(".", DETACH), "umount");
  check(chdir("/"), "chdir");
}

// What is kept is Docker's default.
static void drop_capabilities(uint64_t kept) {
  for (int i = 0; i <= LAST_CAPABILITY; i++) {
    if ((kept >> i & 1) == 0 && prctl(PR_CAPBSET_DROP, i, 0, 0, 0) < 0 && errno != EINVAL) die("PR_CAPBSET_DROP");
  }
  check(setgroups(0, NULL), "setgroups");
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
}

static void set_filter(int file) {
  static char bytes[1 << 16];
  size_t size = (size_t)check(pread(file, bytes, sizeof bytes, 0), "filter");
  struct sock_fprog program = {.len = (unsigned short)(size / sizeof(struct sock_filter)), .filter = (void *)bytes};
  check(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program), "seccomp");
}

static _Noreturn void become(char **program, int filter) {
  uint64_t kept = 0;
  for (size_t i = 0; i < COUNT(kept_capabilities); i++) kept |= UINT64_C(1) << kept_capabilities[i];
  check(syscall(SYS_close_range, 3, ~0U, CLOSE_RANGE_CLOEXEC), "close_range");
  drop_capabilities(kept);
  set_filter(filter);
  struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct sets[2] = {
      {.effective = (uint32_t)kept, .permitted = (uint32_t)kept},
      {.effective = (uint32_t)(kept >> 32), .permitted = (uint32_t)(kept >> 32)},
  };
  check(syscall(SYS_capset, &head, sets), "capset");
  clearenv();
  setenv("PATH", "/bin", 1);
  execvp(program[0], program);
  die(program[0]);
}

static _Noreturn void begin_container(const char *folder, const char *group, int filter, char **program) {
  join_groups(group);
  check(unshare(CLONE_NEWCGROUP), "unshare");
  setsid();
  int root = mount_root(folder);
  mount_kernel_files(root);
  make_nodes(root);
  hide_paths(root);
  change_root(root);
  check(sethostname("launched", strlen("launched")), "sethostname");
  become(program, filter);
}

static int wait_for(pid_t pid) {
  int status;
  check(waitpid(pid, &status, 0), "waitpid");
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int run(const char *folder, const char *group, int filter, char **program) {
  char path[LONGEST_PATH];
  static const char *const made[] = {"upper", "work"};
  for (size_t i = 0; i < COUNT(made); i++) {
    snprintf(path, sizeof path, "%s/%s", folder, made[i]);
    if (mkdir(path, 0755) < 0 && errno != EEXIST) die(path);
  }
  make_groups(group);
  int unified = check(open(group_path("unified", group, ""), O_RDONLY | O_DIRECTORY | O_CLOEXEC), "unified");
  struct clone_args wish = {
      .flags = CLONE_INTO_CGROUP | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET,
      .exit_signal = SIGCHLD,
      .cgroup = (unsigned)unified,
  };
  pid_t pid = (pid_t)check(syscall(SYS_clone3, &wish, sizeof wish), "clone3");
  if (pid == 0) begin_container(folder, group, filter, program);
  int code = wait_for(pid);
  remove_groups(group);
  return code;
}

static int enter(const char *pid, const char *group, int filter, char **program) {
  int target = check(syscall(SYS_pidfd_open, atoi(pid), 0), "pidfd_open");
  int unified = check(open(group_path("unified", group, ""), O_RDONLY | O_DIRECTORY | O_CLOEXEC), "unified");
  pid_t starter = fork();
  if (starter == 0) {
    join_groups(group);
    int all = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWCGROUP;
    check(setns(target, all), "setns");
    struct clone_args wish = {
        .flags = CLONE_INTO_CGROUP | CLONE_PARENT,
        .exit_signal = 0,
        .cgroup = (unsigned)unified,
    };
    pid_t child = (pid_t)check(syscall(SYS_clone3, &wish, sizeof wish), "clone3");
    if (child == 0) {
      setsid();
      become(program, filter);
    }
    _exit(0);
  }
  int code = wait_for(starter);
  return code == 0 ? wait_for(-1) : code;
}

int main(int count, char **words) {
  if (count < 6) return 2;
  double begin = now_ms();
  int filter = check(open(words[4], O_RDONLY | O_CLOEXEC), words[4]);
  int is_enter = strcmp(words[1], "enter") == 0;
  int code = (is_enter ? enter : run)(words[2], words[3], filter, words + 5);
  printf("%.3f\n", now_ms() - begin);
  return code;
}
