#define _GNU_SOURCE
#include "host-port.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "proxy.h"

enum { FIELD_PROTOCOL, FIELD_HOST, FIELD_PORT, FIELD_WHAT, FIELD_TARGET, FIELD_TARGET_PORT };

enum { BACKLOG = 4096 };

static int read_address(const record_t *record, uint32_t field, socket_address_t *address, failure_t *failure) {
  const char *text = record_text(record, field);
  uint64_t port = 0;
  if (record_number(record, field == FIELD_HOST ? FIELD_PORT : FIELD_TARGET_PORT, UINT16_MAX, &port, failure) < 0) return -1;
  if (socket_address_parse(address, text, (uint16_t)port) == 0) return 0;
  return fail(failure, EINVAL, text, "%s is no address", text);
}

static int has_target(const record_t *record) { return *record_text(record, FIELD_TARGET) != '\0'; }

int host_port_check(const record_t *record, failure_t *failure) {
  socket_address_t address;
  if (read_address(record, FIELD_HOST, &address, failure) < 0) return -1;
  return has_target(record) ? read_address(record, FIELD_TARGET, &address, failure) : 0;
}

// A kernel without the protocol, or without IPv6, has nobody who could take the port.
static int is_absent(int number) { return number == EPROTONOSUPPORT || number == ESOCKTNOSUPPORT || number == EAFNOSUPPORT || number == EADDRNOTAVAIL; }

static void set_option(int descriptor, int level, int option) {
  static const int on = 1;
  setsockopt(descriptor, level, option, &on, sizeof on);
}

// Connections that were carried and have ended would keep the port for a minute. Who listens shares it with nobody, who is only bound would.
static int listen_to(const host_port_t *port) {
  set_option(port->watch.descriptor, SOL_SOCKET, SO_REUSEADDR);
  return listen(port->watch.descriptor, BACKLOG);
}

static int bind_port(host_port_t *port, const socket_address_t *address, int will_carry) {
  int descriptor = port->watch.descriptor;
  int is_v6 = address->any.sa_family == AF_INET6;
  if (is_v6) set_option(descriptor, IPPROTO_IPV6, IPV6_V6ONLY);
  if (will_carry && port->type == SOCK_STREAM) set_option(descriptor, SOL_SOCKET, SO_REUSEADDR);
  // An answer comes from the address that was asked.
  if (port->type == SOCK_DGRAM) set_option(descriptor, is_v6 ? IPPROTO_IPV6 : IPPROTO_IP, is_v6 ? IPV6_RECVPKTINFO : IP_PKTINFO);
  if (bind(descriptor, &address->any, socket_address_length(address)) < 0) return -1;
  return will_carry && port->type == SOCK_STREAM ? listen_to(port) : 0;
}

int host_port_hold(host_port_t *port, loop_t *loop, timer_slot_t *timer, const record_t *record, failure_t *failure) {
  socket_address_t address;
  const char *protocol = record_text(record, FIELD_PROTOCOL);
  *port = (host_port_t){.loop = loop, .timer = timer, .watch = {.descriptor = -1, .owner = port}};
  if (host_port_check(record, failure) < 0 || read_address(record, FIELD_HOST, &address, failure) < 0) return -1;
  port->type = strcmp(protocol, "udp") == 0 ? SOCK_DGRAM : SOCK_STREAM;
  port->protocol = strcmp(protocol, "sctp") == 0 ? IPPROTO_SCTP : 0;
  port->watch.ready = port->type == SOCK_DGRAM ? proxy_take_datagrams : proxy_take_client;
  port->watch.descriptor = socket(address.any.sa_family, port->type | SOCK_CLOEXEC | SOCK_NONBLOCK, port->protocol);
  if (port->watch.descriptor < 0 && is_absent(errno)) return 0;
  if (port->watch.descriptor >= 0 && bind_port(port, &address, has_target(record)) == 0) return 0;
  fail(failure, errno, record_text(record, FIELD_WHAT), "cannot take %s port %s of %s", protocol, record_text(record, FIELD_PORT), record_text(record, FIELD_HOST));
  host_port_close(port);
  return -1;
}

static void cut_off(host_port_t *port) {
  proxy_end_streams(port);
  proxy_end_flows(port);
}

void host_port_serve(host_port_t *port, const record_t *record) {
  socket_address_t target;
  failure_t ignored = {0};
  int is_target = has_target(record) && read_address(record, FIELD_TARGET, &target, &ignored) == 0;
  if (!is_target || !socket_address_is_same(&target, &port->target)) cut_off(port);
  port->is_served = is_target;
  if (!is_target) {
    watch_set(port->loop, &port->watch, 0);
    return;
  }
  port->target = target;
  // To listen twice is no failure.
  if (port->type == SOCK_STREAM && port->watch.descriptor >= 0) listen_to(port);
  watch_set(port->loop, &port->watch, EPOLLIN);
}

void host_port_leave(host_port_t *port) {
  port->is_served = 0;
  watch_set(port->loop, &port->watch, 0);
  cut_off(port);
}

void host_port_expire(host_port_t *port, int64_t now_ms) {
  if (port->is_served) watch_set(port->loop, &port->watch, EPOLLIN);
  proxy_expire_flows(port, now_ms);
}

void host_port_close(host_port_t *port) {
  host_port_leave(port);
  watch_close(port->loop, &port->watch);
}
