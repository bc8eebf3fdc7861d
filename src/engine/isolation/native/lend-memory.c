#define _GNU_SOURCE
#include "lend-memory.h"

#include <errno.h>
#include <sched.h>

#include "syscalls.h"

#define STACK_BYTES (128 * 1024)

// Below the frame of who calls, so that it becomes memory only as far as it is used, once for all.
pid_t clone_lending_memory(struct clone_args *arguments, void (*run)(const void *argument), const void *argument) {
  _Alignas(16) char stack[STACK_BYTES];
  arguments->flags |= CLONE_VM | CLONE_VFORK;
  arguments->stack = (uintptr_t)stack;
  arguments->stack_size = sizeof stack;
#if defined(__x86_64__)
  register const void *kept __asm__("r12") = argument;
  register void (*entry)(const void *) __asm__("r13") = run;
  long pid;
  __asm__ volatile(
      "syscall\n\t"
      "test %%rax, %%rax\n\t"
      "jnz 1f\n\t"
      "xor %%ebp, %%ebp\n\t"
      "mov %%r12, %%rdi\n\t"
      "call *%%r13\n\t"
      "hlt\n"
      "1:"
      : "=a"(pid)
      : "a"((long)SYS_clone3), "D"(arguments), "S"(sizeof *arguments), "r"(kept), "r"(entry)
      : "rcx", "r11", "memory", "cc");
#elif defined(__aarch64__)
  register long number __asm__("x8") = SYS_clone3;
  register long pid __asm__("x0") = (long)arguments;
  register long size __asm__("x1") = sizeof *arguments;
  register const void *kept __asm__("x19") = argument;
  register void (*entry)(const void *) __asm__("x20") = run;
  __asm__ volatile(
      "svc #0\n\t"
      "cbnz x0, 1f\n\t"
      "mov x29, xzr\n\t"
      "mov x0, x19\n\t"
      "blr x20\n\t"
      "brk #0\n"
      "1:"
      : "+r"(pid)
      : "r"(number), "r"(size), "r"(kept), "r"(entry)
      : "memory", "cc");
#else
  long pid;
  arguments->flags &= ~(uint64_t)(CLONE_VM | CLONE_VFORK);
  arguments->stack = arguments->stack_size = 0;
  pid = syscall(SYS_clone3, arguments, sizeof *arguments);
  if (pid == 0) run(argument);
  if (pid < 0) pid = -errno;
#endif
  if (pid >= 0) return (pid_t)pid;
  errno = (int)-pid;
  return -1;
}
