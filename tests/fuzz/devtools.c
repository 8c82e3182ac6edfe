// A DevTools message from a browser that shows pages of strangers: every reader of it stays inside the text, and what
// the in-place scanner finds is what a parser finds.
#include "agent/browser/cdp/scan.h"
#include "libcommon/base/alloc.h"
#include "libcommon/codec/json.h"

#include "tests/fuzz/fuzz.h"

#include <stdlib.h>

enum { TEXT_MAX = 512 };

static struct ll_slice expect_inside(struct ll_slice value, const char *text, size_t len) {
    assert(value.len == 0 || (value.at >= text && value.at + value.len <= text + len));
    return value;
}

static void expect_same_text(struct ll_slice found, const ll_json *parsed) {
    const char *wanted = ll_json_string(parsed, NULL);
    char got[TEXT_MAX];
    if (!wanted || strlen(wanted) + 1 > sizeof got || strstr(wanted, "\xEF\xBF\xBD")) return; // U+FFFD: damaged text
    assert(ll_scan_text(found, got, sizeof got) == strlen(wanted));
    assert(strcmp(got, wanted) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    char *text = ll_memdup(data, len); // exactly as long as it is, so that a read past its end is seen
    const struct ll_slice message = {.at = text, .len = len};
    static const char *const keys[] = {"method", "params", "id"};
    struct ll_slice found[3];
    char buffer[16];
    ll_scan_members(message, keys, found, 3);
    for (size_t i = 0; i < 3; i++) {
        expect_inside(found[i], text, len);
        expect_inside(ll_scan_get(found[i], "sessionId"), text, len);
        expect_inside(ll_scan_item(found[i], 1), text, len);
        ll_scan_number(found[i], 0);
        ll_scan_hash(found[i]);
        ll_scan_text_bytes(found[i]);
        assert(ll_scan_text(found[i], buffer, sizeof buffer) < sizeof buffer);
    }
    ll_json *parsed = NULL;
    if (ll_json_parse(text, len, &parsed).status == LL_OK && ll_json_is_object(parsed))
        expect_same_text(found[0], ll_json_get(parsed, "method"));
    ll_json_free(&parsed);
    free(text);
    return 0;
}
