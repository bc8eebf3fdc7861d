// One run of the container's program: its stdio or terminal, its launch, and what it writes.
#pragma once

#include <stdint.h>

#include "attach.h"
#include "input.h"
#include "launch.h"
#include "layer.h"
#include "log.h"
#include "loop.h"
#include "network.h"
#include "plan.h"

typedef struct {
  loop_t *loop;
  log_t *log;  // null: nothing is kept
  attach_t *attach;
  input_t *input;
  const plan_t *plan;
  pid_t pid;  // 0: not running
  uint64_t start_ticks;
  watch_t streams[2];  // stdout and stderr; a terminal is the first alone
  uint16_t columns;    // of the last resize; 0: as the plan says
  uint16_t rows;
  int64_t began_ms;
  int is_held;
  int root;  // of the last run, where that is an overlay, or -1
  layers_t layers;  // those of the overlay, from the first run to the end of the monitor
  network_t network;
  void (*silent)(void *owner);  // called when the last stream has ended
  void *owner;
} process_t;

void process_init(process_t *process);

// `handshake` is the status socket when the engine wants to do something between the clone and the operations, else -1.
int process_start(process_t *process, int handshake, failure_t *failure);

// Takes what the streams hold at this moment; more than a bounded amount is left.
void process_drain(process_t *process);
// While output is held nothing is read from the process; what does not fit into its pipes makes it wait.
void process_hold(process_t *process, int is_held);
int process_is_silent(const process_t *process);
void process_close_streams(process_t *process);

// 0 or an errno.
int process_resize(process_t *process, uint16_t columns, uint16_t rows);
int process_signal(const process_t *process, int number);
// It was reaped: it has no pid any more.
void process_forget(process_t *process);
// Lets go of the layers. The kernel writes out what is dirty on their disk then, whoever it is of, which can take many ms: were it not for this descriptor, the program's end would have to
// wait for that before anybody heard of it.
void process_release_root(process_t *process);
