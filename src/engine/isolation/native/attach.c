#define _GNU_SOURCE
#include "attach.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "moment.h"
#include "syscalls.h"

#define HELLO_LIMIT_MS 5000

// The path of a socket holds 107 bytes. A longer one is reached through a descriptor of its folder.
static int socket_address(const char *path, struct sockaddr_un *address, int *folder) {
  const char *slash = strrchr(path, '/');
  char parent[4096];
  *address = (struct sockaddr_un){.sun_family = AF_UNIX};
  if (strlen(path) < sizeof address->sun_path) {
    strcpy(address->sun_path, path);
    return 0;
  }
  if (!slash || (size_t)(slash - path) >= sizeof parent) return -1;
  memcpy(parent, path, (size_t)(slash - path));
  parent[slash - path] = '\0';
  *folder = sys_open(parent, O_PATH | O_DIRECTORY, 0);
  int length = snprintf(address->sun_path, sizeof address->sun_path, "/proc/self/fd/%d/%s", *folder, slash + 1);
  if (*folder >= 0 && length < (int)sizeof address->sun_path) return 0;
  if (*folder >= 0) errno = ENAMETOOLONG;
  return -1;
}

static int listen_at(const char *path) {
  struct sockaddr_un address;
  int folder = -1;
  int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  int result = -1;
  if (listener >= 0 && socket_address(path, &address, &folder) == 0) {
    mode_t mask = umask(077);
    // Whoever holds the lock owns the path: a socket that is there is left over.
    unlink(path);
    result = bind(listener, (const struct sockaddr *)&address, sizeof address);
    if (result == 0) result = listen(listener, 64);
    umask(mask);
  }
  int number = errno;
  if (folder >= 0) close(folder);
  if (result < 0 && listener >= 0) close(listener);
  errno = number;
  return result < 0 ? -1 : listener;
}

static int count_full(const attach_t *attach) {
  int count = 0;
  for (int i = 0; i < ATTACH_CLIENTS; i++)
    if (attach->slots[i].client && attach->slots[i].client->is_full) count++;
  return count;
}

static void hold_or_release(attach_t *attach) {
  int is_held = attach->hold_timer.at_ms != 0;
  int is_full = count_full(attach) > 0;
  // At the end nothing more comes that could be held.
  if (is_full == is_held || attach->is_finished) return;
  if (is_full)
    timer_start(&attach->hold_timer, ATTACH_HOLD_MS);
  else
    timer_stop(&attach->hold_timer);
  attach->hold(attach->actions.owner, is_full);
}

static void settle(attach_t *attach) {
  for (int i = 0; i < ATTACH_CLIENTS; i++) {
    client_t *client = attach->slots[i].client;
    if (!client || !client->is_dropped) continue;
    client_free(client);
    attach->slots[i].client = NULL;
  }
  hold_or_release(attach);
}

static void drop_full(void *owner) {
  attach_t *attach = owner;
  for (int i = 0; i < ATTACH_CLIENTS; i++)
    if (attach->slots[i].client && attach->slots[i].client->is_full) client_drop(attach->slots[i].client);
  attach->hold(attach->actions.owner, 0);
  settle(attach);
}

void attach_init(attach_t *attach, loop_t *loop) {
  attach->loop = loop;
  attach->listener.descriptor = -1;
  attach->hold_timer = (timer_slot_t){.due = drop_full, .owner = attach};
  loop_add_timer(loop, &attach->hold_timer);
}

static void slot_ready(void *owner, uint32_t events) {
  attach_slot_t *slot = owner;
  client_ready(slot->client, events);
  settle(slot->attach);
}

static attach_slot_t *free_slot(attach_t *attach) {
  for (int i = 0; i < ATTACH_CLIENTS; i++)
    if (!attach->slots[i].client) return &attach->slots[i];
  return NULL;
}

static int is_own_user(int descriptor) {
  struct ucred peer;
  socklen_t length = sizeof peer;
  return getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 && peer.uid == geteuid();
}

static attach_slot_t *add_client(attach_t *attach, int descriptor) {
  attach_slot_t *slot = free_slot(attach);
  if (!slot || !is_own_user(descriptor)) {
    close(descriptor);
    return NULL;
  }
  slot->attach = attach;
  slot->client = client_new(attach->loop, descriptor, &attach->actions);
  if (!slot->client) return NULL;
  slot->client->watch.ready = slot_ready;
  slot->client->watch.owner = slot;
  if (watch_set(attach->loop, &slot->client->watch, EPOLLIN | EPOLLPRI) == 0) return slot;
  client_free(slot->client);
  slot->client = NULL;
  return NULL;
}

static void accept_client(void *owner, uint32_t events) {
  attach_t *attach = owner;
  (void)events;
  int descriptor = accept4(attach->listener.descriptor, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (descriptor >= 0) add_client(attach, descriptor);
}

int attach_open(attach_t *attach, const char *path, failure_t *failure) {
  attach->path = path;
  attach->listener = (watch_t){.descriptor = listen_at(path), .ready = accept_client, .owner = attach};
  if (attach->listener.descriptor < 0) return fail(failure, errno, path, "cannot listen on the attach socket");
  return watch_set(attach->loop, &attach->listener, EPOLLIN) < 0 ? fail(failure, errno, path, "cannot watch the attach socket") : 0;
}

void attach_first_client(attach_t *attach, int descriptor) {
  attach_slot_t *slot = add_client(attach, descriptor);
  int64_t end_ms = monotonic_now_ms() + HELLO_LIMIT_MS;
  while (slot && slot->client && !slot->client->is_greeted) {
    struct pollfd wanted = {.fd = slot->client->watch.descriptor, .events = POLLIN};
    int64_t left = end_ms - monotonic_now_ms();
    if (left <= 0 || poll(&wanted, 1, (int)left) < 0) return;
    if (wanted.revents) slot_ready(slot, EPOLLIN | (wanted.revents & POLLHUP ? EPOLLHUP : 0U));
  }
}

void attach_output(attach_t *attach, int type, const char *bytes, size_t length) {
  unsigned wanted = type == FRAME_STDERR ? CLIENT_STDERR : type == FRAME_STDOUT ? CLIENT_STDOUT : ~0U;
  for (int i = 0; i < ATTACH_CLIENTS; i++) {
    client_t *client = attach->slots[i].client;
    if (client && client->is_greeted && (type == FRAME_ANSWER || client->streams & wanted)) client_send(client, type, bytes, length);
  }
  settle(attach);
}

void attach_resume_stdin(attach_t *attach) {
  for (int i = 0; i < ATTACH_CLIENTS; i++)
    if (attach->slots[i].client) client_resume(attach->slots[i].client);
  settle(attach);
}

void attach_finish(attach_t *attach) {
  attach->is_finished = 1;
  timer_stop(&attach->hold_timer);
  watch_close(attach->loop, &attach->listener);
  if (attach->path) unlink(attach->path);
  for (int i = 0; i < ATTACH_CLIENTS; i++)
    if (attach->slots[i].client) client_finish(attach->slots[i].client);
  settle(attach);
}

size_t attach_unsettled_bytes(const attach_t *attach) {
  size_t waiting = 0;
  for (int i = 0; i < ATTACH_CLIENTS; i++)
    if (attach->slots[i].client) waiting += client_unsettled_bytes(attach->slots[i].client);
  return waiting;
}
