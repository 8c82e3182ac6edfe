#include "agent/browser/operation.h"

#include <assert.h>

static const struct ll_operation_info operations[LL_OPERATIONS_COUNT] = {
#define LL_OPERATION(id, spelled, of_kind, arguments)                                                                  \
    [LL_OP_##id] = {.name = spelled, .kind = LL_OPKIND_##of_kind, .args = LL_ARGS_##arguments},
#include "agent/browser/operations.def"
#undef LL_OPERATION
};

const struct ll_operation_info *ll_operation_info(enum ll_operation operation) {
    assert(operation < LL_OPERATIONS_COUNT);
    return &operations[operation];
}
