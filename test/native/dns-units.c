// Drives the resolver's pure parts and its table of names; `make sanitize` and dns-units.test.ts build it with the sanitizers. Known messages first, then the same ones changed at random places
// (always the same ones), each in memory of exactly its length. Prints how much it looked at; the first thing that is wrong aborts.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dns-message.h"
#include "names.h"

enum { ROOM = 1024, MUTATIONS = 200000, NAME_ROUNDS = 300 };

typedef struct {
  unsigned char bytes[ROOM];
  size_t length;
} message_t;

static unsigned long checks;

static void check(int holds, const char *what) {
  checks++;
  if (holds) return;
  fprintf(stderr, "does not hold: %s\n", what);
  abort();
}

static unsigned next_random(void) {
  static unsigned state = 2463534242U;
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;
  return state;
}

static void put(message_t *message, const void *bytes, size_t length) {
  memcpy(message->bytes + message->length, bytes, length);
  message->length += length;
}

static void put_name(message_t *message, const char *name) {
  while (*name) {
    unsigned char label = (unsigned char)strcspn(name, ".");
    put(message, &label, 1);
    put(message, name, label);
    name += label;
    if (*name == '.') name++;
  }
  put(message, "", 1);
}

static message_t make_query(const char *name, unsigned char type, int has_options) {
  message_t message = {.length = 0};
  put(&message, "\x12\x34\x01\0\0\1\0\0\0\0\0", 11);
  put(&message, has_options ? "\1" : "\0", 1);
  put_name(&message, name);
  put(&message, "\0", 1);
  put(&message, &type, 1);
  put(&message, "\0\1", 2);
  if (has_options) put(&message, "\0\0\x29\x10\0\0\0\0\0\0\0", 11);
  return message;
}

static int parse(const message_t *message, dns_query_t *query) {
  unsigned char *copy = malloc(message->length ? message->length : 1);
  if (!copy) abort();
  memcpy(copy, message->bytes, message->length);
  int code = dns_parse(copy, message->length, query);
  free(copy);
  return code;
}

static void check_queries(void) {
  dns_query_t query;
  message_t message = make_query("Web.MyNet", DNS_TYPE_AAAA, 1);
  check(parse(&message, &query) == DNS_NO_ERROR, "a query is one");
  check(strcmp(query.name, "web.mynet") == 0 && query.type == DNS_TYPE_AAAA && query.class_ == DNS_CLASS_INTERNET, "its name is in lower case");
  check(query.has_options && query.room == 4096, "its options say how much may come");
  message = make_query("", 2, 0);
  check(parse(&message, &query) == DNS_NO_ERROR && query.name[0] == '\0', "the root is no name of ours");
  message = make_query("a", 1, 0);
  message.bytes[DNS_HEADER + 1] = '.';
  check(parse(&message, &query) == DNS_NO_ERROR && query.name[0] == '\0', "nor is a dot within a label");
  message.bytes[2] = 0x81;
  check(parse(&message, &query) == -1, "an answer gets no answer");
  message.bytes[2] = 0x29;
  check(parse(&message, &query) == DNS_NOT_IMPLEMENTED, "an update is not implemented");
  message.length = DNS_HEADER - 1;
  check(parse(&message, &query) == -1, "nor does what is no message");
}

static void refuse(const message_t *message, const char *what) {
  dns_query_t query;
  check(parse(message, &query) == DNS_FORMAT_ERROR, what);
}

static void check_refusals(void) {
  char longest[300];
  message_t message = make_query("name", 1, 0);
  message.bytes[5] = 2;
  refuse(&message, "two questions");
  message.bytes[5] = 0;
  refuse(&message, "no question");
  message = make_query("name", 1, 0);
  message.bytes[11] = 1;
  refuse(&message, "a record that is not there");
  message = make_query("name", 1, 1);
  message.bytes[message.length - 1] = 1;
  refuse(&message, "options that are cut off");
  message = make_query("name", 1, 0);
  message.bytes[DNS_HEADER] = 0xc0;
  message.bytes[DNS_HEADER + 1] = DNS_HEADER;
  refuse(&message, "a name that points to itself");
  message.bytes[DNS_HEADER] = 64;
  refuse(&message, "a label that is too long");
  message.bytes[DNS_HEADER] = 0x80;
  refuse(&message, "a label of no kind");
  for (size_t i = 0; i < sizeof longest - 1; i++) longest[i] = i % 2 ? '.' : 'a';
  longest[254] = '\0';
  message = make_query(longest, 1, 0);
  dns_query_t query;
  check(parse(&message, &query) == DNS_NO_ERROR && strlen(query.name) == 253, "the longest name");
  longest[254] = 'a';
  longest[255] = '\0';
  message = make_query(longest, 1, 0);
  refuse(&message, "a longer one");
  message = make_query("name.of.ours", 1, 1);
  for (size_t length = DNS_HEADER; length < message.length; length++) {
    message_t cut = message;
    cut.length = length;
    refuse(&cut, "a query that is cut off");
  }
}

static size_t answer(const message_t *message, const dns_query_t *query, unsigned char *out, size_t room, int addresses) {
  static const unsigned char address[16] = {10, 1, 2, 3};
  dns_answer_t made;
  dns_answer_begin(&made, out, room, message->bytes, query);
  for (int i = 0; i < addresses; i++) dns_answer_address(&made, i % 2 ? AF_INET6 : AF_INET, address);
  dns_answer_pointer(&made, "c1.my_net");
  dns_answer_pointer(&made, "a..b");
  return dns_answer_end(&made);
}

static void check_answers(void) {
  unsigned char out[ROOM];
  dns_query_t query;
  message_t message = make_query("Web", DNS_TYPE_ANY, 1);
  parse(&message, &query);
  size_t length = answer(&message, &query, out, DNS_UDP_ROOM, 1);
  check(memcmp(out, "\x12\x34\x81\x80\0\1\0\2\0\0\0\1\3Web\0\0\xff\0\1", 21) == 0, "an answer begins as its query does");
  check(memcmp(out + 21, "\xc0\x0c\0\1\0\1\0\0\2\x58\0\4\x0a\1\2\3", 16) == 0, "an address");
  check(memcmp(out + 37, "\xc0\x0c\0\x0c\0\1\0\0\2\x58\0\x0b\2c1\6my_net\0", 23) == 0, "a pointer, and none where the text is no name");
  check(memcmp(out + length - 11, "\0\0\x29\2\0\0\0\0\0\0\0", 11) == 0, "the options");
  check(length == 37 + 23 + 11, "nothing more");
  length = answer(&message, &query, out, DNS_UDP_ROOM, 100);
  check(length <= DNS_UDP_ROOM && out[2] & 2, "what does not fit is left out, and that is told");
  check(dns_error(out, message.bytes, &query, DNS_SERVER_FAILURE) == query.question_end && dns_code(out) == DNS_SERVER_FAILURE, "a failure has the question");
  query.question_end = DNS_HEADER;
  check(dns_error(out, message.bytes, &query, DNS_FORMAT_ERROR) == DNS_HEADER && out[5] == 0 && out[11] == 0, "or nothing but the header");
}

static void check_matches(void) {
  message_t query = make_query("name.example", 65, 0);
  message_t found = make_query("NAME.example", 65, 0);
  found.bytes[2] |= 0x80;
  check(dns_is_answer(found.bytes, found.length, 0x1234, query.bytes, query.length), "an answer is one, however its name is spelled");
  check(!dns_is_answer(found.bytes, found.length, 0x1235, query.bytes, query.length), "not with another id");
  check(!dns_is_answer(query.bytes, query.length, 0x1234, query.bytes, query.length), "a query is not");
  found.bytes[found.length - 3] = 97;
  check(!dns_is_answer(found.bytes, found.length, 0x1234, query.bytes, query.length), "nor is one of another type");
  found = make_query("nbme.example", 65, 0);
  found.bytes[2] |= 0x80;
  check(!dns_is_answer(found.bytes, found.length, 0x1234, query.bytes, query.length), "nor one of another name");
  found.bytes[5] = 0;
  check(!dns_is_answer(found.bytes, DNS_HEADER, 0x1234, query.bytes, query.length), "one without a question is none");
  found.bytes[3] = DNS_FORMAT_ERROR;
  check(dns_is_answer(found.bytes, DNS_HEADER, 0x1234, query.bytes, query.length), "unless it is an error");
}

static void check_reverses(void) {
  unsigned char bytes[16];
  static const unsigned char address[16] = {0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x2e};
  check(dns_parse_reverse("4.3.20.172.in-addr.arpa", bytes) == AF_INET && memcmp(bytes, "\xac\x14\3\4", 4) == 0, "an address backwards");
  check(dns_parse_reverse("e.2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa", bytes) == AF_INET6 && memcmp(bytes, address, 16) == 0, "one of IPv6");
  static const char *const others[] = {"", "4.3.2.in-addr.arpa", "256.3.2.1.in-addr.arpa", "5.4.3.2.1.in-addr.arpa", "-1.3.2.1.in-addr.arpa", "4.3.2.1.in-addr.arp", "1.ip6.arpa", "99999999999999999999.3.2.1.in-addr.arpa"};
  for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) check(dns_parse_reverse(others[i], bytes) == 0, others[i]);
}

static void mutate(message_t *message) {
  static const unsigned char values[] = {0, 1, 2, 3, 12, 41, 63, 64, 0x80, 0xc0, 0xff};
  for (unsigned i = next_random() % 4 + 1; i > 0; i--) {
    size_t at = next_random() % message->length;
    unsigned how = next_random() % 4;
    if (how == 0) message->bytes[at] = values[next_random() % sizeof values];
    if (how == 1) message->bytes[at] ^= (unsigned char)(1U << next_random() % 8);
    if (how == 2 && at > 0) message->length = at;
    if (how == 3 && message->length < ROOM / 2) {
      memmove(message->bytes + at + 8, message->bytes + at, message->length - at);
      message->length += 8;
    }
  }
}

// The buffers are as long as they may be filled, so that one byte too far is found.
static void use(const message_t *message) {
  dns_query_t query;
  unsigned char *out = malloc(DNS_UDP_ROOM);
  unsigned char *copy = malloc(message->length);
  unsigned char address[16];
  if (!out || !copy) abort();
  memcpy(copy, message->bytes, message->length);
  int code = dns_parse(copy, message->length, &query);
  if (code >= 0) {
    check(query.question_end <= message->length && query.question_end >= DNS_HEADER && query.room >= DNS_UDP_ROOM, "a query stays within its bytes");
    check(dns_error(out, copy, &query, DNS_SERVER_FAILURE) <= DNS_UDP_ROOM, "a failure has room");
    check(strlen(query.name) < DNS_NAME_TEXT, "a name has an end");
    dns_parse_reverse(query.name, address);
  }
  if (code == DNS_NO_ERROR) check(answer(message, &query, out, DNS_UDP_ROOM, (int)(next_random() % 40)) <= DNS_UDP_ROOM, "an answer has room");
  message_t asked = make_query("web.mynet", DNS_TYPE_A, 0);
  dns_is_answer(copy, message->length, 0x1234, asked.bytes, asked.length);
  free(copy);
  free(out);
}

static void check_mutations(void) {
  const message_t seeds[] = {make_query("web.mynet", DNS_TYPE_A, 1), make_query("4.3.20.172.in-addr.arpa", DNS_TYPE_PTR, 0), make_query("", DNS_TYPE_ANY, 1)};
  for (int i = 0; i < MUTATIONS; i++) {
    message_t message = seeds[i % 3];
    if (i % 2) message.bytes[2] |= 0x80;
    mutate(&message);
    use(&message);
  }
}

static void write_file(const char *folder, const char *name, const char *bytes, size_t length) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  check(file >= 0 && write(file, bytes, length) == (ssize_t)length, "a file of names is written");
  close(file);
}

static void write_text(const char *folder, const char *name, const char *text) { write_file(folder, name, text, strlen(text)); }

static size_t count(names_t *names, const char *name, unsigned families) {
  names_found_t found;
  return names_find(names, name, families, &found) ? found.count + 100 : found.count;
}

static void check_table(names_t *names, const char *folder) {
  char text[DNS_NAME_TEXT];
  write_text(folder, "self", "network My.Net\nlink db c2\n10.0.0.2 self 0123 all\n");
  write_text(folder, "other", "10.0.0.3 c2 all\nfd00::3 c2 all\n10.0.0.9 half");
  write_text(folder, ".partial", "10.0.0.4 partial\n");
  write_text(folder, "hostile", "\n  \nlink evil self\n1.2.3 self\n10.0.0.5\nnetwork other\nfd00::3:4:5:6:7:8:9:0:1:2:3:4:5:6:7:8:9 self\n");
  check(count(names, "c2", NAMES_IPV4) == 101 && count(names, "c2", NAMES_IPV4 | NAMES_IPV6) == 102, "a name");
  check(count(names, "self", NAMES_IPV6) == 100, "a name without an address of the family");
  check(count(names, "all", NAMES_IPV4) == 102, "an alias of two");
  check(count(names, "db", NAMES_IPV4) == 101 && count(names, "evil", NAMES_IPV4) == 0, "a link, of the container's own");
  check(count(names, "c2.my.net", NAMES_IPV4) == 101 && count(names, "c2.net", NAMES_IPV4) == 0 && count(names, "c2.other", NAMES_IPV4) == 0, "a name in its network");
  check(count(names, "half", NAMES_IPV4) == 0 && count(names, "partial", NAMES_IPV4) == 0 && count(names, "network", NAMES_IPV4) == 0, "what is not whole is no name");
  check(names_reverse(names, AF_INET, (const unsigned char *)"\x0a\0\0\3", text) && strcmp(text, "c2.My.Net") == 0, "whose an address is");
  check(!names_reverse(names, AF_INET, (const unsigned char *)"\x0a\0\0\5", text), "an address without a name is nobody's");
}

static void check_limits(names_t *names, const char *folder) {
  size_t length = 70000;
  char *text = calloc(1, length);
  if (!text) abort();
  for (size_t i = 0; i + 20 < length; i += 20) memcpy(text + i, "10.1.1.1 many      \n", 20);
  write_file(folder, "large", text, 60000);
  check(count(names, "many", NAMES_IPV4) == 100 + NAMES_ADDRESSES, "no more addresses than there is room for");
  write_file(folder, "larger", text, 70000);
  write_text(folder, "large", "10.1.1.1 few\n");
  // The folder must have changed, which a file that is written over does not do.
  write_text(folder, "new", "10.1.1.2 new\n");
  check(count(names, "many", NAMES_IPV4) == 0 && count(names, "new", NAMES_IPV4) == 101, "a file that is too long is none");
  free(text);
}

static void check_hostile_files(names_t *names, const char *folder) {
  static const char *const words[] = {"10.0.0.1", "fd00::1", "network", "link", "self", "c2", " ", " ", "\n", "\n", "::", "255.255.255.255", "%s", "\r", "."};
  char text[DNS_NAME_TEXT];
  for (int round = 0; round < NAME_ROUNDS; round++) {
    char bytes[600];
    char path[4096];
    size_t length = 0;
    while (length < 500) {
      const char *word = words[next_random() % (sizeof words / sizeof words[0])];
      if (next_random() % 20 == 0) bytes[length++] = (char)next_random();
      memcpy(bytes + length, word, strlen(word));
      length += strlen(word);
    }
    snprintf(path, sizeof path, "%s/self", folder);
    unlink(path);
    write_file(folder, "self", bytes, length - next_random() % length);
    for (unsigned i = 0; i < 4; i++) count(names, i % 2 ? "self" : "c2.self.c2", NAMES_IPV4 | NAMES_IPV6);
    names_reverse(names, AF_INET, (const unsigned char *)"\x0a\0\0\1", text);
    names_reverse(names, AF_INET6, (const unsigned char *)"\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1", text);
    checks++;
  }
}

static void check_names(const char *root) {
  char folder[4000];
  names_t names;
  names_open(&names, root, "self");
  names_add(&names, "none");
  names_add(&names, "net");
  check(count(&names, "self", NAMES_IPV4) == 0, "folders that are not there are empty");
  snprintf(folder, sizeof folder, "%s/net", root);
  check(mkdir(folder, 0700) == 0, "a folder");
  check_table(&names, folder);
  check_limits(&names, folder);
  check_hostile_files(&names, folder);
  names_close(&names);
}

int main(int argc, char **argv) {
  if (argc < 2) return 2;
  check_queries();
  check_refusals();
  check_answers();
  check_matches();
  check_reverses();
  check_mutations();
  check_names(argv[1]);
  printf("%lu checks\n", checks);
  return 0;
}
