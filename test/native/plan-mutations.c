// Feeds plan.c with plans that are wrong in one known way, and with a valid one changed at random places (always the same ones), under the sanitizers of `make sanitize`.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan.h"

enum { ROOM = 4096, MUTATIONS = 300000 };

typedef struct {
  unsigned char bytes[ROOM];
  size_t length;
} text_t;

static unsigned refusals;

static void put(text_t *text, const void *bytes, size_t length) {
  memcpy(text->bytes + text->length, bytes, length);
  text->length += length;
}

static void put_u32(text_t *text, uint32_t value) {
  const unsigned char bytes[] = {(unsigned char)value, (unsigned char)(value >> 8), (unsigned char)(value >> 16), (unsigned char)(value >> 24)};
  put(text, bytes, sizeof bytes);
}

static void put_field(text_t *text, const char *bytes, size_t length) {
  put_u32(text, (uint32_t)length);
  put(text, bytes, length);
  put(text, "", 1);
}

static void put_record(text_t *text, uint32_t kind, uint32_t count, const char *const *fields) {
  put_u32(text, kind);
  put_u32(text, count);
  for (uint32_t i = 0; i < count; i++) put_field(text, fields[i], strlen(fields[i]));
}

static text_t begin(void) {
  text_t text = {.length = 0};
  put(&text, "GPLAN\0\0\1", 8);
  return text;
}

static text_t valid_plan(void) {
  text_t text = begin();
  put_record(&text, SETTING_ID, 1, (const char *const[]){"0123456789ab"});
  put_record(&text, SETTING_CLONE, 3, (const char *const[]){"pid", "net", "mnt"});
  put_record(&text, SETTING_JOIN, 2, (const char *const[]){"ipc", "/proc/1/ns/ipc"});
  put_record(&text, SETTING_JOIN, 2, (const char *const[]){"uts", "/proc/1/ns/uts"});
  put_record(&text, OPERATION_MOUNT, 6, (const char *const[]){"tmpfs", "tmpfs", "/dev", "nosuid,strict", "mode=755", "size=1"});
  put_record(&text, OPERATION_USER, 4, (const char *const[]){"1", "2", "3", "18446744073709551615"});
  put_u32(&text, OPERATION_SECCOMP);
  put_u32(&text, 1);
  put_field(&text, "\0\0\0\0\0\0\0\0", 8);
  put_record(&text, OPERATION_EXEC, 2, (const char *const[]){"sh", ""});
  return text;
}

// Every byte that the plan says it has is read, and every reader of a field is called.
static size_t use(const plan_t *plan) {
  failure_t failure = {0};
  size_t sum = 0;
  const record_t *records = plan->settings;
  for (size_t i = 0; i < plan->setting_count + plan->operation_count; i++) {
    const record_t *record = i < plan->setting_count ? &records[i] : &plan->operations[i - plan->setting_count];
    for (uint32_t j = 0; j <= record->count; j++) {
      uint64_t number = 0;
      for (uint32_t k = 0; j < record->count && k <= record->fields[j].length; k++) sum += (unsigned char)record->fields[j].bytes[k];
      sum += strlen(record_text(record, j)) + (size_t)record_has_flag(record, j, "strict");
      if (record_number(record, j, UINT32_MAX, &number, &failure) == 0 && number > UINT32_MAX) abort();
      if (record_number_of_base(record, j, 8, &number, &failure) == 0) sum += (size_t)number;
      if (record_number_of_base(record, j, 16, &number, &failure) == 0) sum += (size_t)number;
    }
    sum += strlen(plan_word(record->kind));
  }
  return sum;
}

// The copy is as long as the plan, so that one byte too far is found.
static int parse(const void *bytes, size_t length, failure_t *failure) {
  plan_t plan;
  unsigned char *copy = malloc(length ? length : 1);
  if (!copy) abort();
  memcpy(copy, bytes, length);
  int result = plan_parse(copy, length, &plan, failure);
  static volatile size_t sink;
  if (result == 0) sink += use(&plan);
  plan_free(&plan);
  free(copy);
  return result;
}

static void refuse(const char *name, const text_t *text, const char *why) {
  failure_t failure = {0};
  if (parse(text->bytes, text->length, &failure) == 0 || strcmp(failure.operation, "plan") != 0 || !strstr(failure.message, why)) {
    fprintf(stderr, "%s: \"%s\" instead of \"%s\"\n", name, failure.message, why);
    exit(1);
  }
  refusals++;
}

static void refuse_known(void) {
  text_t text = valid_plan();
  refuse("empty", &(text_t){.length = 0}, "does not begin");
  text.bytes[7] = 2;
  refuse("version", &text, "does not begin");
  text = begin();
  put_u32(&text, SETTING_ID);
  refuse("head cut off", &text, "cut off");
  put_u32(&text, UINT32_MAX);
  refuse("number of fields", &text, "wrong number");
  text = begin();
  put_u32(&text, OPERATION_EXEC);
  put_u32(&text, UINT32_MAX);
  refuse("huge count", &text, "more fields than bytes");
  text = begin();
  put_record(&text, 99, 1, (const char *const[]){"x"});
  refuse("unknown kind", &text, "unknown kind");
  text = begin();
  put_record(&text, SETTING_ID, 1, (const char *const[]){"x"});
  put_record(&text, SETTING_ID, 1, (const char *const[]){"x"});
  refuse("twice", &text, "twice");
  text = begin();
  put_record(&text, OPERATION_PIVOT, 0, NULL);
  put_record(&text, SETTING_ID, 1, (const char *const[]){"x"});
  refuse("order", &text, "after an operation");
  text = begin();
  put_u32(&text, SETTING_ID);
  put_u32(&text, 1);
  put_field(&text, "a\0b", 3);
  refuse("NUL in text", &text, "bad field");
  text.bytes[text.length - 1] = 'x';
  refuse("no NUL at the end", &text, "bad field");
  static const uint32_t lengths[] = {4, 5, UINT32_MAX, UINT32_MAX - 1, 0x80000000U};
  for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
    text = begin();
    put_u32(&text, SETTING_ID);
    put_u32(&text, 1);
    put_u32(&text, lengths[i]);
    put(&text, "abc", 4);
    if (lengths[i] != 3) refuse("length of a field", &text, "bad field");
  }
  // A plan that ends early is another plan where a record ends, and is refused anywhere else.
  text = valid_plan();
  for (size_t length = 0; length < text.length; length++) {
    failure_t failure = {0};
    if (parse(text.bytes, length, &failure) < 0) refusals++;
  }
}

static uint32_t next_random(uint32_t *state) {
  *state ^= *state << 13;
  *state ^= *state >> 17;
  *state ^= *state << 5;
  return *state;
}

static void mutate(text_t *text, uint32_t *state) {
  static const unsigned char values[] = {0, 1, 2, 4, 5, 8, 0x7f, 0x80, 0xff};
  for (uint32_t i = next_random(state) % 4 + 1; i > 0; i--) {
    size_t at = next_random(state) % text->length;
    uint32_t how = next_random(state) % 4;
    if (how == 0) text->bytes[at] = values[next_random(state) % sizeof values];
    if (how == 1) text->bytes[at] ^= (unsigned char)(1U << next_random(state) % 8);
    if (how == 2 && at > 8) text->length = at;
    if (how == 3 && text->length < ROOM / 2 && at > 8) {
      memmove(text->bytes + at + 8, text->bytes + at, text->length - at);
      memmove(text->bytes + at, text->bytes + at - 8, 8);
      text->length += 8;
    }
  }
}

int main(void) {
  const text_t seed = valid_plan();
  failure_t failure = {0};
  uint32_t state = 2463534242U;
  unsigned accepted = 0;
  if (parse(seed.bytes, seed.length, &failure) < 0) {
    fprintf(stderr, "the valid plan is refused: %s\n", failure.message);
    return 1;
  }
  refuse_known();
  for (int i = 0; i < MUTATIONS; i++) {
    text_t text = seed;
    mutate(&text, &state);
    if (parse(text.bytes, text.length, &failure) == 0) accepted++;
  }
  printf("plan parser: %u plans refused as they must be, %d mutations (%u of them plans still), no finding\n", refusals, MUTATIONS, accepted);
  return accepted == 0 || accepted == MUTATIONS;
}
