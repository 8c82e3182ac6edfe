#include "libcommon/model/spec.h"

#include "libcommon/base/alloc.h"
#include "libcommon/base/text.h"
#include "libcommon/model/messages.h"
#include "tests/unit/model/samples.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PACKED_MAX = 64 * 1024 * 1024 };

static void set_stages(struct ll_spec *spec, size_t count, uint32_t users, uint64_t over_ms) {
    spec->load.duration_ms = 0;
    spec->load.stage_count = count;
    spec->load.stages = ll_alloc(count, sizeof *spec->load.stages);
    for (size_t i = 0; i < count; i++) spec->load.stages[i] = (struct ll_stage){.users = users, .over_ms = over_ms};
}

// Fails unless `spec`, which it takes, is refused with `expected`; NULL means it is fine.
static void expect_verdict(struct ll_spec spec, const char *expected) {
    ll_err err = ll_spec_validate(&spec);
    cr_expect(eq(str, err.text, expected ? (char *)expected : ""));
    cr_expect(eq(int, err.status, expected ? LL_INVALID_ARGUMENT : LL_OK), "%s", err.text);
    ll_spec_fini(&spec);
}

Test(spec, a_new_one_is_valid) {
    struct ll_spec spec = ll_spec_make("shop");
    cr_expect(eq(u32, spec.load.users, 1));
    cr_expect(eq(u64, ll_load_planned_ms(&spec.load), 30000));
    expect_verdict(spec, NULL);
}

Test(spec, each_load_shape_is_valid_alone) {
    struct ll_spec spec = ll_spec_make("shop");
    spec.load.duration_ms = 0;
    spec.load.iterations = 100;
    cr_expect(eq(u64, ll_load_planned_ms(&spec.load), 0));
    expect_verdict(spec, NULL);
    spec = ll_spec_make("shop");
    spec.load.users = 50;
    set_stages(&spec, 3, 50, 20000);
    spec.load.stages[2] = (struct ll_stage){.users = 0, .over_ms = 0};
    cr_expect(eq(u64, ll_load_planned_ms(&spec.load), 40000));
    expect_verdict(spec, NULL);
}

Test(spec, load_that_makes_no_sense_is_refused) {
    struct ll_spec spec = ll_spec_make("shop");
    spec.load.users = 0;
    expect_verdict(spec, "load.users is 0: it takes a whole number from 1 to 100000");
    spec = ll_spec_make("shop");
    spec.load.users = LL_USERS_MAX + 1;
    expect_verdict(spec, "load.users is 100001: it takes a whole number from 1 to 100000");
    spec = ll_spec_make("shop");
    spec.load.duration_ms = 0;
    expect_verdict(spec, "load has no duration above 0, no iterations and no stages: give one of them, as in "
                         "duration = \"30s\"");
    spec = ll_spec_make("shop");
    spec.load.iterations = 5;
    expect_verdict(spec, "load has both duration and iterations: give only one of them");
    spec = ll_spec_make("shop");
    set_stages(&spec, 1, 1, 1000);
    spec.load.iterations = 5;
    expect_verdict(spec, "load has both iterations and stages: give only one of them");
    spec = ll_spec_make("shop");
    spec.load.duration_ms = UINT64_MAX;
    expect_verdict(spec, "load.duration is longer than a week");
    spec = ll_spec_make("shop");
    spec.load.iteration_timeout_ms = 0;
    expect_verdict(spec, "load.iteration_timeout takes more than 0 and at most a week");
    spec = ll_spec_make("shop");
    spec.load.graceful_stop_ms = UINT64_MAX;
    expect_verdict(spec, "load.graceful_stop is longer than a week");
}

Test(spec, stages_that_make_no_sense_are_refused) {
    struct ll_spec spec = ll_spec_make("shop");
    set_stages(&spec, 2, 5, 1000);
    expect_verdict(spec, "stage 1 has 5 users, but the load has only 1");
    spec = ll_spec_make("shop");
    set_stages(&spec, 2, 0, 1000);
    expect_verdict(spec, "no stage has a user: give one of them users");
    spec = ll_spec_make("shop");
    set_stages(&spec, 2, 1, 0);
    expect_verdict(spec, "the stages last no time: give one of them a longer over");
    spec = ll_spec_make("shop");
    set_stages(&spec, 2, 1, LL_DURATION_MAX_MS);
    expect_verdict(spec, "the stages together are longer than a week");
    spec = ll_spec_make("shop");
    set_stages(&spec, LL_STAGES_MAX + 1, 1, 1);
    expect_verdict(spec, "load.stages has 101 stages: it takes at most 100");
}

Test(spec, names_thresholds_context_and_options_are_checked) {
    expect_verdict(ll_spec_make(""), "the scenario has no name: add name = \"…\" to ll.scenario");
    expect_verdict(ll_spec_make("a\nb"), "the scenario's name has a line break or control character in it");
    struct ll_spec spec = ll_spec_make("shop");
    ll_spec_add_threshold(&spec, "iteration_duration_us: p95 < 2s");
    ll_spec_add_threshold(&spec, "iterations_faild: rate < 1%");
    expect_verdict(spec, "threshold \"iterations_faild: rate < 1%\": there is no metric \"iterations_faild\": did you "
                         "mean \"iterations_failed\"?");
    spec = ll_spec_make("shop");
    spec.context.viewport_height = 0;
    expect_verdict(spec, "the viewport's height is 0: it takes 1 to 10000 pixels");
    spec = ll_spec_make("shop");
    spec.context.locale = ll_strdup("german please");
    expect_verdict(spec, "context.locale \"german please\" is no language tag: write it like \"de-DE\"");
    spec = ll_spec_make("shop");
    spec.context.user_agent = ll_strdup("a\r\nX-Evil: 1");
    expect_verdict(spec, "context.user_agent is over 16384 bytes long or has a line break in it");
    spec = ll_spec_make("shop");
    ll_spec_set_option(&spec, "", "x");
    expect_verdict(spec, "the name of option \"\" takes 1 to 100 bytes");
}

Test(spec, setting_an_option_again_replaces_it) {
    struct ll_spec spec = ll_spec_make("shop");
    ll_spec_set_option(&spec, "a", "1");
    ll_spec_set_option(&spec, "b", "2");
    ll_spec_set_option(&spec, "a", "3");
    cr_expect(eq(sz, spec.option_count, 2));
    cr_expect(eq(str, spec.options[0].value, "3"));
    ll_spec_fini(&spec);
}

Test(spec, round_trips_and_copies_are_equal) {
    for (uint64_t seed = 1; seed <= 50; seed++) {
        struct ll_rand rand = ll_rand_seed(seed);
        struct ll_spec spec = sample_spec(&rand), copy = ll_spec_copy(&spec), unpacked;
        struct ll_buf first = ll_buf_make(PACKED_MAX), second = ll_buf_make(PACKED_MAX),
                      third = ll_buf_make(PACKED_MAX);
        ll_spec_pack(&spec, &first);
        ll_spec_pack(&copy, &second);
        ll_err err = ll_spec_unpack(first.data, first.len, &unpacked);
        cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
        ll_spec_pack(&unpacked, &third);
        cr_expect(eq(sz, first.len, second.len));
        cr_expect(eq(sz, first.len, third.len));
        cr_expect(eq(int, memcmp(first.data, second.data, first.len), 0), "copy, seed %d", (int)seed);
        cr_expect(eq(int, memcmp(first.data, third.data, first.len), 0), "round trip, seed %d", (int)seed);
        cr_expect(eq(u64, unpacked.load.graceful_stop_ms, spec.load.graceful_stop_ms));
        err = ll_spec_validate(&unpacked);
        cr_expect(eq(int, err.status, LL_OK), "%s", err.text);
        ll_buf_fini(&first), ll_buf_fini(&second), ll_buf_fini(&third);
        ll_spec_fini(&spec), ll_spec_fini(&copy), ll_spec_fini(&unpacked);
    }
}

Test(spec, what_is_missing_on_the_wire_gets_its_default) {
    struct ll_spec spec;
    ll_err err = ll_spec_unpack("", 0, &spec);
    cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
    cr_expect(eq(str, spec.name, ""));
    cr_expect(eq(u32, spec.load.users, LL_DEFAULT_USERS));
    cr_expect(eq(u64, spec.load.duration_ms, LL_DEFAULT_DURATION_MS));
    cr_expect(eq(u32, spec.context.viewport_width, 1280));
    cr_expect_null(spec.context.locale);
    ll_spec_fini(&spec);
}

Test(spec, limits_hold_on_the_wire) {
    struct ll_spec spec = ll_spec_make("shop"), unpacked;
    for (int i = 0; i < LL_OPTIONS_MAX + 1; i++) {
        char key[20];
        snprintf(key, sizeof key, "key%d", i);
        ll_spec_set_option(&spec, key, "x");
    }
    struct ll_buf packed = ll_buf_make(PACKED_MAX);
    ll_spec_pack(&spec, &packed);
    ll_err err = ll_spec_unpack(packed.data, packed.len, &unpacked);
    cr_expect(eq(str, err.text, "the spec has 201 options: at most 200 are allowed"));
    ll_buf_fini(&packed);
    ll_spec_fini(&spec);

    err = ll_spec_unpack("\xff\xff\xff", 3, &unpacked);
    cr_expect(eq(int, err.status, LL_DATA_LOSS));
    cr_expect(eq(str, err.text, "the spec is damaged: its bytes are no Spec"));
}

Test(spec, requests_to_ignore_and_block_travel) {
    struct ll_request_filter filter = {.ignore = (char *[]){"*://a.example/*"},
                                       .ignore_count = 1,
                                       .block = (char *[]){"*://b.example/*", "*.gif"},
                                       .block_count = 2};
    struct ll_spec spec = ll_spec_make("shop"), copy, unpacked;
    spec.context.requests = ll_request_filter_copy(&filter);
    copy = ll_spec_copy(&spec);
    ll_spec_fini(&spec);
    struct ll_buf packed = ll_buf_make(LL_SPEC_PACKED_MAX);
    ll_spec_pack(&copy, &packed);
    ll_err err = ll_spec_unpack(packed.data, packed.len, &unpacked);
    cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
    cr_assert(eq(sz, unpacked.context.requests.ignore_count, 1));
    cr_assert(eq(sz, unpacked.context.requests.block_count, 2));
    cr_expect(eq(str, unpacked.context.requests.ignore[0], "*://a.example/*"));
    cr_expect(eq(str, unpacked.context.requests.block[1], "*.gif"));
    ll_buf_fini(&packed);
    ll_spec_fini(&copy);
    ll_spec_fini(&unpacked);
}

// `length` bytes that begin with a number of their own.
static char *text_of(int number, size_t length) {
    char *text = ll_alloc(length + 1, 1);
    memset(text, 'x', length);
    char digits[20];
    memcpy(text, digits, (size_t)snprintf(digits, sizeof digits, "%d", number));
    return text;
}

Test(spec, one_with_every_part_at_its_limit_fits_the_space_for_a_packed_one) {
    char *name = text_of(0, LL_NAME_MAX), *text = text_of(0, LL_SPEC_TEXT_MAX);
    struct ll_spec spec = ll_spec_make(name), unpacked;
    spec.context.locale = ll_strdup(name);
    spec.context.user_agent = ll_strdup(text);
    spec.load.stages = ll_alloc(LL_STAGES_MAX, sizeof *spec.load.stages);
    spec.load.stage_count = LL_STAGES_MAX;
    for (int i = 0; i < LL_STAGES_MAX; i++)
        spec.load.stages[i] = (struct ll_stage){.users = UINT32_MAX, .over_ms = UINT64_MAX};
    for (int i = 0; i < LL_THRESHOLDS_MAX; i++) ll_spec_add_threshold(&spec, text);
    for (int i = 0; i < LL_OPTIONS_MAX; i++) {
        char *key = text_of(i, LL_NAME_MAX);
        ll_spec_set_option(&spec, key, text);
        free(key);
    }
    struct ll_buf packed = ll_buf_make(LL_SPEC_PACKED_MAX);
    ll_spec_pack(&spec, &packed);
    cr_expect(eq(int, packed.overflowed, 0));
    cr_expect(gt(sz, packed.len, 6 * 1000 * 1000));
    ll_err err = ll_spec_unpack(packed.data, packed.len, &unpacked);
    cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
    cr_expect(eq(sz, unpacked.option_count, LL_OPTIONS_MAX));
    ll_buf_fini(&packed);
    ll_spec_fini(&spec);
    ll_spec_fini(&unpacked);
    free(name);
    free(text);
}

// Two bytes make a stage: a megabyte of them must not become a hundred.
Test(spec, a_flood_of_empty_parts_is_refused_before_it_takes_memory) {
    enum { COUNT = 1 << 20 };
    uint8_t *flood = ll_alloc(2 * COUNT + 8, 1);
    size_t len = 0;
    flood[len++] = 0x12; // Spec.load
    for (size_t size = 2 * COUNT; size; size >>= 7) flood[len++] = (uint8_t)((size & 0x7f) | (size >= 128 ? 0x80 : 0));
    for (size_t i = 0; i < COUNT; i++) flood[len++] = 0x22, flood[len++] = 0; // Load.stages
    struct ll_spec spec;
    ll_err err = ll_spec_unpack(flood, len, &spec);
    cr_expect(eq(int, err.status, LL_RESOURCE_EXHAUSTED), "%s", err.text);
    free(flood);
}

Test(spec, an_assignment_frees_its_spec) {
    struct ll_assignment assignment = {.spec = ll_spec_make("shop")};
    ll_assignment_fini(&assignment);
    cr_expect_null(assignment.spec.name);
}
