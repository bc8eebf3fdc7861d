// notify SOCKET PID TEXT    sends TEXT as one datagram to a service manager, in the name of process PID: sd_notify(3). SOCKET is a path, or `@` and a name of the abstract space.
//                           Node has no datagram sockets of the unix family.
#define _GNU_SOURCE
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"
#include "roles.h"

enum { WORD_SOCKET = 1, WORD_PID, WORD_TEXT, WORDS };

// A manager that reads nothing must not hold up a service for ever.
#define SEND_SECONDS 5

typedef union {
  struct cmsghdr header;
  char bytes[CMSG_SPACE(sizeof(struct ucred))];
} control_t;

// A path has a NUL at its end, a name of the abstract space begins with one instead. unix(7)
static int parse_address(const char *text, struct sockaddr_un *address, socklen_t *length, failure_t *failure) {
  size_t bytes = strlen(text);
  if ((text[0] != '/' && text[0] != '@') || bytes < 2 || bytes >= sizeof address->sun_path) return fail(failure, EINVAL, text, "not the address of a unix socket");
  address->sun_family = AF_UNIX;
  memcpy(address->sun_path, text, bytes);
  if (text[0] == '@') address->sun_path[0] = '\0';
  *length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + bytes + (text[0] == '/'));
  return 0;
}

// Managers believe the main process of a service alone, unless NotifyAccess= says otherwise; root may send in another's name. unix(7), SCM_CREDENTIALS
static int send_as(int descriptor, struct msghdr *message, pid_t pid) {
  control_t control = {.bytes = {0}};
  struct ucred credentials = {.pid = pid, .uid = getuid(), .gid = getgid()};
  message->msg_control = control.bytes;
  message->msg_controllen = sizeof control.bytes;
  control.header.cmsg_level = SOL_SOCKET;
  control.header.cmsg_type = SCM_CREDENTIALS;
  control.header.cmsg_len = CMSG_LEN(sizeof credentials);
  memcpy(CMSG_DATA(&control.header), &credentials, sizeof credentials);
  if (sendmsg(descriptor, message, MSG_NOSIGNAL) >= 0) return 0;
  if (errno != EPERM && errno != ESRCH) return -1;
  message->msg_control = NULL;
  message->msg_controllen = 0;
  return sendmsg(descriptor, message, MSG_NOSIGNAL) < 0 ? -1 : 0;
}

static int notify(const char *socket_text, pid_t pid, char *text, failure_t *failure) {
  static const struct timeval limit = {.tv_sec = SEND_SECONDS};
  struct sockaddr_un address = {0};
  socklen_t length = 0;
  if (parse_address(socket_text, &address, &length, failure) < 0) return -1;
  struct iovec part = {.iov_base = text, .iov_len = strlen(text)};
  struct msghdr message = {.msg_name = &address, .msg_namelen = length, .msg_iov = &part, .msg_iovlen = 1};
  cleanup_close int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return fail(failure, errno, socket_text, "cannot make a socket");
  setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  return send_as(descriptor, &message, pid) < 0 ? fail(failure, errno, socket_text, "cannot notify the service manager") : 0;
}

int run_notify(int argc, char **argv) {
  failure_t failure = {0};
  long pid = argc == WORDS ? strtol(argv[WORD_PID], NULL, 10) : 0;
  int result = pid > 0 ? notify(argv[WORD_SOCKET], (pid_t)pid, argv[WORD_TEXT], &failure) : fail(&failure, EINVAL, argv[0], "it takes a socket, a process and a text");
  return result == 0 ? 0 : failure_tell(&failure);
}
