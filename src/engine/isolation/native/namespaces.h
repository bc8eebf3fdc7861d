// The words of namespaces and what the kernel calls them.
#pragma once

#include <sys/types.h>

#include "error.h"
#include "plan.h"

// CLONE_NEW… for a word, 0 for none of them.
unsigned namespace_flag(const char *word);

// All words of the setting `clone`; 0 when it is absent.
int namespaces_to_clone(const plan_t *plan, unsigned *flags, failure_t *failure);

// The namespaces in which another process is and this one is not: a user namespace cannot be entered twice.
int namespaces_of(pid_t pid, unsigned *flags, failure_t *failure);
