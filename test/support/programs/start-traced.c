// start-traced WORD… -- PROGRAM ARGUMENT…    executes the program once `strace WORD… -p` of this process is attached. strace starts what it traces with descriptors of its own
// left open in itself, which keeps from being seen when the traced process closes a connection that it was given: here it gets none. Its counts begin at the execve. The word behind
// -o gets the pid at its end.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void run_tracer(char **words, int count, char *pid) {
  char *arguments[64] = {"strace"};
  char attach[] = "-p";
  char output[4096];
  if (count > 60) _exit(125);
  memcpy(arguments + 1, words, (size_t)count * sizeof *words);
  for (int i = 2; i <= count; i++) {
    if (strcmp(arguments[i - 1], "-o") != 0) continue;
    snprintf(output, sizeof output, "%s.%s", arguments[i], pid);
    arguments[i] = output;
  }
  arguments[count + 1] = attach;
  arguments[count + 2] = pid;
  arguments[count + 3] = NULL;
  int nothing = open("/dev/null", O_RDWR);
  for (int i = 0; i < 3; i++) dup2(nothing, i);
  syscall(SYS_close_range, 3U, ~0U, 0U);
  setsid();
  execvp(arguments[0], arguments);
  _exit(125);
}

static int is_traced(int status) {
  char text[4096];
  ssize_t length = pread(status, text, sizeof text - 1, 0);
  if (length <= 0) return 0;
  text[length] = '\0';
  const char *line = strstr(text, "TracerPid:\t");
  return line != NULL && line[sizeof "TracerPid:\t" - 1] != '0';
}

int main(int argc, char **argv) {
  char pid[16];
  int end = 1;
  while (end < argc && strcmp(argv[end], "--") != 0) end++;
  if (end + 1 >= argc) return 125;
  snprintf(pid, sizeof pid, "%d", getpid());
  int status = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
  // Twice, so that the program has no child that it does not know.
  pid_t between = fork();
  if (between == 0) {
    if (fork() == 0) run_tracer(argv + 1, end - 1, pid);
    _exit(0);
  }
  waitpid(between, NULL, 0);
  while (!is_traced(status)) usleep(500);
  execv(argv[end + 1], argv + end + 1);
  return 125;
}
