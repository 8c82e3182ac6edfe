// The cookies of a context, for requests that are made beside the page with its cookies.
// https://chromedevtools.github.io/devtools-protocol/tot/Storage/
//
// They are put in one by one: Chromium refuses a whole list for one cookie that cannot be, and a browser passes over
// such a cookie. Commands to the browser are answered in order, so the last answer is the end of all.
#include "agent/browser/cdp/page.h"

#include <stdio.h>
#include <string.h>

static void on_cookies(void *arg, const struct ll_cdp_answer *answer) {
    struct ll_cdp_page *page = arg;
    struct ll_slice list = answer->failed ? (struct ll_slice){NULL, 0} : ll_scan_get(answer->result, "cookies");
    ll_json *cookies = NULL;
    ll_err err = LL_SUCCESS;
    if (list.len > LL_READING_BYTES_MAX)
        err = ll_err_make(LL_RESOURCE_EXHAUSTED, "the context's cookies are longer than %d MB",
                          LL_READING_BYTES_MAX >> 20);
    else if (list.len == 0 || ll_json_parse(list.at, list.len, &cookies).status != LL_OK)
        err = ll_err_make(LL_UNAVAILABLE, "the browser does not tell its cookies");
    ll_cdp_page_finish(page, err, cookies);
    ll_json_free(&cookies);
}

void ll_cdp_cookies(struct ll_cdp_page *page) {
    ll_buf_printf(ll_cdp_begin(ll_cdp_page_client(page), "", "Storage.getCookies"), "{\"browserContextId\":\"%s\"}",
                  page->context);
    ll_cdp_page_end(page, on_cookies);
}

static void copy_text(struct ll_json_writer *writer, const ll_json *cookie, const char *key) {
    const char *text = ll_json_string(ll_json_get(cookie, key), NULL);
    if (text) ll_json_write_string(writer, key, text);
}

// A cookie of one host alone is one of a URL; with a domain Chromium would count it for hosts below as well.
static void write_place(struct ll_json_writer *writer, const ll_json *cookie) {
    const char *domain = ll_json_string(ll_json_get(cookie, "domain"), "");
    bool is_secure = ll_json_bool(ll_json_get(cookie, "secure"), false);
    char url[512];
    if (domain[0] == '.') {
        ll_json_write_string(writer, "domain", domain);
        return;
    }
    snprintf(url, sizeof url, "%s://%s/", is_secure ? "https" : "http", domain);
    ll_json_write_string(writer, "url", url);
}

static void put_cookie(struct ll_cdp_page *page, const ll_json *cookie) {
    struct ll_json_writer writer =
        ll_json_writer_make(ll_cdp_begin(ll_cdp_page_client(page), "", "Storage.setCookies"));
    ll_json_begin_object(&writer, NULL);
    ll_json_write_string(&writer, "browserContextId", page->context);
    ll_json_begin_array(&writer, "cookies");
    ll_json_begin_object(&writer, NULL);
    copy_text(&writer, cookie, "name");
    copy_text(&writer, cookie, "value");
    copy_text(&writer, cookie, "path");
    copy_text(&writer, cookie, "sameSite");
    write_place(&writer, cookie);
    ll_json_write_bool(&writer, "secure", ll_json_bool(ll_json_get(cookie, "secure"), false));
    ll_json_write_bool(&writer, "httpOnly", ll_json_bool(ll_json_get(cookie, "httpOnly"), false));
    double expires = ll_json_number(ll_json_get(cookie, "expires"), -1);
    if (expires >= 0) ll_json_write_number(&writer, "expires", expires);
    ll_json_end_object(&writer);
    ll_json_end_array(&writer);
    ll_json_end_object(&writer);
}

static void on_put(void *arg, const struct ll_cdp_answer *answer) {
    (void)answer;
    ll_cdp_page_finish(arg, LL_SUCCESS, NULL);
}

void ll_cdp_put_cookies(struct ll_cdp_page *page) {
    ll_json *cookies = NULL;
    ll_err err = ll_json_parse(page->action.argument, strlen(page->action.argument), &cookies);
    const ll_json *cookie = err.status == LL_OK ? ll_json_first(cookies) : NULL;
    if (!cookie) ll_cdp_page_finish_soon(page, err);
    for (; cookie; cookie = ll_json_next(cookie)) {
        put_cookie(page, cookie);
        if (ll_json_next(cookie))
            ll_cdp_end(ll_cdp_page_client(page), NULL, NULL);
        else
            ll_cdp_page_end(page, on_put);
    }
    ll_json_free(&cookies);
}
