// spawn FOLDER    starts other roles for one engine. A fork of the engine copies the page tables of a process with 50 MB and more and stops its event loop until the child has
// executed; this one has little, and lends it to the child until that has executed. platform/process-spawner.ts is the other end:
//
//   engine                                                       spawn
//     starts it with a socket pair on 3 ───────────────────────▶ listens on a socket that it has unlinked: its only path is /proc/PID/fd/N
//     ◀──────────────────────────────────────────────────────── "N\n" on 3
//     connects once for each descriptor of the new process;
//     each connection begins with a head, then a list of words ▶ the last descriptor of a request is there: fork, execute itself with the words
//     ◀──────────────────────────────────────────────────────── "REQUEST STATUS\n" on 3 when it has ended, STATUS as waitpid has it
//     closes 3, or dies ───────────────────────────────────────▶ ends; what it has started goes on
//
// Who may follow /proc/PID/fd may trace this process: no container can, whatever it sees of the host.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"
#include "roles.h"

enum { CONTROL = 3, MOST_DESCRIPTORS = 10, MOST_WORDS = 512, MOST_TEXT = 65536, FIRST_FREE = 64, HEAD_LIMIT_MS = 5000 };

// Little-endian, as both ends are on one machine.
typedef struct {
  uint32_t request;
  uint16_t target;      // the descriptor that the connection becomes
  uint16_t count;       // descriptors of the request
  uint32_t text_bytes;  // words, each with its NUL
} head_t;

typedef struct job {
  struct job *next;
  uint32_t request;
  pid_t pid;  // 0: some descriptor has not come yet
  unsigned count;
  int connections[MOST_DESCRIPTORS];
  int targets[MOST_DESCRIPTORS];
  char *text;
  size_t text_bytes;
} job_t;

typedef struct {
  int listener;
  int signals;
  job_t *jobs;
} spawner_t;

static int listen_unnamed(const char *folder, int *place) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  // The name is relative, because a path of the state root may be longer than an address.
  if (listener < 0 || chdir(folder) < 0) return -1;
  snprintf(address.sun_path, sizeof address.sun_path, "spawn-%d", getpid());
  mode_t mask = umask(077);
  unlink(address.sun_path);
  int result = bind(listener, (struct sockaddr *)&address, sizeof address);
  umask(mask);
  if (result < 0) return -1;
  *place = open(address.sun_path, O_PATH | O_CLOEXEC | O_NOFOLLOW);
  unlink(address.sun_path);
  if (*place < 0 || chdir("/") < 0 || listen(listener, 128) < 0) return -1;
  return listener;
}

static int open_spawner(spawner_t *spawner, const char *folder) {
  sigset_t children;
  int place = -1;
  sigemptyset(&children);
  sigaddset(&children, SIGCHLD);
  sigprocmask(SIG_BLOCK, &children, NULL);
  signal(SIGPIPE, SIG_IGN);
  fcntl(CONTROL, F_SETFD, FD_CLOEXEC);
  spawner->signals = signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK);
  spawner->listener = listen_unnamed(folder, &place);
  if (spawner->signals < 0 || spawner->listener < 0) return -1;
  return dprintf(CONTROL, "%d\n", place) < 0 ? -1 : 0;
}

// The engine writes the head in one piece before anything else, so it is there nearly always.
static int take(int connection, void *bytes, size_t length) {
  struct pollfd polled = {.fd = connection, .events = POLLIN};
  char *at = bytes;
  for (size_t left = length; left > 0;) {
    ssize_t count = recv(connection, at, left, MSG_DONTWAIT);
    if (count < 0 && errno == EAGAIN && poll(&polled, 1, HEAD_LIMIT_MS) == 1) continue;
    if (count <= 0) return -1;
    at += count;
    left -= (size_t)count;
  }
  return 0;
}

static job_t *job_of(spawner_t *spawner, uint32_t request) {
  for (job_t *job = spawner->jobs; job; job = job->next)
    if (job->request == request) return job;
  job_t *job = calloc(1, sizeof *job);
  if (!job) return NULL;
  job->request = request;
  job->next = spawner->jobs;
  spawner->jobs = job;
  return job;
}

static void close_connections(job_t *job) {
  for (unsigned i = 0; i < job->count; i++) close(job->connections[i]);
  job->count = 0;
}

// In the child. The connections go out of the way first, because one may have the number that another is to get.
static void take_descriptors(const job_t *job) {
  sigset_t none;
  int moved[MOST_DESCRIPTORS] = {0};
  for (unsigned i = 0; i < job->count; i++) moved[i] = fcntl(job->connections[i], F_DUPFD_CLOEXEC, FIRST_FREE);
  for (unsigned i = 0; i < job->count; i++)
    if (moved[i] < 0 || dup2(moved[i], job->targets[i]) < 0) _exit(125);
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  signal(SIGPIPE, SIG_DFL);
}

typedef struct {
  char *words[MOST_WORDS + 2];
  size_t count;
} command_t;

static int read_words(const job_t *job, command_t *command) {
  static char name[] = "gantry-init";
  *command = (command_t){.words = {name}, .count = 1};
  for (char *word = job->text; word < job->text + job->text_bytes; word += strlen(word) + 1) {
    if (command->count > MOST_WORDS) return -1;
    command->words[command->count++] = word;
  }
  return 0;
}

// The child has this process' memory until it executes, while this one stands still: nothing of it is copied, which would cost more than all else.
static pid_t start_role(const job_t *job, char **words) {
  char *const environment[] = {NULL};
  pid_t pid = vfork();
  if (pid != 0) return pid;
  take_descriptors(job);
  execve("/proc/self/exe", words, environment);
  _exit(125);
}

// To delete files needs no memory of its own, and the descriptors it is given are all it may leave open: it saves an execve, which takes longer than most deletions.
static pid_t start_removal(const job_t *job, command_t *command) {
  pid_t pid = fork();
  if (pid != 0) return pid;
  take_descriptors(job);
  exit(run_remove((int)command->count - 1, command->words + 1));
}

static void end_job(spawner_t *spawner, job_t *job, int status) {
  job_t **at = &spawner->jobs;
  while (*at != job) at = &(*at)->next;
  *at = job->next;
  dprintf(CONTROL, "%u %d\n", job->request, status);
  free(job);
}

static void start(spawner_t *spawner, job_t *job) {
  static command_t command;
  if (read_words(job, &command) < 0)
    job->pid = -1;
  else if (command.count > 1 && strcmp(command.words[1], "remove") == 0)
    job->pid = start_removal(job, &command);
  else
    job->pid = start_role(job, command.words);
  close_connections(job);
  free(job->text);
  job->text = NULL;
  if (job->pid < 0) end_job(spawner, job, 125 << 8);
}

// False when nobody waits. A connection that breaks off leaves its request incomplete: its other ends see that.
static int take_connection(spawner_t *spawner) {
  int connection = accept4(spawner->listener, NULL, NULL, SOCK_CLOEXEC);
  head_t head;
  if (connection < 0) return 0;
  cleanup_free char *text = NULL;
  if (take(connection, &head, sizeof head) < 0 || head.count > MOST_DESCRIPTORS || head.text_bytes > MOST_TEXT || !(text = calloc(1, head.text_bytes + 1U)) ||
      take(connection, text, head.text_bytes) < 0) {
    close(connection);
    return 1;
  }
  job_t *job = job_of(spawner, head.request);
  if (!job || job->pid != 0 || job->count >= MOST_DESCRIPTORS) {
    close(connection);
    return 1;
  }
  job->connections[job->count] = connection;
  job->targets[job->count++] = head.target;
  if (head.text_bytes > 0) {
    free(job->text);
    job->text = text;
    job->text_bytes = head.text_bytes;
    text = NULL;
  }
  if (job->count == head.count) start(spawner, job);
  return 1;
}

static void reap(spawner_t *spawner) {
  struct signalfd_siginfo told[16];
  int status;
  pid_t pid;
  while (read(spawner->signals, told, sizeof told) > 0) continue;
  while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
    job_t *job = spawner->jobs;
    while (job && job->pid != pid) job = job->next;
    if (job) end_job(spawner, job, status);
  }
}

int run_spawn(int argc, char **argv) {
  static spawner_t spawner;
  if (argc < 2 || open_spawner(&spawner, argv[1]) < 0) return 125;
  prctl(PR_SET_NAME, "gantry:spawn");
  struct pollfd polled[] = {{.fd = CONTROL, .events = POLLIN}, {.fd = spawner.listener, .events = POLLIN}, {.fd = spawner.signals, .events = POLLIN}};
  for (;;) {
    if (poll(polled, 3, -1) < 0 && errno != EINTR) return 125;
    if (polled[2].revents) reap(&spawner);
    if (polled[1].revents) take_connection(&spawner);
    // The engine writes nothing here: what can be read is the end. It may have asked for something just before.
    if (polled[0].revents == 0) continue;
    while (take_connection(&spawner)) continue;
    return 0;
  }
}
