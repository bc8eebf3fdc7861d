#define _GNU_SOURCE
#include "mount-id.h"

#include <fcntl.h>
// The kernel's own header, since not every C library has the call; the two cannot be included together.
#include <linux/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef AT_EMPTY_PATH
#define AT_EMPTY_PATH 0x1000
#endif
#ifndef STATX_MNT_ID
#define STATX_MNT_ID 0x1000U
#endif

uint64_t mount_id_of(int fd) {
  struct statx status;
  if (syscall(SYS_statx, fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &status) < 0 || !(status.stx_mask & STATX_MNT_ID)) return 0;
  return status.stx_mnt_id;
}
