// What a network carries and how fast it answers.
//   network-probe serve PORT                      echoes bytes to who begins with `e`, takes all of who begins with `s` and says when
//   network-probe latency PID ADDRESS PORT        µs of one byte there and back, the mean of many, from the network of a process
//   network-probe carry PID ADDRESS PORT          ms until a gibibyte has been taken
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PIECE = 1 << 17, ROUNDS = 20000, WARM_UP = 500, PIECES = (1 << 30) / PIECE };

static char piece[PIECE];

static void die(const char *what) {
  perror(what);
  exit(1);
}

static double now_us(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static void send_at_once(int socket) {
  static const int on = 1;
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

static void answer(int client) {
  char mode = 0;
  send_at_once(client);
  if (read(client, &mode, 1) != 1) exit(1);
  if (mode == 'e')
    while (read(client, piece, 1) == 1)
      if (write(client, piece, 1) != 1) exit(1);
  if (mode == 's') {
    while (read(client, piece, sizeof piece) > 0) continue;
    if (write(client, piece, 1) != 1) exit(1);
  }
  exit(0);
}

static _Noreturn void serve(int port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  signal(SIGCHLD, SIG_IGN);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0 || listen(listener, 16) < 0) die("listen");
  for (;;) {
    int client = accept(listener, NULL, NULL);
    if (client < 0) die("accept");
    if (fork() == 0) answer(client);
    close(client);
  }
}

static void enter_network(const char *pid) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%s/ns/net", pid);
  int namespace_ = open(path, O_RDONLY);
  if (namespace_ < 0 || setns(namespace_, CLONE_NEWNET) < 0) die(path);
}

// The server may still be starting.
static int connect_to(const char *text, int port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  if (inet_pton(AF_INET, text, &address.sin_addr) != 1) die(text);
  for (int i = 0; i < 500; i++) {
    int made = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(made, (struct sockaddr *)&address, sizeof address) == 0) {
      send_at_once(made);
      return made;
    }
    close(made);
    nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
  }
  die("connect");
  return -1;
}

static void measure_latency(int server) {
  double begin = 0;
  if (write(server, "e", 1) != 1) die("write");
  for (int i = 0; i < ROUNDS + WARM_UP; i++) {
    if (i == WARM_UP) begin = now_us();
    if (write(server, piece, 1) != 1 || read(server, piece, 1) != 1) die("echo");
  }
  printf("%.3f\n", (now_us() - begin) / ROUNDS);
}

static void measure_carry(int server) {
  if (write(server, "s", 1) != 1) die("write");
  double begin = now_us();
  for (int i = 0; i < PIECES; i++)
    for (size_t at = 0; at < PIECE;) {
      ssize_t count = write(server, piece + at, PIECE - at);
      if (count <= 0) die("write");
      at += (size_t)count;
    }
  shutdown(server, SHUT_WR);
  if (read(server, piece, 1) != 1) die("read");
  printf("%.3f\n", (now_us() - begin) / 1e3);
}

int main(int count, char **words) {
  if (count == 3 && strcmp(words[1], "serve") == 0) serve(atoi(words[2]));
  if (count != 5) return 2;
  enter_network(words[2]);
  int server = connect_to(words[3], atoi(words[4]));
  if (strcmp(words[1], "latency") == 0) measure_latency(server);
  if (strcmp(words[1], "carry") == 0) measure_carry(server);
  return 0;
}
