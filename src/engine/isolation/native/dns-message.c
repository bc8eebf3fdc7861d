#define _GNU_SOURCE
#include "dns-message.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { AT_FLAGS = 2, AT_QUESTIONS = 4, AT_ANSWERS = 6, AT_AUTHORITIES = 8, AT_ADDITIONAL = 10 };

enum { FLAG_RESPONSE = 0x80, OPCODE = 0x78, FLAG_TRUNCATED = 0x02, FLAG_RECURSION_WANTED = 0x01, FLAG_RECURSION_OFFERED = 0x80, CODE = 0x0f };

// Type and class behind a question's name; type, class, time to live and length before a record's data; a name and those, where the name is the question's.
enum { QUESTION_TAIL = 4, RECORD_HEAD = 10, RECORD_ROOM = 12, LABEL_LIMIT = 63, NAME_LIMIT = 255, OPTIONS_ROOM = 11 };

// The name of the question, which stands behind the header: two bits, then where in the message.
enum { NAME_IS_ELSEWHERE = 0xc0, QUESTION_NAME = 0xc000 | DNS_HEADER };

static uint16_t get_u16(const unsigned char *bytes) { return (uint16_t)(bytes[0] << 8 | bytes[1]); }

static void put_u16(unsigned char *bytes, unsigned value) {
  bytes[0] = (unsigned char)(value >> 8);
  bytes[1] = (unsigned char)value;
}

uint16_t dns_id(const unsigned char *bytes) { return get_u16(bytes); }

void dns_set_id(unsigned char *bytes, uint16_t id) { put_u16(bytes, id); }

int dns_code(const unsigned char *bytes) { return bytes[AT_FLAGS + 1] & CODE; }

static unsigned char to_lower(unsigned char byte) { return byte >= 'A' && byte <= 'Z' ? (unsigned char)(byte + 'a' - 'A') : byte; }

// A dot within a label would make another name of the text.
static int is_plain(unsigned char byte) { return byte > ' ' && byte < 0x7f && byte != '.'; }

// Nothing stands before the question that its name could point to.
static int read_name(const unsigned char *bytes, size_t length, size_t *offset, char text[DNS_NAME_TEXT]) {
  size_t written = 0;
  int is_text = 1;
  for (;;) {
    if (*offset >= length) return -1;
    size_t label = bytes[(*offset)++];
    if (label == 0) break;
    size_t dot = written > 0;
    if (label > LABEL_LIMIT || label > length - *offset || written + dot + label >= DNS_NAME_TEXT) return -1;
    if (dot) text[written++] = '.';
    for (size_t i = 0; i < label; i++) {
      unsigned char byte = bytes[(*offset)++];
      is_text &= is_plain(byte);
      text[written++] = (char)to_lower(byte);
    }
  }
  text[is_text ? written : 0] = '\0';
  return 0;
}

static int skip_name(const unsigned char *bytes, size_t length, size_t *offset) {
  while (*offset < length) {
    size_t label = bytes[(*offset)++];
    if (label == 0) return 0;
    // A name that goes on elsewhere has one more byte here.
    size_t count = label >= NAME_IS_ELSEWHERE ? 1 : label;
    if ((label > LABEL_LIMIT && label < NAME_IS_ELSEWHERE) || count > length - *offset) return -1;
    *offset += count;
    if (label >= NAME_IS_ELSEWHERE) return 0;
  }
  return -1;
}

static int read_question(const unsigned char *bytes, size_t length, dns_query_t *query) {
  size_t offset = DNS_HEADER;
  if (read_name(bytes, length, &offset, query->name) < 0 || length - offset < QUESTION_TAIL) {
    query->name[0] = '\0';
    return -1;
  }
  query->type = get_u16(bytes + offset);
  query->class_ = get_u16(bytes + offset + 2);
  query->question_end = offset + QUESTION_TAIL;
  return 0;
}

// The class of the options is how much may come over UDP.
static int read_record(const unsigned char *bytes, size_t length, size_t *offset, dns_query_t *query) {
  if (skip_name(bytes, length, offset) < 0 || length - *offset < RECORD_HEAD) return -1;
  const unsigned char *head = bytes + *offset;
  size_t data = get_u16(head + 8);
  *offset += RECORD_HEAD;
  if (data > length - *offset) return -1;
  *offset += data;
  if (get_u16(head) != DNS_TYPE_OPTIONS) return 0;
  query->has_options = 1;
  query->room = get_u16(head + 2) > DNS_UDP_ROOM ? get_u16(head + 2) : DNS_UDP_ROOM;
  return 0;
}

// What a server of Docker's takes: one question, and hardly anything else.
static int has_sound_counts(const unsigned char *bytes) {
  return get_u16(bytes + AT_QUESTIONS) == 1 && get_u16(bytes + AT_ANSWERS) <= 1 && get_u16(bytes + AT_AUTHORITIES) <= 1 && get_u16(bytes + AT_ADDITIONAL) <= 2;
}

int dns_parse(const unsigned char *bytes, size_t length, dns_query_t *query) {
  *query = (dns_query_t){.question_end = DNS_HEADER, .room = DNS_UDP_ROOM};
  if (length < DNS_HEADER || bytes[AT_FLAGS] & FLAG_RESPONSE) return -1;
  if (bytes[AT_FLAGS] & OPCODE) return DNS_NOT_IMPLEMENTED;
  if (!has_sound_counts(bytes) || read_question(bytes, length, query) < 0) return DNS_FORMAT_ERROR;
  size_t offset = query->question_end;
  int records = get_u16(bytes + AT_ANSWERS) + get_u16(bytes + AT_AUTHORITIES) + get_u16(bytes + AT_ADDITIONAL);
  while (records-- > 0)
    if (read_record(bytes, length, &offset, query) < 0) return DNS_FORMAT_ERROR;
  return DNS_NO_ERROR;
}

// The question goes back byte for byte: some clients know their answer by the spelling of the name.
static void put_head(unsigned char *out, const unsigned char *bytes, const dns_query_t *query, int code) {
  memset(out, 0, DNS_HEADER);
  memcpy(out, bytes, query->question_end);
  out[AT_FLAGS] = (unsigned char)(FLAG_RESPONSE | (bytes[AT_FLAGS] & (OPCODE | FLAG_RECURSION_WANTED)));
  out[AT_FLAGS + 1] = (unsigned char)(FLAG_RECURSION_OFFERED | code);
  put_u16(out + AT_QUESTIONS, query->question_end > DNS_HEADER);
  memset(out + AT_ANSWERS, 0, DNS_HEADER - AT_ANSWERS);
}

size_t dns_error(unsigned char *out, const unsigned char *bytes, const dns_query_t *query, int code) {
  put_head(out, bytes, query, code);
  return query->question_end;
}

void dns_answer_begin(dns_answer_t *answer, unsigned char *out, size_t room, const unsigned char *bytes, const dns_query_t *query) {
  put_head(out, bytes, query, DNS_NO_ERROR);
  *answer = (dns_answer_t){.bytes = out, .length = query->question_end, .room = room, .has_options = query->has_options};
  if (query->has_options) answer->room -= OPTIONS_ROOM;
}

static void put_record(dns_answer_t *answer, unsigned type, const unsigned char *data, size_t length) {
  if (RECORD_ROOM + length > answer->room - answer->length) {
    answer->bytes[AT_FLAGS] |= FLAG_TRUNCATED;
    return;
  }
  unsigned char *at = answer->bytes + answer->length;
  put_u16(at, QUESTION_NAME);
  put_u16(at + 2, type);
  put_u16(at + 4, DNS_CLASS_INTERNET);
  put_u16(at + 6, 0);
  put_u16(at + 8, DNS_TTL);
  put_u16(at + 10, (unsigned)length);
  memcpy(at + RECORD_ROOM, data, length);
  answer->length += RECORD_ROOM + length;
  answer->count++;
}

void dns_answer_address(dns_answer_t *answer, int family, const unsigned char *address) {
  if (family == AF_INET)
    put_record(answer, DNS_TYPE_A, address, 4);
  else
    put_record(answer, DNS_TYPE_AAAA, address, 16);
}

// 0: the text is no name.
static size_t write_name(unsigned char out[NAME_LIMIT], const char *text) {
  size_t length = 0;
  while (*text) {
    size_t label = strcspn(text, ".");
    if (label == 0 || label > LABEL_LIMIT || length + 1 + label + 1 > NAME_LIMIT) return 0;
    out[length++] = (unsigned char)label;
    memcpy(out + length, text, label);
    length += label;
    text += label;
    if (*text == '.') text++;
  }
  out[length++] = 0;
  return length;
}

void dns_answer_pointer(dns_answer_t *answer, const char *name) {
  unsigned char data[NAME_LIMIT];
  size_t length = write_name(data, name);
  if (length > 1) put_record(answer, DNS_TYPE_PTR, data, length);
}

size_t dns_answer_end(dns_answer_t *answer) {
  put_u16(answer->bytes + AT_ANSWERS, answer->count);
  if (!answer->has_options) return answer->length;
  unsigned char *at = answer->bytes + answer->length;
  memset(at, 0, OPTIONS_ROOM);
  put_u16(at + 1, DNS_TYPE_OPTIONS);
  put_u16(at + 3, DNS_UDP_ROOM);
  put_u16(answer->bytes + AT_ADDITIONAL, 1);
  answer->length += OPTIONS_ROOM;
  return answer->length;
}

// 4.3.2.1.in-addr.arpa
static int parse_reverse4(const char *name, unsigned char address[16]) {
  for (int i = 3; i >= 0; i--) {
    char *end = NULL;
    if (*name < '0' || *name > '9') return 0;
    unsigned long number = strtoul(name, &end, 10);
    if (number > 255 || *end != '.') return 0;
    address[i] = (unsigned char)number;
    name = end + 1;
  }
  return strcmp(name, "in-addr.arpa") == 0 ? AF_INET : 0;
}

static int parse_digit(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

// Thirty-two digits, the last of the address first: f.e. … ip6.arpa
static int parse_reverse6(const char *name, unsigned char address[16]) {
  for (int i = 31; i >= 0; i--) {
    int digit = parse_digit(name[0]);
    if (digit < 0 || name[1] != '.') return 0;
    address[i / 2] = (unsigned char)(i % 2 ? digit : address[i / 2] | digit << 4);
    name += 2;
  }
  return strcmp(name, "ip6.arpa") == 0 ? AF_INET6 : 0;
}

int dns_parse_reverse(const char *name, unsigned char address[16]) {
  int family = parse_reverse4(name, address);
  return family ? family : parse_reverse6(name, address);
}

// Length bytes are smaller than letters. Type and class are compared as they are.
static int is_same_question(const unsigned char *a, const unsigned char *b, size_t length) {
  size_t name = length - QUESTION_TAIL;
  for (size_t i = 0; i < name; i++)
    if (to_lower(a[i]) != to_lower(b[i])) return 0;
  return memcmp(a + name, b + name, QUESTION_TAIL) == 0;
}

int dns_is_answer(const unsigned char *answer, size_t length, uint16_t id, const unsigned char *query, size_t question_end) {
  if (length < DNS_HEADER || get_u16(answer) != id || !(answer[AT_FLAGS] & FLAG_RESPONSE) || answer[AT_FLAGS] & OPCODE) return 0;
  // A server that could not read the query has no question to give back.
  if (get_u16(answer + AT_QUESTIONS) == 0) return dns_code(answer) != DNS_NO_ERROR;
  if (get_u16(answer + AT_QUESTIONS) != 1 || length < question_end) return 0;
  return is_same_question(answer + DNS_HEADER, query + DNS_HEADER, question_end - DNS_HEADER);
}
