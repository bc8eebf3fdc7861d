#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "moment.h"
#include "proxy.h"

// Bytes of the longest datagram, and how many at one wake-up, so that other descriptors have their turn.
enum { DATAGRAM_ROOM = 65535, MOST_READS = 32 };

// The address that was asked: ip(7), ipv6(7), IP_PKTINFO and IPV6_PKTINFO.
typedef union {
  struct in_pktinfo v4;
  struct in6_pktinfo v6;
} asked_t;

enum { CONTROL_ROOM = CMSG_SPACE(sizeof(asked_t)) };

struct proxy_flow {
  host_port_t *port;
  proxy_flow_t *next;
  proxy_flow_t **link;
  watch_t watch;  // connected to the target
  int64_t end_ms;
  socket_address_t client;
  asked_t asked;
  int has_asked;
};

static char datagram[DATAGRAM_ROOM];

static void close_flow(proxy_flow_t *flow) {
  watch_close(flow->port->loop, &flow->watch);
  *flow->link = flow->next;
  if (flow->next) flow->next->link = flow->link;
  free(flow);
}

static void use(proxy_flow_t *flow) {
  flow->end_ms = monotonic_now_ms() + PROXY_FLOW_MS;
  timer_advance(flow->port->timer, flow->end_ms);
}

// What the kernel sends an answer from; by which interface it goes is the routes' affair, but for addresses that only an interface makes whole.
static void keep_asked(proxy_flow_t *flow, struct msghdr *message) {
  const struct cmsghdr *control = CMSG_FIRSTHDR(message);
  flow->has_asked = control != NULL;
  if (!control) return;
  if (control->cmsg_level == IPPROTO_IP && control->cmsg_type == IP_PKTINFO) {
    memcpy(&flow->asked.v4, CMSG_DATA(control), sizeof flow->asked.v4);
    flow->asked.v4.ipi_ifindex = 0;
  } else if (control->cmsg_level == IPPROTO_IPV6 && control->cmsg_type == IPV6_PKTINFO) {
    memcpy(&flow->asked.v6, CMSG_DATA(control), sizeof flow->asked.v6);
    if (!IN6_IS_ADDR_LINKLOCAL(&flow->asked.v6.ipi6_addr)) flow->asked.v6.ipi6_ifindex = 0;
  } else {
    flow->has_asked = 0;
  }
}

static void put_asked(const proxy_flow_t *flow, struct msghdr *message) {
  int is_v4 = flow->client.any.sa_family == AF_INET;
  size_t length = is_v4 ? sizeof flow->asked.v4 : sizeof flow->asked.v6;
  message->msg_controllen = (socklen_t)CMSG_SPACE(length);
  struct cmsghdr *control = CMSG_FIRSTHDR(message);
  *control = (struct cmsghdr){
      .cmsg_level = is_v4 ? IPPROTO_IP : IPPROTO_IPV6, .cmsg_type = is_v4 ? IP_PKTINFO : IPV6_PKTINFO, .cmsg_len = (socklen_t)CMSG_LEN(length)};
  memcpy(CMSG_DATA(control), &flow->asked, length);
}

static void answer(proxy_flow_t *flow, size_t length) {
  _Alignas(struct cmsghdr) char control[CONTROL_ROOM] = {0};
  struct iovec piece = {.iov_base = datagram, .iov_len = length};
  struct msghdr message = {.msg_name = &flow->client, .msg_namelen = socket_address_length(&flow->client), .msg_iov = &piece, .msg_iovlen = 1, .msg_control = control};
  if (flow->has_asked) put_asked(flow, &message);
  // A client that is gone, or does not read, gets nothing.
  (void)sendmsg(flow->port->watch.descriptor, &message, MSG_DONTWAIT);
}

static void target_ready(void *owner, uint32_t events) {
  proxy_flow_t *flow = owner;
  (void)events;
  for (int i = 0; i < MOST_READS; i++) {
    ssize_t count = recv(flow->watch.descriptor, datagram, sizeof datagram, MSG_DONTWAIT);
    // ECONNREFUSED is told once, of something that was sent before: nobody listens yet.
    if (count < 0) return;
    answer(flow, (size_t)count);
    use(flow);
  }
}

// Null: there is none. Where the list is full, the one that was silent for longest goes.
static proxy_flow_t *find_flow(const host_port_t *port, const socket_address_t *client) {
  size_t count = 0;
  proxy_flow_t *oldest = NULL;
  for (proxy_flow_t *flow = port->flows; flow; flow = flow->next, count++) {
    if (socket_address_is_same(client, &flow->client)) return flow;
    if (!oldest || flow->end_ms < oldest->end_ms) oldest = flow;
  }
  if (count >= PROXY_FLOWS && oldest) close_flow(oldest);
  return NULL;
}

static proxy_flow_t *open_flow(host_port_t *port, const socket_address_t *client) {
  proxy_flow_t *flow = malloc(sizeof *flow);
  if (!flow) return NULL;
  *flow = (proxy_flow_t){.port = port, .next = port->flows, .link = &port->flows, .client = *client};
  flow->watch = (watch_t){.descriptor = socket_address_connect(&port->target, SOCK_DGRAM, 0), .ready = target_ready, .owner = flow};
  if (port->flows) port->flows->link = &flow->next;
  port->flows = flow;
  if (flow->watch.descriptor >= 0 && watch_set(port->loop, &flow->watch, EPOLLIN) == 0) return flow;
  close_flow(flow);
  return NULL;
}

static int take_datagram(host_port_t *port) {
  socket_address_t client = {0};
  _Alignas(struct cmsghdr) char control[CONTROL_ROOM];
  struct iovec piece = {.iov_base = datagram, .iov_len = sizeof datagram};
  struct msghdr message = {.msg_name = &client, .msg_namelen = sizeof client, .msg_iov = &piece, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  ssize_t count = recvmsg(port->watch.descriptor, &message, MSG_DONTWAIT);
  if (count < 0) return -1;
  proxy_flow_t *flow = find_flow(port, &client);
  if (!flow) flow = open_flow(port, &client);
  if (!flow) return 0;
  keep_asked(flow, &message);
  use(flow);
  (void)send(flow->watch.descriptor, datagram, (size_t)count, MSG_DONTWAIT);
  return 0;
}

void proxy_take_datagrams(void *owner, uint32_t events) {
  (void)events;
  for (int i = 0; i < MOST_READS; i++)
    if (take_datagram(owner) < 0) return;
}

void proxy_expire_flows(host_port_t *port, int64_t now_ms) {
  proxy_flow_t *next = NULL;
  for (proxy_flow_t *flow = port->flows; flow; flow = next) {
    next = flow->next;
    if (flow->end_ms <= now_ms)
      close_flow(flow);
    else
      timer_advance(port->timer, flow->end_ms);
  }
}

void proxy_end_flows(host_port_t *port) {
  while (port->flows) close_flow(port->flows);
}
