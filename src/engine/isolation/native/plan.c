#define _GNU_SOURCE
#include "plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char magic[8] = "GPLAN\0\0\1";

typedef struct {
  uint32_t kind;
  uint32_t fewest;
  uint32_t most;
  const char *word;
} word_t;

static const word_t words[] = {
#define X(kind, name, word, fewest, most) {kind, fewest, most, word},
    PLAN_SETTINGS(X) PLAN_OPERATIONS(X)
#undef X
};

typedef struct {
  const unsigned char *bytes;
  size_t length;
  size_t offset;
} reader_t;

static const word_t *find_word(uint32_t kind) {
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
    if (words[i].kind == kind) return &words[i];
  return NULL;
}

const char *plan_word(uint32_t kind) {
  const word_t *word = find_word(kind);
  return word ? word->word : "plan";
}

static int refuse(failure_t *failure, const char *word, const char *why) {
  failure_name_operation(failure, "plan");
  return fail(failure, EINVAL, word, "malformed plan: %s", why);
}

static int read_u32(reader_t *reader, uint32_t *value) {
  if (reader->length - reader->offset < 4) return -1;
  const unsigned char *at = reader->bytes + reader->offset;
  *value = (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
  reader->offset += 4;
  return 0;
}

// Fields that are not text: plans of the probe and of the network, the filter program, the program of the device rules, and messages to the kernel.
static int is_binary(uint32_t kind, uint32_t index) {
  return kind == OPERATION_SECCOMP || kind == SETTING_DEVICE_PROGRAM || (kind == SETTING_NETWORK && index == 0) || (kind == SETTING_HEALTH && index == 5) || (kind == SETTING_NETLINK && index == 2);
}

static int read_field(reader_t *reader, uint32_t kind, uint32_t index, field_t *field) {
  uint32_t length = 0;
  if (read_u32(reader, &length) < 0) return -1;
  size_t left = reader->length - reader->offset;
  if (left < 1 || length > left - 1) return -1;
  const char *at = (const char *)reader->bytes + reader->offset;
  if (at[length] != '\0') return -1;
  if (!is_binary(kind, index) && memchr(at, '\0', length)) return -1;
  reader->offset += (size_t)length + 1;
  *field = (field_t){.bytes = at, .length = length};
  return 0;
}

static int read_head(reader_t *reader, uint32_t *kind, uint32_t *count, failure_t *failure) {
  if (read_u32(reader, kind) < 0 || read_u32(reader, count) < 0) return refuse(failure, "", "a record is cut off");
  const word_t *word = find_word(*kind);
  if (!word) return refuse(failure, "", "a record of an unknown kind");
  if (*count < word->fewest || *count > word->most) return refuse(failure, word->word, "a wrong number of fields");
  // Every field takes five bytes at least: a count that cannot be true is refused before memory is taken for it.
  if (*count > (reader->length - reader->offset) / 5) return refuse(failure, word->word, "more fields than bytes");
  return 0;
}

typedef struct {
  size_t settings;
  size_t operations;
  size_t fields;
} counts_t;

// A container enters several namespaces of others, and has several ports, messages and parameters; every other setting is given at most once.
static int check_once(uint32_t kind, uint64_t *seen, failure_t *failure) {
  if (kind >= PLAN_FIRST_OPERATION || kind == SETTING_JOIN || kind == SETTING_PORT || kind == SETTING_NETLINK || kind == SETTING_PARAMETER) return 0;
  if (*seen >> kind & 1) return refuse(failure, plan_word(kind), "a setting given twice");
  *seen |= UINT64_C(1) << kind;
  return 0;
}

static int count_records(reader_t reader, counts_t *counts, failure_t *failure) {
  uint64_t seen = 0;
  while (reader.offset < reader.length) {
    uint32_t kind = 0;
    uint32_t count = 0;
    if (read_head(&reader, &kind, &count, failure) < 0 || check_once(kind, &seen, failure) < 0) return -1;
    if (kind < PLAN_FIRST_OPERATION && counts->operations > 0) return refuse(failure, plan_word(kind), "a setting after an operation");
    for (uint32_t i = 0; i < count; i++) {
      field_t field;
      if (read_field(&reader, kind, i, &field) < 0) return refuse(failure, plan_word(kind), "a bad field");
    }
    counts->fields += count;
    if (kind < PLAN_FIRST_OPERATION)
      counts->settings++;
    else
      counts->operations++;
  }
  return 0;
}

static void fill_records(reader_t reader, record_t *records, field_t *fields) {
  for (; reader.offset < reader.length; records++) {
    if (read_u32(&reader, &records->kind) < 0 || read_u32(&reader, &records->count) < 0) return;
    records->fields = fields;
    for (uint32_t i = 0; i < records->count; i++)
      if (read_field(&reader, records->kind, i, fields++) < 0) return;
  }
}

int plan_parse(const void *bytes, size_t length, plan_t *plan, failure_t *failure) {
  reader_t reader = {.bytes = bytes, .length = length, .offset = sizeof magic};
  counts_t counts = {0};
  *plan = (plan_t){0};
  if (length > PLAN_LENGTH_LIMIT) return refuse(failure, "", "longer than 1 MiB");
  if (length < sizeof magic || memcmp(bytes, magic, sizeof magic) != 0) return refuse(failure, "", "it does not begin as a plan of this version does");
  if (count_records(reader, &counts, failure) < 0) return -1;
  size_t records = counts.settings + counts.operations;
  record_t *memory = malloc((records + 1) * sizeof(record_t) + counts.fields * sizeof(field_t));
  if (!memory) {
    failure_name_operation(failure, "plan");
    return fail(failure, ENOMEM, "", "no memory for the plan");
  }
  fill_records(reader, memory, (field_t *)(memory + records + 1));
  *plan = (plan_t){
      .settings = memory, .setting_count = counts.settings, .operations = memory + counts.settings, .operation_count = counts.operations, .memory = memory};
  return 0;
}

void plan_free(plan_t *plan) {
  free(plan->memory);
  free(plan->text);
  *plan = (plan_t){0};
}

static int fail_read(failure_t *failure, int number, char *buffer) {
  free(buffer);
  failure_name_operation(failure, "plan");
  return fail(failure, number, "", "cannot read the plan");
}

int plan_read(int descriptor, void **bytes, size_t *length, failure_t *failure) {
  size_t room = 0;
  size_t filled = 0;
  char *buffer = NULL;
  for (;;) {
    if (filled == room) {
      room = room ? room * 2 : 16384;
      char *larger = realloc(buffer, room);
      if (!larger) return fail_read(failure, ENOMEM, buffer);
      buffer = larger;
    }
    ssize_t count = read(descriptor, buffer + filled, room - filled);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail_read(failure, errno, buffer);
    if (count == 0) break;
    filled += (size_t)count;
    if (filled > PLAN_LENGTH_LIMIT) return fail_read(failure, EFBIG, buffer);
  }
  *bytes = buffer;
  *length = filled;
  return 0;
}

// The plan has the text from here on.
static int keep_text(plan_t *plan, void *text, size_t length, failure_t *failure) {
  int result = plan_parse(text, length, plan, failure);
  if (result == 0)
    plan->text = text;
  else
    free(text);
  return result;
}

int plan_take(int descriptor, plan_t *plan, failure_t *failure) {
  void *text = NULL;
  size_t length = 0;
  *plan = (plan_t){0};
  int result = plan_read(descriptor, &text, &length, failure);
  close(descriptor);
  return result == 0 ? keep_text(plan, text, length, failure) : result;
}

// How many bytes came before the end of file; -1 and errno.
static ssize_t read_exactly(int descriptor, void *bytes, size_t length) {
  size_t filled = 0;
  while (filled < length) {
    ssize_t count = read(descriptor, (char *)bytes + filled, length - filled);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return -1;
    if (count == 0) break;
    filled += (size_t)count;
  }
  return (ssize_t)filled;
}

int plan_take_next(int descriptor, plan_t *plan, failure_t *failure) {
  unsigned char head[4];
  uint32_t length = 0;
  *plan = (plan_t){0};
  ssize_t count = read_exactly(descriptor, head, sizeof head);
  if (count < 0) return fail_read(failure, errno, NULL);
  reader_t reader = {.bytes = head, .length = (size_t)count, .offset = 0};
  if (read_u32(&reader, &length) < 0 || length == 0) return 0;
  if (length > PLAN_LENGTH_LIMIT) return fail_read(failure, EFBIG, NULL);
  void *text = malloc(length);
  if (!text) return fail_read(failure, ENOMEM, NULL);
  count = read_exactly(descriptor, text, length);
  if (count < 0) return fail_read(failure, errno, text);
  return keep_text(plan, text, (size_t)count, failure);
}

static const record_t *find_record(const record_t *records, size_t count, uint32_t kind) {
  for (size_t i = 0; i < count; i++)
    if (records[i].kind == kind) return &records[i];
  return NULL;
}

const record_t *plan_setting(const plan_t *plan, uint32_t kind) { return find_record(plan->settings, plan->setting_count, kind); }

const record_t *plan_operation(const plan_t *plan, uint32_t kind) { return find_record(plan->operations, plan->operation_count, kind); }

const char *record_text(const record_t *record, uint32_t index) { return index < record->count ? record->fields[index].bytes : ""; }

int record_number_of_base(const record_t *record, uint32_t index, int base, uint64_t *value, failure_t *failure) {
  const char *text = record_text(record, index);
  const char *digits = base == 16 ? "0123456789abcdefABCDEF" : base == 8 ? "01234567" : "0123456789";
  errno = 0;
  if (text[0] == '\0' || text[strspn(text, digits)] != '\0') errno = EINVAL;
  if (errno == 0) *value = strtoull(text, NULL, base);
  if (errno == 0) return 0;
  failure_name_operation(failure, plan_word(record->kind));
  return fail(failure, errno, text, "\"%.100s\" is not a number", text);
}

int record_number(const record_t *record, uint32_t index, uint64_t most, uint64_t *value, failure_t *failure) {
  if (record_number_of_base(record, index, 10, value, failure) < 0) return -1;
  if (*value <= most) return 0;
  failure_name_operation(failure, plan_word(record->kind));
  return fail(failure, ERANGE, record_text(record, index), "%s is too large a number", record_text(record, index));
}

int record_has_flag(const record_t *record, uint32_t index, const char *word) {
  size_t length = strlen(word);
  for (const char *at = record_text(record, index); *at;) {
    size_t span = strcspn(at, ",");
    if (span == length && memcmp(at, word, length) == 0) return 1;
    at += span;
    if (*at == ',') at++;
  }
  return 0;
}
