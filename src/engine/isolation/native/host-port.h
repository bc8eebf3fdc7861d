// A port of the host that is a container's: a bound socket, so that nobody else gets it. What the firewall does not lead to the container comes to the socket, and is carried there.
#pragma once

#include "loop.h"
#include "plan.h"
#include "socket-address.h"

typedef struct proxy_stream proxy_stream_t;
typedef struct proxy_flow proxy_flow_t;

typedef struct {
  loop_t *loop;
  timer_slot_t *timer;  // its owner calls host_port_expire
  watch_t watch;        // not open: the kernel has nobody who could take the port
  int type;             // SOCK_…
  int protocol;         // IPPROTO_SCTP, else 0
  int is_served;
  socket_address_t target;
  proxy_stream_t *streams;
  proxy_flow_t *flows;
} host_port_t;

// Of a record `port`. The socket is closed when it fails.
int host_port_hold(host_port_t *port, loop_t *loop, timer_slot_t *timer, const record_t *record, failure_t *failure);

// True for a record that can be held.
int host_port_check(const record_t *record, failure_t *failure);

// The container runs: what comes is carried to the target of the record, where it has one.
void host_port_serve(host_port_t *port, const record_t *record);

// The container does not run: who is served is cut off, who comes waits.
void host_port_leave(host_port_t *port);

void host_port_expire(host_port_t *port, int64_t now_ms);

void host_port_close(host_port_t *port);
