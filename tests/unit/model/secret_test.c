#include "libcommon/model/secret.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

Test(secret, values_are_found_by_name_and_replaced) {
    struct ll_secrets secrets = {.items = NULL};
    cr_expect_null(ll_secrets_find(NULL, "A"));
    cr_expect_null(ll_secrets_find(&secrets, "A"));
    cr_expect(eq(int, ll_secrets_add(&secrets, "A", "first").status, LL_OK));
    cr_expect(eq(int, ll_secrets_add(&secrets, "B_2", "second").status, LL_OK));
    cr_expect(eq(int, ll_secrets_add(&secrets, "A", "third").status, LL_OK));
    cr_expect(eq(sz, secrets.count, 2));
    struct ll_secrets copy = ll_secrets_copy(&secrets);
    ll_secrets_fini(&secrets);
    cr_expect(eq(str, (char *)ll_secrets_find(&copy, "A"), "third"));
    cr_expect(eq(str, (char *)ll_secrets_find(&copy, "B_2"), "second"));
    ll_secrets_fini(&copy);
}

Test(secret, no_error_holds_a_value) {
    struct ll_secrets secrets = {.items = NULL};
    ll_err err = ll_secrets_add(&secrets, "A", "abc");
    cr_expect(eq(str, err.text,
                 "the secret A has 3 bytes: it takes 4 to 16384, so that it can be told from other text "
                 "and hidden"));
    static const char *const names[] = {"", "2A", "A-B", "A B", "ä"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        err = ll_secrets_add(&secrets, names[i], "tiger");
        cr_expect(eq(int, err.status, LL_INVALID_ARGUMENT));
        cr_expect_null(strstr(err.text, "tiger"));
    }
    for (int i = 0; i < LL_SECRETS_MAX; i++) {
        char name[16];
        snprintf(name, sizeof name, "S%d", i);
        cr_assert(eq(int, ll_secrets_add(&secrets, name, "tiger").status, LL_OK));
    }
    cr_expect(eq(int, ll_secrets_add(&secrets, "MORE", "tiger").status, LL_RESOURCE_EXHAUSTED));
    ll_secrets_fini(&secrets);
}

Test(secret, a_value_has_a_limit) {
    struct ll_secrets secrets = {.items = NULL};
    static char value[LL_SECRET_VALUE_MAX + 2];
    memset(value, 'x', LL_SECRET_VALUE_MAX + 1);
    ll_err err = ll_secrets_add(&secrets, "A", value);
    cr_expect(eq(int, err.status, LL_INVALID_ARGUMENT));
    cr_expect(eq(str, err.text,
                 "the secret A has 16385 bytes: it takes 4 to 16384, so that it can be told from other text and "
                 "hidden"));
    value[LL_SECRET_VALUE_MAX] = '\0';
    err = ll_secrets_add(&secrets, "A", value);
    cr_expect(eq(int, err.status, LL_OK), "%s", err.text);
    ll_secrets_fini(&secrets);
}
