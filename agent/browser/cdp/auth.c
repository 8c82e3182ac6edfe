// The way of a challenge: navigate → Fetch.enable for the origin → requestPaused, continued → authRequired, answered →
// responseReceived with another status than 401 → Fetch.disable. Wrong credentials are asked for again with the same
// request id: then the request is let go, and its refusal is what the page sees.
#include "agent/browser/cdp/auth.h"

#include "agent/browser/cdp/page.h"

#include <stdio.h>
#include <string.h>
#include <utlist.h>

enum { SITE, PROXY };

static bool watches(enum ll_cdp_auth_state state) {
    return state == LL_CDP_AUTH_WATCHES || state == LL_CDP_AUTH_OFFERED;
}

static bool has_credentials(const struct ll_context_options *options) {
    return options->credentials.password || options->proxy.password;
}

// Has the tab's requests stopped as far as it must be, or let go.
static void apply(struct ll_cdp_tab *tab) {
    struct ll_cdp_page *page = tab->page;
    struct ll_cdp_client *client = ll_cdp_page_client(page);
    const struct ll_cdp_auth *auth = &page->auth;
    if (!client || !tab->session[0]) return;
    if (!watches(auth->site) && !watches(auth->proxy)) {
        ll_cdp_call(client, tab->session, "Fetch.disable", "{}", NULL, NULL);
        return;
    }
    char pattern[LL_ORIGIN_MAX + 8] = "*";
    if (!watches(auth->proxy)) snprintf(pattern, sizeof pattern, "%s/*", auth->origin);
    struct ll_json_writer writer = ll_json_writer_make(ll_cdp_begin(client, tab->session, "Fetch.enable"));
    ll_json_begin_object(&writer, NULL);
    ll_json_write_bool(&writer, "handleAuthRequests", true);
    ll_json_begin_array(&writer, "patterns");
    ll_json_begin_object(&writer, NULL);
    ll_json_write_string(&writer, "urlPattern", pattern);
    ll_json_end_object(&writer);
    ll_json_end_array(&writer);
    ll_json_end_object(&writer);
    ll_cdp_end(client, NULL, NULL);
}

static void apply_all(struct ll_cdp_page *page) {
    struct ll_cdp_tab *tab;
    DL_FOREACH(page->tabs, tab) {
        apply(tab);
    }
}

void ll_cdp_auth_begin(struct ll_cdp_tab *tab) {
    struct ll_cdp_page *page = tab->page;
    struct ll_cdp_auth *auth = &page->auth;
    const struct ll_context_options *options = &page->options;
    if (!has_credentials(options)) return;
    if (options->proxy.password && auth->proxy == LL_CDP_AUTH_NONE) auth->proxy = LL_CDP_AUTH_WATCHES;
    if (options->credentials.password && options->credentials.origin && auth->site == LL_CDP_AUTH_NONE &&
        ll_origin_of(options->credentials.origin, auth->origin))
        auth->site = LL_CDP_AUTH_WATCHES;
    if (watches(auth->site) || watches(auth->proxy)) apply(tab);
}

void ll_cdp_auth_navigates(struct ll_cdp_page *page, const char *url) {
    struct ll_cdp_auth *auth = &page->auth;
    if (!page->options.credentials.password || auth->site != LL_CDP_AUTH_NONE) return;
    if (!ll_origin_of(url, auth->origin)) return;
    auth->site = LL_CDP_AUTH_WATCHES;
    apply_all(page);
}

static void go_on(struct ll_cdp_tab *tab, struct ll_slice params) {
    struct ll_slice id = ll_scan_get(params, "requestId");
    struct ll_cdp_client *client = ll_cdp_page_client(tab->page);
    ll_buf_printf(ll_cdp_begin(client, tab->session, "Fetch.continueRequest"), "{\"requestId\":%.*s}", (int)id.len,
                  id.at);
    ll_cdp_end(client, NULL, NULL);
}

static bool is_ours(const struct ll_cdp_page *page, int source, struct ll_slice challenge) {
    char url[LL_ORIGIN_MAX], origin[LL_ORIGIN_MAX];
    if (source == PROXY) return page->options.proxy.password != NULL;
    ll_scan_text(ll_scan_get(challenge, "origin"), url, sizeof url);
    return page->auth.site != LL_CDP_AUTH_NONE && ll_origin_of(url, origin) && strcmp(origin, page->auth.origin) == 0;
}

static void answer_challenge(struct ll_cdp_tab *tab, struct ll_slice params) {
    static const char *const keys[] = {"requestId", "authChallenge"};
    struct ll_slice values[2];
    struct ll_cdp_page *page = tab->page;
    struct ll_cdp_client *client = ll_cdp_page_client(page);
    ll_scan_members(params, keys, values, 2);
    int source = ll_scan_is_string(ll_scan_get(values[1], "source"), "Proxy") ? PROXY : SITE;
    uint64_t request = ll_scan_hash(values[0]);
    bool is_given = is_ours(page, source, values[1]) && page->auth.offered[source] != request;
    struct ll_buf *out = ll_cdp_begin(client, tab->session, "Fetch.continueWithAuth");
    ll_buf_printf(out, "{\"requestId\":%.*s,\"authChallengeResponse\":{\"response\":\"%s\"", (int)values[0].len,
                  values[0].at, is_given ? "ProvideCredentials" : "CancelAuth");
    if (is_given) {
        const struct ll_context_options *options = &page->options;
        const char *username = source == PROXY ? options->proxy.username : options->credentials.username;
        const char *password = source == PROXY ? options->proxy.password : options->credentials.password;
        ll_buf_text(out, ",\"username\":");
        ll_json_quote(out, username, strlen(username));
        ll_buf_text(out, ",\"password\":");
        ll_json_quote(out, password, strlen(password));
        page->auth.offered[source] = request;
        *(source == PROXY ? &page->auth.proxy : &page->auth.site) = LL_CDP_AUTH_OFFERED;
    }
    ll_buf_text(out, "}}");
    ll_cdp_end(client, NULL, NULL);
}

static void hear_response(struct ll_cdp_tab *tab, struct ll_slice params) {
    static const char *const keys[] = {"url", "status"};
    struct ll_cdp_page *page = tab->page;
    struct ll_cdp_auth *auth = &page->auth, before = *auth;
    struct ll_slice values[2];
    char url[LL_URL_MAX], origin[LL_ORIGIN_MAX];
    if (!has_credentials(&page->options)) return;
    ll_scan_members(ll_scan_get(params, "response"), keys, values, 2);
    double status = ll_scan_number(values[1], 0);
    if (auth->proxy == LL_CDP_AUTH_OFFERED && status != 407) auth->proxy = LL_CDP_AUTH_SETTLED;
    if (auth->proxy == LL_CDP_AUTH_SETTLED && status == 407) auth->proxy = LL_CDP_AUTH_WATCHES;
    bool changes =
        (auth->site == LL_CDP_AUTH_OFFERED && status != 401) || (auth->site == LL_CDP_AUTH_SETTLED && status == 401);
    if (changes) {
        ll_scan_text(values[0], url, sizeof url);
        if (ll_origin_of(url, origin) && strcmp(origin, auth->origin) == 0)
            auth->site = status == 401 ? LL_CDP_AUTH_WATCHES : LL_CDP_AUTH_SETTLED;
    }
    if (watches(before.site) != watches(auth->site) || watches(before.proxy) != watches(auth->proxy)) apply_all(page);
}

void ll_cdp_auth_event(struct ll_cdp_tab *tab, enum ll_cdp_event event, struct ll_slice params) {
    if (event == LL_CDP_FETCH_REQUEST_PAUSED)
        go_on(tab, params);
    else if (event == LL_CDP_FETCH_AUTH_REQUIRED)
        answer_challenge(tab, params);
    else
        hear_response(tab, params);
}
