// Messages to the kernel's network that TypeScript has encoded (engine/networks/netlink/). netlink(7), rtnetlink(7)
#pragma once

#include <stddef.h>

#include "error.h"
#include "plan.h"

// NETLINK_ROUTE or NETLINK_NETFILTER, of the network namespace that one is in. A descriptor, or -1 with errno.
int netlink_open(int protocol);

// Sends what is a row of messages, in one piece, and reads what the kernel answers. `what` is said of the first that it refuses.
int netlink_send(int socket, const void *bytes, size_t length, const char *what, failure_t *failure);

// A record `netlink` of a plan: sends its messages. `network` is the descriptor of the namespace that they speak of, or -1. Where nothing is said of a failure, none counts.
int netlink_run(int socket, const record_t *record, int network, failure_t *failure);
