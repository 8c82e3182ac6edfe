#include "agent/users/trace.h"

#include "agent/scenario/call.h"
#include "libcommon/base/alloc.h"
#include "libcommon/base/redact.h"
#include "libcommon/base/text.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { CALL_MAX = 8 * 1024, SHOWN_MAX = 300, VALUE_MAX = 100, COLUMN = 64, LINES_SHOWN = 8, INDENT = 2 };

struct ll_trace {
    struct ll_trace_options options;
    unsigned depth;  // of steps
    bool is_open;    // a line was begun
    bool is_reading; // by what gives a value, which may be nil
    size_t column;
};

enum paint { PLAIN, SOFT, GOOD, BAD, BOLD };

struct ll_trace *ll_trace_new(const struct ll_trace_options *options) {
    struct ll_trace *trace = ll_alloc(1, sizeof *trace);
    trace->options = *options;
    return trace;
}

void ll_trace_free(struct ll_trace **trace) {
    free(*trace);
    *trace = NULL;
}

// ---- Writing

// How many columns a text takes, one for each character.
static size_t columns(const char *text) {
    size_t count = 0;
    for (; *text; text++) count += ((unsigned char)*text & 0xC0) != 0x80;
    return count;
}

static void put(struct ll_trace *trace, enum paint paint, const char *text) {
    static const char *const codes[] = {
        [PLAIN] = "", [SOFT] = "\x1b[2m", [GOOD] = "\x1b[32m", [BAD] = "\x1b[31m", [BOLD] = "\x1b[1m"};
    bool has_paint = trace->options.has_colour && paint != PLAIN;
    fprintf(trace->options.out, "%s%s%s", has_paint ? codes[paint] : "", text, has_paint ? "\x1b[0m" : "");
    trace->column += columns(text);
}

// The text without secrets, and its line ends as Lua writes them, since each text has one line here. The caller frees.
static char *in_one_line(const char *text) {
    char *clean = ll_strdup(text), *out = ll_alloc(2 * strlen(text) + 1, 1), *end = out;
    ll_redact_text(clean);
    for (const char *from = clean; *from; from++) {
        if (*from == '\r' && from[1] == '\n') continue;
        if (*from == '\n') *end++ = '\\';
        *end++ = *from == '\n' ? 'n' : *from;
    }
    free(clean);
    return out;
}

// Passes a text of the scenario's or a page's through: no secret, one line, so long.
static void put_foreign(struct ll_trace *trace, enum paint paint, const char *text, size_t max) {
    char *clean = in_one_line(text);
    size_t len = strlen(clean);
    char *shown = ll_alloc(max + 1, 1);
    ll_text_clean(clean, shown, max + 1);
    put(trace, paint, shown);
    if (strlen(shown) < len) put(trace, paint, "…");
    free(shown);
    free(clean);
}

static void end_line(struct ll_trace *trace) {
    fputc('\n', trace->options.out);
    fflush(trace->options.out);
    trace->is_open = false;
    trace->column = 0;
}

// At the beginning of a line, indented by the steps that it is in.
static void begin_line(struct ll_trace *trace, unsigned more) {
    if (trace->is_open) end_line(trace);
    for (unsigned i = 0; i < (trace->depth + more) * INDENT; i++) fputc(' ', trace->options.out);
    trace->column = (trace->depth + more) * (size_t)INDENT;
}

static void put_duration(struct ll_trace *trace, int64_t took_us) {
    char words[32];
    ll_text_duration_us((double)took_us, words, sizeof words);
    size_t width = columns(words), gap = trace->column + width < COLUMN ? COLUMN - trace->column - width : 1;
    for (size_t i = 0; i < gap; i++) put(trace, PLAIN, " ");
    put(trace, SOFT, words);
}

// ---- What happens

void ll_trace_begin(struct ll_trace *trace, uint32_t user_id, uint64_t iteration) {
    if (!trace) return;
    char words[80];
    trace->depth = 0;
    begin_line(trace, 0);
    snprintf(words, sizeof words, "user %u, iteration %llu", user_id, (unsigned long long)iteration);
    put(trace, BOLD, words);
    end_line(trace);
}

void ll_trace_words(struct ll_trace *trace, const char *words) {
    if (!trace) return;
    begin_line(trace, 1);
    put_foreign(trace, PLAIN, words, SHOWN_MAX);
    fflush(trace->options.out);
    trace->is_open = true;
    trace->is_reading = false;
}

void ll_trace_call(struct ll_trace *trace, const struct ll_action *action) {
    if (!trace) return;
    struct ll_buf call = ll_buf_make(CALL_MAX);
    ll_call_append(&call, action, LL_CALL_WHOLE);
    ll_trace_words(trace, ll_buf_str(&call));
    trace->is_reading = ll_operation_info(action->operation)->kind == LL_OPKIND_READING;
    ll_buf_fini(&call);
}

static void append_value(struct ll_buf *out, const ll_json *value);

// As a script would write it. What is longer than what is shown is not gone through.
static void append_table(struct ll_buf *out, const ll_json *table) {
    if (!ll_json_first(table)) {
        ll_buf_text(out, "{}");
        return;
    }
    const char *before = "{ ";
    for (const ll_json *item = ll_json_first(table); item && out->len <= VALUE_MAX; item = ll_json_next(item)) {
        char *key = ll_json_is_object(table) ? in_one_line(ll_json_key(item)) : NULL;
        ll_buf_text(out, before);
        if (key) ll_buf_printf(out, "%.*s = ", VALUE_MAX, key);
        append_value(out, item);
        before = ", ";
        free(key);
    }
    ll_buf_text(out, " }");
}

static void append_value(struct ll_buf *out, const ll_json *value) {
    if (ll_json_is_string(value)) {
        char *text = in_one_line(ll_json_string(value, "")); // a secret is found before the text is cut
        ll_buf_printf(out, strlen(text) > VALUE_MAX ? "\"%.*s…\"" : "\"%.*s\"", VALUE_MAX, text);
        free(text);
    } else if (ll_json_is_number(value)) {
        ll_buf_printf(out, "%.15g", ll_json_number(value, 0));
    } else if (ll_json_is_bool(value)) {
        ll_buf_text(out, ll_json_bool(value, false) ? "true" : "false");
    } else if (ll_json_get(value, "cookies")) {
        ll_buf_text(out, "a snapshot"); // which may hold secrets that nobody named
    } else if (ll_json_is_object(value) || ll_json_is_array(value)) {
        append_table(out, value);
    } else {
        ll_buf_text(out, "nil");
    }
}

static void put_value(struct ll_trace *trace, const ll_json *value) {
    struct ll_buf words = ll_buf_make(CALL_MAX);
    append_value(&words, value);
    put(trace, SOFT, "  = ");
    put_foreign(trace, PLAIN, ll_buf_str(&words), 2 * VALUE_MAX);
    ll_buf_fini(&words);
}

void ll_trace_done(struct ll_trace *trace, const struct ll_action_result *result, int64_t took_us) {
    if (!trace || !trace->is_open) return;
    put_duration(trace, took_us);
    if (result->err.status != LL_OK) {
        put(trace, BAD, "  FAILED  ");
        put_foreign(trace, PLAIN, result->err.text, SHOWN_MAX);
    } else if (result->value || trace->is_reading) {
        put_value(trace, result->value);
    }
    end_line(trace);
}

void ll_trace_answered(struct ll_trace *trace, ll_err err, int status, int64_t took_us) {
    char text[16];
    ll_json *value = NULL;
    if (!trace) return;
    int len = snprintf(text, sizeof text, "%d", status);
    if (err.status == LL_OK) (void)ll_json_parse(text, (size_t)len, &value);
    ll_trace_done(trace, &(struct ll_action_result){.err = err, .value = value}, took_us);
    ll_json_free(&value);
}

void ll_trace_step(struct ll_trace *trace, const char *name) {
    if (!trace) return;
    begin_line(trace, 1);
    put(trace, BOLD, "step ");
    put_foreign(trace, BOLD, name, SHOWN_MAX);
    end_line(trace);
    trace->depth++;
}

void ll_trace_step_over(struct ll_trace *trace, const char *name, bool completed, int64_t took_us) {
    if (!trace) return;
    if (trace->depth > 0) trace->depth--;
    begin_line(trace, 1);
    put(trace, SOFT, completed ? "end of " : "cut: ");
    put_foreign(trace, SOFT, name, SHOWN_MAX);
    put_duration(trace, took_us);
    end_line(trace);
}

void ll_trace_check(struct ll_trace *trace, const char *name, bool held) {
    if (!trace) return;
    begin_line(trace, 1);
    put(trace, PLAIN, "check ");
    put_foreign(trace, PLAIN, name, SHOWN_MAX);
    put(trace, held ? GOOD : BAD, held ? "  held" : "  DID NOT HOLD");
    end_line(trace);
}

void ll_trace_log(struct ll_trace *trace, const char *text) {
    if (!trace) return;
    begin_line(trace, 1);
    put(trace, SOFT, "log: ");
    put_foreign(trace, PLAIN, text, SHOWN_MAX);
    end_line(trace);
}

static void put_file(struct ll_trace *trace, const char *what, const char *file) {
    if (!*file) return;
    begin_line(trace, 2);
    put(trace, SOFT, what);
    if (trace->options.artifacts) put(trace, PLAIN, trace->options.artifacts);
    if (trace->options.artifacts) put(trace, PLAIN, "/");
    put(trace, PLAIN, file);
    end_line(trace);
}

// The last lines of a text.
static void put_lines(struct ll_trace *trace, const char *what, const char *text) {
    char *copy = ll_strdup(text), *rest = copy, *line;
    size_t count = 0, at = 0;
    for (const char *c = text; *c; c++) count += *c == '\n';
    while ((line = strsep(&rest, "\n"))) {
        bool is_shown = *line && at++ + LINES_SHOWN >= count;
        if (!is_shown) continue;
        begin_line(trace, 2);
        put(trace, SOFT, what);
        put_foreign(trace, PLAIN, line, SHOWN_MAX);
        end_line(trace);
    }
    free(copy);
}

void ll_trace_failure(struct ll_trace *trace, const struct ll_failure *failure) {
    if (!trace) return;
    const struct ll_evidence *evidence = failure->evidence;
    trace->depth = 0;
    begin_line(trace, 1);
    put(trace, BAD, "FAILED  ");
    put_foreign(trace, PLAIN, failure->detail, SHOWN_MAX * 2);
    end_line(trace);
    if (!evidence) return;
    if (evidence->url[0]) {
        begin_line(trace, 2);
        put(trace, SOFT, "url      ");
        put_foreign(trace, PLAIN, evidence->url, SHOWN_MAX);
        end_line(trace);
    }
    put_file(trace, "picture  ", evidence->picture);
    put_file(trace, "page     ", evidence->page);
    put_file(trace, "notes    ", evidence->notes);
    put_lines(trace, "console  ", evidence->console);
    put_lines(trace, "request  ", evidence->requests);
    put_lines(trace, "note     ", evidence->missing);
}

void ll_trace_end(struct ll_trace *trace, uint64_t iteration, const char *how, int64_t took_us) {
    if (!trace) return;
    char words[80];
    trace->depth = 0;
    begin_line(trace, 0);
    snprintf(words, sizeof words, "iteration %llu %s", (unsigned long long)iteration, how);
    put(trace, BOLD, words);
    put_duration(trace, took_us);
    end_line(trace);
}
