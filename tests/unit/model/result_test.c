#include "libcommon/model/result.h"

#include "libcommon/base/alloc.h"
#include "libcommon/codec/frame.h"
#include "tests/unit/model/samples.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

Test(result, round_trips_are_equal) {
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct ll_rand rand = ll_rand_seed(seed);
        struct ll_result result = sample_result(&rand), unpacked;
        struct ll_buf first = ll_buf_make(LL_RESULT_FILE_MAX), second = ll_buf_make(LL_RESULT_FILE_MAX);
        ll_err err = ll_result_pack(&result, &first);
        cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
        err = ll_result_unpack(first.data, first.len, &unpacked);
        cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
        err = ll_result_pack(&unpacked, &second);
        cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
        cr_expect(eq(sz, first.len, second.len));
        cr_expect(eq(int, memcmp(first.data, second.data, first.len), 0), "seed %d", (int)seed);

        const struct ll_scenario_result *before = &result.scenarios[0], *after = &unpacked.scenarios[0];
        cr_expect(eq(str, after->name, "shop"));
        cr_expect_null(after->error);
        cr_expect_null(after->nodes[0].error);
        cr_expect(after->nodes[1].lost);
        cr_expect(eq(int, after->verdict, LL_VERDICT_FAILED));
        cr_expect(eq(str, after->remarks[0], "agent-1 fell silent after 12 s"));
        cr_expect(eq(str, after->thresholds[0].observed_text, "2.10 s"));
        cr_expect(eq(sz, after->spec.threshold_count, before->spec.threshold_count));
        char *series_before = describe_series(before->nodes[1].windows[2].series);
        char *series_after = describe_series(after->nodes[1].windows[2].series);
        cr_expect(eq(str, series_before, series_after));
        free(series_before), free(series_after);
        cr_expect(eq(str, unpacked.scenarios[1].error, "broken.lua:3: unexpected symbol"));
        ll_buf_fini(&first), ll_buf_fini(&second);
        ll_result_fini(&result), ll_result_fini(&unpacked);
    }
}

// Fails unless the bytes are refused with a sentence that begins like `expected`.
static void expect_refusal(const void *data, size_t len, enum ll_status status, const char *expected) {
    struct ll_result unpacked;
    ll_err err = ll_result_unpack(data, len, &unpacked);
    cr_expect(eq(int, err.status, status), "%s", err.text);
    cr_expect(eq(int, strncmp(err.text, expected, strlen(expected)), 0), "\"%s\" does not begin with \"%s\"", err.text,
              expected);
    if (err.status == LL_OK) ll_result_fini(&unpacked);
}

Test(result, what_is_known_of_clocks_round_trips) {
    struct ll_rand rand = ll_rand_seed(3);
    struct ll_result result = sample_result(&rand), unpacked;
    result.scenarios[0].start_skew_ms = 0.25;
    result.scenarios[0].nodes[1].clock_offset_ms = -120000.5;
    result.scenarios[0].nodes[1].round_trip_ms = 0.0 / 0.0; // a peer's mistake is not passed on
    struct ll_buf file = ll_buf_make(LL_RESULT_FILE_MAX);
    cr_assert(eq(int, ll_result_pack(&result, &file).status, LL_OK));
    cr_assert(eq(int, ll_result_unpack(file.data, file.len, &unpacked).status, LL_OK));
    cr_expect(eq(dbl, unpacked.scenarios[0].start_skew_ms, 0.25));
    cr_expect(eq(dbl, unpacked.scenarios[0].nodes[1].clock_offset_ms, -120000.5));
    cr_expect(eq(dbl, unpacked.scenarios[0].nodes[1].round_trip_ms, 0));
    ll_buf_fini(&file);
    ll_result_fini(&result), ll_result_fini(&unpacked);
}

Test(result, what_the_generator_did_round_trips) {
    struct ll_result result = {.scenarios = ll_alloc(1, sizeof *result.scenarios), .scenario_count = 1}, read;
    struct ll_scenario_result *scenario = &result.scenarios[0];
    scenario->spec = ll_spec_make("shop");
    scenario->total = ll_series_set_new();
    scenario->generator = (struct ll_generator){.has_share = true, .share = 0.25};
    ll_scenario_result_blame_generator(scenario, LL_GENERATOR_INVALID, "it makes up %d %%", 25);
    ll_scenario_result_blame_generator(scenario, LL_GENERATOR_DEGRADED, "it was busy");
    struct ll_buf file = ll_buf_make(LL_RESULT_FILE_MAX);
    cr_assert(eq(int, ll_result_pack(&result, &file).status, LL_OK));
    ll_err err = ll_result_unpack(file.data, file.len, &read);
    cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
    const struct ll_generator *generator = &read.scenarios[0].generator;
    cr_expect(eq(int, (int)generator->verdict, LL_GENERATOR_INVALID));
    cr_expect(generator->has_share);
    cr_expect(eq(dbl, generator->share, 0.25));
    cr_assert(eq(sz, generator->reason_count, 2));
    cr_expect(eq(str, generator->reasons[0], "it makes up 25 %"));
    cr_expect(eq(str, generator->reasons[1], "it was busy"));
    cr_expect(eq(sz, read.scenarios[0].remark_count, 2));
    ll_buf_fini(&file);
    ll_result_fini(&result), ll_result_fini(&read);
}

Test(result, bytes_that_are_no_result_say_so) {
    struct ll_rand rand = ll_rand_seed(1);
    struct ll_result result = sample_result(&rand);
    struct ll_buf file = ll_buf_make(LL_RESULT_FILE_MAX);
    cr_assert(eq(int, ll_result_pack(&result, &file).status, LL_OK));
    expect_refusal("", 0, LL_DATA_LOSS, "it is empty, not a LiveLoad result");
    expect_refusal("<html>", 6, LL_DATA_LOSS, "it is not a LiveLoad result: its first bytes are not \"LLR1\"");
    expect_refusal("LL", 2, LL_DATA_LOSS, "it is not a LiveLoad result");
    expect_refusal("LLR2....", 8, LL_DATA_LOSS,
                   "it is a LiveLoad result of another format: read it with a newer liveload");
    expect_refusal("LLR1", 4, LL_DATA_LOSS, "the result is damaged or cut short: ");
    expect_refusal("LLR1 and then nonsense", 22, LL_DATA_LOSS, "the result is damaged or cut short: ");
    for (size_t len = 4; len < file.len; len += 1 + len / 10)
        expect_refusal(file.data, len, LL_DATA_LOSS, "the result is damaged or cut short: ");
    ll_buf_append(&file, "x", 1);
    expect_refusal(file.data, file.len, LL_DATA_LOSS, "the result is damaged or cut short: ");
    ll_buf_fini(&file);
    ll_result_fini(&result);
}

Test(result, a_frame_of_something_else_is_no_result) {
    struct ll_buf file = ll_buf_make(1 << 20);
    ll_buf_text(&file, "LLR1");
    cr_assert(eq(int, ll_frame_compress("\xff\xff\xff\xff", 4, &file).status, LL_OK));
    expect_refusal(file.data, file.len, LL_DATA_LOSS, "the result is damaged: its bytes are no Result");
    ll_buf_fini(&file);
}

Test(result, a_bomb_is_refused_before_it_goes_off) {
    // A zstd frame that says it holds 8 EB: magic, descriptor (8-byte content size, no window), size.
    static const uint8_t bomb[] = {'L',  'L',  'R',  '1',  0x28, 0xB5, 0x2F, 0xFD, 0xE0, 0xFF,
                                   0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F, 0x01, 0x00, 0x00};
    expect_refusal(bomb, sizeof bomb, LL_RESOURCE_EXHAUSTED, "the compressed data holds more than ");
}

Test(result, files_are_written_whole_or_not_at_all) {
    char folder[64] = "/tmp/liveload-result-XXXXXX", path[100], expected[300];
    cr_assert_not_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/result.llr", folder);
    struct ll_rand rand = ll_rand_seed(5);
    struct ll_result result = sample_result(&rand), read;

    ll_err err = ll_result_read_file(path, &read);
    snprintf(expected, sizeof expected, "%s cannot be opened: No such file or directory", path);
    cr_expect(eq(int, err.status, LL_NOT_FOUND));
    cr_expect(eq(str, err.text, expected));

    for (int i = 0; i < 2; i++) { // the second time over the first
        err = ll_result_write_file(path, &result);
        cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
    }
    err = ll_result_read_file(path, &read);
    cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
    cr_expect(eq(sz, read.scenario_count, 2));
    ll_result_fini(&read);

    glob_t found; // nothing is left beside it
    snprintf(expected, sizeof expected, "%s/*", folder);
    cr_assert(eq(int, glob(expected, 0, NULL, &found), 0));
    cr_expect(eq(sz, found.gl_pathc, 1));
    globfree(&found);

    cr_assert(eq(int, truncate(path, 100), 0));
    err = ll_result_read_file(path, &read);
    snprintf(expected, sizeof expected, "%s: the result is damaged or cut short: ", path);
    cr_expect(eq(int, err.status, LL_DATA_LOSS));
    cr_expect(eq(int, strncmp(err.text, expected, strlen(expected)), 0), "%s", err.text);
    unlink(path);

    mkdir(path, 0700);
    err = ll_result_write_file(path, &result); // a folder stands in its place
    cr_expect(eq(int, err.status, LL_INTERNAL), "%s", err.text);
    rmdir(path);
    cr_expect(eq(int, rmdir(folder), 0), "the folder is empty again");
    err = ll_result_write_file(path, &result);
    cr_expect(eq(int, err.status, LL_NOT_FOUND), "%s", err.text);
    ll_result_fini(&result);
}

Test(result, remarks_have_a_limit) {
    struct ll_scenario_result scenario = {.name = NULL};
    for (int i = 0; i < LL_RESULT_REMARKS_MAX + 10; i++) ll_scenario_result_add_remark(&scenario, "remark %d", i);
    cr_expect(eq(sz, scenario.remark_count, LL_RESULT_REMARKS_MAX));
    cr_expect(eq(str, scenario.remarks[3], "remark 3"));
    ll_scenario_result_fini(&scenario);
}
