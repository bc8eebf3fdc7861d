#pragma once

#include <sys/types.h>

struct clone_args;

// As sys_clone3, but nothing of this process' memory is copied: the new one has it, on a stack of its own, until it executes a program or ends; so long this process stands still
// (vfork(2)). `run` must not return. Descriptors, signal handlers, working directory and rights are the new process' own. What it allocates and does not free stays allocated here.
pid_t clone_lending_memory(struct clone_args *arguments, void (*run)(const void *argument), const void *argument);
