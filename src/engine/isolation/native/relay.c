#define _GNU_SOURCE
#include "relay.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static volatile sig_atomic_t has_new_size;

static void note_signal(int number) {
  if (number == SIGWINCH) has_new_size = 1;
}

static void copy_size(int terminal) {
  struct winsize size;
  if (ioctl(STDIN_FILENO, TIOCGWINSZ, &size) == 0) ioctl(terminal, TIOCSWINSZ, &size);
}

static int write_all(int to, const char *bytes, ssize_t length) {
  while (length > 0) {
    ssize_t count = write(to, bytes, (size_t)length);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return -1;
    bytes += count;
    length -= count;
  }
  return 0;
}

// False at the end: a terminal that nobody has open any more says EIO.
static int pass(int from, int to) {
  char bytes[8192];
  ssize_t count = read(from, bytes, sizeof bytes);
  if (count < 0 && (errno == EINTR || errno == EAGAIN)) return 1;
  return count > 0 && write_all(to, bytes, count) == 0;
}

// Both are let in only while this process waits: none comes between a look and the wait.
static void hold_signals(sigset_t *outside) {
  sigset_t held;
  const struct sigaction action = {.sa_handler = note_signal};
  sigemptyset(&held);
  sigaddset(&held, SIGWINCH);
  sigaddset(&held, SIGCHLD);
  sigprocmask(SIG_BLOCK, &held, outside);
  sigaction(SIGWINCH, &action, NULL);
  sigaction(SIGCHLD, &action, NULL);
}

static int has_ended(pid_t pid) {
  siginfo_t information = {0};
  return waitid(P_PID, (id_t)pid, &information, WEXITED | WNOHANG | WNOWAIT) < 0 || information.si_pid == pid;
}

// What it wrote last is read, but others who may still have the terminal open are not waited for.
static void drain(int terminal) {
  struct pollfd polled = {.fd = terminal, .events = POLLIN};
  while (poll(&polled, 1, 0) > 0 && pass(terminal, STDOUT_FILENO)) continue;
}

static void pass_until_end(int terminal, pid_t pid, const sigset_t *outside) {
  struct pollfd polled[] = {{.fd = STDIN_FILENO, .events = POLLIN}, {.fd = terminal, .events = POLLIN}};
  while (!has_ended(pid)) {
    if (has_new_size) copy_size(terminal);
    has_new_size = 0;
    if (ppoll(polled, 2, NULL, outside) < 0 && errno != EINTR) return;
    if (polled[1].revents && !pass(terminal, STDOUT_FILENO)) polled[1].fd = -1;
    if (polled[0].revents && !pass(STDIN_FILENO, terminal)) polled[0].fd = -1;
    polled[0].revents = polled[1].revents = 0;
  }
  if (polled[1].fd >= 0) drain(terminal);
}

void relay(int terminal, pid_t pid) {
  struct termios before;
  sigset_t outside;
  int is_terminal = tcgetattr(STDIN_FILENO, &before) == 0;
  hold_signals(&outside);
  copy_size(terminal);
  if (is_terminal) {
    struct termios raw = before;
    cfmakeraw(&raw);
    tcsetattr(STDIN_FILENO, TCSANOW, &raw);
  }
  pass_until_end(terminal, pid, &outside);
  if (is_terminal) tcsetattr(STDIN_FILENO, TCSANOW, &before);
}
