#define _GNU_SOURCE
#include "names.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "cleanup.h"
#include "syscalls.h"

// Bytes: a file that is longer is not read, and of a network no more than that is kept.
enum { FILE_LIMIT = 64 * 1024, TEXT_LIMIT = 512 * 1024 };

// The clock that gives files their times stands still for up to 10 ms: who changes a folder twice in that may leave the same time.
enum { SETTLED_AFTER_NS = 20 * 1000 * 1000 };

typedef struct {
  const char *at;
  const char *end;
} span_t;

void names_open(names_t *names, const char *folder, const char *container) { *names = (names_t){.folder = folder, .container = container}; }

void names_add(names_t *names, const char *network) {
  names_network_t *larger = realloc(names->networks, (names->count + 1) * sizeof *larger);
  if (!larger) return;
  names->networks = larger;
  names->networks[names->count++] = (names_network_t){.id = network};
}

static void forget_text(names_network_t *network) {
  free(network->text);
  network->text = NULL;
  network->length = network->own = 0;
}

void names_close(names_t *names) {
  for (size_t i = 0; i < names->count; i++) forget_text(&names->networks[i]);
  free(names->networks);
  *names = (names_t){0};
}

static size_t read_whole(int file, char *text, size_t length) {
  size_t filled = 0;
  while (filled < length) {
    ssize_t count = read(file, text + filled, length - filled);
    if (count <= 0) break;
    filled += (size_t)count;
  }
  return filled;
}

// A line without its end is not whole.
static size_t count_whole_lines(const char *text, size_t length) {
  const char *last = memrchr(text, '\n', length);
  return last ? (size_t)(last - text) + 1 : 0;
}

static void append_file(names_network_t *network, int folder, const char *name) {
  struct stat status;
  cleanup_close int file = sys_openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  if (file < 0 || fstat(file, &status) < 0 || !S_ISREG(status.st_mode) || status.st_size <= 0 || status.st_size > FILE_LIMIT) return;
  size_t length = (size_t)status.st_size;
  if (network->length + length > TEXT_LIMIT) return;
  char *larger = realloc(network->text, network->length + length);
  if (!larger) return;
  network->text = larger;
  length = read_whole(file, larger + network->length, length);
  network->length += count_whole_lines(larger + network->length, length);
}

// Names that begin with a dot are of files that are being written.
static void read_others(names_network_t *network, int folder, const char *own) {
  int opened = sys_openat(folder, ".", O_RDONLY | O_DIRECTORY);
  DIR *stream = opened < 0 ? NULL : fdopendir(opened);
  if (!stream) {
    close_descriptor(&opened);
    return;
  }
  for (struct dirent *entry; (entry = readdir(stream));)
    if (entry->d_name[0] != '.' && strcmp(entry->d_name, own) != 0) append_file(network, folder, entry->d_name);
  closedir(stream);
}

static int is_settled(const struct timespec *changed) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (now.tv_sec > changed->tv_sec + 1) return 1;
  return now.tv_sec >= changed->tv_sec && (now.tv_sec - changed->tv_sec) * 1000000000 + now.tv_nsec - changed->tv_nsec > SETTLED_AFTER_NS;
}

static void refresh(const names_t *names, names_network_t *network) {
  char path[PATH_MAX];
  struct stat status;
  snprintf(path, sizeof path, "%s/%s", names->folder, network->id);
  cleanup_close int folder = sys_open(path, O_PATH | O_DIRECTORY, 0);
  // The time is read before the files: what changes between the two is seen at the next query.
  if (folder < 0 || fstat(folder, &status) < 0) {
    forget_text(network);
    network->is_settled = 0;
    return;
  }
  if (network->is_settled && status.st_mtim.tv_sec == network->changed.tv_sec && status.st_mtim.tv_nsec == network->changed.tv_nsec) return;
  forget_text(network);
  network->changed = status.st_mtim;
  network->is_settled = is_settled(&status.st_mtim);
  append_file(network, folder, names->container);
  network->own = network->length;
  read_others(network, folder, names->container);
}

static void refresh_all(names_t *names) {
  for (size_t i = 0; i < names->count; i++) refresh(names, &names->networks[i]);
}

// Takes the next line, without its end.
static int next_line(span_t *text, span_t *line) {
  if (text->at >= text->end) return 0;
  const char *end = memchr(text->at, '\n', (size_t)(text->end - text->at));
  line->at = text->at;
  line->end = end ? end : text->end;
  text->at = line->end + 1;
  return 1;
}

static int next_word(span_t *line, span_t *word) {
  while (line->at < line->end && *line->at == ' ') line->at++;
  word->at = line->at;
  while (line->at < line->end && *line->at != ' ') line->at++;
  word->end = line->at;
  return word->end > word->at;
}

static int is_word(const span_t *word, const char *text, size_t length) { return (size_t)(word->end - word->at) == length && strncasecmp(word->at, text, length) == 0; }

static int parse_address(const span_t *word, names_address_t *address) {
  char text[INET6_ADDRSTRLEN];
  size_t length = (size_t)(word->end - word->at);
  if (length >= sizeof text) return -1;
  memcpy(text, word->at, length);
  text[length] = '\0';
  address->family = memchr(text, ':', length) ? AF_INET6 : AF_INET;
  return inet_pton(address->family, text, address->bytes) == 1 ? 0 : -1;
}

static int has_word(span_t line, const char *name, size_t length) {
  span_t word;
  while (next_word(&line, &word))
    if (is_word(&word, name, length)) return 1;
  return 0;
}

static span_t text_of(const names_network_t *network) { return (span_t){.at = network->text, .end = network->text + network->length}; }

static int find_addresses(const names_network_t *network, const char *name, size_t length, unsigned families, names_found_t *found) {
  span_t text = text_of(network);
  span_t line;
  span_t word;
  names_address_t address;
  int is_known = 0;
  while (next_line(&text, &line)) {
    if (!next_word(&line, &word) || !has_word(line, name, length) || parse_address(&word, &address) < 0) continue;
    is_known = 1;
    unsigned family = address.family == AF_INET ? NAMES_IPV4 : NAMES_IPV6;
    if (families & family && found->count < NAMES_ADDRESSES) found->list[found->count++] = address;
  }
  return is_known;
}

// The word behind `key`, and behind `name` too where one is given, of the first line that begins so.
static int find_line(span_t text, const char *key, const char *name, size_t length, span_t *value) {
  span_t line;
  span_t word;
  while (next_line(&text, &line)) {
    if (!next_word(&line, &word) || !is_word(&word, key, strlen(key))) continue;
    if (name && (!next_word(&line, &word) || !is_word(&word, name, length))) continue;
    if (next_word(&line, value)) return 1;
  }
  return 0;
}

static int is_called(const names_network_t *network, const char *name) {
  span_t own;
  return find_line(text_of(network), "network", NULL, 0, &own) && is_word(&own, name, strlen(name));
}

// A link is the asking container's own word for another one: it goes before that one's names.
static int find_in(const names_network_t *network, const char *name, size_t length, unsigned families, names_found_t *found) {
  span_t own = {.at = network->text, .end = network->text + network->own};
  span_t target;
  if (find_line(own, "link", name, length, &target)) return find_addresses(network, target.at, (size_t)(target.end - target.at), families, found);
  return find_addresses(network, name, length, families, found);
}

// A name may have dots, and so may a network: a.b.c is looked for as it is, as a.b in the network c, and as a in the network b.c.
static size_t shorten(const char *name, size_t length) {
  const char *dot = memrchr(name, '.', length);
  return dot ? (size_t)(dot - name) : 0;
}

int names_find(names_t *names, const char *name, unsigned families, names_found_t *found) {
  int is_known = 0;
  found->count = 0;
  refresh_all(names);
  for (size_t length = strlen(name); length > 0; length = shorten(name, length)) {
    const char *of = name[length] ? name + length + 1 : NULL;
    for (size_t i = 0; i < names->count; i++) {
      const names_network_t *network = &names->networks[i];
      if (network->length == 0 || (of && !is_called(network, of))) continue;
      is_known |= find_in(network, name, length, families, found);
      if (found->count > 0) return 1;
    }
  }
  return is_known;
}

static int reverse_in(const names_network_t *network, int family, const unsigned char *bytes, span_t *name) {
  span_t text = text_of(network);
  span_t line;
  span_t word;
  names_address_t address;
  while (next_line(&text, &line)) {
    if (!next_word(&line, &word) || parse_address(&word, &address) < 0 || address.family != family) continue;
    if (memcmp(address.bytes, bytes, family == AF_INET ? 4 : 16) == 0 && next_word(&line, name)) return 1;
  }
  return 0;
}

int names_reverse(names_t *names, int family, const unsigned char *address, char text[DNS_NAME_TEXT]) {
  refresh_all(names);
  for (size_t i = 0; i < names->count; i++) {
    const names_network_t *network = &names->networks[i];
    span_t name;
    span_t of = {0};
    if (network->length == 0 || !reverse_in(network, family, address, &name)) continue;
    int has_network = find_line(text_of(network), "network", NULL, 0, &of);
    int length = snprintf(text, DNS_NAME_TEXT, "%.*s%s%.*s", (int)(name.end - name.at), name.at, has_network ? "." : "", (int)(of.end - of.at), has_network ? of.at : "");
    if (length > 0 && length < DNS_NAME_TEXT) return 1;
  }
  return 0;
}
