// Compiles a policy with libseccomp: its BPF program goes to standard output, and the names of calls that the library does
// not know to standard error. Reads lines, with the numbers of the library:
//   default ACTION
//   arch TOKEN
//   rule ACTION NAME [INDEX OP VALUE VALUE_TWO]…
// The functions are declared here: hosts have the library, few have its header.
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct scmp_arg_cmp {
  unsigned arg;
  int op;
  uint64_t datum_a;
  uint64_t datum_b;
};

void *seccomp_init(uint32_t action);
int seccomp_arch_add(void *filter, uint32_t arch);
int seccomp_arch_remove(void *filter, uint32_t arch);
uint32_t seccomp_arch_native(void);
int seccomp_syscall_resolve_name(const char *name);
int seccomp_rule_add_array(void *filter, uint32_t action, int number, unsigned count, const struct scmp_arg_cmp *args);
int seccomp_export_bpf(const void *filter, int fd);

#define UNKNOWN_CALL (-1)

static int add_rule(void *filter, char *words) {
  struct scmp_arg_cmp args[6];
  unsigned count = 0;
  uint32_t action = (uint32_t)strtoul(strtok(words, " "), NULL, 10);
  const char *name = strtok(NULL, " \n");
  int number = seccomp_syscall_resolve_name(name);
  if (number == UNKNOWN_CALL) {
    // A call that is newer than this release of the library.
    fprintf(stderr, "%s\n", name);
    return 0;
  }
  for (char *word = strtok(NULL, " \n"); word != NULL && count < 6; word = strtok(NULL, " \n")) {
    struct scmp_arg_cmp *arg = &args[count++];
    arg->arg = (unsigned)atoi(word);
    arg->op = atoi(strtok(NULL, " \n"));
    arg->datum_a = strtoull(strtok(NULL, " \n"), NULL, 10);
    arg->datum_b = strtoull(strtok(NULL, " \n"), NULL, 10);
  }
  int result = seccomp_rule_add_array(filter, action, number, count, args);
  // The same as the default action: nothing to add.
  return result == -EACCES ? 0 : result;
}

int main(void) {
  char line[1024];
  void *filter = NULL;
  while (fgets(line, sizeof line, stdin) != NULL) {
    int result = 0;
    if (strncmp(line, "default ", 8) == 0) {
      filter = seccomp_init((uint32_t)strtoul(line + 8, NULL, 10));
    } else if (strncmp(line, "arch ", 5) == 0) {
      result = seccomp_arch_add(filter, (uint32_t)strtoul(line + 5, NULL, 10));
      if (result == -EEXIST) result = 0;
    } else if (strncmp(line, "rule ", 5) == 0) {
      result = add_rule(filter, line + 5);
    }
    if (filter == NULL || result != 0) {
      fprintf(stderr, "%d: %s", result, line);
      return 1;
    }
  }
  return seccomp_export_bpf(filter, 1) == 0 ? 0 : 1;
}
