#define _GNU_SOURCE
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cleanup.h"
#include "moment.h"
#include "sources.h"
#include "syscalls.h"

#define PIPE_ROOM (256 * 1024)
#define READ_ROOM (64 * 1024)
// What a pipe can hold, twice.
#define DRAIN_READS 8

static void end_stream(process_t *process, watch_t *stream) {
  watch_close(process->loop, stream);
  if (process_is_silent(process)) process->silent(process->owner);
}

// Returns whether there may be more. A terminal that nobody has open ends with EIO.
static int read_stream(process_t *process, int number) {
  static char bytes[READ_ROOM];
  watch_t *stream = &process->streams[number];
  ssize_t count = read(stream->descriptor, bytes, sizeof bytes);
  if (count < 0 && errno == EINTR) return 1;
  if (count < 0 && errno == EAGAIN) return 0;
  if (count <= 0) {
    end_stream(process, stream);
    return 0;
  }
  if (process->log) log_write(process->log, number == 0 ? LOG_STDOUT : LOG_STDERR, bytes, (size_t)count);
  attach_output(process->attach, number == 0 ? FRAME_STDOUT : FRAME_STDERR, bytes, (size_t)count);
  return 1;
}

static void stdout_ready(void *owner, uint32_t events) {
  (void)events;
  read_stream(owner, 0);
}

static void stderr_ready(void *owner, uint32_t events) {
  (void)events;
  read_stream(owner, 1);
}

void process_init(process_t *process) {
  process->root = -1;
  process->network = (network_t)NETWORK_NONE;
  process->streams[0] = (watch_t){.descriptor = -1, .ready = stdout_ready, .owner = process};
  process->streams[1] = (watch_t){.descriptor = -1, .ready = stderr_ready, .owner = process};
}

void process_drain(process_t *process) {
  for (int number = 0; number < 2; number++)
    for (int i = 0; i < DRAIN_READS && process->streams[number].descriptor >= 0; i++)
      if (!read_stream(process, number)) break;
}

static void watch_streams(process_t *process) {
  for (int number = 0; number < 2; number++) watch_set(process->loop, &process->streams[number], process->is_held ? 0 : EPOLLIN);
}

void process_hold(process_t *process, int is_held) {
  process->is_held = is_held;
  watch_streams(process);
}

int process_is_silent(const process_t *process) { return process->streams[0].descriptor < 0 && process->streams[1].descriptor < 0; }

void process_close_streams(process_t *process) {
  watch_close(process->loop, &process->streams[0]);
  watch_close(process->loop, &process->streams[1]);
}

// Both ends of the three pipes; index 0 of each is what the program gets. Without a pipe for stdin that is /dev/null.
typedef struct {
  int input[2];
  int output[2];
  int error[2];
} pipes_t;

static void close_pair(int pair[2]) {
  for (int i = 0; i < 2; i++) {
    if (pair[i] >= 0) close(pair[i]);
    pair[i] = -1;
  }
}

static void close_pipes(pipes_t *pipes) {
  close_pair(pipes->input);
  close_pair(pipes->output);
  close_pair(pipes->error);
}

// ours: 0 when the monitor reads, 1 when it writes.
static int make_pipe(int pair[2], int ours) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) < 0) return -1;
  pair[0] = ends[1 - ours];
  pair[1] = ends[ours];
  fcntl(pair[1], F_SETFL, O_NONBLOCK);
  // Fewer and larger reads; without the right to it the pipe stays as it is.
  if (ours == 0) fcntl(pair[1], F_SETPIPE_SZ, PIPE_ROOM);
  return 0;
}

static int make_pipes(pipes_t *pipes, input_mode_t mode, failure_t *failure) {
  *pipes = (pipes_t){.input = {-1, -1}, .output = {-1, -1}, .error = {-1, -1}};
  if (mode == INPUT_NONE) pipes->input[0] = sys_open("/dev/null", O_RDONLY, 0);
  int input = mode == INPUT_NONE ? pipes->input[0] : make_pipe(pipes->input, 1);
  if (input >= 0 && make_pipe(pipes->output, 0) == 0 && make_pipe(pipes->error, 0) == 0) return 0;
  fail(failure, errno, "", "cannot make the program's pipes");
  close_pipes(pipes);
  return -1;
}

// README.md, handshake: the engine answers with one byte when it is ready, with the end of file when it gave up.
static int shake_hands(int status, pid_t pid, failure_t *failure) {
  char byte = 0;
  ssize_t count = -1;
  dprintf(status, "{\"created\":{\"pid\":%d}}\n", pid);
  do count = read(status, &byte, 1);
  while (count < 0 && errno == EINTR);
  if (count == 1) return 0;
  failure_name_operation(failure, plan_word(SETTING_HANDSHAKE));
  return fail(failure, count < 0 ? errno : ECANCELED, "", "the engine gave up between clone and start");
}

static int open_layers(process_t *process, failure_t *failure) {
  const record_t *overlay = plan_operation(process->plan, OPERATION_OVERLAY);
  if (!overlay || layers_open(&process->layers, overlay, failure) == 0) return 0;
  layers_close(&process->layers);
  failure_name_operation(failure, plan_word(OPERATION_OVERLAY));
  return -1;
}

// Before the process, which then need not wait for it; but the namespace of one in another user namespace belongs to that, and only the process can make it.
static int clone_connected(launch_t *launch, process_t *process, const launch_stdio_t *stdio, failure_t *failure) {
  network_t *network = &process->network;
  int has_network = plan_setting(process->plan, SETTING_NETWORK) != NULL;
  int is_foreign = sources_change_user_namespace(launch->sources);
  if (is_foreign || !(launch->sources->clone_flags & CLONE_NEWNET)) network_release(network);
  if (has_network && !is_foreign && network_make(network, failure) < 0) return -1;
  launch->sources->network = network->namespace_;
  if (launch_clone(launch, process->plan, stdio, failure) < 0) return -1;
  return has_network && is_foreign ? network_connect(network, launch->pid, failure) : 0;
}

static int launch_program(launch_t *launch, process_t *process, const launch_stdio_t *stdio, int handshake, failure_t *failure) {
  int result = open_layers(process, failure);
  if (result == 0) result = launch_prepare(launch, process->plan, &process->layers, failure);
  if (result == 0) result = clone_connected(launch, process, stdio, failure);
  network_release(&process->network);
  if (result == 0 && handshake >= 0) result = shake_hands(handshake, launch->pid, failure);
  return result == 0 ? launch_release(launch, failure) : -1;
}

// The same terminal twice: epoll has one entry for a descriptor, and reading and writing wait apart.
static void take_terminal(process_t *process, launch_t *launch) {
  int terminal = launch->terminal;
  launch->terminal = -1;
  fcntl(terminal, F_SETFL, O_RDWR | O_NONBLOCK);
  process->streams[0].descriptor = terminal;
  input_begin(process->input, process->input->mode == INPUT_NONE ? -1 : fcntl(terminal, F_DUPFD_CLOEXEC, 0), 1);
  if (process->columns > 0) process_resize(process, process->columns, process->rows);
}

static void take_pipes(process_t *process, pipes_t *pipes) {
  process->streams[0].descriptor = pipes->output[1];
  process->streams[1].descriptor = pipes->error[1];
  input_begin(process->input, pipes->input[1], 0);
  pipes->output[1] = pipes->error[1] = pipes->input[1] = -1;
}

int process_start(process_t *process, int handshake, failure_t *failure) {
  pipes_t pipes = {.input = {-1, -1}, .output = {-1, -1}, .error = {-1, -1}};
  launch_t launch = LAUNCH_NONE;
  process_close_streams(process);
  if (!plan_setting(process->plan, SETTING_TERMINAL) && make_pipes(&pipes, process->input->mode, failure) < 0) return -1;
  launch_stdio_t stdio = {.input = pipes.input[0], .output = pipes.output[0], .error = pipes.error[0]};
  int result = launch_program(&launch, process, &stdio, handshake, failure);
  if (result == 0) {
    process->root = launch.root;
    launch.root = -1;
    process->pid = launch.pid;
    process->start_ticks = launch.start_ticks;
    process->began_ms = monotonic_now_ms();
    if (launch.terminal >= 0)
      take_terminal(process, &launch);
    else
      take_pipes(process, &pipes);
    watch_streams(process);
  }
  // What the launch had open of the host is not kept: it would hold mounts and folders as long as the container runs.
  launch_close(&launch);
  close_pipes(&pipes);
  return result;
}

int process_resize(process_t *process, uint16_t columns, uint16_t rows) {
  struct winsize size = {.ws_col = columns, .ws_row = rows};
  if (columns == 0 || rows == 0) return EINVAL;
  process->columns = columns;
  process->rows = rows;
  return process->streams[0].descriptor >= 0 && ioctl(process->streams[0].descriptor, TIOCSWINSZ, &size) < 0 ? errno : 0;
}

int process_signal(const process_t *process, int number) {
  if (number < 1 || number >= NSIG) return EINVAL;
  if (process->pid <= 0) return ESRCH;
  return kill(process->pid, number) < 0 ? errno : 0;
}

void process_forget(process_t *process) {
  process->pid = 0;
  network_leave(&process->network);
}

void process_release_root(process_t *process) {
  close_descriptor(&process->root);
  process->root = -1;
}
