// Secrets of a run: values that a scenario asks for by name and that stand in no file of it, no spec and no result.
//
// One owner, no locks. They live in memory alone, which is wiped when it is freed.
#ifndef LIBCOMMON_MODEL_SECRET_H
#define LIBCOMMON_MODEL_SECRET_H

#include "libcommon/base/err.h"
#include "libcommon/base/redact.h"

#include <stddef.h>

enum {
    LL_SECRETS_MAX = 100,
    LL_SECRET_NAME_MAX = 100,                  // bytes
    LL_SECRET_VALUE_MIN = LL_REDACT_VALUE_MIN, // bytes: one that could not be told from other text could not be hidden
    LL_SECRET_VALUE_MAX = LL_REDACT_VALUE_MAX,
};

struct ll_secret {
    char *name, *value; // owned
};

struct ll_secrets { // starts zeroed
    struct ll_secret *items;
    size_t count;
};

void ll_secrets_fini(struct ll_secrets *secrets);
struct ll_secrets ll_secrets_copy(const struct ll_secrets *secrets);

// Names are those of environment variables: letters, digits and underscores, no digit first. LL_INVALID_ARGUMENT.
ll_err ll_secret_check_name(const char *name);
// Adds, or replaces one of that name. LL_INVALID_ARGUMENT, LL_RESOURCE_EXHAUSTED; no error holds the value.
ll_err ll_secrets_add(struct ll_secrets *secrets, const char *name, const char *value);
// NULL when there is none. No secrets at all (NULL) have none.
const char *ll_secrets_find(const struct ll_secrets *secrets, const char *name);

#endif
