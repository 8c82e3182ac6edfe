// ll.counter and ll.histogram: declared while the file is read, measured in run.
#include "world.h"

#include "libcommon/base/alloc.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>

#define MEASURING(declared, body)                                                                                      \
    "local ll = require 'liveload' " declared " return ll.scenario { run = function(ctx)\n" body "\nend }"

Test(measure, values_reach_the_host_in_the_unit_of_their_family) {
    struct world world;
    world_open(&world,
               MEASURING("local orders, time = ll.counter('orders'), ll.histogram('pay_time', 'ms') "
                         "local size, rows = ll.histogram('page_size', 'KB'), ll.histogram('rows')",
                         "orders:add() orders:add(3) time:record(12.5) size:record(2) rows:record(0) "
                         "ll.counter('orders'):add(2)"),
               NULL);
    cr_expect(eq(int, world_start(&world, 1), LL_SCRIPT_FINISHED), "%s", world.request.detail);
    cr_expect(eq(str, (char *)ll_buf_str(&world.told),
                 "measure custom_count orders 1\nmeasure custom_count orders 3\nmeasure custom_us pay_time 12500\n"
                 "measure custom_bytes page_size 2000\nmeasure custom_value rows 0\nmeasure custom_count orders 2\n"));
    const struct ll_custom_metrics *metrics = &ll_scenario_spec(world.scenario)->metrics;
    cr_expect(eq(sz, metrics->count, 4));
    cr_expect(eq(int, ll_custom_metrics_find(metrics, "page_size")->family, LL_METRIC_CUSTOM_BYTES));
    world_close(&world);
}

Test(measure, thresholds_know_them) {
    static const char declared[] = "local ll = require 'liveload' ll.histogram('pay_time', 's') ll.counter('orders') ";
    static const struct {
        const char *thresholds, *error;
    } cases[] = {
        {"pay_time = 'p95 < 2s', orders = { 'count > 10', 'rate > 1' }", ""},
        {"pay_tim = 'p95 < 2s'", "threshold \"pay_tim: p95 < 2s\": there is no metric \"pay_tim\": did you mean "
                                 "\"pay_time\"?"},
        {"orders = 'p95 < 2'", "threshold \"orders: p95 < 2\": orders is a counter: it takes count or rate"},
        {"pay_time = 'p95 < 2KB'",
         "threshold \"pay_time: p95 < 2KB\": \"KB\" does not fit here: it takes a duration in "
         "us, ms, s or m, as in 2s"},
        {"['orders{x}'] = 'count > 1'",
         "threshold \"orders{x}: count > 1\": orders has no dimension: leave the {…} out"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *main = ll_format("%s\nreturn ll.scenario { thresholds = { %s }, run = function() end }", declared,
                               cases[i].thresholds);
        char *expected = ll_format("%s%s", *cases[i].error ? "shop.lua:2: " : "", cases[i].error);
        cr_expect(eq(str, (char *)world_load_error(main, NULL), expected));
        free(main);
        free(expected);
    }
}

Test(measure, wrong_use_says_what_is_right) {
    static const struct {
        const char *body, *error;
    } cases[] = {
        {"ll.counter('more')", "ll.counter(\"more\") comes too late: declare metrics at the top of the file, before "
                               "ll.scenario"},
        {"orders.add(1)", "write counter:add(1), with a colon"},
        {"orders:record(1)", "orders has no \"record\": a counter has add(n)"},
        {"time:add(1)", "time has no \"add\": a histogram has record(value)"},
        {"orders:add(-1)", "orders:add takes a whole number from 0, not -1"},
        {"orders:add(1.5)", "orders:add takes a whole number from 0, not 1.5"},
        {"orders:add('1')", "orders:add takes a whole number from 0, not \"1\""},
        {"time.record(3)", "write histogram:record(12.5), with a colon"},
        {"time:record(-3)", "time:record takes a number from 0, not -3"},
        {"time:record(0/0)", "time:record takes a number from 0, not -nan"},
        {"time:record()", "time:record takes a number from 0, not nothing"},
        {"ll.histogram('orders')", "ll.histogram: the metric \"orders\" is declared twice, as different things"},
        {"ll.histogram('time', 'min')",
         "ll.histogram: the unit must be \"us\", \"ms\", \"s\", \"B\", \"KB\" or \"MB\", or "
         "left out, not \"min\""},
        {"ll.counter()", "ll.counter takes the name of a metric, as \"orders\", not nothing"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *main = ll_format(MEASURING("local orders, time = ll.counter('orders'), ll.histogram('time', 's')", "%s"),
                               cases[i].body);
        char *expected = ll_format("shop.lua:2: %s", cases[i].error);
        cr_expect(eq(str, (char *)world_run_error(main), expected));
        free(main);
        free(expected);
    }
    cr_expect(eq(str, (char *)world_load_error("require('liveload').counter('http_requests')", NULL),
                 "shop.lua:1: ll.counter: \"http_requests\" is a metric of LiveLoad's own: choose another name"));
    cr_expect(
        eq(str, (char *)world_load_error("require('liveload').counter('my-orders')", NULL),
           "shop.lua:1: ll.counter: \"my-orders\" is no name of a metric: it takes letters, digits and underscores, "
           "at most 60"));
    cr_expect(eq(str, (char *)world_load_error("require('liveload').counter('c'):add()", NULL),
                 "shop.lua:1: c is measured by users: do it within run"));
    cr_expect(eq(str, (char *)world_load_error("for i = 1, 101 do require('liveload').counter('c' .. i) end", NULL),
                 "shop.lua:1: ll.counter: there are more than 100 metrics of the scenario's own"));
}
