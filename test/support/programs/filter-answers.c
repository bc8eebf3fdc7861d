// What the filter of a process says to every system call, none of which is made: an own filter asks the parent, who skips it. The
// kernel asks all filters and obeys the strictest, so that what is asked of the parent is what the other filters allow.
// Prints "ARCHITECTURE NUMBER(ARGUMENT) ANSWER" a line: the first argument, and "allowed", an errno or "signal N".
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NUMBERS = 480, SKIPPED = -4000, SIGNALLED = 10000 };

/** Where conditions are about the first argument: families of sockets, personalities, flags of clone; any other call is asked with the first two. */
static const long arguments[] = {0,         0xffffffff, 1,          2,          8,          16,         17,        38,         40,
                                 0x80,      0x20000,    0x20008,    0x2000000,  0x10000000, 0x40000000, 0x7e020000, 0x1200011, 0x100000028};
enum { ARGUMENTS = sizeof arguments / sizeof *arguments };

enum { X64, I386, X32, ARCHITECTURES };
static const char *const names[] = {"x64", "i386", "x32"};

/** socket, clone, personality and unshare; i386 has socketcall too. */
static const int conditional[ARCHITECTURES][5] = {{41, 56, 135, 272, 272}, {102, 120, 136, 310, 359}, {41, 56, 135, 272, 272}};

typedef int answers_t[ARCHITECTURES][NUMBERS][ARGUMENTS];

static long call(int architecture, long number, long argument) {
  long answer;
  if (architecture == I386) {
    __asm__ volatile("int $0x80" : "=a"(answer) : "a"(number), "b"(argument), "c"(0), "d"(0), "S"(0), "D"(0) : "memory", "r8", "r9", "r10", "r11");
    return (int)answer;
  }
  register long fourth __asm__("r10") = 0;
  long name = architecture == X32 ? number | 0x40000000 : number;
  __asm__ volatile("syscall" : "=a"(answer) : "a"(name), "D"(argument), "S"(0), "d"(0), "r"(fourth) : "memory", "rcx", "r11");
  return answer;
}

static int is_asked_with(int architecture, int number, int argument) {
  int is_conditional = 0;
  for (int at = 0; at < 5; at++) is_conditional |= conditional[architecture][at] == number;
  return argument < 2 || is_conditional;
}

/** Nothing but the calls in question is made once the filter is there: the answers are in memory that both have. */
static void ask_all(answers_t *answers, volatile int *place) {
  for (int at = 0; at < ARCHITECTURES * NUMBERS * ARGUMENTS; at++) {
    int *answer = &(*answers)[at / ARGUMENTS / NUMBERS][at / ARGUMENTS % NUMBERS][at % ARGUMENTS];
    if (!is_asked_with(at / ARGUMENTS / NUMBERS, at / ARGUMENTS % NUMBERS, at % ARGUMENTS)) continue;
    *place = at;
    // The child before this one was ended at this call.
    if (*answer >= SIGNALLED) continue;
    *answer = (int)-call(at / ARGUMENTS / NUMBERS, at / ARGUMENTS % NUMBERS, arguments[at % ARGUMENTS]);
  }
  *place = -1;
}

static void be_asked(answers_t *answers, volatile int *place) {
  struct sock_filter ask = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE);
  const struct sock_fprog program = {1, &ask};
  if (ptrace(PTRACE_TRACEME, 0, 0, 0) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) _exit(2);
  raise(SIGSTOP);
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) _exit(3);
  ask_all(answers, place);
  for (;;) __asm__ volatile("syscall" : : "a"(SYS_exit_group), "D"(0) : "memory", "rcx", "r11");
}

static void skip(pid_t child) {
  struct user_regs_struct registers;
  if (ptrace(PTRACE_GETREGS, child, 0, &registers) != 0) exit(4);
  registers.orig_rax = (unsigned long)-1;
  registers.rax = (unsigned long)SKIPPED;
  if (ptrace(PTRACE_SETREGS, child, 0, &registers) != 0) exit(4);
}

/** True when all has been asked; false where a call has ended the child. */
static int ask(answers_t *answers, volatile int *place) {
  int status;
  pid_t child = fork();
  if (child == 0) be_asked(answers, place);
  if (waitpid(child, &status, 0) != child || !WIFSTOPPED(status)) exit(5);
  if (ptrace(PTRACE_SETOPTIONS, child, 0, PTRACE_O_TRACESECCOMP | PTRACE_O_EXITKILL) != 0) exit(6);
  for (int signal = 0; ptrace(PTRACE_CONT, child, 0, signal) == 0 && waitpid(child, &status, 0) == child && WIFSTOPPED(status);) {
    int is_asked = status >> 8 == (SIGTRAP | PTRACE_EVENT_SECCOMP << 8);
    signal = is_asked ? 0 : WSTOPSIG(status);
    if (is_asked && *place == -1) {
      kill(child, SIGKILL);
      waitpid(child, &status, 0);
      return 1;
    }
    if (is_asked) skip(child);
  }
  if (!WIFSIGNALED(status) || *place < 0) exit(7);
  (*answers)[*place / ARGUMENTS / NUMBERS][*place / ARGUMENTS % NUMBERS][*place % ARGUMENTS] = SIGNALLED + WTERMSIG(status);
  return 0;
}

static const char *word(int answer) {
  static char text[32];
  if (answer == -SKIPPED) return "allowed";
  if (answer >= SIGNALLED) snprintf(text, sizeof text, "signal %d", answer - SIGNALLED);
  else snprintf(text, sizeof text, "%d", answer);
  return text;
}

int main(void) {
  answers_t *answers = mmap(NULL, sizeof *answers, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  volatile int *place = mmap(NULL, sizeof *place, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (answers == MAP_FAILED || place == MAP_FAILED) return 1;
  while (!ask(answers, place)) continue;
  for (int architecture = 0; architecture < ARCHITECTURES; architecture++) {
    for (int number = 0; number < NUMBERS; number++) {
      const int *of = (*answers)[architecture][number];
      for (int at = 0; at < ARGUMENTS; at++)
        if (is_asked_with(architecture, number, at)) printf("%s %d(0x%lx) %s\n", names[architecture], number, arguments[at], word(of[at]));
    }
  }
  return 0;
}
