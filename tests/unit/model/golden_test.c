// The bytes that version 1 of each format wrote keep decoding to the same data: fields are known by number, numbers are
// never reused, and what a later version adds has a default.
//
// The files in tests/golden are written once, when a format is new: LIVELOAD_WRITE_GOLDEN=1 build/dev/tests/unit_model
// --filter 'golden/*' writes those that are missing. Never replace one; a new form of a format gets a new file.
#include "libcommon/model/file.h"
#include "tests/unit/model/samples.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILE_MAX = 1 << 20 };

// The content of tests/golden/NAME; `written` is what this version would write there.
static struct ll_buf golden(const char *name, const struct ll_buf *written) {
    char path[300];
    snprintf(path, sizeof path, "%s/%s", GOLDEN_DIR, name);
    if (getenv("LIVELOAD_WRITE_GOLDEN") && access(path, F_OK) != 0) {
        ll_err err = ll_file_replace(path, written->data, written->len);
        cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
    }
    struct ll_buf content = ll_buf_make(FILE_MAX);
    ll_err err = ll_file_read(path, &content);
    cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
    return content;
}

static void expect_same(const struct ll_buf *read, const struct ll_buf *made) {
    cr_expect(eq(sz, read->len, made->len));
    cr_expect(read->len == made->len && memcmp(read->data, made->data, made->len) == 0,
              "the golden file decodes to other data than it was made of");
}

Test(golden, spec) {
    struct ll_rand rand = ll_rand_seed(2);
    struct ll_spec spec = sample_spec(&rand), read;
    struct ll_buf made = ll_buf_make(FILE_MAX), again = ll_buf_make(FILE_MAX);
    ll_spec_pack(&spec, &made);
    struct ll_buf file = golden("spec-1.bin", &made);
    ll_err err = ll_spec_unpack(file.data, file.len, &read);
    cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
    ll_spec_pack(&read, &again);
    expect_same(&again, &made);
    ll_buf_fini(&made), ll_buf_fini(&again), ll_buf_fini(&file);
    ll_spec_fini(&spec), ll_spec_fini(&read);
}

Test(golden, bundle) {
    struct ll_rand rand = ll_rand_seed(1);
    struct ll_bundle bundle = sample_bundle(&rand), read;
    struct ll_buf made = ll_buf_make(FILE_MAX), again = ll_buf_make(FILE_MAX);
    ll_bundle_pack(&bundle, &made);
    struct ll_buf file = golden("bundle-1.bin", &made);
    ll_err err = ll_bundle_unpack(file.data, file.len, &read);
    cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
    ll_bundle_pack(&read, &again);
    expect_same(&again, &made);
    ll_buf_fini(&made), ll_buf_fini(&again), ll_buf_fini(&file);
    ll_bundle_fini(&bundle), ll_bundle_fini(&read);
}

Test(golden, snapshot) {
    struct ll_rand rand = ll_rand_seed(1);
    struct ll_snapshot snapshot = sample_snapshot(&rand), read;
    struct ll_buf made = ll_buf_make(FILE_MAX), again = ll_buf_make(FILE_MAX);
    cr_assert(eq(int, ll_snapshot_seal(&snapshot, &made).status, LL_OK));
    struct ll_buf file = golden("snapshot-1.zst", &made);
    ll_err err = ll_snapshot_open(file.data, file.len, &read);
    cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
    cr_assert(eq(int, ll_snapshot_seal(&read, &again).status, LL_OK));
    expect_same(&again, &made);
    ll_buf_fini(&made), ll_buf_fini(&again), ll_buf_fini(&file);
    ll_snapshot_fini(&snapshot), ll_snapshot_fini(&read);
}

Test(golden, result) {
    struct ll_rand rand = ll_rand_seed(1);
    struct ll_result result = sample_result(&rand), read;
    struct ll_buf made = ll_buf_make(FILE_MAX), again = ll_buf_make(FILE_MAX);
    cr_assert(eq(int, ll_result_pack(&result, &made).status, LL_OK));
    struct ll_buf file = golden("result-1.llr", &made);
    ll_err err = ll_result_unpack(file.data, file.len, &read);
    cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
    cr_assert(eq(int, ll_result_pack(&read, &again).status, LL_OK));
    expect_same(&again, &made);
    ll_buf_fini(&made), ll_buf_fini(&again), ll_buf_fini(&file);
    ll_result_fini(&result), ll_result_fini(&read);
}
