// The words of a plan: X(kind, NAME, "word", fewest fields, most fields). plan-words.ts holds the same table; README.md says what the fields mean.
#pragma once

#include <stdint.h>

#define ANY UINT32_MAX

#define PLAN_SETTINGS(X)                        \
  X(1, ID, "id", 1, 1)                          \
  X(2, SOCKET, "socket", 1, 1)                  \
  X(3, LOCK, "lock", 1, 1)                      \
  X(4, JOURNAL, "journal", 1, 1)                \
  X(5, LOG, "log", 3, 3)                        \
  X(6, TERMINAL, "terminal", 2, 2)              \
  X(7, STDIN, "stdin", 1, 1)                    \
  X(8, RESTART, "restart", 2, 2)                \
  X(9, HEALTH, "health", 6, 6)                  \
  X(10, CLONE, "clone", 1, 8)                   \
  X(11, JOIN, "join", 2, 2)                     \
  X(12, TARGET, "target", 2, 2)                 \
  X(13, UID_MAP, "uid-map", 1, 1)               \
  X(14, GID_MAP, "gid-map", 1, 1)               \
  X(15, CGROUP_V1, "cgroup-v1", 1, ANY)         \
  X(16, CGROUP_V2, "cgroup-v2", 1, 1)           \
  X(17, OOM, "oom", 2, 2)                       \
  X(18, HANDSHAKE, "handshake", 0, 0)           \
  X(19, EXIT_COMMAND, "exit-command", 1, ANY)   \
  X(20, CGROUP_REMOVE, "cgroup-remove", 1, ANY) \
  X(21, EXIT_ENVIRONMENT, "environment", 0, ANY) \
  X(22, DEVICE_PROGRAM, "device-program", 1, 1) \
  X(23, NETWORK, "network", 2, 2)               \
  X(24, PORT, "port", 6, 6)                     \
  X(25, NETLINK, "netlink", 4, 4)               \
  X(26, RESOLVER, "resolver", 5, ANY)           \
  X(27, DETACHED, "detached", 0, 0)             \
  X(28, CONSOLE_SOCKET, "console-socket", 1, 1) \
  X(29, KEEP, "keep", 1, 1)                     \
  X(30, PARAMETER, "parameter", 2, 2)

#define PLAN_OPERATIONS(X)                                \
  X(100, OVERLAY, "overlay", 3, ANY)                      \
  X(101, ROOT, "root", 1, 1)                              \
  X(102, MOUNT, "mount", 4, ANY)                          \
  X(103, BIND, "bind", 3, 4)                              \
  X(104, DEVICE, "device", 7, 7)                          \
  X(105, SYMLINK, "symlink", 2, 2)                        \
  X(106, MASK, "mask", 1, 1)                              \
  X(107, READONLY, "readonly", 1, 1)                      \
  X(108, CONSOLE, "console", 1, 1)                        \
  X(109, PIVOT, "pivot", 0, 0)                            \
  X(110, READONLY_ROOT, "readonly-root", 0, 0)            \
  X(111, PROPAGATION, "propagation", 1, 1)                \
  X(112, HOSTNAME, "hostname", 1, 1)                      \
  X(113, DOMAINNAME, "domainname", 1, 1)                  \
  X(114, SYSCTL, "sysctl", 2, 2)                          \
  X(115, RLIMIT, "rlimit", 3, 3)                          \
  X(116, OOM_SCORE_ADJ, "oom-score-adj", 1, 1)            \
  X(117, LOOPBACK, "loopback", 0, 0)                      \
  X(118, UMASK, "umask", 1, 1)                            \
  X(119, KEYRING, "keyring", 1, 1)                        \
  X(120, BOUNDING, "bounding", 1, 1)                      \
  X(121, NO_NEW_PRIVILEGES, "no-new-privileges", 0, 0)    \
  X(122, USER, "user", 2, ANY)                            \
  X(123, DIRECTORY, "directory", 1, 2)                    \
  X(124, CAPABILITIES, "capabilities", 4, 4)              \
  X(125, SECCOMP, "seccomp", 1, 1)                        \
  X(126, INIT, "init", 0, 0)                              \
  X(127, ENVIRONMENT, "environment", 0, ANY)              \
  X(128, EXEC, "exec", 1, ANY)                            \
  X(129, FUSE_OVERLAY, "fuse-overlay", 4, ANY)            \
  X(130, START, "start", 1, 1)

#define PLAN_FIRST_OPERATION 100

enum {
#define X(kind, name, word, fewest, most) SETTING_##name = kind,
  PLAN_SETTINGS(X)
#undef X
#define X(kind, name, word, fewest, most) OPERATION_##name = kind,
      PLAN_OPERATIONS(X)
#undef X
};
