#include "libcommon/model/secret.h"

#include "libcommon/base/alloc.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static void wipe(char *value) {
    if (value) explicit_bzero(value, strlen(value));
    free(value);
}

void ll_secrets_fini(struct ll_secrets *secrets) {
    for (size_t i = 0; i < secrets->count; i++) {
        free(secrets->items[i].name);
        wipe(secrets->items[i].value);
    }
    free(secrets->items);
    *secrets = (struct ll_secrets){.items = NULL};
}

static void append(struct ll_secrets *secrets, const char *name, const char *value) {
    secrets->items = ll_realloc(secrets->items, secrets->count + 1, sizeof *secrets->items);
    secrets->items[secrets->count++] = (struct ll_secret){.name = ll_strdup(name), .value = ll_strdup(value)};
}

struct ll_secrets ll_secrets_copy(const struct ll_secrets *secrets) {
    struct ll_secrets copy = {.items = NULL};
    for (size_t i = 0; i < secrets->count; i++) append(&copy, secrets->items[i].name, secrets->items[i].value);
    return copy;
}

ll_err ll_secret_check_name(const char *name) {
    size_t len = strlen(name);
    bool is_name = len > 0 && len <= LL_SECRET_NAME_MAX && !isdigit((unsigned char)*name);
    for (size_t i = 0; i < len && is_name; i++) is_name = isalnum((unsigned char)name[i]) || name[i] == '_';
    if (is_name) return LL_SUCCESS;
    return ll_err_make(LL_INVALID_ARGUMENT,
                       "\"%.40s\" is no name of a secret: it takes letters, digits and underscores, at most %d", name,
                       LL_SECRET_NAME_MAX);
}

ll_err ll_secrets_add(struct ll_secrets *secrets, const char *name, const char *value) {
    LL_TRY(ll_secret_check_name(name));
    size_t len = strlen(value);
    if (len < LL_SECRET_VALUE_MIN || len > LL_SECRET_VALUE_MAX)
        return ll_err_make(LL_INVALID_ARGUMENT,
                           "the secret %s has %zu bytes: it takes %d to %d, so that it can be told from other text and "
                           "hidden",
                           name, len, LL_SECRET_VALUE_MIN, LL_SECRET_VALUE_MAX);
    for (size_t i = 0; i < secrets->count; i++) {
        if (strcmp(secrets->items[i].name, name) != 0) continue;
        char *copy = ll_strdup(value);
        wipe(secrets->items[i].value);
        secrets->items[i].value = copy;
        return LL_SUCCESS;
    }
    if (secrets->count == LL_SECRETS_MAX)
        return ll_err_make(LL_RESOURCE_EXHAUSTED, "there are more than %d secrets", LL_SECRETS_MAX);
    append(secrets, name, value);
    return LL_SUCCESS;
}

const char *ll_secrets_find(const struct ll_secrets *secrets, const char *name) {
    for (size_t i = 0; secrets && i < secrets->count; i++)
        if (strcmp(secrets->items[i].name, name) == 0) return secrets->items[i].value;
    return NULL;
}
