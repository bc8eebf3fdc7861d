// What comes to a port's socket is carried to its target, and what comes back to who asked. Nothing here waits for anybody.
#pragma once

#include <stdint.h>

#include "host-port.h"

// How long a client of datagrams is remembered after the last of them, as docker-proxy does.
enum { PROXY_FLOW_MS = 90000 };

// Clients of datagrams at a time; the one that was silent for longest goes.
enum { PROXY_FLOWS = 512 };

// Ready handlers of the port's socket; the owner is the host_port_t.
void proxy_take_client(void *port, uint32_t events);
void proxy_take_datagrams(void *port, uint32_t events);

// Clients learn that it was broken.
void proxy_end_streams(host_port_t *port);
void proxy_end_flows(host_port_t *port);

void proxy_expire_flows(host_port_t *port, int64_t now_ms);
