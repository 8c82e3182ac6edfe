#include "agent/users/trace.h"

#include "libcommon/base/redact.h"
#include "libcommon/model/evidence.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *text;
static size_t len;
static FILE *out;
static struct ll_trace *trace;

static void start(void) {
    out = open_memstream(&text, &len);
    trace = ll_trace_new(&(struct ll_trace_options){.out = out, .artifacts = "out/artifacts"});
}

static void finish(void) {
    ll_redact_clear();
    ll_trace_free(&trace);
    fclose(out);
    free(text);
}

TestSuite(trace, .init = start, .fini = finish);

static const struct ll_action click = {.operation = LL_OP_CLICK, .selector = "#buy"};

static void expect(const char *wanted) {
    fflush(out);
    cr_expect(eq(str, text, (char *)wanted));
}

Test(trace, an_iteration_reads_from_top_to_bottom) {
    ll_trace_begin(trace, 1, 2);
    ll_trace_step(trace, "pay");
    ll_trace_call(trace, &click);
    expect("user 1, iteration 2\n  step pay\n    click(\"#buy\")"); // one that hangs can be seen
    ll_trace_done(trace, &(struct ll_action_result){.err = LL_SUCCESS}, 84000);
    ll_trace_step_over(trace, "pay", true, 90000);
    ll_trace_check(trace, "has a receipt", true);
    ll_trace_end(trace, 2, "completed", 100000);
    expect("user 1, iteration 2\n"
           "  step pay\n"
           "    click(\"#buy\")                                        84.0 ms\n"
           "  end of pay                                             90.0 ms\n"
           "  check has a receipt  held\n"
           "iteration 2 completed                                     100 ms\n");
}

Test(trace, a_reading_shows_its_value_and_a_failure_its_reason) {
    ll_json *value = NULL;
    ll_json_parse("\"9.80 €\"", 10, &value);
    ll_trace_words(trace, "x");
    ll_trace_done(trace, &(struct ll_action_result){.err = LL_SUCCESS, .value = value}, 1000);
    ll_trace_words(trace, "y");
    ll_trace_done(trace, &(struct ll_action_result){.err = ll_err_make(LL_DEADLINE_EXCEEDED, "matches nothing")}, 1000);
    ll_json_free(&value);
    ll_trace_words(trace, "z");
    ll_trace_answered(trace, LL_SUCCESS, 404, 2000);
    ll_trace_words(trace, "w");
    ll_trace_answered(trace, ll_err_make(LL_UNAVAILABLE, "nobody there"), 0, 2000);
    fflush(out);
    cr_expect_not_null(strstr(text, "2.00 ms  = 404\n"), "%s", text);
    cr_expect_not_null(strstr(text, "2.00 ms  FAILED  nobody there\n"), "%s", text);
    cr_expect_not_null(strstr(text, "1.00 ms  = \"9.80 €\"\n"), "%s", text);
    cr_expect_not_null(strstr(text, "1.00 ms  FAILED  matches nothing\n"), "%s", text);
}

static void read_value(const char *json) {
    ll_json *value = NULL;
    if (json) cr_assert(eq(int, ll_json_parse(json, strlen(json), &value).status, LL_OK));
    ll_trace_call(trace, &(struct ll_action){.operation = LL_OP_TITLE});
    ll_trace_done(trace, &(struct ll_action_result){.err = LL_SUCCESS, .value = value}, 1000);
    ll_json_free(&value);
    fflush(out);
}

Test(trace, values_are_shown_as_a_script_writes_them) {
    static const struct {
        const char *json, *shown;
    } rows[] = {
        {"\"two\\nlines\"", "  = \"two\\nlines\"\n"},
        {"\"a\\r\\nb\"", "  = \"a\\nb\"\n"},
        {"{\"name\":\"a.csv\",\"bytes\":8,\"ok\":true}", "  = { name = \"a.csv\", bytes = 8, ok = true }\n"},
        {"[1,[],{\"x\":null}]", "  = { 1, {}, { x = nil } }\n"},
        {"{\"cookies\":[{\"value\":\"sid\"}],\"origins\":[]}", "  = a snapshot\n"},
        {"null", "  = nil\n"},
        {NULL, "  = nil\n"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t before = len;
        read_value(rows[i].json);
        cr_expect_not_null(strstr(text + before, rows[i].shown), "%s: %s", rows[i].json, text + before);
    }
}

Test(trace, long_values_are_cut_and_secrets_in_tables_are_found_whole) {
    char json[4096] = "[";
    for (int i = 0; i < 300; i++) strcat(json, "1234567,");
    strcat(json, "1]");
    read_value(json);
    cr_expect(lt(sz, len, 250), "%s", text);
    ll_redact_add("hunter22-and-so-on", 18);
    memset(json, 0, sizeof json);
    strcpy(json, "{\"a\":\"");
    memset(json + 6, 'x', 90);
    strcat(json, "hunter22-and-so-on\"}");
    read_value(json);
    cr_expect_null(strstr(text, "hunter"), "%s", text);
}

Test(trace, a_failure_shows_what_its_user_saw) {
    struct ll_evidence *evidence = ll_evidence_new("http://shop/", "log: a\nerror: b\n", "GET 200 http://shop/\n", "");
    snprintf(evidence->picture, sizeof evidence->picture, "x.jpg");
    ll_trace_failure(trace, &(struct ll_failure){.detail = "shop.lua:3: no", .evidence = evidence});
    ll_evidence_free(&evidence);
    expect("  FAILED  shop.lua:3: no\n"
           "    url      http://shop/\n"
           "    picture  out/artifacts/x.jpg\n"
           "    console  log: a\n"
           "    console  error: b\n"
           "    request  GET 200 http://shop/\n");
}

Test(trace, neither_secrets_nor_what_a_terminal_obeys_are_printed) {
    ll_redact_add("hunter22", 8);
    struct ll_action fill = {.operation = LL_OP_FILL, .selector = "#p", .text = "hunter22"};
    ll_trace_call(trace, &fill);
    ll_trace_log(trace, "\x1b[2J hunter22");
    expect("  fill(\"#p\", \"***\")\n  log: ?[2J ***\n");
}

Test(trace, nobody_watches) {
    ll_trace_begin(NULL, 1, 1);
    ll_trace_call(NULL, &click);
    ll_trace_end(NULL, 1, "completed", 1);
}
