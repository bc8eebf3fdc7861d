#define _GNU_SOURCE
#include "dns-streams.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "moment.h"

// Bytes of an answer of others.
enum { ANSWER_ROOM = 65535 };

enum { LISTEN_AGAIN_MS = 1000 };

static void set_end(dns_stream_t *stream, int64_t limit_ms) {
  stream->end_ms = monotonic_now_ms() + limit_ms;
  timer_advance(stream->streams->timer, stream->end_ms);
}

static void listen_again(dns_streams_t *streams) { watch_set(streams->loop, &streams->listener, EPOLLIN); }

static void close_stream(dns_stream_t *stream) {
  watch_close(stream->streams->loop, &stream->client);
  watch_close(stream->streams->loop, &stream->server);
  dns_packet_free(&stream->query);
  dns_packet_free(&stream->answer);
  listen_again(stream->streams);
}

static void wait_for_query(dns_stream_t *stream) {
  dns_packet_free(&stream->query);
  dns_packet_free(&stream->answer);
  set_end(stream, DNS_STREAM_LIMIT_MS);
  if (watch_set(stream->streams->loop, &stream->client, EPOLLIN) < 0) close_stream(stream);
}

// Most answers go at once; the rest when the client reads.
static void send_answer(dns_stream_t *stream) {
  int result = dns_packet_write(&stream->answer, stream->client.descriptor);
  if (result > 0) {
    wait_for_query(stream);
    return;
  }
  if (result < 0 || watch_set(stream->streams->loop, &stream->client, EPOLLOUT) < 0) close_stream(stream);
}

static void begin_answer(dns_stream_t *stream, const unsigned char *message, size_t length) {
  set_end(stream, DNS_STREAM_LIMIT_MS);
  if (dns_packet_set(&stream->answer, message, length) < 0)
    close_stream(stream);
  else
    send_answer(stream);
}

static void tell_failure(dns_stream_t *stream) {
  unsigned char out[DNS_UDP_ROOM];
  const dns_query_t query = {.question_end = stream->question_end};
  begin_answer(stream, out, dns_error(out, dns_packet_message(&stream->query), &query, DNS_SERVER_FAILURE));
}

static void server_ready(void *owner, uint32_t events);

// From `stream->asked` on, the first that can be asked at all. The query is sent when the connection is there.
static void ask(dns_stream_t *stream) {
  const dns_servers_t *servers = stream->streams->servers;
  loop_t *loop = stream->streams->loop;
  // Meanwhile the client has nothing to say.
  watch_set(loop, &stream->client, 0);
  dns_packet_free(&stream->answer);
  dns_packet_rewind(&stream->query);
  for (; stream->asked < servers->count; stream->asked++) {
    stream->server = (watch_t){.descriptor = socket_address_connect(&servers->list[stream->asked], SOCK_STREAM, 0), .ready = server_ready, .owner = stream};
    if (stream->server.descriptor < 0) continue;
    set_end(stream, DNS_SERVER_LIMIT_MS);
    if (watch_set(loop, &stream->server, EPOLLOUT) == 0) return;
    watch_close(loop, &stream->server);
  }
  tell_failure(stream);
}

static void ask_next(dns_stream_t *stream) {
  watch_close(stream->streams->loop, &stream->server);
  stream->asked++;
  ask(stream);
}

static void take_answer(dns_stream_t *stream) {
  const unsigned char *query = dns_packet_message(&stream->query);
  const unsigned char *answer = dns_packet_message(&stream->answer);
  int is_answer = dns_is_answer(answer, dns_packet_length(&stream->answer), dns_id(query), query, stream->question_end);
  if (!is_answer || (dns_is_refusal(answer) && stream->asked + 1 < stream->streams->servers->count)) {
    ask_next(stream);
    return;
  }
  watch_close(stream->streams->loop, &stream->server);
  dns_packet_rewind(&stream->answer);
  set_end(stream, DNS_STREAM_LIMIT_MS);
  send_answer(stream);
}

static void server_ready(void *owner, uint32_t events) {
  dns_stream_t *stream = owner;
  (void)events;
  int server = stream->server.descriptor;
  int result = dns_packet_write(&stream->query, server);
  if (result > 0 && watch_set(stream->streams->loop, &stream->server, EPOLLIN) < 0) result = -1;
  if (result > 0) result = dns_packet_read(&stream->answer, server, ANSWER_ROOM);
  if (result > 0)
    take_answer(stream);
  else if (result < 0)
    ask_next(stream);
}

static void take_query(dns_stream_t *stream) {
  unsigned char out[DNS_ROOM];
  dns_query_t query;
  const dns_streams_t *streams = stream->streams;
  int length = streams->answer(streams->owner, dns_packet_message(&stream->query), dns_packet_length(&stream->query), out, &query);
  stream->question_end = query.question_end;
  stream->asked = 0;
  if (length < 0)
    close_stream(stream);
  else if (length == 0)
    ask(stream);
  else
    begin_answer(stream, out, (size_t)length);
}

static void client_ready(void *owner, uint32_t events) {
  dns_stream_t *stream = owner;
  if (events & EPOLLOUT && stream->answer.bytes) {
    send_answer(stream);
    return;
  }
  int result = dns_packet_read(&stream->query, stream->client.descriptor, DNS_ROOM);
  if (result < 0) close_stream(stream);
  if (result > 0) take_query(stream);
}

static dns_stream_t *find_free(dns_streams_t *streams) {
  for (int i = 0; i < DNS_STREAMS; i++)
    if (streams->list[i].client.descriptor < 0) return &streams->list[i];
  return NULL;
}

// Where there is no place, or no descriptor is left, clients wait in the kernel until somebody has gone, or for a while.
static void stop_listening(dns_streams_t *streams) {
  watch_set(streams->loop, &streams->listener, 0);
  timer_advance(streams->timer, monotonic_now_ms() + LISTEN_AGAIN_MS);
}

static void accept_client(void *owner, uint32_t events) {
  dns_streams_t *streams = owner;
  dns_stream_t *stream = find_free(streams);
  (void)events;
  int client = stream ? accept4(streams->listener.descriptor, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK) : -1;
  if (client < 0 && (!stream || errno == EMFILE || errno == ENFILE)) stop_listening(streams);
  if (client < 0) return;
  stream->client = (watch_t){.descriptor = client, .ready = client_ready, .owner = stream};
  wait_for_query(stream);
}

void dns_streams_open(dns_streams_t *streams, loop_t *loop, timer_slot_t *timer, const dns_servers_t *servers) {
  *streams = (dns_streams_t){.loop = loop, .timer = timer, .servers = servers};
  streams->listener = (watch_t){.descriptor = -1, .ready = accept_client, .owner = streams};
  for (int i = 0; i < DNS_STREAMS; i++) {
    streams->list[i].streams = streams;
    streams->list[i].client.descriptor = streams->list[i].server.descriptor = -1;
  }
}

static void expire(dns_stream_t *stream) {
  if (stream->server.descriptor >= 0)
    ask_next(stream);
  else
    close_stream(stream);
}

void dns_streams_expire(dns_streams_t *streams, int64_t now_ms) {
  listen_again(streams);
  for (int i = 0; i < DNS_STREAMS; i++) {
    dns_stream_t *stream = &streams->list[i];
    if (stream->client.descriptor >= 0 && stream->end_ms <= now_ms) expire(stream);
    if (stream->client.descriptor >= 0) timer_advance(streams->timer, stream->end_ms);
  }
}

void dns_streams_close(dns_streams_t *streams) {
  for (int i = 0; i < DNS_STREAMS; i++)
    if (streams->list[i].client.descriptor >= 0) close_stream(&streams->list[i]);
  watch_close(streams->loop, &streams->listener);
}
