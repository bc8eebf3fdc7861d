#define _GNU_SOURCE
#include "resolver.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dns-forward.h"
#include "dns-message.h"
#include "dns-servers.h"
#include "dns-streams.h"
#include "loopback.h"
#include "moment.h"
#include "names.h"

#define ADDRESS "127.0.0.11"

enum { FIELD_PORT, FIELD_FOLDER, FIELD_CONTAINER, FIELD_FLAGS, FIELD_SERVERS, FIELD_NETWORKS };

// At one wake-up, so that other descriptors have their turn.
enum { MOST_READS = 32, BACKLOG = 64 };

struct resolver {
  loop_t *loop;
  timer_slot_t timer;
  watch_t datagrams;
  names_t names;
  dns_servers_t servers;  // none: nothing is asked
  dns_forward_t forward;
  dns_streams_t streams;
};

static int is_file_name(const char *text) { return text[0] != '\0' && text[0] != '.' && !strchr(text, '/'); }

static int read_servers(const record_t *record, dns_servers_t *servers, failure_t *failure) {
  const char *text = record_text(record, FIELD_SERVERS);
  if (dns_servers_parse(servers, text) < 0) return fail(failure, EINVAL, text, "\"%.100s\" is no list of addresses", text);
  // Names of a network without a way out must not be told outside.
  if (record_has_flag(record, FIELD_FLAGS, "internal")) servers->count = 0;
  return 0;
}

static int check_record(const record_t *record, failure_t *failure) {
  dns_servers_t servers;
  uint64_t port = 0;
  if (record_number(record, FIELD_PORT, UINT16_MAX, &port, failure) < 0 || read_servers(record, &servers, failure) < 0) return -1;
  if (record_text(record, FIELD_FOLDER)[0] != '/') return fail(failure, EINVAL, record_text(record, FIELD_FOLDER), "the folder of the names is an absolute path");
  if (!is_file_name(record_text(record, FIELD_CONTAINER))) return fail(failure, EINVAL, record_text(record, FIELD_CONTAINER), "a container's id names a file");
  for (uint32_t i = FIELD_NETWORKS; i < record->count; i++)
    if (!is_file_name(record_text(record, i))) return fail(failure, EINVAL, record_text(record, i), "a network's id names a folder");
  return 0;
}

int resolver_check(const record_t *record, failure_t *failure) {
  if (!record || check_record(record, failure) == 0) return 0;
  failure_name_operation(failure, plan_word(SETTING_RESOLVER));
  return -1;
}

// The name is one of ours: an answer without addresses says that there is none of the kind. 0: it is not ours.
static size_t answer_name(names_t *names, const unsigned char *bytes, const dns_query_t *query, unsigned char *out, size_t room) {
  dns_answer_t answer;
  names_found_t found;
  unsigned families = query->type == DNS_TYPE_A ? NAMES_IPV4 : query->type == DNS_TYPE_AAAA ? NAMES_IPV6 : query->type == DNS_TYPE_ANY ? NAMES_IPV4 | NAMES_IPV6 : 0U;
  if (!names_find(names, query->name, families, &found)) return 0;
  dns_answer_begin(&answer, out, room, bytes, query);
  // Who has several addresses is asked at another one each time.
  size_t first = found.count > 1 ? names->turn++ % found.count : 0;
  for (size_t i = 0; i < found.count; i++) {
    const names_address_t *address = &found.list[(first + i) % found.count];
    dns_answer_address(&answer, address->family, address->bytes);
  }
  return dns_answer_end(&answer);
}

static size_t answer_reverse(names_t *names, const unsigned char *bytes, const dns_query_t *query, unsigned char *out, size_t room) {
  dns_answer_t answer;
  unsigned char address[16];
  char name[DNS_NAME_TEXT];
  int family = query->type == DNS_TYPE_PTR ? dns_parse_reverse(query->name, address) : 0;
  if (family == 0 || !names_reverse(names, family, address, name)) return 0;
  dns_answer_begin(&answer, out, room, bytes, query);
  dns_answer_pointer(&answer, name);
  return dns_answer_end(&answer);
}

static size_t answer_own(names_t *names, const unsigned char *bytes, const dns_query_t *query, unsigned char *out, size_t room) {
  if (query->class_ != DNS_CLASS_INTERNET || query->name[0] == '\0') return 0;
  size_t length = answer_name(names, bytes, query, out, room);
  return length > 0 ? length : answer_reverse(names, bytes, query, out, room);
}

static int answer_query(resolver_t *resolver, const unsigned char *bytes, size_t length, int is_stream, unsigned char out[DNS_ROOM], dns_query_t *query) {
  int code = dns_parse(bytes, length, query);
  if (code < 0) return -1;
  if (code != DNS_NO_ERROR) return (int)dns_error(out, bytes, query, code);
  size_t room = is_stream || query->room > DNS_ROOM ? DNS_ROOM : query->room;
  size_t answer = answer_own(&resolver->names, bytes, query, out, room);
  if (answer > 0) return (int)answer;
  return resolver->servers.count > 0 ? 0 : (int)dns_error(out, bytes, query, DNS_SERVER_FAILURE);
}

static int answer_stream(void *owner, const unsigned char *bytes, size_t length, unsigned char out[DNS_ROOM], dns_query_t *query) {
  return answer_query(owner, bytes, length, 1, out, query);
}

static void take_datagram(resolver_t *resolver, const struct sockaddr_in *client, const unsigned char *bytes, size_t length) {
  unsigned char out[DNS_ROOM];
  dns_query_t query;
  int count = answer_query(resolver, bytes, length, 0, out, &query);
  if (count > 0) (void)sendto(resolver->datagrams.descriptor, out, (size_t)count, MSG_DONTWAIT, (const struct sockaddr *)client, sizeof *client);
  if (count == 0) dns_forward_ask(&resolver->forward, client, bytes, length, &query);
}

static void datagrams_ready(void *owner, uint32_t events) {
  unsigned char bytes[DNS_ROOM];
  resolver_t *resolver = owner;
  (void)events;
  for (int i = 0; i < MOST_READS; i++) {
    struct sockaddr_in client = {.sin_family = AF_INET};
    socklen_t size = sizeof client;
    ssize_t count = recvfrom(resolver->datagrams.descriptor, bytes, sizeof bytes, MSG_DONTWAIT, (struct sockaddr *)&client, &size);
    if (count < 0) return;
    take_datagram(resolver, &client, bytes, (size_t)count);
  }
}

static void expire(void *owner) {
  resolver_t *resolver = owner;
  int64_t now_ms = monotonic_now_ms();
  dns_forward_expire(&resolver->forward, now_ms);
  dns_streams_expire(&resolver->streams, now_ms);
}

static resolver_t *make_resolver(loop_t *loop) {
  resolver_t *resolver = calloc(1, sizeof *resolver);
  if (!resolver) return NULL;
  resolver->loop = loop;
  resolver->timer = (timer_slot_t){.due = expire, .owner = resolver};
  resolver->datagrams = (watch_t){.descriptor = -1, .ready = datagrams_ready, .owner = resolver};
  dns_forward_open(&resolver->forward, loop, &resolver->timer, &resolver->servers, &resolver->datagrams);
  dns_streams_open(&resolver->streams, loop, &resolver->timer, &resolver->servers);
  resolver->streams.answer = answer_stream;
  resolver->streams.owner = resolver;
  loop_add_timer(loop, &resolver->timer);
  return resolver;
}

static int bind_socket(int type, uint16_t port) {
  static const int on = 1;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  inet_pton(AF_INET, ADDRESS, &address.sin_addr);
  int made = socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (made < 0) return -1;
  if (type == SOCK_STREAM) setsockopt(made, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(made, (const struct sockaddr *)&address, sizeof address) == 0 && (type == SOCK_DGRAM || listen(made, BACKLOG) == 0)) return made;
  int number = errno;
  close(made);
  errno = number;
  return -1;
}

static int bind_sockets(resolver_t *resolver, const record_t *record, failure_t *failure) {
  uint64_t port = 0;
  if (record_number(record, FIELD_PORT, UINT16_MAX, &port, failure) < 0) return -1;
  resolver->datagrams.descriptor = bind_socket(SOCK_DGRAM, (uint16_t)port);
  resolver->streams.listener.descriptor = resolver->datagrams.descriptor < 0 ? -1 : bind_socket(SOCK_STREAM, (uint16_t)port);
  if (resolver->streams.listener.descriptor >= 0) return 0;
  return fail(failure, errno, ADDRESS, "cannot listen at port %s of " ADDRESS, record_text(record, FIELD_PORT));
}

int resolver_listen(resolver_t **resolver, loop_t *loop, const record_t *record, failure_t *failure) {
  if (!record) return 0;
  if (!*resolver) *resolver = make_resolver(loop);
  if (!*resolver) return fail(failure, ENOMEM, ADDRESS, "no memory for the resolver");
  if ((*resolver)->datagrams.descriptor >= 0) return 0;
  // A socket that is bound to an address that is not there yet, which IP_FREEBIND allows, would be one of every address.
  int result = loopback_up(failure);
  if (result == 0) result = bind_sockets(*resolver, record, failure);
  if (result == 0) return 0;
  failure_name_operation(failure, plan_word(SETTING_RESOLVER));
  resolver_serve(*resolver, NULL);
  return -1;
}

// What waits for an answer has asked what may no longer be asked.
static void forget(resolver_t *resolver) {
  dns_forward_close(&resolver->forward);
  names_close(&resolver->names);
  resolver->servers.count = 0;
}

static void end(resolver_t *resolver) {
  dns_streams_close(&resolver->streams);
  watch_close(resolver->loop, &resolver->datagrams);
  timer_stop(&resolver->timer);
}

static void read_record(resolver_t *resolver, const record_t *record) {
  failure_t ignored = {0};
  if (read_servers(record, &resolver->servers, &ignored) < 0) resolver->servers.count = 0;
  names_open(&resolver->names, record_text(record, FIELD_FOLDER), record_text(record, FIELD_CONTAINER));
  for (uint32_t i = FIELD_NETWORKS; i < record->count; i++) names_add(&resolver->names, record_text(record, i));
}

void resolver_serve(resolver_t *resolver, const record_t *record) {
  if (!resolver) return;
  forget(resolver);
  if (!record) {
    end(resolver);
    return;
  }
  read_record(resolver, record);
  watch_set(resolver->loop, &resolver->datagrams, EPOLLIN);
  watch_set(resolver->loop, &resolver->streams.listener, EPOLLIN);
}

void resolver_remove_names(const record_t *record) {
  char path[PATH_MAX];
  for (uint32_t i = FIELD_NETWORKS; record && i < record->count; i++) {
    int length = snprintf(path, sizeof path, "%s/%s/%s", record_text(record, FIELD_FOLDER), record_text(record, i), record_text(record, FIELD_CONTAINER));
    if (length > 0 && length < PATH_MAX) unlink(path);
  }
}
