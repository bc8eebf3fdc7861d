// The socket between the monitor (launch.c) and the process it starts (first-process.c). SOCK_SEQPACKET: a message is whole or not there.
//
//   staged launch only:  ◀── CLONED pid, by the process in between, which ends then
//   GO ──▶               where it is waited for (is_held); with the overlay's descriptor when a user namespace has layers of its own
//                        ◀── TERMINAL, with the master of the pty
//                        ◀── WAITING, by the operation `start`; then GO ──▶ once more, and nothing comes any more
//                        ◀── FAILURE, or EXECUTING (with the root, where that is an overlay) and then the end of file that execve makes
#pragma once

#include <stddef.h>
#include <sys/types.h>

#include "error.h"

typedef enum { MESSAGE_CLONED = 1, MESSAGE_GO, MESSAGE_TERMINAL, MESSAGE_EXECUTING, MESSAGE_FAILURE, MESSAGE_WAITING } message_kind_t;

typedef struct {
  message_kind_t kind;
  pid_t pid;
  failure_t failure;
} message_t;

// Sends a descriptor along with bytes over a unix socket; -1: none. Returns -1 with errno. unix(7), SCM_RIGHTS
int send_with_descriptor(int to, void *bytes, size_t length, int descriptor);

// The same with a message. Returns -1 when the other end has gone.
int sync_send(int sync, const message_t *message, int descriptor);

// 1: a message came, *descriptor is what came with it or -1. 0: the other end has gone. -1: errno.
int sync_receive(int sync, message_t *message, int *descriptor);
