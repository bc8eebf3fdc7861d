#include "operations.h"

typedef int operation_t(context_t *, const record_t *, failure_t *);

static operation_t *const operations[] = {
#define X(kind, name, word, fewest, most) [kind - PLAN_FIRST_OPERATION] = operation_##name,
    PLAN_OPERATIONS(X)
#undef X
};

int run_operations(context_t *context, failure_t *failure) {
  for (context->index = 0; context->index < context->plan->operation_count; context->index++) {
    const record_t *record = &context->plan->operations[context->index];
    if (record->kind != OPERATION_DEVICE && record->kind != OPERATION_SYMLINK) forget_folder(context);
    if (operations[record->kind - PLAN_FIRST_OPERATION](context, record, failure) < 0) {
      failure_name_operation(failure, plan_word(record->kind));
      return -1;
    }
  }
  failure_name_operation(failure, "plan");
  return fail(failure, 0, "", "the plan ends without exec");
}
