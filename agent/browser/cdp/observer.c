#include "agent/browser/cdp/observer.h"

#include "agent/browser/cdp/page.h"
#include "agent/browser/cdp/world.h"
#include "libcommon/base/alloc.h"
#include "libcommon/base/clock.h"
#include "libcommon/base/log.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BINDING "__liveload_heard" // the page's script has it too

enum { URL_MAX = 512, WORD_MAX = 40, COUNT_MAX = 1000, SECOND_US = 1000 * 1000 };

static const char press_start[] = "\"pressed "; // and then NUMBER NAME

static const double VALUE_MAX = 1e12; // µs: eleven days

// What the label of each metric that pages tell is.
enum label { NONE, URL, WORD };
static const struct {
    enum label label;
    bool is_vital; // and so a sample only once its document has gone
} told[LL_METRICS_COUNT] = {
    [LL_METRIC_WEB_VITAL_LCP] = {URL, true},
    [LL_METRIC_WEB_VITAL_FCP] = {URL, true},
    [LL_METRIC_WEB_VITAL_TTFB] = {URL, true},
    [LL_METRIC_WEB_VITAL_INP] = {URL, true},
    [LL_METRIC_WEB_VITAL_CLS] = {URL, true},
    [LL_METRIC_LIVEVIEW_CONNECTION_DURATION] = {URL, false},
    [LL_METRIC_LIVEVIEW_RECONNECTION_DURATION] = {URL, false},
    [LL_METRIC_LIVEVIEW_PAGE_LOADING_DURATION] = {WORD, false},
    [LL_METRIC_LIVEVIEW_LOADING_CLASS_DURATION] = {WORD, false},
    [LL_METRIC_LIVEVIEW_NAVIGATIONS] = {WORD, false},
    [LL_METRIC_LIVEVIEW_DISCONNECTIONS] = {URL, false},
    [LL_METRIC_LIVEVIEW_RECONNECTIONS] = {URL, false},
    [LL_METRIC_LIVEVIEW_CANCELED_LOADS] = {WORD, false},
    [LL_METRIC_LIVEVIEW_FALLBACKS] = {URL, false},
};

enum { VITALS = 5 };
static const enum ll_metric vitals[VITALS] = {LL_METRIC_WEB_VITAL_LCP, LL_METRIC_WEB_VITAL_FCP,
                                              LL_METRIC_WEB_VITAL_TTFB, LL_METRIC_WEB_VITAL_INP,
                                              LL_METRIC_WEB_VITAL_CLS};

struct ll_cdp_observer {
    const struct ll_browser_sink *sink;
    double document;       // its number; 0: none was heard of
    double values[VITALS]; // its vitals so far; negative: none
    char url[URL_MAX];     // theirs
    int64_t second_us;     // when the second began in which `calls` came
    uint32_t calls;
    bool is_deaf; // to the tab's document
};

static void forget_vitals(struct ll_cdp_observer *observer) {
    for (size_t i = 0; i < VITALS; i++) observer->values[i] = -1;
}

struct ll_cdp_observer *ll_cdp_observer_new(const struct ll_browser_sink *sink) {
    struct ll_cdp_observer *observer = ll_alloc(1, sizeof *observer);
    observer->sink = sink;
    forget_vitals(observer);
    return observer;
}

static void finish_document(struct ll_cdp_observer *observer) {
    for (size_t i = 0; i < VITALS; i++)
        if (observer->values[i] >= 0)
            observer->sink->sample(observer->sink->owner, vitals[i], observer->url, observer->values[i]);
    forget_vitals(observer);
}

void ll_cdp_observer_free(struct ll_cdp_observer **observer) {
    if (!*observer) return;
    finish_document(*observer);
    free(*observer);
    *observer = NULL;
}

static void lose(struct ll_cdp_observer *observer, const char *reason, double count) {
    if (count >= 1)
        observer->sink->count(observer->sink->owner, LL_METRIC_OBSERVATIONS_LOST, reason,
                              count < COUNT_MAX ? (uint64_t)count : COUNT_MAX);
}

// --- What is told ---

// Cuts off and returns what stands before `separator`; at the end of the text, NULL.
static char *next(char **at, char separator) {
    char *start = *at;
    if (!start || !*start) return NULL;
    char *end = strchr(start, separator);
    *at = end ? end + 1 : NULL;
    if (end) *end = '\0';
    return start;
}

// -1 for what is no number, or none that can be measured.
static double number(const char *text) {
    char *end;
    if (!text || !*text || !strchr("0123456789", *text)) return -1;
    double value = strtod(text, &end);
    return !*end && isfinite(value) ? value : -1;
}

static bool is_url(char *text) {
    if (strncmp(text, "http://", 7) != 0 && strncmp(text, "https://", 8) != 0) return false;
    text[strcspn(text, "?#")] = '\0';
    if (strlen(text) >= URL_MAX) return false;
    for (const char *c = text; *c; c++)
        if ((unsigned char)*c <= ' ' || *c == 0x7F) return false;
    return true;
}

static bool is_word(const char *text) {
    size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz_-");
    return len > 0 && len <= WORD_MAX && !text[len];
}

static void take_vital(struct ll_cdp_observer *observer, enum ll_metric metric, const char *url, double value) {
    size_t i = 0;
    while (vitals[i] != metric) i++;
    observer->values[i] = value;
    memcpy(observer->url, url, strlen(url) + 1);
}

// METRIC VALUE LABEL. False when the line is none of the observer's.
static bool take_line(struct ll_cdp_observer *observer, char *line, bool is_frame) {
    enum ll_metric metric;
    const char *name = next(&line, ' ');
    double value = number(next(&line, ' '));
    char *label = line;
    if (!name || !label || value < 0 || value > VALUE_MAX || !ll_metric_by_name(name, &metric)) return false;
    if (told[metric].label == NONE || !(told[metric].label == URL ? is_url(label) : is_word(label))) return false;
    if (told[metric].is_vital && is_frame) return false;
    if (told[metric].is_vital)
        take_vital(observer, metric, label, value);
    else if (ll_metric_info(metric)->kind == LL_KIND_HISTOGRAM)
        observer->sink->sample(observer->sink->owner, metric, label, value);
    else if (value == 1)
        observer->sink->count(observer->sink->owner, metric, label, 1);
    else
        return false;
    return true;
}

void ll_cdp_observer_take(struct ll_cdp_observer *observer, char *text) {
    char *head = next(&text, '\n'), *line;
    double heads[4]; // the document's number, whether it is its last text, failures, dropped
    for (size_t i = 0; i < 4; i++) {
        heads[i] = number(next(&head, ' '));
        if (heads[i] >= 0) continue;
        lose(observer, "damaged", 1);
        return;
    }
    bool is_frame = heads[0] == 0;                          // and neither begins nor ends a document of the tab
    if (!is_frame && heads[0] < observer->document) return; // it is gone, and its vitals are written
    if (heads[0] > observer->document) {
        finish_document(observer);
        observer->document = heads[0];
    }
    lose(observer, "failure", heads[2]);
    lose(observer, "no room", heads[3]);
    while ((line = next(&text, '\n')))
        if (!take_line(observer, line, is_frame)) lose(observer, "damaged", 1);
    if (heads[1] == 1 && !is_frame) finish_document(observer);
}

// --- Who tells ---

static void call(const struct ll_cdp_tab *tab, const char *method, const char *params) {
    ll_cdp_call(ll_cdp_page_client(tab->page), tab->session, method, params, NULL, NULL);
}

// A document without scripts has nothing yet to put the function into, and an evaluation makes it.
void ll_cdp_observer_committed(struct ll_cdp_tab *tab) {
    tab->observer->is_deaf = false;
    tab->world = 0;
    if (strncmp(tab->url, "http", 4) != 0) return;
    call(tab, "Runtime.evaluate", "{\"expression\":\"0\",\"silent\":true}");
    call(tab, "Runtime.addBinding", "{\"name\":\"" BINDING "\",\"executionContextName\":\"" LL_CDP_WORLD "\"}");
}

void ll_cdp_observer_frame_loaded(struct ll_cdp_tab *tab) {
    if (tab->observer->is_deaf || strncmp(tab->url, "http", 4) != 0) return;
    call(tab, "Runtime.addBinding", "{\"name\":\"" BINDING "\",\"executionContextName\":\"" LL_CDP_WORLD "\"}");
}

// Asks the document's observer something, where it is known; 0 where not.
static uint32_t ask(const struct ll_cdp_tab *tab, const char *what, ll_cdp_answered *answered,
                    struct ll_cdp_page *page) {
    struct ll_cdp_client *client = ll_cdp_page_client(tab->page);
    if (!client || !tab->world || strncmp(tab->url, "http", 4) != 0) return 0;
    ll_buf_printf(ll_cdp_begin(client, tab->session, "Runtime.evaluate"),
                  "{\"expression\":\"__liveload('%s')\",\"contextId\":%" PRIu64
                  ",\"silent\":true,\"returnByValue\":true}",
                  what, tab->world);
    return ll_cdp_end(client, answered, page);
}

uint32_t ll_cdp_observer_leaving(struct ll_cdp_tab *tab, struct ll_slice url, ll_cdp_answered *answered) {
    const char *host = strstr(tab->url, "://");
    size_t same = host ? (size_t)(host - tab->url) + 3 : 0;
    if (!same || strncmp(tab->url, "http", 4) != 0) return 0;
    same += strcspn(tab->url + same, "/?#");
    bool stays = url.len >= same && memcmp(url.at, tab->url, same) == 0;
    if (stays && (url.len == same || strchr("/?#", url.at[same]))) return 0;
    return ask(tab, "tell", answered, tab->page);
}

bool ll_cdp_observer_ask(struct ll_cdp_page *page, ll_cdp_answered *answered) {
    page->call = page->tab ? ask(page->tab, "finish", answered, page) : 0;
    if (page->call) ll_timer_set(page->timer, ll_clock_us() + LL_OBSERVER_LAST_WORDS_MS * INT64_C(1000));
    return page->call != 0;
}

void ll_cdp_observer_heard(struct ll_cdp_page *page, const struct ll_cdp_answer *answer) {
    char text[LL_OBSERVER_TEXT_MAX];
    struct ll_slice words = ll_scan_get(ll_scan_get(answer->result, "result"), "value");
    page->call = 0;
    if (page->tab && words.len < sizeof text && ll_scan_text(words, text, sizeof text) > 0)
        ll_cdp_observer_take(page->tab->observer, text);
}

static void on_last_words(void *arg, const struct ll_cdp_answer *answer) {
    struct ll_cdp_page *page = arg;
    ll_cdp_observer_heard(page, answer);
    ll_cdp_parting_close_page(page);
}

bool ll_cdp_observer_closing(struct ll_cdp_page *page) {
    if (!ll_cdp_observer_ask(page, on_last_words)) return false;
    page->state = LL_CDP_PAGE_CLOSING;
    return true;
}

static bool calls_too_often(struct ll_cdp_observer *observer, int64_t now_us) {
    if (now_us - observer->second_us >= SECOND_US) {
        observer->second_us = now_us;
        observer->calls = 0;
    }
    return ++observer->calls > LL_OBSERVER_CALLS_MAX;
}

// A word about a press is none that is counted in results.
static bool is_press(struct ll_slice payload) {
    return payload.len >= sizeof press_start && memcmp(payload.at, press_start, sizeof press_start - 1) == 0;
}

bool ll_cdp_observer_hear(struct ll_cdp_observer *observer, struct ll_slice payload, int64_t now_us) {
    char text[LL_OBSERVER_TEXT_MAX];
    if (calls_too_often(observer, now_us)) {
        observer->is_deaf = true;
        lose(observer, "flood", 1);
        return false;
    }
    if (is_press(payload)) return true;
    if (payload.len > sizeof text) {
        lose(observer, "damaged", 1);
        return true;
    }
    ll_scan_text(payload, text, sizeof text);
    ll_cdp_observer_take(observer, text);
    return true;
}

static void take_press(struct ll_cdp_tab *tab, struct ll_slice payload) {
    char text[LL_CDP_PRESS_WORD_MAX];
    ll_scan_text(payload, text, sizeof text);
    if (tab->page->tab == tab) ll_cdp_element_pressed(tab->page, text + strlen("pressed "));
}

void ll_cdp_observer_called(struct ll_cdp_tab *tab, struct ll_slice params) {
    static const char *const keys[] = {"name", "payload", "executionContextId"};
    struct ll_slice values[3];
    ll_scan_members(params, keys, values, 3);
    if (ll_scan_is_string(values[1], "here")) {
        tab->world = (uint64_t)ll_scan_number(values[2], 0);
        return;
    }
    if (tab->observer->is_deaf || !ll_scan_is_string(values[0], BINDING)) return;
    if (ll_cdp_observer_hear(tab->observer, values[1], ll_clock_us())) {
        if (is_press(values[1])) take_press(tab, values[1]);
        return;
    }
    ll_warn("a page calls LiveLoad over %d times a second, and is not listened to: %.200s", LL_OBSERVER_CALLS_MAX,
            tab->url);
    call(tab, "Runtime.removeBinding", "{\"name\":\"" BINDING "\"}");
}
