// wait_for_response. What is waited for is said before the user does what has it sent, by an expectation, since the
// response may come before the wait begins; the first one that matches is kept for that. Expectations are numbered by
// the script, so that they can be nested, and one whose wait never comes, since what should have led to it failed, is
// in nobody's way: it goes when there are too many, or with the iteration.
//
// Each hop of a redirect is a response, and so is what a cache served; a preflight is none, as it is the browser's own.
#include "agent/browser/cdp/network.h"
#include "agent/browser/cdp/page.h"
#include "agent/browser/glob.h"
#include "libcommon/base/alloc.h"

#include <stdlib.h>
#include <string.h>

enum { KEPT = 8, URL_MAX = 8 * 1024, ANSWER_MAX = 64 * 1024 };

struct expectation {
    uint32_t number;      // by its script; 0: none
    char *pattern;        // owned, as the next
    char *answer;         // JSON; NULL: it has not come
    uint32_t others;      // responses that came meanwhile and do not match
    bool has_other_query; // one of them matches but for its query
};

struct ll_cdp_expectations {
    struct expectation ring[KEPT];
    size_t next;
};

static void clear(struct expectation *expectation) {
    free(expectation->pattern);
    free(expectation->answer);
    *expectation = (struct expectation){.number = 0};
}

static struct expectation *find(const struct ll_cdp_page *page, uint32_t number) {
    for (size_t i = 0; page->expectations && i < KEPT; i++)
        if (page->expectations->ring[i].number == number) return &page->expectations->ring[i];
    return NULL;
}

void ll_cdp_response_expect(struct ll_cdp_page *page) {
    if (!page->expectations) page->expectations = ll_alloc(1, sizeof *page->expectations);
    struct ll_cdp_expectations *all = page->expectations;
    struct expectation *expectation = &all->ring[all->next++ % KEPT];
    clear(expectation);
    expectation->number = page->action.number;
    expectation->pattern = ll_strdup(page->action.text);
    ll_cdp_page_finish_soon(page, LL_SUCCESS);
}

void ll_cdp_response_reset(struct ll_cdp_page *page) {
    for (size_t i = 0; page->expectations && i < KEPT; i++) clear(&page->expectations->ring[i]);
    free(page->expectations);
    page->expectations = NULL;
}

// What has come already is told from the loop.
void ll_cdp_response_wait(struct ll_cdp_page *page) {
    const struct expectation *expectation = find(page, page->action.number);
    if (!expectation) {
        ll_cdp_page_finish_soon(page, ll_err_make(LL_RESOURCE_EXHAUSTED, "more than %d are nested", KEPT));
        return;
    }
    page->waiting = LL_CDP_WAITS_RESPONSE;
    if (expectation->answer) ll_timer_set(page->timer, 0);
}

static void finish(struct ll_cdp_page *page, struct expectation *expectation) {
    ll_json *value = NULL;
    ll_err err = ll_json_parse_value(expectation->answer, strlen(expectation->answer), &value);
    clear(expectation);
    ll_cdp_page_finish(page, err, value);
    ll_json_free(&value);
}

void ll_cdp_response_timer(struct ll_cdp_page *page) {
    struct expectation *expectation = find(page, page->action.number);
    if (expectation->answer) {
        finish(page, expectation);
        return;
    }
    const char *hint = expectation->has_other_query
                           ? ", but for a query: a pattern is for the whole URL, which \"**\" at its end lets have one"
                           : "";
    ll_err err = ll_err_make(LL_DEADLINE_EXCEEDED, "no response matched%s (%u came)", hint, expectation->others);
    clear(expectation);
    ll_cdp_page_finish(page, err, NULL);
}

static char *make_answer(const char *url, int status, struct ll_slice type) {
    char type_text[LL_CDP_TYPE_CHARS];
    struct ll_buf buf = ll_buf_make(ANSWER_MAX);
    struct ll_json_writer writer = ll_json_writer_make(&buf);
    ll_cdp_read_type(type, type_text);
    ll_json_begin_object(&writer, NULL);
    ll_json_write_string(&writer, "url", url);
    ll_json_write_int(&writer, "status", status);
    ll_json_write_bool(&writer, "ok", status >= 200 && status < 300);
    ll_json_write_string(&writer, "type", type_text);
    ll_json_end_object(&writer);
    char *answer = ll_strndup(ll_buf_str(&buf), buf.len);
    ll_buf_fini(&buf);
    return answer;
}

static bool matches_without_query(const char *pattern, const char *url) {
    char path[URL_MAX];
    size_t len = strcspn(url, "?");
    if (!url[len]) return false;
    memcpy(path, url, len);
    path[len] = '\0';
    return ll_glob_matches(pattern, path);
}

void ll_cdp_response_came(struct ll_cdp_page *page, struct ll_slice response, struct ll_slice type) {
    static const char *const keys[] = {"url", "status"};
    struct ll_slice values[2];
    char url[URL_MAX];
    if (!page->expectations || !response.len || ll_scan_is_string(type, "Preflight")) return;
    ll_scan_members(response, keys, values, 2);
    ll_scan_text(values[0], url, sizeof url);
    if (strncmp(url, "http", 4) != 0) return; // data: and its like are asked of nobody
    for (size_t i = 0; i < KEPT; i++) {
        struct expectation *expectation = &page->expectations->ring[i];
        if (!expectation->number || expectation->answer) continue;
        if (ll_glob_matches(expectation->pattern, url)) {
            expectation->answer = make_answer(url, (int)ll_scan_number(values[1], 0), type);
            continue;
        }
        expectation->others++;
        expectation->has_other_query |= matches_without_query(expectation->pattern, url);
    }
    if (page->waiting != LL_CDP_WAITS_RESPONSE) return;
    struct expectation *awaited = find(page, page->action.number);
    if (awaited->answer) finish(page, awaited);
}
