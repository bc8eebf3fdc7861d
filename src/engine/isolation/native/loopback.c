#define _GNU_SOURCE
#include "loopback.h"

#include <errno.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "cleanup.h"

int loopback_up(failure_t *failure) {
  struct ifreq request = {.ifr_name = "lo"};
  cleanup_close int control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (control < 0 || ioctl(control, SIOCGIFFLAGS, &request) < 0) return fail(failure, errno, "lo", "cannot find the loopback device");
  request.ifr_flags = (short)(request.ifr_flags | IFF_UP);
  return ioctl(control, SIOCSIFFLAGS, &request) < 0 ? fail(failure, errno, "lo", "cannot bring the loopback device up") : 0;
}
