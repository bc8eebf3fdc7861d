#define _GNU_SOURCE
#include "json.h"

#include <stdio.h>
#include <string.h>

// 1: stands for itself in Docker's JSON. Control characters, `"`, `\`, `<`, `>`, `&` and everything that is not ASCII are looked at one by one.
static const unsigned char plain[256] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    1, 1, 0, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 0, 1,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
};

typedef struct {
  unsigned char first;   // smallest second byte
  unsigned char last;    // largest second byte
  unsigned char length;  // of the character; 0: no character begins with this byte
} lead_t;

// The table of well-formed UTF-8 (Unicode, section 3.9, table 3-7): no overlong forms, no surrogates, nothing above U+10FFFF.
static lead_t lead_of(unsigned char byte) {
  if (byte >= 0xc2 && byte <= 0xdf) return (lead_t){0x80, 0xbf, 2};
  if (byte == 0xe0) return (lead_t){0xa0, 0xbf, 3};
  if (byte == 0xed) return (lead_t){0x80, 0x9f, 3};
  if (byte >= 0xe1 && byte <= 0xef) return (lead_t){0x80, 0xbf, 3};
  if (byte == 0xf0) return (lead_t){0x90, 0xbf, 4};
  if (byte >= 0xf1 && byte <= 0xf3) return (lead_t){0x80, 0xbf, 4};
  if (byte == 0xf4) return (lead_t){0x80, 0x8f, 4};
  return (lead_t){0, 0, 0};
}

// Bytes of the beginning that are, or could become, the character announced by the first byte.
static size_t matching_bytes(const unsigned char *bytes, size_t length, lead_t lead) {
  size_t count = 1;
  if (lead.length == 0) return 0;
  if (length > 1 && (bytes[1] < lead.first || bytes[1] > lead.last)) return 1;
  while (count < length && count < lead.length && (bytes[count] & 0xc0) == 0x80) count++;
  return count;
}

size_t utf8_open_tail(const char *bytes, size_t length) {
  for (size_t back = 1; back <= 3 && back <= length; back++) {
    const unsigned char *at = (const unsigned char *)bytes + length - back;
    if ((*at & 0xc0) == 0x80) continue;
    lead_t lead = lead_of(*at);
    return lead.length > back && matching_bytes(at, back, lead) == back ? back : 0;
  }
  return 0;
}

static char *put(char *out, const char *text, size_t length) {
  memcpy(out, text, length);
  return out + length;
}

// One character that is not ASCII, or one byte of what is none, as Go's encoder counts them.
static char *escape_character(char *out, const unsigned char **at, const unsigned char *end) {
  lead_t lead = lead_of(**at);
  const unsigned char *from = *at;
  if (lead.length == 0 || matching_bytes(from, (size_t)(end - from), lead) < lead.length) {
    *at += 1;
    return put(out, "\\ufffd", 6);
  }
  *at += lead.length;
  // Line and paragraph separator: a line ends there in JavaScript.
  if (lead.length == 3 && from[0] == 0xe2 && from[1] == 0x80 && (from[2] & 0xfe) == 0xa8) return put(out, from[2] == 0xa8 ? "\\u2028" : "\\u2029", 6);
  return put(out, (const char *)from, lead.length);
}

static char *escape_ascii(char *out, unsigned char byte) {
  static const char digits[] = "0123456789abcdef";
  switch (byte) {
    case '"': return put(out, "\\\"", 2);
    case '\\': return put(out, "\\\\", 2);
    case '\n': return put(out, "\\n", 2);
    case '\r': return put(out, "\\r", 2);
    default:
      out = put(out, "\\u00", 4);
      *out++ = digits[byte >> 4];
      *out++ = digits[byte & 15];
      return out;
  }
}

char *json_escape(char *out, const char *bytes, size_t length) {
  const unsigned char *at = (const unsigned char *)bytes;
  const unsigned char *end = at + length;
  while (at < end) {
    const unsigned char *run = at;
    while (at < end && plain[*at]) at++;
    out = put(out, (const char *)run, (size_t)(at - run));
    if (at == end) break;
    if (*at < 0x80)
      out = escape_ascii(out, *at++);
    else
      out = escape_character(out, &at, end);
  }
  return out;
}

void text_add(text_t *text, const char *bytes) {
  size_t length = strlen(bytes);
  if (text->full || (size_t)(text->end - text->at) < length) {
    text->full = 1;
    return;
  }
  text->at = put(text->at, bytes, length);
}

void text_add_number(text_t *text, long long number) {
  char digits[24];
  snprintf(digits, sizeof digits, "%lld", number);
  text_add(text, digits);
}

void text_add_string(text_t *text, const char *bytes, size_t length) {
  text_add(text, "\"");
  if (text->full || (size_t)(text->end - text->at) < length * JSON_GROWTH) {
    text->full = 1;
    return;
  }
  text->at = json_escape(text->at, bytes, length);
  text_add(text, "\"");
}
