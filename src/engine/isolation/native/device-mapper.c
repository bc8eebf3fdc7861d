#define _GNU_SOURCE
#include "device-mapper.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>

#include "cleanup.h"
#include "syscalls.h"

#define CONTROL "/dev/" DM_DIR "/" DM_CONTROL_NODE
// Of the kernel's list of devices.
#define MISC_MAJOR 10
#define CONTROL_MINOR 236

// One that is about to go is waited for so long.
enum { OPEN_ATTEMPTS = 2000, ATTEMPT_MS = 5 };

typedef struct {
  struct dm_ioctl head;
  char data[1024];
} request_t;

static request_t make_request(const char *name, unsigned flags) {
  request_t request = {.head = {.version = {DM_VERSION_MAJOR, 0, 0}, .data_size = sizeof request, .data_start = sizeof request.head, .flags = flags}};
  snprintf(request.head.name, sizeof request.head.name, "%s", name);
  return request;
}

// The C libraries disagree on the type of the number.
static int ask(int control, unsigned long command, request_t *request) { return (int)syscall(SYS_ioctl, control, command, request); }

// Opening it loads the module.
int dm_open_control(failure_t *failure) {
  int control = sys_open(CONTROL, O_RDWR, 0);
  if (control < 0 && errno == ENOENT) {
    mkdir("/dev/" DM_DIR, 0755);
    if (mknod(CONTROL, S_IFCHR | 0600, makedev(MISC_MAJOR, CONTROL_MINOR)) < 0 && errno != EEXIST) return fail(failure, errno, CONTROL, "cannot make the device mapper's node");
    control = sys_open(CONTROL, O_RDWR, 0);
  }
  return control < 0 ? fail(failure, errno, CONTROL, "the kernel has no device mapper") : control;
}

int dm_find(int control, const char *name, dm_device_t *device, failure_t *failure) {
  request_t request = make_request(name, 0);
  if (ask(control, DM_DEV_STATUS, &request) < 0) return errno == ENXIO ? 0 : fail(failure, errno, name, "cannot look at the device");
  *device = (dm_device_t){.number = request.head.dev, .is_active = (request.head.flags & DM_ACTIVE_PRESENT_FLAG) != 0};
  return 1;
}

static int load_table(int control, const char *name, uint64_t sectors, const char *target, const char *parameters, int readonly) {
  request_t request = make_request(name, readonly ? DM_READONLY_FLAG : 0);
  struct dm_target_spec spec = {.length = sectors};
  size_t length = strlen(parameters) + 1;
  errno = E2BIG;
  if (sizeof spec + length > sizeof request.data) return -1;
  snprintf(spec.target_type, sizeof spec.target_type, "%s", target);
  // The next target begins at a multiple of 8, and the kernel wants that of the last one too.
  spec.next = (uint32_t)((sizeof spec + length + 7) & ~7UL);
  memcpy(request.data, &spec, sizeof spec);
  memcpy(request.data + sizeof spec, parameters, length);
  request.head.target_count = 1;
  return ask(control, DM_TABLE_LOAD, &request);
}

// Without the flag that suspends it, the ioctl resumes a device: with the table that has been loaded.
static int resume(int control, const char *name, int readonly) {
  request_t request = make_request(name, readonly ? DM_READONLY_FLAG : 0);
  return ask(control, DM_DEV_SUSPEND, &request);
}

int dm_create(int control, const char *name, uint64_t sectors, const char *target, const char *parameters, int readonly, failure_t *failure) {
  request_t request = make_request(name, 0);
  if (ask(control, DM_DEV_CREATE, &request) < 0) return fail(failure, errno, name, "cannot make the device");
  if (load_table(control, name, sectors, target, parameters, readonly) == 0 && resume(control, name, readonly) == 0) return 0;
  int number = errno;
  dm_remove(control, name, 0);
  return fail(failure, number, name, "the kernel does not take the device of the target %s", target);
}

int dm_remove(int control, const char *name, int when_closed) {
  request_t request = make_request(name, when_closed ? DM_DEFERRED_REMOVE : 0);
  return ask(control, DM_DEV_REMOVE, &request) < 0 && errno != ENXIO ? -1 : 0;
}

int dm_message(int control, const char *name, const char *text) {
  request_t request = make_request(name, 0);
  struct dm_target_msg message = {.sector = 0};
  errno = E2BIG;
  if (sizeof message + strlen(text) + 1 > sizeof request.data) return -1;
  memcpy(request.data, &message, sizeof message);
  memcpy(request.data + sizeof message, text, strlen(text) + 1);
  return ask(control, DM_TARGET_MSG, &request);
}

int dm_read_status(int control, const char *name, char *text, size_t size, failure_t *failure) {
  request_t request = make_request(name, 0);
  if (ask(control, DM_TABLE_STATUS, &request) < 0) return fail(failure, errno, name, "cannot read the state of the device");
  if (request.head.target_count != 1) return fail(failure, ENODATA, name, "the device has no table");
  request.data[sizeof request.data - 1] = '\0';
  snprintf(text, size, "%s", request.data + sizeof(struct dm_target_spec));
  return 0;
}

static void wait_moment(void) {
  const struct timespec moment = {.tv_nsec = ATTEMPT_MS * 1000000L};
  nanosleep(&moment, NULL);
}

// Open, and still the device of that name: once it is open it stays. -1 with errno ENXIO for one that goes.
static int open_device(int control, const char *name, dev_t number, int readonly, failure_t *failure) {
  char path[64];
  dm_device_t again;
  snprintf(path, sizeof path, "/dev/dm-%u", minor(number));
  int device = sys_open(path, readonly ? O_RDONLY : O_RDWR, 0);
  if (device < 0) return -1;
  if (dm_find(control, name, &again, failure) == 1 && again.number == number && again.is_active && dm_remove(control, name, 1) == 0) return device;
  close(device);
  errno = ENXIO;
  return -1;
}

static int is_passing(int number) { return number == ENXIO || number == ENOENT || number == ENODEV || number == EBUSY; }

int dm_open_passing(int control, const char *name, uint64_t sectors, const char *target, const char *parameters, int readonly, failure_t *failure) {
  for (int left = OPEN_ATTEMPTS;; left--) {
    dm_device_t found;
    int is_there = dm_find(control, name, &found, failure);
    if (is_there < 0) return -1;
    // Of a process that was killed before it had its table.
    if (is_there && !found.is_active && dm_remove(control, name, 0) == 0) is_there = 0;
    if (!is_there && dm_create(control, name, sectors, target, parameters, readonly, failure) < 0) {
      if (failure->number != EBUSY || left == 0) return -1;
    } else if (is_there || dm_find(control, name, &found, failure) == 1) {
      int device = open_device(control, name, found.number, readonly, failure);
      if (device >= 0) return device;
      if (!is_passing(errno) || left == 0) return fail(failure, errno, name, "cannot open the device");
    }
    wait_moment();
  }
}
