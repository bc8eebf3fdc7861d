// libFuzzer's entry to the reader of plans: whatever bytes it is given, it refuses them or reads what is theirs, and no byte more. Built and run by `make fuzz`.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "plan.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

// Every byte that the plan says it has is read, and every reader of a field is called.
static size_t use(const record_t *record, failure_t *failure) {
  size_t sum = strlen(plan_word(record->kind));
  for (uint32_t i = 0; i <= record->count; i++) {
    uint64_t number = 0;
    for (uint32_t k = 0; i < record->count && k <= record->fields[i].length; k++) sum += (unsigned char)record->fields[i].bytes[k];
    sum += strlen(record_text(record, i)) + (size_t)record_has_flag(record, i, "strict");
    if (record_number(record, i, UINT32_MAX, &number, failure) == 0 && number > UINT32_MAX) abort();
    if (record_number_of_base(record, i, 8, &number, failure) == 0) sum += (size_t)number;
    if (record_number_of_base(record, i, 16, &number, failure) == 0) sum += (size_t)number;
  }
  return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
  size_t sum = 0;
  failure_t failure = {0};
  plan_t plan;
  unsigned char *copy = malloc(length ? length : 1);
  if (!copy) abort();
  if (length) memcpy(copy, bytes, length);
  if (plan_parse(copy, length, &plan, &failure) == 0) {
    for (size_t i = 0; i < plan.setting_count; i++) sum += use(&plan.settings[i], &failure);
    for (size_t i = 0; i < plan.operation_count; i++) sum += use(&plan.operations[i], &failure);
    for (uint32_t kind = 0; kind < 200; kind++) sum += plan_setting(&plan, kind) != NULL;
  }
  plan_free(&plan);
  free(copy);
  // A use of what was read, so that nothing of it is left out.
  return sum == SIZE_MAX;
}
