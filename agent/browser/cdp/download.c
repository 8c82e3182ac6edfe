// Downloads, and wait_for_download. They are allowed in every context, into a folder within the browser's profile,
// under names of Chromium's. What they bring is of no use here, so a file goes as soon as its download is over, and
// what is under way goes with the iteration or the context; the folder goes with the browser. So a user has at most
// LL_CDP_DOWNLOADS_MAX files on the disk, with LL_CDP_DOWNLOAD_BYTES_MAX together and what came until Chromium told of
// more: it tells twice a second.
//
// A tab tells of a download that begins in it or in one of its frames (Page.downloadWillBegin). How it goes on is told
// to the whole browser (Browser.downloadProgress), since the tab may close, as one does that was opened for it, and the
// download goes on. Downloads are waited for in the order in which they began, each once; one whose end is told before
// anybody waits is kept for that.
//
// https://chromedevtools.github.io/devtools-protocol/tot/Browser/#method-setDownloadBehavior
#include "agent/browser/cdp/page.h"
#include "libcommon/base/alloc.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NAME_MAX_BYTES = 1024, VALUE_MAX = 64 * 1024 };

enum download_state { UNDER_WAY, COMPLETE, FAILED, TOO_LARGE };

struct download {
    char guid[LL_CDP_ID_MAX];
    enum download_state state;
    char *name, *url;               // owned
    uint64_t bytes, expected_bytes; // that have come, and in all; 0: that is not known
};

struct ll_cdp_downloads {
    struct download list[LL_CDP_DOWNLOADS_MAX]; // in the order in which they began
    size_t count;
    uint32_t refused; // over the limit
};

static void remove_at(struct ll_cdp_downloads *all, size_t index) {
    free(all->list[index].name);
    free(all->list[index].url);
    all->count--;
    memmove(all->list + index, all->list + index + 1, (all->count - index) * sizeof *all->list);
}

static void cancel(const struct ll_cdp_page *page, const char *guid) {
    struct ll_cdp_client *client = ll_cdp_page_client(page);
    if (!client || !page->context[0]) return; // it went with its context
    struct ll_buf *out = ll_cdp_begin(client, "", "Browser.cancelDownload");
    ll_buf_text(out, "{\"guid\":");
    ll_json_quote(out, guid, strlen(guid));
    ll_buf_printf(out, ",\"browserContextId\":\"%s\"}", page->context);
    ll_cdp_end(client, NULL, NULL);
}

void ll_cdp_download_allow(struct ll_cdp_page *page) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%.3900s/" LL_CDP_DOWNLOADS_FOLDER, ll_cdp_connection_profile(page->connection));
    struct ll_buf *out = ll_cdp_begin(ll_cdp_page_client(page), "", "Browser.setDownloadBehavior");
    ll_buf_printf(out, "{\"behavior\":\"allowAndName\",\"eventsEnabled\":true,\"browserContextId\":\"%s\",",
                  page->context);
    ll_buf_text(out, "\"downloadPath\":");
    ll_json_quote(out, path, strlen(path));
    ll_buf_text(out, "}");
    ll_cdp_end(ll_cdp_page_client(page), NULL, NULL);
}

void ll_cdp_download_reset(struct ll_cdp_page *page) {
    struct ll_cdp_downloads *all = page->downloads;
    while (all && all->count) {
        if (all->list[0].state == UNDER_WAY) cancel(page, all->list[0].guid);
        remove_at(all, 0);
    }
    free(all);
    page->downloads = NULL;
}

// --- What the browser tells ---

// The oldest that nobody asked for goes first. False when all are under way.
static bool make_room(struct ll_cdp_downloads *all) {
    for (size_t i = 0; all->count == LL_CDP_DOWNLOADS_MAX && i < all->count; i++)
        if (all->list[i].state != UNDER_WAY) remove_at(all, i);
    return all->count < LL_CDP_DOWNLOADS_MAX;
}

static char *copy_text(struct ll_slice value, size_t max) {
    char *text = ll_alloc(max, 1);
    ll_scan_text(value, text, max);
    char *copy = ll_strdup(text);
    free(text);
    return copy;
}

// A click is over before what it asked for begins, and so may be its iteration; the next one may have asked for
// something else by then. What a script saves is no navigation.
static bool is_of_this_iteration(struct ll_cdp_tab *tab, struct ll_slice url) {
    bool is_navigation = url.len > 5 && memcmp(url.at, "\"http", 5) == 0;
    bool is_left_over = is_navigation && (tab->left_over || ll_scan_hash(url) == tab->left_url);
    if (is_navigation) tab->left_over = false;
    if (is_left_over) tab->left_url = 0;
    return tab->page->state == LL_CDP_PAGE_OPEN && !tab->page->is_resting && !is_left_over;
}

void ll_cdp_download_began(struct ll_cdp_tab *tab, struct ll_slice params) {
    static const char *const keys[] = {"guid", "url", "suggestedFilename"};
    struct ll_slice values[3];
    struct download download = {.state = UNDER_WAY};
    struct ll_cdp_page *page = tab->page;
    ll_scan_members(params, keys, values, 3);
    ll_scan_text(values[0], download.guid, sizeof download.guid);
    if (!is_of_this_iteration(tab, values[1])) {
        cancel(page, download.guid);
        return;
    }
    if (!page->downloads) page->downloads = ll_alloc(1, sizeof *page->downloads);
    if (!make_room(page->downloads)) {
        page->downloads->refused++;
        cancel(page, download.guid);
        return;
    }
    download.url = copy_text(values[1], LL_URL_MAX);
    download.name = copy_text(values[2], NAME_MAX_BYTES);
    page->downloads->list[page->downloads->count++] = download;
}

struct progress {
    char guid[LL_CDP_ID_MAX];
    bool is_over, is_complete;
    uint64_t bytes, expected_bytes;
};

static uint64_t read_bytes(struct ll_slice value) {
    double number = ll_scan_number(value, 0);
    return number > 0 ? (uint64_t)number : 0;
}

static struct progress read_progress(struct ll_slice params) {
    static const char *const keys[] = {"guid", "totalBytes", "receivedBytes", "state"};
    struct ll_slice values[4];
    ll_scan_members(params, keys, values, 4);
    struct progress progress = {
        .is_over = !ll_scan_is_string(values[3], "inProgress"),
        .is_complete = ll_scan_is_string(values[3], "completed"),
        .bytes = read_bytes(values[2]),
        .expected_bytes = read_bytes(values[1]),
    };
    ll_scan_text(values[0], progress.guid, sizeof progress.guid);
    return progress;
}

// Chromium itself removes what is not complete.
void ll_cdp_download_clear_up(const struct ll_cdp_connection *connection, struct ll_slice params) {
    struct progress progress = read_progress(params);
    char path[PATH_MAX];
    if (!progress.is_over || strchr(progress.guid, '/')) return;
    snprintf(path, sizeof path, "%.3900s/" LL_CDP_DOWNLOADS_FOLDER "/%s", ll_cdp_connection_profile(connection),
             progress.guid);
    unlink(path);
}

static bool is_too_large(const struct ll_cdp_downloads *all) {
    uint64_t bytes = 0;
    for (size_t i = 0; i < all->count; i++) {
        const struct download *download = &all->list[i];
        if (download->state != UNDER_WAY) continue;
        bytes += download->expected_bytes > download->bytes ? download->expected_bytes : download->bytes;
    }
    return bytes > LL_CDP_DOWNLOAD_BYTES_MAX;
}

static struct download *find(const struct ll_cdp_page *page, const char *guid) {
    for (size_t i = 0; page->downloads && i < page->downloads->count; i++)
        if (strcmp(page->downloads->list[i].guid, guid) == 0) return &page->downloads->list[i];
    return NULL;
}

static void finish(struct ll_cdp_page *page);

bool ll_cdp_download_went_on(struct ll_cdp_page *page, struct ll_slice params) {
    struct progress progress = read_progress(params);
    struct download *download = find(page, progress.guid);
    if (!download) return false;
    if (download->state != UNDER_WAY) return true;
    if (progress.bytes > download->bytes) download->bytes = progress.bytes; // one that fails is told without
    download->expected_bytes = progress.expected_bytes;
    if (is_too_large(page->downloads)) {
        download->state = TOO_LARGE;
        if (!progress.is_over) cancel(page, progress.guid);
    } else if (progress.is_over) {
        download->state = progress.is_complete ? COMPLETE : FAILED;
    }
    bool is_awaited = page->waiting == LL_CDP_WAITS_DOWNLOAD && download == page->downloads->list;
    if (is_awaited && download->state != UNDER_WAY) finish(page);
    return true;
}

// --- Waiting ---

static struct download *awaited(const struct ll_cdp_page *page) {
    return page->downloads && page->downloads->count ? page->downloads->list : NULL;
}

static ll_err make_value(const struct download *download, ll_json **out) {
    struct ll_buf buf = ll_buf_make(VALUE_MAX);
    struct ll_json_writer writer = ll_json_writer_make(&buf);
    ll_json_begin_object(&writer, NULL);
    ll_json_write_string(&writer, "name", download->name);
    ll_json_write_int(&writer, "bytes", (int64_t)download->bytes);
    ll_json_write_string(&writer, "url", download->url);
    ll_json_end_object(&writer);
    ll_err err = ll_json_parse(ll_buf_str(&buf), buf.len, out);
    ll_buf_fini(&buf);
    return err;
}

static ll_err outcome(const struct download *download, ll_json **out) {
    unsigned long long bytes = download->bytes;
    switch (download->state) {
    case COMPLETE:
        return make_value(download, out);
    case FAILED:
        return ll_err_make(LL_UNAVAILABLE,
                           "the download broke off, was refused by the site or cancelled (%llu bytes came)", bytes);
    case TOO_LARGE:
        return ll_err_make(LL_RESOURCE_EXHAUSTED,
                           "the download was cancelled, since a user's downloads may have %d MB at a time",
                           LL_CDP_DOWNLOAD_BYTES_MAX / 1000000);
    case UNDER_WAY:
        break;
    }
    if (!download->expected_bytes)
        return ll_err_make(LL_DEADLINE_EXCEEDED, "the download did not end (%llu bytes came)", bytes);
    return ll_err_make(LL_DEADLINE_EXCEEDED, "the download did not end (%llu of %llu bytes came)", bytes,
                       (unsigned long long)download->expected_bytes);
}

// One that is late goes on, and can be waited for again.
static void finish(struct ll_cdp_page *page) {
    ll_json *value = NULL;
    ll_err err = outcome(awaited(page), &value);
    if (awaited(page)->state != UNDER_WAY) remove_at(page->downloads, 0);
    ll_cdp_page_finish(page, err, value);
    ll_json_free(&value);
}

// What has ended already is told from the loop.
void ll_cdp_download_wait(struct ll_cdp_page *page) {
    const struct download *download = awaited(page);
    bool is_refused = !download && page->downloads && page->downloads->refused;
    page->waiting = LL_CDP_WAITS_DOWNLOAD;
    if (is_refused || (download && download->state != UNDER_WAY)) ll_timer_set(page->timer, 0);
}

static ll_err none_began(struct ll_cdp_page *page) {
    if (!page->downloads || !page->downloads->refused) return ll_err_make(LL_DEADLINE_EXCEEDED, "no download began");
    page->downloads->refused--;
    return ll_err_make(LL_RESOURCE_EXHAUSTED, "the download was cancelled, since a user may have %d at a time",
                       LL_CDP_DOWNLOADS_MAX);
}

void ll_cdp_download_timer(struct ll_cdp_page *page) {
    if (awaited(page))
        finish(page);
    else
        ll_cdp_page_finish(page, none_began(page), NULL);
}
