// What went wrong. The type is not called error_t because the C library of GNU has that name. The last argument of what can fail; 0 is success, -1 is failure, and the failure is
// set once, where it happens.
#pragma once

#define FAILURE_TEXT 256

typedef struct {
  char operation[24];          // word of the operation or setting; whoever runs one fills it in when it is still empty
  char target[FAILURE_TEXT];   // path, name or program
  char message[FAILURE_TEXT];  // what was tried, without the reason
  int number;                  // errno, 0 when the kernel was not asked
} failure_t;

// Sets the failure and returns -1, so that `return fail(failure, errno, path, "cannot …")` is the whole of it.
int fail(failure_t *failure, int number, const char *target, const char *format, ...) __attribute__((format(printf, 4, 5)));

// Names the operation of a failure that has none yet.
void failure_name_operation(failure_t *failure, const char *word);

// EPERM for 1; empty for 0; "EUNKNOWN" for what this machine has no name for.
const char *errno_name(int number);

// The one line on stderr that a role ends with when it fails, `ERRNO target: message`; src/platform/role-process.ts reads it. Returns the role's exit code.
int failure_tell(const failure_t *failure);
