#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "monitor.h"
#include "syscalls.h"

static int resize(monitor_t *monitor, const unsigned char *payload, size_t length) {
  if (length != 4) return EINVAL;
  return process_resize(&monitor->process, (uint16_t)(payload[0] << 8 | payload[1]), (uint16_t)(payload[2] << 8 | payload[3]));
}

// The exit line of a container that waits to be restarted said that it is not the last: it is written again as what it has become.
static int make_final(monitor_t *monitor) {
  monitor->is_final = 1;
  if (monitor->restart_timer.at_ms == 0) return 0;
  timer_stop(&monitor->restart_timer);
  monitor->last_exit.is_final = 1;
  journal_exit(monitor->journal, &monitor->last_exit);
  // After the answer to this frame.
  timer_start(&monitor->finish_timer, 0);
  return 0;
}

static int set_policy(monitor_t *monitor, const char *payload) {
  char policy[32];
  const char *space = strchr(payload, ' ');
  int length = snprintf(policy, sizeof policy, "%.*s", space ? (int)(space - payload) : (int)strlen(payload), payload);
  if (length >= (int)sizeof policy) return EINVAL;
  return restart_parse(&monitor->restart, policy, space ? space + 1 : "") < 0 ? EINVAL : 0;
}

// The change is in the file that the plan names.
static int change_network(monitor_t *monitor, failure_t *failure) {
  const record_t *setting = plan_setting(&monitor->plan, SETTING_NETWORK);
  void *bytes = NULL;
  size_t length = 0;
  cleanup_close int file = setting ? sys_open(record_text(setting, 1), O_RDONLY | O_NOFOLLOW, 0) : -1;
  if (file < 0) return setting ? errno : EINVAL;
  int result = plan_read(file, &bytes, &length, failure);
  if (result == 0) result = network_change(&monitor->process.network, bytes, length, monitor->process.pid, failure);
  free(bytes);
  return result == 0 ? 0 : failure->number ? failure->number : EIO;
}

int monitor_command(void *owner, int type, const char *payload, size_t length, failure_t *failure) {
  monitor_t *monitor = owner;
  switch (type) {
    case FRAME_RESIZE: return resize(monitor, (const unsigned char *)payload, length);
    case FRAME_SIGNAL: return length == 1 ? process_signal(&monitor->process, (unsigned char)payload[0]) : EINVAL;
    case FRAME_FINAL: return make_final(monitor);
    case FRAME_NETWORK: return length == 0 ? change_network(monitor, failure) : EINVAL;
    case FRAME_POLICY: return strlen(payload) == length ? set_policy(monitor, payload) : EINVAL;
    default: return EINVAL;
  }
}
