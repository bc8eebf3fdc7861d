// Between this process' standard streams and the terminal of a program.
#pragma once

#include <sys/types.h>

// Copies both ways until the child has ended, which is left to be reaped. A terminal at stdin is raw meanwhile, and gives its size, at SIGWINCH once more.
void relay(int terminal, pid_t pid);
