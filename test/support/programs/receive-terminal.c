// receive-terminal SOCKET   listens there; what the terminal that is sent to it says is copied to stdout until it ends. Writes "ready" to stderr first.
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int main(int argc, char **argv) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  char name[64];
  char control[CMSG_SPACE(sizeof(int))];
  struct iovec part = {.iov_base = name, .iov_len = sizeof name};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  int terminal = -1;
  if (argc != 2) return 2;
  strncpy(address.sun_path, argv[1], sizeof address.sun_path - 1);
  int listener = socket(AF_UNIX, SOCK_STREAM, 0);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0 || listen(listener, 1) < 0) return 3;
  if (write(2, "ready\n", 6) < 0) return 4;
  int connection = accept(listener, NULL, NULL);
  if (recvmsg(connection, &message, 0) <= 0 || !CMSG_FIRSTHDR(&message)) return 5;
  memcpy(&terminal, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof terminal);
  char bytes[4096];
  for (ssize_t count; (count = read(terminal, bytes, sizeof bytes)) > 0;)
    if (write(1, bytes, (size_t)count) != count) return 6;
  return 0;
}
