#include "agent/scenario/describe.h"

#include "world.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

enum { BYTES_MAX = 100000 };

static ll_err describe(const char *main, struct ll_buf *out) {
    struct world world;
    struct ll_buf packed = ll_buf_make(BYTES_MAX);
    world_bundle(&world, main, NULL);
    ll_bundle_pack(&world.bundle, &packed);
    ll_err err = ll_describe(packed.data, packed.len, NULL, out);
    ll_buf_fini(&packed);
    world_close(&world);
    return err;
}

Test(describe, a_packed_bundle_becomes_a_packed_spec) {
    struct ll_buf out = ll_buf_make(BYTES_MAX);
    struct ll_spec spec;
    ll_err err = describe(FIELDS("name = 'checkout', load = { users = 12, duration = '2m' }"), &out);
    cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
    cr_assert(eq(int, ll_spec_unpack(out.data, out.len, &spec).status, LL_OK));
    cr_expect(eq(str, spec.name, "checkout"));
    cr_expect(eq(u32, spec.load.users, 12));
    cr_expect(eq(u64, spec.load.duration_ms, 120000));
    ll_spec_fini(&spec);
    ll_buf_fini(&out);
}

Test(describe, what_is_wrong_comes_back) {
    struct ll_buf out = ll_buf_make(BYTES_MAX), small = ll_buf_make(1);
    ll_err err = describe("return {", &out);
    cr_expect(eq(int, err.status, LL_INVALID_ARGUMENT));
    cr_expect(eq(str, err.text, "shop.lua:1: unexpected symbol near <eof>"));
    cr_expect(ne(int, ll_describe("garbage", 7, NULL, &out).status, LL_OK));
    cr_expect(eq(int, describe(FIELDS("name = 'x'"), &small).status, LL_RESOURCE_EXHAUSTED));
    ll_buf_fini(&out);
    ll_buf_fini(&small);
}
