#include "libcommon/base/net_error.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

Test(net_error, names_have_words_or_none) {
    cr_expect(eq(str, (char *)ll_net_error_words("net::ERR_CONNECTION_REFUSED"), "nothing listens there"));
    const char *words = ll_net_error_words("net::ERR_CERT_AUTHORITY_INVALID");
    cr_assert_not_null(words);
    cr_expect(strstr(words, "ignore_https_errors = true") != NULL, "%s", words);
    cr_expect_null(ll_net_error_words("net::ERR_FAILED"));
    cr_expect_null(ll_net_error_words(""));
}
