// Text for JSON lines, escaped as Docker's json-file does it.
#pragma once

#include <stddef.h>

// The most one byte can become: \u00XX or \ufffd.
#define JSON_GROWTH 6

// Writes the bytes as the inside of a JSON string and returns the end of what it wrote: at most JSON_GROWTH times `length`.
char *json_escape(char *out, const char *bytes, size_t length);

// How many bytes at the end are the beginning of a UTF-8 character that is not complete: 0 to 3.
size_t utf8_open_tail(const char *bytes, size_t length);

// A text under construction. What does not fit is left out and noted in `full`.
typedef struct {
  char *at;
  char *end;
  int full;
} text_t;

void text_add(text_t *text, const char *bytes);
void text_add_number(text_t *text, long long number);
// In quotes, escaped.
void text_add_string(text_t *text, const char *bytes, size_t length);
