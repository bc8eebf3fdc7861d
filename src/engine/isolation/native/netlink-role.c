// netlink      a plan of `netlink` records on stdin; sends those of places `host` and `filter`, in order, to the network namespace that it is in. The first that fails ends it.
#define _GNU_SOURCE
#include <errno.h>
#include <linux/netlink.h>
#include <string.h>
#include <unistd.h>

#include "netlink.h"
#include "roles.h"

enum { PLACES = 2 };

static const struct {
  const char *word;
  int protocol;
} places[PLACES] = {{"host", NETLINK_ROUTE}, {"filter", NETLINK_NETFILTER}};

static int run_record(const record_t *record, int sockets[PLACES], failure_t *failure) {
  for (size_t i = 0; record->kind == SETTING_NETLINK && i < PLACES; i++) {
    if (strcmp(record_text(record, 0), places[i].word) != 0) continue;
    if (sockets[i] < 0) sockets[i] = netlink_open(places[i].protocol);
    return sockets[i] < 0 ? fail(failure, errno, places[i].word, "cannot reach the kernel's network") : netlink_run(sockets[i], record, -1, failure);
  }
  return fail(failure, EINVAL, record_text(record, 0), "only messages to the host can be sent");
}

int run_netlink(int argc, char **argv) {
  failure_t failure = {0};
  plan_t plan = {0};
  int sockets[PLACES] = {-1, -1};
  (void)argc;
  (void)argv;
  int result = plan_take(STDIN_FILENO, &plan, &failure);
  for (size_t i = 0; result == 0 && i < plan.setting_count; i++) result = run_record(&plan.settings[i], sockets, &failure);
  plan_free(&plan);
  return result == 0 ? 0 : failure_tell(&failure);
}
