// service-manager NOTIFY LISTEN PROGRAM ARGUMENT…: starts a program as systemd starts a service. NOTIFY is a path or `@name`, where the program tells how it stands; LISTEN a path of a
// stream socket that it gets as descriptor 3. Prints `started PID`, a line `PID TEXT` for each message (its lines joined by `|`, PID as the kernel vouches for it), and `ended STATUS`.
#define _GNU_SOURCE
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static int open_socket(const char *path, int type) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  size_t length = strlen(path);
  memcpy(address.sun_path, path, length + 1);
  if (path[0] == '@') address.sun_path[0] = '\0';
  int descriptor = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
  if (bind(descriptor, (struct sockaddr *)&address, offsetof(struct sockaddr_un, sun_path) + length) < 0 || (type == SOCK_STREAM && listen(descriptor, 16) < 0)) {
    perror(path);
    exit(1);
  }
  return descriptor;
}

static void run(int listening, const char *notify, char **program) {
  char pid[16];
  snprintf(pid, sizeof pid, "%d", getpid());
  setenv("LISTEN_PID", pid, 1);
  setenv("LISTEN_FDS", "1", 1);
  setenv("NOTIFY_SOCKET", notify, 1);
  // A descriptor that is 3 already would keep its flag.
  int spare = dup(listening);
  dup2(spare, 3);
  close(spare);
  execvp(program[0], program);
  perror(program[0]);
  _exit(127);
}

// 0: nothing is there.
static int print_message(int descriptor) {
  char text[4096];
  union {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(struct ucred))];
  } control;
  struct iovec part = {text, sizeof text - 1};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
  struct ucred sender = {0};
  ssize_t length = recvmsg(descriptor, &message, MSG_DONTWAIT);
  if (length < 0) return 0;
  if (CMSG_FIRSTHDR(&message)) memcpy(&sender, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof sender);
  text[length] = '\0';
  for (char *end = text; (end = strchr(end, '\n'));) *end = '|';
  printf("%d %s\n", sender.pid, text);
  return 1;
}

int main(int argc, char **argv) {
  static const int on = 1;
  if (argc < 4) return 2;
  setvbuf(stdout, NULL, _IOLBF, 0);
  int notify = open_socket(argv[1], SOCK_DGRAM);
  int listening = open_socket(argv[2], SOCK_STREAM);
  setsockopt(notify, SOL_SOCKET, SO_PASSCRED, &on, sizeof on);
  pid_t child = fork();
  if (child == 0) run(listening, argv[1], argv + 3);
  close(listening);
  printf("started %d\n", child);
  struct pollfd wanted[2] = {{.fd = notify, .events = POLLIN}, {.fd = (int)syscall(SYS_pidfd_open, child, 0), .events = POLLIN}};
  do {
    poll(wanted, 2, -1);
    while (print_message(notify)) continue;
  } while (!wanted[1].revents);
  int status = 0;
  waitpid(child, &status, 0);
  printf("ended %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
  return 0;
}
