#include "libcommon/model/artifact.h"

#include "libcommon/base/alloc.h"
#include "libcommon/model/result.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

static char prefix[LL_ARTIFACT_NAME_MAX], name[LL_ARTIFACT_NAME_MAX];

Test(artifact, names_are_made_of_run_agent_and_what) {
    ll_artifact_prefix("3fa9c2d10b", 2, "web-1", prefix);
    cr_expect(eq(str, prefix, "3fa9c2d1-2-web-1-"));
    ll_artifact_name(prefix, "failure-7", "jpg", name);
    cr_expect(eq(str, name, "3fa9c2d1-2-web-1-failure-7.jpg"));
    ll_artifact_name(prefix, "", "log", name);
    cr_expect(eq(str, name, "3fa9c2d1-2-web-1.log"));
}

Test(artifact, whatever_people_call_things_makes_safe_names) {
    char long_text[400];
    memset(long_text, 'x', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    const char *const texts[] = {"../../etc/passwd", "a b\n\x1b[31m", "é", ".", "", long_text, "con.jpg/"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        ll_artifact_prefix("3fa9c2d10b", 4294967295u, texts[i], prefix);
        ll_artifact_name(prefix, texts[i], "html", name);
        cr_expect(ll_artifact_name_is_safe(name), "%s", name);
    }
}

Test(artifact, what_may_be_a_file) {
    static const char *const good[] = {"a.log", "A-1_b.c.txt", "0.png", "x.jpg", "x.html"};
    static const char *const bad[] = {"",        ".log",   "..",     "a",        "a.exe",
                                      "a/b.log", "-a.log", "a.log ", "a\\b.log", "a.LOG"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) cr_expect(ll_artifact_name_is_safe(good[i]), "%s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect(not(ll_artifact_name_is_safe(bad[i])), "%s", bad[i]);
    char long_name[LL_ARTIFACT_NAME_MAX + 8];
    memset(long_name, 'x', sizeof long_name);
    memcpy(long_name + sizeof long_name - 5, ".log", 5);
    cr_expect(not(ll_artifact_name_is_safe(long_name)));
    cr_expect(ll_artifact_name_is_safe(long_name + 8));
}

Test(artifact, what_runs_made_is_told_from_what_others_did) {
    static const char *const others[] = {"notes.txt",          "trip-2-rome.jpg", "3fa9c2d1.log",
                                         "3fa9c2d1-web-1.log", "3fa9c2d1-2.log",  "3fa9c2d10b-2-web.log",
                                         "3fa9c2d1-2-web.sh"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        cr_expect(not(ll_artifact_name_is_of_a_run(others[i])), "%s", others[i]);
    ll_artifact_prefix("3fa9c2d10b", 2, "", prefix);
    ll_artifact_name(prefix, "", "log", name);
    cr_expect(ll_artifact_name_is_of_a_run(name), "%s", name);
    cr_expect(ll_artifact_name_is_of_a_run("3fa9c2d1-2-web-1-failure-7.jpg"));
}

static struct ll_buf pack(const struct ll_artifact *artifact) {
    struct ll_scenario_result scenario = {.name = ll_strdup("shop"), .total = ll_series_set_new()};
    scenario.spec = ll_spec_make("shop");
    scenario.artifacts = ll_memdup(artifact, sizeof *artifact);
    scenario.artifact_count = 1;
    struct ll_result result = {.scenarios = ll_memdup(&scenario, sizeof scenario), .scenario_count = 1};
    struct ll_buf file = ll_buf_make(LL_RESULT_FILE_MAX);
    ll_err err = ll_result_pack(&result, &file);
    cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
    ll_result_fini(&result);
    return file;
}

Test(artifact, a_result_lists_them) {
    struct ll_artifact artifact = {.name = "a.jpg",
                                   .kind = LL_ARTIFACT_PICTURE,
                                   .bytes = 12345,
                                   .is_whole = true,
                                   .user_id = 1,
                                   .iteration = 2,
                                   .step = 3,
                                   .label = "cart",
                                   .node = "web-1"};
    struct ll_buf file = pack(&artifact);
    struct ll_result read = {0};
    ll_err err = ll_result_unpack(file.data, file.len, &read);
    cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
    cr_assert(eq(sz, read.scenarios[0].artifact_count, 1));
    const struct ll_artifact *got = read.scenarios[0].artifacts;
    cr_expect(eq(str, (char *)got->name, "a.jpg"));
    cr_expect(eq(int, got->kind, LL_ARTIFACT_PICTURE));
    cr_expect(eq(u64, got->bytes, 12345));
    cr_expect(got->is_whole);
    cr_expect(eq(u32, got->user_id, 1));
    cr_expect(eq(u64, got->iteration, 2));
    cr_expect(eq(u32, got->step, 3));
    cr_expect(eq(str, (char *)got->label, "cart"));
    cr_expect(eq(str, (char *)got->node, "web-1"));
    ll_result_fini(&read);
    ll_buf_fini(&file);
}

Test(artifact, a_result_with_a_name_that_leaves_the_folder_is_refused) {
    struct ll_artifact artifact = {.name = "../../x.jpg"};
    struct ll_buf file = pack(&artifact);
    struct ll_result read = {0};
    ll_err err = ll_result_unpack(file.data, file.len, &read);
    cr_expect(eq(int, err.status, LL_DATA_LOSS));
    cr_expect(eq(str, err.text, "the result is damaged: the name of an artifact cannot be a file's"));
    ll_buf_fini(&file);
}
