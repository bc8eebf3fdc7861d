// libFuzzer's entry to the resolver's reader of messages: what a container sends, and what a server that it is passed on to answers. Built and run by `make fuzz`.
#include <arpa/inet.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "dns-message.h"

enum { ROOM = 65535 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void check(int holds) {
  if (!holds) abort();
}

// Every kind of answer to it, in memory that ends where the room does.
static void answer(const unsigned char *message, const dns_query_t *query) {
  unsigned char address[16] = {1, 2, 3};
  dns_answer_t made;
  unsigned char *out = malloc(query->room);
  if (!out) abort();
  check(query->room >= DNS_UDP_ROOM && query->room <= ROOM);
  check(dns_error(out, message, query, DNS_REFUSED) <= DNS_UDP_ROOM);
  dns_answer_begin(&made, out, query->room, message, query);
  for (int i = 0; i < 40; i++) dns_answer_address(&made, i % 2 ? AF_INET : AF_INET6, address);
  dns_answer_pointer(&made, "container.network");
  check(dns_answer_end(&made) <= query->room);
  (void)dns_parse_reverse(query->name, address);
  free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
  dns_query_t query;
  unsigned char *copy = malloc(length ? length : 1);
  if (!copy) abort();
  if (length) memcpy(copy, bytes, length);
  int code = dns_parse(copy, length, &query);
  check(code == -1 || code == DNS_NO_ERROR || code == DNS_FORMAT_ERROR || code == DNS_NOT_IMPLEMENTED);
  if (code == DNS_NO_ERROR) {
    check(query.question_end <= length && strlen(query.name) < DNS_NAME_TEXT);
    answer(copy, &query);
    // The rest of the message, as an answer to its own beginning.
    (void)dns_is_answer(copy, length, dns_id(copy), copy, query.question_end);
    (void)dns_is_answer(copy + query.question_end, length - query.question_end, dns_id(copy), copy, query.question_end);
  } else if (code > 0) {
    unsigned char out[DNS_UDP_ROOM];
    check(dns_error(out, copy, &query, code) <= sizeof out);
  }
  free(copy);
  return 0;
}
