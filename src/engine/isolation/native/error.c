#include "error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int fail(failure_t *failure, int number, const char *target, const char *format, ...) {
  va_list arguments;
  failure->number = number;
  snprintf(failure->target, sizeof failure->target, "%s", target);
  va_start(arguments, format);
  vsnprintf(failure->message, sizeof failure->message, format, arguments);
  va_end(arguments);
  return -1;
}

void failure_name_operation(failure_t *failure, const char *word) {
  if (failure->operation[0] == '\0') snprintf(failure->operation, sizeof failure->operation, "%s", word);
}

#define NAMES(X)                                                                                                                                                           \
  X(EPERM) X(ENOENT) X(ESRCH) X(EINTR) X(EIO) X(ENXIO) X(E2BIG) X(ENOEXEC) X(EBADF) X(ECHILD) X(EAGAIN) X(ENOMEM) X(EACCES) X(EFAULT) X(ENOTBLK) X(EBUSY) X(EEXIST)       \
  X(EXDEV) X(ENODEV) X(ENOTDIR) X(EISDIR) X(EINVAL) X(ENFILE) X(EMFILE) X(ENOTTY) X(ETXTBSY) X(EFBIG) X(ENOSPC) X(ESPIPE) X(EROFS) X(EMLINK) X(EPIPE) X(EDOM) X(ERANGE)   \
  X(EDEADLK) X(ENAMETOOLONG) X(ENOLCK) X(ENOSYS) X(ENOTEMPTY) X(ELOOP) X(ENODATA) X(ETIME) X(EPROTO) X(EBADMSG) X(EOVERFLOW) X(EILSEQ) X(EUSERS) X(ENOTSOCK)             \
  X(EMSGSIZE) X(EPROTOTYPE) X(ENOPROTOOPT) X(EOPNOTSUPP) X(EAFNOSUPPORT) X(EADDRINUSE) X(EADDRNOTAVAIL) X(ENETDOWN) X(ENETUNREACH) X(ECONNABORTED) X(ECONNRESET)          \
  X(ENOBUFS) X(EISCONN) X(ENOTCONN) X(ETIMEDOUT) X(ECONNREFUSED) X(EALREADY) X(EINPROGRESS) X(ESTALE) X(EUCLEAN) X(EDQUOT) X(ECANCELED) X(ENOKEY) X(EKEYEXPIRED)          \
  X(EKEYREVOKED) X(EKEYREJECTED) X(EOWNERDEAD) X(ENOTRECOVERABLE)

const char *errno_name(int number) {
  switch (number) {
    case 0: return "";
#define X(name) \
  case name: return #name;
      NAMES(X)
#undef X
    default: return "EUNKNOWN";
  }
}

int failure_tell(const failure_t *failure) {
  fprintf(stderr, "%s %s: %s\n", failure->number ? errno_name(failure->number) : "-", failure->target, failure->message);
  return 1;
}
