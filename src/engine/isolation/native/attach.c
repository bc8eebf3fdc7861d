#define _GNU_SOURCE
#include "attach.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
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

static int has_full(const attach_t *attach) {
  for (const attach_slot_t *slot = attach->slots; slot; slot = slot->next)
    if (slot->client->is_full) return 1;
  return 0;
}

static void hold_or_release(attach_t *attach) {
  int is_held = attach->hold_timer.at_ms != 0;
  int is_full = has_full(attach);
  // At the end nothing more comes that could be held.
  if (is_full == is_held || attach->is_finished) return;
  if (is_full)
    timer_start(&attach->hold_timer, ATTACH_HOLD_MS);
  else
    timer_stop(&attach->hold_timer);
  attach->hold(attach->actions.owner, is_full);
}

static void settle(attach_t *attach) {
  attach_slot_t **place = &attach->slots;
  while (*place) {
    attach_slot_t *slot = *place;
    if (!slot->client->is_dropped) {
      place = &slot->next;
      continue;
    }
    *place = slot->next;
    client_free(slot->client);
    free(slot);
  }
  hold_or_release(attach);
}

static void drop_full(void *owner) {
  attach_t *attach = owner;
  for (attach_slot_t *slot = attach->slots; slot; slot = slot->next)
    if (slot->client->is_full) client_drop(slot->client);
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

static int has_room(const attach_t *attach, int is_direct) {
  int count = 0;
  for (const attach_slot_t *slot = attach->slots; slot; slot = slot->next) count += (slot->client->direct != NULL) == is_direct;
  return count < ATTACH_CLIENTS;
}

static int is_own_user(int descriptor) {
  struct ucred peer;
  socklen_t length = sizeof peer;
  return getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 && peer.uid == geteuid();
}

static attach_slot_t *add_slot(attach_t *attach, int descriptor) {
  attach_slot_t *slot = calloc(1, sizeof *slot);
  if (!slot) {
    close(descriptor);
    return NULL;
  }
  slot->attach = attach;
  slot->client = client_new(attach->loop, descriptor, &attach->actions);
  if (!slot->client) {
    free(slot);
    return NULL;
  }
  slot->client->watch.ready = slot_ready;
  slot->client->watch.owner = slot;
  slot->next = attach->slots;
  attach->slots = slot;
  return slot;
}

client_t *attach_add_direct(attach_t *attach, int descriptor) {
  if (attach->is_finished || !has_room(attach, 1)) {
    close(descriptor);
    return NULL;
  }
  attach_slot_t *slot = add_slot(attach, descriptor);
  return slot ? slot->client : NULL;
}

static attach_slot_t *add_client(attach_t *attach, int descriptor) {
  if (!has_room(attach, 0) || !is_own_user(descriptor)) {
    close(descriptor);
    return NULL;
  }
  attach_slot_t *slot = add_slot(attach, descriptor);
  if (!slot || watch_set(attach->loop, &slot->client->watch, EPOLLIN | CLIENT_WATCHED) == 0) return slot;
  client_drop(slot->client);
  settle(attach);
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
  while (slot && !slot->client->is_dropped && !slot->client->is_greeted) {
    struct pollfd wanted = {.fd = slot->client->watch.descriptor, .events = POLLIN};
    int64_t left = end_ms - monotonic_now_ms();
    if (left <= 0 || poll(&wanted, 1, (int)left) < 0) return;
    if (wanted.revents) client_ready(slot->client, EPOLLIN | (wanted.revents & POLLHUP ? EPOLLHUP : 0U));
  }
  settle(attach);
}

void attach_output(attach_t *attach, int type, const char *bytes, size_t length) {
  unsigned wanted = type == FRAME_STDERR ? CLIENT_STDERR : CLIENT_STDOUT;
  for (attach_slot_t *slot = attach->slots; slot; slot = slot->next) {
    client_t *client = slot->client;
    int is_wanted = type == FRAME_ANSWER ? client->is_greeted && !client->direct : (client->streams & wanted) != 0;
    if (is_wanted) client_send(client, type, bytes, length);
  }
  settle(attach);
}

void attach_resume_stdin(attach_t *attach) {
  for (attach_slot_t *slot = attach->slots; slot; slot = slot->next) client_resume(slot->client);
  settle(attach);
}

void attach_finish(attach_t *attach) {
  attach->is_finished = 1;
  timer_stop(&attach->hold_timer);
  watch_close(attach->loop, &attach->listener);
  if (attach->path) unlink(attach->path);
  for (attach_slot_t *slot = attach->slots; slot; slot = slot->next) client_finish(slot->client);
  settle(attach);
}

size_t attach_unsettled_bytes(const attach_t *attach) {
  size_t waiting = 0;
  for (const attach_slot_t *slot = attach->slots; slot; slot = slot->next) waiting += client_unsettled_bytes(slot->client);
  return waiting;
}
