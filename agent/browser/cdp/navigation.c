// navigate: Page.navigate is answered when the new document is committed, or cannot be; the action then ends with
// that document's load event, or with that of a document that took its place meanwhile (a redirect by script). Answer
// and events may come in either order, so the last few documents' loader ids are remembered. A navigation to another
// place of the same document has no loader and ends at once.
//
// A click or a script may also navigate. Chromium says so (Page.frameRequestedNavigation) before it answers the
// click, so the next action knows that a document is about to be replaced, and waits for the new one rather than act
// in the old.
//
// A document whose load event will not come ends what waits for it at once. Either its body broke off
// (Network.loadingFailed of the document's own request), or a script stopped it (window.stop()): in both cases Chromium
// says Page.frameStoppedLoading without a load event before it. The same is so where the document asked for another one
// that came to nothing, a download or a 204; that is no fault of it, and it counts as loaded. A script that stops its
// document often sends it elsewhere in the next line, so the document is asked an empty question first: what the script
// has begun is told before the answer.
#include "agent/browser/cdp/network.h"
#include "agent/browser/cdp/observer.h"
#include "agent/browser/cdp/page.h"
#include "agent/browser/glob.h"
#include "libcommon/base/clock.h"
#include "libcommon/base/net_error.h"

#include <string.h>

// Whether the tab has the document that the action in flight leads to, or one that took its place.
static bool is_there(const struct ll_cdp_page *page) {
    if (page->action.operation != LL_OP_NAVIGATE) return page->tab->loaders[0] != page->loader;
    for (size_t i = 0; i < LL_LOADERS_KEPT; i++)
        if (page->tab->loaders[i] == page->loader) return true;
    return false;
}

static bool has_arrived(const struct ll_cdp_page *page) {
    enum ll_operation operation = page->action.operation;
    if (operation == LL_OP_GO_BACK || operation == LL_OP_GO_FORWARD) return ll_cdp_history_has_come(page);
    return page->tab->loaded && is_there(page);
}

// True when the action in flight was finished by it.
static bool look_for_load(struct ll_cdp_page *page) {
    if (has_arrived(page))
        ll_cdp_page_finish(page, LL_SUCCESS, NULL);
    else if (ll_cdp_tab_is_broken(page->tab) && is_there(page))
        ll_cdp_page_finish(page, page->tab->broken, NULL);
    else
        return false;
    return true;
}

void ll_cdp_await_load(struct ll_cdp_page *page) {
    page->waiting = LL_CDP_WAITS_LOAD;
    look_for_load(page);
}

// The URL for a sentence: without query and fragment, which may differ per user.
static ll_err unreachable(const char *url, const char *reason) {
    const char *words = ll_net_error_words(reason);
    return ll_err_make(LL_UNAVAILABLE, "%s at %.*s%s%s", reason, (int)strcspn(url, "?#"), url, words ? ": " : "",
                       words ? words : "");
}

static const char is_download[] =
    "is a download and no page: begin it with a click or a script's location = \"...\", and "
    "wait for it with ctx:wait_for_download()";

// What a click before it has asked for comes to the browser by another way, perhaps after it, and ends it. So does the
// document's word that it stays, which is for the action before.
static bool was_overtaken(const struct ll_cdp_page *page) {
    return (page->tab->navigating || page->tab->was_kept_once) && page->reruns == 0;
}

static void on_navigated(void *arg, const struct ll_cdp_answer *answer) {
    struct ll_cdp_page *page = arg;
    page->call = 0;
    char text[256];
    if (answer->failed) {
        ll_scan_text(answer->error, text, sizeof text);
        ll_err err = unreachable(page->action.text, text);
        err.status = LL_INVALID_ARGUMENT;
        ll_cdp_page_finish(page, err, NULL);
        return;
    }
    static const char *const keys[] = {"loaderId", "errorText", "isDownload"};
    struct ll_slice values[3];
    ll_scan_members(answer->result, keys, values, 3);
    if (ll_scan_is_true(values[2])) {
        ll_cdp_page_finish(page, ll_err_make(LL_FAILED_PRECONDITION, "%s", is_download), NULL);
    } else if (ll_scan_text(values[1], text, sizeof text)) {
        bool aborted = strcmp(text, "net::ERR_ABORTED") == 0;
        const char *stays = aborted ? ll_cdp_dialog_why_it_stays(page) : NULL;
        if (stays) {
            ll_cdp_page_finish(page, ll_err_make(LL_FAILED_PRECONDITION, "%s", stays), NULL);
            return;
        }
        if (aborted && was_overtaken(page)) {
            page->reruns++;
            ll_cdp_navigate(page);
            return;
        }
        ll_cdp_page_finish(page, unreachable(page->action.text, aborted ? "there is no page (net::ERR_ABORTED)" : text),
                           NULL);
    } else if (values[0].len == 0) {
        ll_cdp_page_finish(page, LL_SUCCESS, NULL); // the same document
    } else {
        page->loader = ll_scan_hash(values[0]);
        ll_cdp_await_load(page);
    }
}

static void go(struct ll_cdp_page *page) {
    ll_cdp_forget(ll_cdp_page_client(page), page->call); // the question, when it was not answered in time
    ll_cdp_auth_navigates(page, page->action.text);
    struct ll_buf *out = ll_cdp_page_begin(page, "Page.navigate");
    ll_buf_text(out, "{\"url\":");
    ll_json_quote(out, page->action.text, strlen(page->action.text));
    ll_buf_text(out, "}");
    ll_cdp_page_end(page, on_navigated);
}

static void on_told(void *arg, const struct ll_cdp_answer *answer) {
    struct ll_cdp_page *page = arg;
    (void)answer;
    page->call = 0;
    ll_cdp_page_set_alarm(page);
    go(page);
}

// The document that is left says first what it has, since a site that answers at once would be there before its words.
void ll_cdp_navigate(struct ll_cdp_page *page) {
    page->tab->was_kept = false;
    struct ll_slice url = {page->action.text, strlen(page->action.text)};
    uint32_t half_ms = ll_cdp_page_remaining_ms(page) / 2;
    page->call = ll_cdp_observer_leaving(page->tab, url, on_told);
    if (page->call)
        ll_cdp_page_pause(page, half_ms < LL_OBSERVER_WORDS_MS ? half_ms : LL_OBSERVER_WORDS_MS, go);
    else
        go(page);
}

static void on_reloading(void *arg, const struct ll_cdp_answer *answer) {
    struct ll_cdp_page *page = arg;
    page->call = 0;
    if (answer->failed)
        ll_cdp_page_finish(page, ll_err_make(LL_UNKNOWN, "the page cannot be loaded anew"), NULL);
    else if (ll_cdp_dialog_why_it_stays(page)) // asked before this answer came
        ll_cdp_page_finish(page, ll_err_make(LL_FAILED_PRECONDITION, "%s", ll_cdp_dialog_why_it_stays(page)), NULL);
    else
        ll_cdp_await_load(page);
}

void ll_cdp_reload(struct ll_cdp_page *page) {
    page->tab->was_kept = false;
    page->loader = page->tab->loaders[0];
    ll_buf_text(ll_cdp_page_begin(page, "Page.reload"), "{}");
    ll_cdp_page_end(page, on_reloading);
}

// As Playwright's: the URL matches and its document has loaded.
static bool url_has_come(const struct ll_cdp_page *page, ll_err *out_err) {
    const struct ll_cdp_tab *tab = page->tab;
    *out_err = tab->loaded ? LL_SUCCESS : tab->broken;
    return (tab->loaded || ll_cdp_tab_is_broken(tab)) && ll_glob_matches(page->action.text, tab->url);
}

void ll_cdp_wait_for_url(struct ll_cdp_page *page) {
    ll_err err;
    if (url_has_come(page, &err))
        ll_cdp_page_finish_soon(page, err);
    else
        page->waiting = LL_CDP_WAITS_URL;
}

// --- What the browser says

static void look_again(struct ll_cdp_tab *tab) {
    struct ll_cdp_page *page = tab->page;
    ll_err err;
    if (page->tab != tab) return;
    if (page->waiting == LL_CDP_WAITS_LOAD)
        look_for_load(page);
    else if (page->waiting == LL_CDP_WAITS_URL && url_has_come(page, &err))
        ll_cdp_page_finish(page, err, NULL);
    else if (page->waiting == LL_CDP_WAITS_STATE)
        ll_cdp_load_state_changed(page);
    else if (page->waiting == LL_CDP_WAITS_COMMIT && !tab->navigating)
        ll_cdp_element_resume(page);
    else if (page->waiting == LL_CDP_WAITS_ANSWER && page->confirming && tab->navigating)
        ll_cdp_page_finish(page, LL_SUCCESS,
                           NULL); // the page may not answer any more, and a miss would not have led on
}

static void on_settled(void *arg, const struct ll_cdp_answer *answer) {
    struct ll_cdp_tab *tab = arg;
    (void)answer;
    tab->settling = 0;
    if (tab->loaded || tab->navigating || tab->broken.status != LL_OK) return;
    if (tab->asked_away)
        tab->loaded = true;
    else if (tab->was_interrupted)
        tab->broken = ll_err_make(LL_DEADLINE_EXCEEDED, "the page's loading was stopped, since an action was late");
    else
        tab->broken = ll_err_make(LL_FAILED_PRECONDITION, "the page stopped its own loading (window.stop())");
    look_again(tab);
}

static void on_stopped(struct ll_cdp_tab *tab) {
    tab->navigating = false;                  // it became a download, or nothing
    if (!tab->loaders[0]) tab->loaded = true; // and so a new tab stays empty
    if (tab->loaded || tab->settling || tab->broken.status != LL_OK) return;
    tab->settling = ll_cdp_call(ll_cdp_page_client(tab->page), tab->session, "Runtime.evaluate",
                                "{\"expression\":\"0\",\"silent\":true}", on_settled, tab);
}

void ll_cdp_navigation_failed(struct ll_cdp_tab *tab, struct ll_slice params) {
    static const char *const keys[] = {"requestId", "errorText", "canceled"};
    struct ll_slice values[3];
    char reason[256];
    ll_scan_members(params, keys, values, 3);
    if (tab->loaded || ll_scan_is_true(values[2]) || ll_scan_hash(values[0]) != tab->loaders[0]) return;
    if (ll_scan_text(values[1], reason, sizeof reason)) tab->broken = unreachable(tab->url, reason);
}

static void on_committed(struct ll_cdp_tab *tab, struct ll_slice loader) {
    memmove(tab->loaders + 1, tab->loaders, sizeof tab->loaders - sizeof *tab->loaders);
    tab->loaders[0] = ll_scan_hash(loader);
    tab->loaded = tab->parsed = tab->asked_away = tab->was_interrupted = false;
    tab->navigating = tab->was_kept = tab->was_kept_once = false;
    tab->broken = LL_SUCCESS;
    ll_cdp_forget(ll_cdp_page_client(tab->page), tab->settling);
    tab->settling = 0;
    ll_cdp_network_committed(tab->network, loader);
}

// True when the action in flight was finished by it.
static bool on_frame_navigated(struct ll_cdp_tab *tab, struct ll_slice params) {
    static const char *const keys[] = {"parentId", "loaderId", "url", "unreachableUrl", "urlFragment"};
    struct ll_slice values[5];
    ll_scan_members(ll_scan_get(params, "frame"), keys, values, 5);
    if (values[0].len) return false; // a frame within the page
    on_committed(tab, values[1]);
    size_t len = ll_scan_text(values[2], tab->url, sizeof tab->url);
    ll_cdp_storage_saw(tab->page, tab->url);
    ll_scan_text(values[4], tab->url + len, sizeof tab->url - len); // "#place", which the url is given without
    ll_cdp_observer_committed(tab);
    struct ll_cdp_page *page = tab->page;
    if (page->tab != tab || !values[3].len || page->waiting != LL_CDP_WAITS_LOAD ||
        page->action.operation != LL_OP_RELOAD)
        return false;
    char url[LL_URL_MAX];
    ll_scan_text(values[3], url, sizeof url);
    ll_cdp_page_finish(page, unreachable(url, "the site could not be reached"), NULL);
    return true;
}

static void on_requested(struct ll_cdp_tab *tab, struct ll_slice params) {
    static const char *const keys[] = {"frameId", "url", "disposition"};
    struct ll_slice values[3];
    ll_scan_members(params, keys, values, 3);
    bool fetches = values[1].len > 5 && memcmp(values[1].at, "\"http", 5) == 0; // not mailto:, javascript: and such
    if (!ll_scan_is_string(values[0], tab->target) || !ll_scan_is_string(values[2], "currentTab")) return;
    tab->asked_away = true;
    if (!fetches) return;
    tab->navigating = true;
    tab->asked_url = ll_scan_hash(values[1]);
    tab->left_over = tab->page->is_resting;
    if (tab->left_over)
        tab->left_url = tab->asked_url;
    else if (tab->left_url == tab->asked_url)
        tab->left_url = 0; // asked for anew
    ll_cdp_observer_leaving(tab, (struct ll_slice){values[1].at + 1, values[1].len - 2}, NULL);
}

void ll_cdp_navigation_event(struct ll_cdp_tab *tab, enum ll_cdp_event event, struct ll_slice params) {
    bool is_main = ll_scan_is_string(ll_scan_get(params, "frameId"), tab->target);
    if (event == LL_CDP_FRAME_NAVIGATED) {
        if (on_frame_navigated(tab, params)) return;
    } else if (event == LL_CDP_FRAME_REQUESTED_NAVIGATION) {
        on_requested(tab, params);
    } else if (event == LL_CDP_FRAME_STOPPED_LOADING) {
        if (is_main)
            on_stopped(tab);
        else
            ll_cdp_observer_frame_loaded(tab);
    } else if (event == LL_CDP_NAVIGATED_WITHIN_DOCUMENT) {
        if (!is_main) return;
        tab->navigating = false;
        ll_scan_text(ll_scan_get(params, "url"), tab->url, sizeof tab->url);
        tab->page->moved_within = true;
    } else if (event == LL_CDP_DOM_CONTENT_FIRED) {
        tab->parsed = true;
    } else {
        tab->loaded = true;
        tab->left_over = false; // not with its commit: a download may be told of a little later
        tab->left_url = 0;
    }
    look_again(tab);
}
