#include "libcommon/model/threshold.h"

#include "libcommon/base/alloc.h"
#include "libcommon/base/text.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// What a threshold compares, which decides the units it takes and how it reads for people.
enum quantity { QUANTITY_DURATION, QUANTITY_BYTES, QUANTITY_SHARE, QUANTITY_COUNT, QUANTITY_PER_SECOND };

static const struct {
    const char *name;
    enum quantity quantity;
    double times, over; // two numbers, so that 7% is the same double as 0.07
} units[] = {
    {"us", QUANTITY_DURATION, 1, 1},   {"ms", QUANTITY_DURATION, 1e3, 1}, {"s", QUANTITY_DURATION, 1e6, 1},
    {"m", QUANTITY_DURATION, 60e6, 1}, {"B", QUANTITY_BYTES, 1, 1},       {"KB", QUANTITY_BYTES, 1e3, 1},
    {"MB", QUANTITY_BYTES, 1e6, 1},    {"%", QUANTITY_SHARE, 1, 100},
};

static const struct {
    const char *text; // longer ones first, where one begins like another
    enum ll_threshold_op op;
} ops[] = {{"<=", LL_OP_LE}, {">=", LL_OP_GE}, {"==", LL_OP_EQ}, {"<", LL_OP_LT}, {">", LL_OP_GT}};

static const struct {
    const char *name;
    enum ll_threshold_fn fn;
} functions[] = {
    {"min", LL_FN_MIN}, {"max", LL_FN_MAX}, {"mean", LL_FN_MEAN}, {"count", LL_FN_COUNT}, {"rate", LL_FN_RATE}};

static bool is_failure_counter(enum ll_metric metric) {
    return metric == LL_METRIC_ITERATIONS_FAILED || metric == LL_METRIC_CHECKS_FAILED ||
           metric == LL_METRIC_HTTP_REQUEST_FAILURES;
}

static enum quantity quantity_of(enum ll_metric metric, enum ll_threshold_fn fn) {
    if (fn == LL_FN_COUNT) return QUANTITY_COUNT;
    if (fn == LL_FN_RATE) return is_failure_counter(metric) ? QUANTITY_SHARE : QUANTITY_PER_SECOND;
    switch (ll_metric_info(metric)->unit) {
    case LL_UNIT_US:
        return QUANTITY_DURATION;
    case LL_UNIT_BYTES:
        return QUANTITY_BYTES;
    case LL_UNIT_NONE:
        return QUANTITY_COUNT;
    }
    return QUANTITY_COUNT;
}

static const char *accepted_values(enum quantity quantity) {
    switch (quantity) {
    case QUANTITY_DURATION:
        return "a duration in us, ms, s or m, as in 2s";
    case QUANTITY_BYTES:
        return "a size in B, KB or MB, as in 500KB";
    case QUANTITY_SHARE:
        return "a share, as in 1% or 0.01";
    case QUANTITY_COUNT:
        return "a number without a unit";
    case QUANTITY_PER_SECOND:
        return "a number per second, without a unit";
    }
    return "a number";
}

static void skip_spaces(const char **at) {
    while (isspace((unsigned char)**at)) ++*at;
}

// As it stands in the expression.
static const char *name_of(const struct ll_threshold *threshold) {
    return ll_metric_is_custom(threshold->metric) && *threshold->label ? threshold->label
                                                                       : ll_metric_info(threshold->metric)->name;
}

// The nearest of LiveLoad's metrics and the scenario's own.
static const char *nearest_name(const char *name, const struct ll_custom_metrics *custom) {
    const char *names[LL_CUSTOM_METRICS_MAX + 2] = {ll_text_nearest(name, ll_metric_names())};
    size_t count = names[0] != NULL;
    for (size_t i = 0; custom && i < custom->count; i++) names[count++] = custom->items[i].name;
    return ll_text_nearest(name, names);
}

static ll_err parse_metric(const char **at, const struct ll_custom_metrics *custom, struct ll_threshold *out) {
    size_t len = 0;
    while (isalnum((unsigned char)(*at)[len]) || (*at)[len] == '_') len++;
    if (len == 0)
        return ll_err_make(LL_INVALID_ARGUMENT, "it starts with no metric: write it like %s",
                           "\"iteration_duration_us: p95 < 2s\"");
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)(len < sizeof name ? len : sizeof name - 1), *at);
    const struct ll_custom_metric *own = ll_custom_metrics_find(custom, name);
    if (own) {
        out->metric = own->family;
        snprintf(out->label, sizeof out->label, "%s", own->name);
    } else if (!ll_metric_by_name(name, &out->metric)) {
        const char *nearest = nearest_name(name, custom);
        if (nearest) return ll_err_make(LL_NOT_FOUND, "there is no metric \"%s\": did you mean \"%s\"?", name, nearest);
        return ll_err_make(LL_NOT_FOUND,
                           "there is no metric \"%s\": docs/METRICS.md lists them, "
                           "and ll.counter and ll.histogram declare further ones",
                           name);
    }
    *at += len;
    return LL_SUCCESS;
}

static ll_err parse_label(const char **at, struct ll_threshold *out) {
    if (**at != '{') return LL_SUCCESS;
    const struct ll_metric_info *info = ll_metric_info(out->metric);
    if (!*info->dimension || *out->label)
        return ll_err_make(LL_INVALID_ARGUMENT, "%s has no dimension: leave the {…} out", name_of(out));
    const char *start = *at + 1, *end = strrchr(start, '}'); // what follows it has none
    if (!end) return ll_err_make(LL_INVALID_ARGUMENT, "the { after %s has no }", info->name);
    size_t len = (size_t)(end - start);
    if (len == 0)
        return ll_err_make(LL_INVALID_ARGUMENT, "the {} after %s is empty: put the %s there, or leave it out",
                           info->name, info->dimension);
    if (len > LL_LABEL_BYTES_MAX)
        return ll_err_make(LL_INVALID_ARGUMENT, "the %s in {…} is longer than the %d bytes that are kept of one",
                           info->dimension, LL_LABEL_BYTES_MAX);
    memcpy(out->label, start, len);
    out->label[len] = '\0';
    *at = end + 1;
    return LL_SUCCESS;
}

// A plain decimal number: no sign, no exponent, no hexadecimal.
static bool parse_number(const char **at, double *out) {
    size_t len = strspn(*at, "0123456789.");
    char *end = NULL;
    double number = len ? strtod(*at, &end) : 0;
    if (!end || end != *at + len || !isfinite(number)) return false;
    *at = end;
    *out = number;
    return true;
}

static ll_err parse_function(const char **at, struct ll_threshold *out) {
    size_t len = strcspn(*at, " \t<>=");
    const char *word = *at;
    *at += len;
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        if (strlen(functions[i].name) != len || memcmp(functions[i].name, word, len) != 0) continue;
        out->fn = functions[i].fn;
        return LL_SUCCESS;
    }
    const char *number = word + 1;
    if (len > 1 && *word == 'p' && parse_number(&number, &out->percentile) && number == word + len &&
        out->percentile <= 100) {
        out->fn = LL_FN_PERCENTILE;
        return LL_SUCCESS;
    }
    return ll_err_make(LL_INVALID_ARGUMENT,
                       "\"%.*s\" is no function: it takes p0 to p100, min, max, mean, count or rate",
                       (int)(len < 40 ? len : 40), word);
}

static ll_err check_function(const struct ll_threshold *threshold) {
    const struct ll_metric_info *info = ll_metric_info(threshold->metric);
    if (info->kind == LL_KIND_HISTOGRAM || threshold->fn == LL_FN_COUNT || threshold->fn == LL_FN_RATE)
        return LL_SUCCESS;
    return ll_err_make(LL_INVALID_ARGUMENT, "%s is a counter: it takes count or rate", name_of(threshold));
}

static ll_err parse_op(const char **at, enum ll_threshold_op *out) {
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
        size_t len = strlen(ops[i].text);
        if (strncmp(*at, ops[i].text, len) != 0) continue;
        *at += len;
        *out = ops[i].op;
        return LL_SUCCESS;
    }
    return ll_err_make(LL_INVALID_ARGUMENT, "the comparison is missing: it takes <, <=, >, >= or ==");
}

static ll_err parse_value(const char *at, struct ll_threshold *out) {
    enum quantity quantity = quantity_of(out->metric, out->fn);
    const char *start = at;
    double number = 0;
    if (!parse_number(&at, &number))
        return ll_err_make(LL_INVALID_ARGUMENT, "\"%.40s\" is no value: it takes %s", start, accepted_values(quantity));
    skip_spaces(&at);
    size_t len = strlen(at);
    while (len > 0 && isspace((unsigned char)at[len - 1])) len--;
    bool has_unit = len > 0, fits = !has_unit;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (units[i].quantity != quantity || strlen(units[i].name) != len || memcmp(units[i].name, at, len) != 0)
            continue;
        number = number * units[i].times / units[i].over;
        fits = true;
    }
    if (!fits)
        return ll_err_make(LL_INVALID_ARGUMENT, "\"%.*s\" does not fit here: it takes %s", (int)(len < 40 ? len : 40),
                           at, accepted_values(quantity));
    if (quantity == QUANTITY_SHARE && number > 1)
        return ll_err_make(LL_INVALID_ARGUMENT, "%s is more than everything: it takes %s", start,
                           accepted_values(quantity));
    bool is_of_values = out->fn != LL_FN_COUNT && out->fn != LL_FN_RATE;
    if (out->metric == LL_METRIC_WEB_VITAL_CLS && is_of_values && number > 0 && number < 1)
        return ll_err_make(LL_INVALID_ARGUMENT, "web_vital_cls is a page's CLS times 1,000: write %.15g for %.15g",
                           number * 1000, number);
    out->value = number;
    return LL_SUCCESS;
}

static const char *example_of(enum ll_metric metric) {
    const struct ll_metric_info *info = ll_metric_info(metric);
    if (info->kind == LL_KIND_COUNTER) return "count < 10";
    return info->unit == LL_UNIT_US ? "p95 < 2s" : info->unit == LL_UNIT_BYTES ? "p95 < 500KB" : "p95 < 100";
}

static ll_err parse(const char *at, const struct ll_custom_metrics *custom, struct ll_threshold *out) {
    skip_spaces(&at);
    LL_TRY(parse_metric(&at, custom, out));
    skip_spaces(&at);
    LL_TRY(parse_label(&at, out));
    skip_spaces(&at);
    if (*at++ != ':')
        return ll_err_make(LL_INVALID_ARGUMENT, "a colon is missing: write it like \"%s: %s\"", name_of(out),
                           example_of(out->metric));
    skip_spaces(&at);
    LL_TRY(parse_function(&at, out));
    LL_TRY(check_function(out));
    skip_spaces(&at);
    LL_TRY(parse_op(&at, &out->op));
    skip_spaces(&at);
    return parse_value(at, out);
}

ll_err ll_threshold_parse(const char *expression, const struct ll_custom_metrics *custom, struct ll_threshold *out) {
    struct ll_threshold threshold = {.percentile = 0};
    ll_err err = parse(expression, custom, &threshold);
    if (err.status != LL_OK) return ll_err_in(err, "threshold \"%.150s\"", expression);
    *out = threshold;
    return LL_SUCCESS;
}

void ll_thresholds_reserve(char *const *expressions, size_t count, const struct ll_custom_metrics *custom,
                           struct ll_series_set *set) {
    for (size_t i = 0; i < count; i++) {
        struct ll_threshold threshold;
        if (ll_threshold_parse(expressions[i], custom, &threshold).status != LL_OK || !*threshold.label) continue;
        ll_series_reserve(set, threshold.metric, threshold.label);
        if (threshold.metric == LL_METRIC_CHECKS_FAILED) // its share is of these
            ll_series_reserve(set, LL_METRIC_CHECKS_PASSED, threshold.label);
    }
}

struct observation {
    bool has_data;
    double value;
};

static bool is_status_code(const char *label) {
    return strlen(label) == 3 && strspn(label, "0123456789") == 3;
}

// Whether the answer to a failed request began.
static bool was_answered(const char *label) {
    const char *status = strstr(label, LL_BROKE_OFF);
    return is_status_code(status ? status + strlen(LL_BROKE_OFF) : label);
}

// A request that was answered is in http_requests, and in http_request_failures too when its status was a failure or it
// broke off. One that was not is in http_request_failures alone, under its error. What is folded into "other" there is
// of both kinds: of the answered ones it has those bad answers of http_requests that have no place of their own.
uint64_t ll_threshold_requests(const struct ll_series_set *set) {
    uint64_t total = 0, bad_answers = 0, told = 0, errors = 0, folded = 0;
    size_t position = 0;
    for (const struct ll_series *series; (series = ll_series_next(set, &position));) {
        bool is_other = strcmp(series->label, "other") == 0;
        if (series->metric == LL_METRIC_HTTP_REQUESTS) {
            total += series->count;
            if (is_other || series->label[0] >= '4') bad_answers += series->count;
        } else if (series->metric == LL_METRIC_HTTP_REQUEST_FAILURES) {
            if (is_other)
                folded += series->count;
            else if (is_status_code(series->label))
                told += series->count;
            else if (!was_answered(series->label))
                errors += series->count;
        }
    }
    uint64_t answered = bad_answers > told ? bad_answers - told : 0;
    return total + errors + (folded > answered ? folded - answered : 0);
}

// How many of a metric there are, at one label or over all.
static uint64_t count_of(const struct ll_series_set *set, enum ll_metric metric, const char *label) {
    if (!*label) return ll_series_total(set, metric);
    const struct ll_series *series = ll_series_find(set, metric, label);
    return series ? series->count + series->sketch.total : 0;
}

static struct observation observe_share(const struct ll_threshold *threshold, const struct ll_series_set *set) {
    uint64_t failures = count_of(set, threshold->metric, threshold->label), all = 0;
    if (threshold->metric == LL_METRIC_ITERATIONS_FAILED)
        all = ll_series_total(set, LL_METRIC_ITERATIONS_COMPLETED) + ll_series_total(set, threshold->metric);
    else if (threshold->metric == LL_METRIC_CHECKS_FAILED) // one check's share is of that check
        all = count_of(set, LL_METRIC_CHECKS_PASSED, threshold->label) + failures;
    else
        all = ll_threshold_requests(set);
    return (struct observation){.has_data = all > 0, .value = all ? (double)failures / (double)all : 0};
}

// That a counter has nothing in it is an observation in its own right, if the run observed anything at all: nobody has
// to wait for a crash to be told that there were none. A histogram without samples is no data.
static struct observation observe_count(const struct ll_threshold *threshold, const struct ll_series_set *set,
                                        uint64_t duration_ms) {
    uint64_t count = count_of(set, threshold->metric, threshold->label);
    size_t position = 0;
    bool has_data = count > 0;
    if (ll_metric_info(threshold->metric)->kind == LL_KIND_COUNTER) has_data = ll_series_next(set, &position) != NULL;
    if (threshold->fn == LL_FN_COUNT) return (struct observation){.has_data = has_data, .value = (double)count};
    if (duration_ms == 0) return (struct observation){.has_data = false};
    return (struct observation){.has_data = has_data, .value = (double)count * 1000 / (double)duration_ms};
}

static struct observation observe_sketch(const struct ll_threshold *threshold, const struct ll_sketch *sketch) {
    struct observation observation = {.has_data = sketch->total > 0};
    if (!observation.has_data) return observation;
    if (threshold->fn == LL_FN_MIN)
        observation.value = sketch->min;
    else if (threshold->fn == LL_FN_MAX)
        observation.value = sketch->max;
    else if (threshold->fn == LL_FN_MEAN)
        observation.value = sketch->sum / (double)sketch->total;
    else
        observation.value = ll_sketch_quantile(sketch, threshold->percentile / 100);
    return observation;
}

static struct observation observe_values(const struct ll_threshold *threshold, const struct ll_series_set *set) {
    if (*threshold->label) {
        const struct ll_series *series = ll_series_find(set, threshold->metric, threshold->label);
        return series ? observe_sketch(threshold, &series->sketch) : (struct observation){.has_data = false};
    }
    struct ll_sketch all = ll_sketch_make();
    ll_series_aggregate(set, threshold->metric, &all);
    struct observation observation = observe_sketch(threshold, &all);
    ll_sketch_fini(&all);
    return observation;
}

static struct observation observe(const struct ll_threshold *threshold, const struct ll_series_set *set,
                                  uint64_t duration_ms) {
    switch (threshold->fn) {
    case LL_FN_COUNT:
        return observe_count(threshold, set, duration_ms);
    case LL_FN_RATE:
        return is_failure_counter(threshold->metric) ? observe_share(threshold, set)
                                                     : observe_count(threshold, set, duration_ms);
    case LL_FN_PERCENTILE:
    case LL_FN_MIN:
    case LL_FN_MAX:
    case LL_FN_MEAN:
        return observe_values(threshold, set);
    }
    return (struct observation){.has_data = false};
}

static bool compare(double observed, enum ll_threshold_op op, double value) {
    switch (op) {
    case LL_OP_LT:
        return observed < value;
    case LL_OP_LE:
        return observed <= value;
    case LL_OP_GT:
        return observed > value;
    case LL_OP_GE:
        return observed >= value;
    case LL_OP_EQ:
        return observed == value;
    }
    return false;
}

static void describe(double value, enum quantity quantity, char *out, size_t size) {
    switch (quantity) {
    case QUANTITY_DURATION:
        ll_text_duration_us(value, out, size);
        break;
    case QUANTITY_BYTES:
        ll_text_bytes(value, out, size);
        break;
    case QUANTITY_SHARE:
        snprintf(out, size, "%.4g %%", value * 100);
        break;
    case QUANTITY_COUNT:
        ll_text_number(value, out, size);
        break;
    case QUANTITY_PER_SECOND:
        ll_text_number(value, out, size);
        snprintf(out + strlen(out), size - strlen(out), " per second");
        break;
    }
}

void ll_threshold_judge(const struct ll_threshold *threshold, const char *expression, const struct ll_series_set *set,
                        uint64_t duration_ms, struct ll_threshold_outcome *out) {
    struct observation seen = observe(threshold, set, duration_ms);
    *out = (struct ll_threshold_outcome){
        .expression = ll_strdup(expression),
        .has_data = seen.has_data,
        .held = seen.has_data && compare(seen.value, threshold->op, threshold->value),
        .observed = seen.value,
        .observed_text = "no data",
    };
    if (seen.has_data)
        describe(seen.value, quantity_of(threshold->metric, threshold->fn), out->observed_text,
                 sizeof out->observed_text);
}

void ll_threshold_outcome_fini(struct ll_threshold_outcome *outcome) {
    free(outcome->expression);
    *outcome = (struct ll_threshold_outcome){.expression = NULL};
}
