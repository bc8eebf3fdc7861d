#define _GNU_SOURCE
#include "network.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cleanup.h"
#include "moment.h"
#include "netlink.h"
#include "syscalls.h"

static size_t count_ports(const plan_t *plan) {
  size_t count = 0;
  for (size_t i = 0; i < plan->setting_count; i++) count += plan->settings[i].kind == SETTING_PORT;
  return count;
}

static void let_go_of_ports(network_t *network) {
  for (size_t i = 0; i < network->port_count; i++) host_port_close(&network->ports[i]);
  free(network->ports);
  network->ports = NULL;
  network->port_count = 0;
}

static void port_due(void *owner) {
  network_t *network = owner;
  for (size_t i = 0; i < network->port_count; i++) host_port_expire(&network->ports[i], monotonic_now_ms());
}

static int hold_ports(network_t *network, failure_t *failure) {
  size_t count = count_ports(&network->plan);
  if (count > NETWORK_PORTS) return fail(failure, E2BIG, "", "more than %d ports", NETWORK_PORTS);
  network->port_timer = (timer_slot_t){.due = port_due, .owner = network};
  loop_add_timer(network->loop, &network->port_timer);
  network->ports = calloc(count + 1, sizeof *network->ports);
  if (!network->ports) return fail(failure, ENOMEM, "", "no memory for the ports");
  for (size_t i = 0; i < network->plan.setting_count; i++) {
    const record_t *record = &network->plan.settings[i];
    if (record->kind != SETTING_PORT) continue;
    if (host_port_hold(&network->ports[network->port_count], network->loop, &network->port_timer, record, failure) < 0) {
      failure_name_operation(failure, "port");
      return -1;
    }
    network->port_count++;
  }
  return 0;
}

// Ports stay those that were held at the beginning; where they lead changes with the plan.
static void serve_ports(network_t *network, const plan_t *plan) {
  size_t at = 0;
  for (size_t i = 0; i < plan->setting_count && at < network->port_count; i++)
    if (plan->settings[i].kind == SETTING_PORT) host_port_serve(&network->ports[at++], &plan->settings[i]);
}

static const record_t *resolver_of(const plan_t *plan) { return plan_setting(plan, SETTING_RESOLVER); }

static int parse_network(const record_t *setting, plan_t *plan, failure_t *failure) {
  if (plan_parse(setting->fields[0].bytes, setting->fields[0].length, plan, failure) < 0) return -1;
  for (size_t i = 0; i < plan->setting_count; i++)
    if (plan->settings[i].kind == SETTING_PORT && host_port_check(&plan->settings[i], failure) < 0) return -1;
  return resolver_check(resolver_of(plan), failure);
}

int network_open(network_t *network, loop_t *loop, const record_t *setting, failure_t *failure) {
  network->loop = loop;
  if (!setting) return 0;
  if (parse_network(setting, &network->plan, failure) < 0) {
    plan_free(&network->plan);
    return -1;
  }
  return hold_ports(network, failure);
}

// The kinds of sockets that messages go to. `filter` stays open as long as the monitor lives.
typedef enum { PLACE_HOST, PLACE_CONTAINER, PLACE_INSIDE, PLACE_FILTER, PLACES } place_t;

static const struct {
  const char *word;
  int protocol;
  int is_inside;
} places[PLACES] = {
    [PLACE_HOST] = {"host", NETLINK_ROUTE, 0},
    [PLACE_CONTAINER] = {"container", NETLINK_ROUTE, 1},
    [PLACE_INSIDE] = {"inside", NETLINK_NETFILTER, 1},
    [PLACE_FILTER] = {"filter", NETLINK_NETFILTER, 0},
};

typedef struct {
  int own;  // the monitor's network namespace
  int sockets[PLACES];
} senders_t;

// A socket belongs for ever to the namespace in which it was made.
static int open_inside(int namespace_, int own, int protocol) {
  if (setns(namespace_, CLONE_NEWNET) < 0) return -1;
  int inside = netlink_open(protocol);
  int number = errno;
  // One's own is always open: where this failed, all that the monitor did afterwards would be done to the container's network.
  if (setns(own, CLONE_NEWNET) < 0) abort();
  errno = number;
  return inside;
}

static int open_sender(senders_t *senders, const network_t *network, place_t place) {
  int *sender = &senders->sockets[place];
  if (*sender < 0) *sender = places[place].is_inside ? open_inside(network->namespace_, senders->own, places[place].protocol) : netlink_open(places[place].protocol);
  return *sender;
}

static int send_record(senders_t *senders, const network_t *network, const record_t *record, failure_t *failure) {
  for (int place = 0; place < PLACES; place++) {
    if (strcmp(record_text(record, 0), places[place].word) != 0) continue;
    int sender = open_sender(senders, network, (place_t)place);
    if (sender < 0) return fail(failure, errno, places[place].word, "cannot reach the kernel's network");
    // Who makes a pair of interfaces says where its other end is.
    return netlink_run(sender, record, places[place].is_inside ? senders->own : network->namespace_, failure);
  }
  return 0;
}

static int listen_inside(network_t *network, const record_t *resolver, int own, failure_t *failure) {
  if (!resolver) return 0;
  if (setns(network->namespace_, CLONE_NEWNET) < 0) return fail(failure, errno, "", "cannot enter the network namespace");
  int result = resolver_listen(&network->resolver, network->loop, resolver, failure);
  if (setns(own, CLONE_NEWNET) < 0) abort();
  return result;
}

// Which namespace a file below /proc/sys/net is of is decided when it is opened.
static int write_parameter(int namespace_, int own, const char *name, const char *value, failure_t *failure) {
  if (setns(namespace_, CLONE_NEWNET) < 0) return fail(failure, errno, "", "cannot enter the network namespace");
  cleanup_close int folder = sys_open("/proc/sys/net", O_PATH | O_DIRECTORY, 0);
  cleanup_close int file = folder < 0 ? -1 : sys_openat2(folder, name, O_WRONLY | O_CLOEXEC, RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
  int is_done = file >= 0 && write(file, value, strlen(value)) >= 0;
  int number = errno;
  if (setns(own, CLONE_NEWNET) < 0) abort();
  return is_done ? 0 : fail(failure, number, name, "cannot write \"%.100s\" to net/%s", value, name);
}

// Interfaces that are made from now on take no address and no way from whoever says to be a router: a neighbour could. CVE-2024-32473. A kernel without IPv6 has no such file.
static int ignore_routers(int namespace_, int own, failure_t *failure) {
  failure_t told = {0};
  if (write_parameter(namespace_, own, "ipv6/conf/default/accept_ra", "0", &told) == 0 || told.number == ENOENT) return 0;
  *failure = told;
  return -1;
}

// Others may have flushed the firewall. An engine that starts a container makes it again; nobody does at a restart, and a container that runs without it can be mended.
static int is_forgiven(const network_t *network, const record_t *record, const failure_t *failure) {
  return network->is_again && failure->number == ENOENT && strcmp(record_text(record, 0), places[PLACE_FILTER].word) == 0;
}

static int send_in_turn(senders_t *senders, const network_t *network, const record_t *record, failure_t *failure) {
  failure_t own = {0};
  if (send_record(senders, network, record, &own) == 0 || is_forgiven(network, record, &own)) return 0;
  *failure = own;
  return -1;
}

// In the order of the plan, but for what is for the end.
static int connect_namespace(network_t *network, const plan_t *plan, const record_t *resolver, int own, failure_t *failure) {
  senders_t senders = {.own = own, .sockets = {-1, -1, -1, network->filter}};
  int result = ignore_routers(network->namespace_, own, failure);
  for (size_t i = 0; result == 0 && i < plan->setting_count; i++) {
    const record_t *record = &plan->settings[i];
    if (record->kind == SETTING_NETLINK) result = send_in_turn(&senders, network, record, failure);
    if (record->kind == SETTING_PARAMETER) result = write_parameter(network->namespace_, own, record_text(record, 0), record_text(record, 1), failure);
  }
  network->filter = senders.sockets[PLACE_FILTER];
  for (int place = 0; place < PLACE_FILTER; place++) close_descriptor(&senders.sockets[place]);
  if (result == 0) result = listen_inside(network, resolver, own, failure);
  if (result == 0) resolver_serve(network->resolver, resolver);
  if (result < 0) failure_name_operation(failure, "network");
  return result;
}

static int open_own(failure_t *failure) {
  int own = sys_open("/proc/self/ns/net", O_RDONLY, 0);
  return own < 0 ? fail(failure, errno, "", "cannot open the own network namespace") : own;
}

static int make_namespace(int own, failure_t *failure) {
  if (unshare(CLONE_NEWNET) < 0) return fail(failure, errno, "", "cannot make a network namespace");
  int made = sys_open("/proc/self/ns/net", O_RDONLY, 0);
  int number = errno;
  if (setns(own, CLONE_NEWNET) < 0) abort();
  return made < 0 ? fail(failure, number, "", "cannot open the network namespace") : made;
}

static int serve_connected(network_t *network, int result) {
  if (result < 0) return result;
  network->is_again = 1;
  serve_ports(network, &network->plan);
  return 0;
}

int network_make_ahead(failure_t *failure) {
  cleanup_close int own = open_own(failure);
  return own < 0 ? -1 : make_namespace(own, failure);
}

int network_connect_ahead(network_t *network, failure_t *failure) {
  if (network_make(network, failure) < 0) return -1;
  network->is_ahead = 1;
  return 0;
}

int network_make(network_t *network, failure_t *failure) {
  if (network->is_ahead) return 0;
  cleanup_close int own = open_own(failure);
  if (own >= 0 && network->namespace_ < 0) network->namespace_ = make_namespace(own, failure);
  if (own >= 0 && network->namespace_ >= 0) return serve_connected(network, connect_namespace(network, &network->plan, resolver_of(&network->plan), own, failure));
  failure_name_operation(failure, "network");
  return -1;
}

static int open_namespace_of(pid_t pid, failure_t *failure) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/ns/net", pid);
  int found = sys_open(path, O_RDONLY, 0);
  return found < 0 ? fail(failure, errno, path, "cannot open the network namespace of process %d", pid) : found;
}

static int connect_process(network_t *network, const plan_t *plan, const record_t *resolver, pid_t pid, failure_t *failure) {
  cleanup_close int own = open_own(failure);
  network->namespace_ = own < 0 ? -1 : open_namespace_of(pid, failure);
  if (network->namespace_ >= 0) return connect_namespace(network, plan, resolver, own, failure);
  failure_name_operation(failure, "network");
  return -1;
}

int network_connect(network_t *network, pid_t pid, failure_t *failure) {
  return serve_connected(network, connect_process(network, &network->plan, resolver_of(&network->plan), pid, failure));
}

void network_release(network_t *network) {
  network->is_ahead = 0;
  close_descriptor(&network->namespace_);
  network->namespace_ = -1;
}

void network_leave(network_t *network) {
  resolver_serve(network->resolver, NULL);
  for (size_t i = 0; i < network->port_count; i++) host_port_leave(&network->ports[i]);
}

static void forget_plan(network_t *network) {
  plan_free(&network->plan);
  free(network->bytes);
  network->bytes = NULL;
}

static int parse_next(const plan_t *change, plan_t *next, failure_t *failure) {
  const record_t *setting = plan_setting(change, SETTING_NETWORK);
  if (!setting) return fail(failure, EINVAL, "", "a change tells what comes of it");
  return parse_network(setting, next, failure);
}

int network_change(network_t *network, const void *bytes, size_t length, pid_t pid, failure_t *failure) {
  plan_t change = {0};
  plan_t next = {0};
  void *copy = malloc(length);
  if (!copy) return fail(failure, ENOMEM, "", "no memory for the plan");
  memcpy(copy, bytes, length);
  int result = plan_parse(copy, length, &change, failure);
  if (result == 0) result = parse_next(&change, &next, failure);
  if (result == 0 && pid > 0) result = connect_process(network, &change, resolver_of(&next), pid, failure);
  network_release(network);
  plan_free(&change);
  if (result < 0) {
    // As it was: sockets that were made for the change go, those of before stay.
    resolver_serve(network->resolver, pid > 0 ? resolver_of(&network->plan) : NULL);
    plan_free(&next);
    free(copy);
    return -1;
  }
  forget_plan(network);
  network->plan = next;
  network->bytes = copy;
  if (pid > 0) serve_ports(network, &network->plan);
  return 0;
}

void network_end(network_t *network) {
  failure_t ignored = {0};
  network_release(network);
  network_leave(network);
  resolver_remove_names(resolver_of(&network->plan));
  for (size_t i = 0; network->filter >= 0 && i < network->plan.setting_count; i++) {
    const record_t *record = &network->plan.settings[i];
    if (record->kind == SETTING_NETLINK && strcmp(record_text(record, 0), "end") == 0) netlink_run(network->filter, record, -1, &ignored);
  }
  let_go_of_ports(network);
  forget_plan(network);
  network->plan = (plan_t){0};
}
