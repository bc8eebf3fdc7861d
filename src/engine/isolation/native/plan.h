// The plan: what TypeScript wants done, checked before anything is done. init-plan-encoding.ts is the other end; README.md has the format.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "plan-words.h"

#define PLAN_LENGTH_LIMIT (1U << 20)

typedef struct {
  const char *bytes;  // in the plan's buffer, followed by a NUL; text has no other
  uint32_t length;
} field_t;

typedef struct {
  uint32_t kind;  // SETTING_… or OPERATION_…
  uint32_t count;
  const field_t *fields;
} record_t;

typedef struct {
  const record_t *settings;
  size_t setting_count;
  const record_t *operations;
  size_t operation_count;
  void *memory;
  void *text;  // of a plan that was taken
} plan_t;

// Reads a plan. The buffer must outlive it. What is malformed, unknown, too long or given twice is refused; the values of fields are checked by who uses them.
int plan_parse(const void *bytes, size_t length, plan_t *plan, failure_t *failure);
void plan_free(plan_t *plan);

// Reads and parses what a descriptor has, and closes it. plan_free() gives the text back too.
int plan_take(int descriptor, plan_t *plan, failure_t *failure);

// The next plan on the descriptor, which has its length (u32) before it. Where that is 0, or nothing comes any more, the plan is empty and has no text.
int plan_take_next(int descriptor, plan_t *plan, failure_t *failure);

// A whole descriptor, up to PLAN_LENGTH_LIMIT, into memory the caller frees.
int plan_read(int descriptor, void **bytes, size_t *length, failure_t *failure);

// The first record of the kind, or null.
const record_t *plan_setting(const plan_t *plan, uint32_t kind);
const record_t *plan_operation(const plan_t *plan, uint32_t kind);

const char *plan_word(uint32_t kind);

// The text of a field; empty when the record has no such field.
const char *record_text(const record_t *record, uint32_t index);

// Decimal, octal and hexadecimal numbers of at most `most`; anything else is refused, an empty field too.
int record_number(const record_t *record, uint32_t index, uint64_t most, uint64_t *value, failure_t *failure);
int record_number_of_base(const record_t *record, uint32_t index, int base, uint64_t *value, failure_t *failure);

// True when the comma list in the field has the word.
int record_has_flag(const record_t *record, uint32_t index, const char *word);
