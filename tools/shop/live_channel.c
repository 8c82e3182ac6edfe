#include "tools/shop/live_channel.h"

#include "libcommon/base/alloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// --- URLs ---

// Splits "http://host/path?query#place", or from the path on, into path and query.
static void split_url(const char *url, char path[SHOP_PATH_MAX], char query[LIVE_URL_MAX]) {
    const char *host = strstr(url, "://");
    if (host) url = host + 3 + strcspn(host + 3, "/?#");
    size_t len = strcspn(url, "?#");
    snprintf(path, SHOP_PATH_MAX, "%.*s", (int)(len < SHOP_PATH_MAX ? len : SHOP_PATH_MAX - 1), url);
    const char *at = url[len] == '?' ? url + len + 1 : "";
    len = strcspn(at, "#");
    snprintf(query, LIVE_URL_MAX, "%.*s", (int)(len < LIVE_URL_MAX ? len : LIVE_URL_MAX - 1), at);
}

static const char *wanted_url(const struct phx_message *message) {
    const char *url = ll_json_string(ll_json_get(message->payload, "redirect"), NULL);
    return url ? url : ll_json_string(ll_json_get(message->payload, "url"), "");
}

const struct live_view *live_channel_wanted(const struct phx_message *message) {
    char path[SHOP_PATH_MAX], query[LIVE_URL_MAX];
    split_url(wanted_url(message), path, query);
    return live_view_find(path);
}

// --- calling the view ---

static struct live_tree *newest(struct live_channel *channel) {
    return &channel->trees[channel->newest];
}

static void render(struct live_channel *channel) {
    channel->newest = !channel->newest;
    live_tree_clear(newest(channel));
    channel->view->render(&channel->page, channel->state, newest(channel));
}

static void call_params(struct live_channel *channel, const char *url) {
    char path[SHOP_PATH_MAX], query[LIVE_URL_MAX];
    split_url(url, path, query);
    if (channel->view->params) channel->view->params(&channel->page, channel->state, query);
}

// What every call starts with: the session, and nowhere to go.
static bool begin_call(struct live_channel *channel) {
    channel->page.session = store_session(&channel->page.shop->store, channel->session_id);
    channel->page.move = LIVE_STAY;
    ll_buf_clear(&channel->page.events);
    return channel->page.session != NULL;
}

// --- what is said ---

static void send(const struct live_outlet *outlet, struct ll_buf *message) {
    outlet->send(outlet->arg, *message);
}

static void write_move(const struct live_page *page, struct ll_json_writer *json) {
    ll_json_write_string(json, "to", page->to);
    ll_json_write_string(json, "kind", page->replaces ? "replace" : "push");
    if (page->move == LIVE_NAVIGATE && *page->flash) ll_json_write_string(json, "flash", page->flash);
}

static const char *move_name(enum live_move move) {
    switch (move) {
    case LIVE_STAY:
        return NULL;
    case LIVE_PATCH:
        return "live_patch";
    case LIVE_NAVIGATE:
        return "live_redirect";
    case LIVE_REDIRECT:
        return "redirect";
    }
    return NULL;
}

static void write_move_member(const struct live_page *page, struct ll_json_writer *json) {
    ll_json_begin_object(json, move_name(page->move));
    write_move(page, json);
    ll_json_end_object(json);
}

// The title, when it changed, and the events of live_push.
static void write_extras(struct live_channel *channel, struct ll_json_writer *json) {
    struct live_page *page = &channel->page;
    if (strcmp(channel->sent_title, page->title) != 0) {
        ll_json_write_string(json, "t", page->title);
        snprintf(channel->sent_title, sizeof channel->sent_title, "%s", page->title);
    }
    if (page->events.len > 0) {
        ll_json_begin_array(json, "e");
        ll_json_write_raw(json, NULL, ll_buf_str(&page->events));
        ll_json_end_array(json);
    }
}

// Renders, and appends the members of a diff to the open object.
static void write_diff(struct live_channel *channel, struct ll_json_writer *json) {
    const struct live_tree *before = newest(channel);
    render(channel);
    live_tree_diff(before, newest(channel), json);
    write_extras(channel, json);
}

// The diff as JSON, "{}" when nothing changed.
static struct ll_buf make_diff(struct live_channel *channel) {
    struct ll_buf diff = ll_buf_make(LIVE_MESSAGE_MAX);
    struct ll_json_writer json = ll_json_writer_make(&diff);
    ll_json_begin_object(&json, NULL);
    write_diff(channel, &json);
    ll_json_end_object(&json);
    return diff;
}

void live_channel_bye(const struct live_channel *channel, const char *event, const struct live_outlet *outlet) {
    struct ll_buf message = ll_buf_make(LIVE_MESSAGE_MAX);
    phx_push(&message, channel->join_ref, channel->join_ref, channel->topic, event, "{}");
    send(outlet, &message);
}

// --- join ---

static void refuse(const struct phx_message *join, const char *reason, const struct live_outlet *outlet) {
    struct ll_buf message = ll_buf_make(LIVE_MESSAGE_MAX);
    phx_reply(&message, join, "error", reason);
    send(outlet, &message);
}

// The element's data-phx-session is "LIVE_SESSION:CSRF", as live_page.c wrote it.
static const char *reason_to_refuse(const struct phx_message *join, const struct session *session,
                                    const struct live_view *view) {
    const char *token = ll_json_string(ll_json_get(join->payload, "session"), "");
    const char *colon = strchr(token, ':');
    if (!colon || !session || strcmp(colon + 1, session->csrf) != 0) return "stale";
    if (!view || strncmp(token, view->live_session, (size_t)(colon - token)) != 0 ||
        view->live_session[colon - token] != '\0')
        return "unauthorized";
    return NULL;
}

static void read_flash(const struct phx_message *join, struct live_page *page) {
    bool is_first = ll_json_number(ll_json_get(ll_json_get(join->payload, "params"), "_mounts"), 0) == 0;
    const char *flash = ll_json_string(ll_json_get(join->payload, "flash"), NULL);
    if (!flash && is_first && !ll_json_string(ll_json_get(join->payload, "redirect"), NULL))
        flash = ll_json_string(ll_json_get(join->payload, "static"), NULL);
    if (flash && is_first) live_flash(page, flash);
}

static struct live_channel *make_channel(struct shop *shop, const char *session_id, const struct phx_message *join,
                                         const struct live_view *view) {
    struct live_channel *channel = ll_alloc(1, sizeof *channel);
    snprintf(channel->topic, sizeof channel->topic, "%s", join->topic);
    snprintf(channel->join_ref, sizeof channel->join_ref, "%s", join->join_ref ? join->join_ref : "");
    snprintf(channel->session_id, sizeof channel->session_id, "%s", session_id);
    channel->view = view;
    channel->state = ll_alloc(1, view->state_size);
    channel->page = (struct live_page){.shop = shop, .is_connected = true, .events = ll_buf_make(LIVE_EVENTS_MAX)};
    live_title(&channel->page, view->title);
    return channel;
}

static void write_rendered(struct live_channel *channel, struct ll_json_writer *json) {
    ll_json_begin_object(json, "rendered");
    live_tree_write(newest(channel), json);
    write_extras(channel, json);
    ll_json_end_object(json);
    ll_json_write_string(json, "liveview_version", SHOP_LIVE_VIEW_VERSION);
    if (channel->page.move == LIVE_PATCH) write_move_member(&channel->page, json);
}

struct live_channel *live_channel_join(struct shop *shop, const char *session_id, const struct phx_message *join,
                                       const struct live_outlet *outlet) {
    const struct live_view *view = live_channel_wanted(join);
    const char *reason = reason_to_refuse(join, store_session(&shop->store, session_id), view);
    if (reason) {
        refuse(join, reason, outlet);
        return NULL;
    }
    struct live_channel *channel = make_channel(shop, session_id, join, view);
    struct live_page *page = &channel->page;
    begin_call(channel);
    read_flash(join, page);
    if (view->mount) view->mount(page, channel->state);
    if (page->move == LIVE_STAY) call_params(channel, wanted_url(join));
    if (page->move == LIVE_PATCH) call_params(channel, page->to);
    struct ll_buf message = ll_buf_make(LIVE_MESSAGE_MAX);
    if (page->move > LIVE_PATCH) {
        struct ll_json_writer json = phx_begin_reply(&message, join, "error");
        write_move_member(page, &json);
        phx_end_reply(&json);
        live_channel_free(&channel);
    } else {
        render(channel);
        struct ll_json_writer json = phx_begin_reply(&message, join, "ok");
        write_rendered(channel, &json);
        phx_end_reply(&json);
    }
    send(outlet, &message);
    return channel;
}

void live_channel_free(struct live_channel **slot) {
    struct live_channel *channel = *slot;
    if (!channel) return;
    if (channel->view->leave) channel->view->leave(&channel->page, channel->state);
    live_tree_fini(&channel->trees[0]);
    live_tree_fini(&channel->trees[1]);
    ll_buf_fini(&channel->page.events);
    free(channel->state);
    free(channel);
    *slot = NULL;
}

// --- messages ---

static bool answer_with_diff(struct live_channel *channel, const struct phx_message *message,
                             const struct live_outlet *outlet) {
    const struct live_page *page = &channel->page;
    struct ll_buf answer = ll_buf_make(LIVE_MESSAGE_MAX);
    struct ll_json_writer json = phx_begin_reply(&answer, message, "ok");
    if (page->move == LIVE_PATCH) call_params(channel, page->to);
    if (page->move <= LIVE_PATCH) {
        struct ll_buf diff = make_diff(channel);
        if (diff.len > 2) ll_json_write_raw(&json, "diff", ll_buf_str(&diff));
        ll_buf_fini(&diff);
    }
    if (page->move != LIVE_STAY) write_move_member(page, &json);
    phx_end_reply(&json);
    send(outlet, &answer);
    return page->move != LIVE_REDIRECT;
}

static bool answer_event(struct live_channel *channel, const struct phx_message *message,
                         const struct live_outlet *outlet) {
    const ll_json *value = ll_json_get(message->payload, "value");
    struct live_event event = {
        .name = ll_json_string(ll_json_get(message->payload, "event"), ""),
        .value = ll_json_is_object(value) ? value : NULL,
        .form = ll_json_string(value, ""),
    };
    if (channel->view->event) channel->view->event(&channel->page, channel->state, &event);
    return answer_with_diff(channel, message, outlet);
}

static bool answer_patch(struct live_channel *channel, const struct phx_message *message,
                         const struct live_outlet *outlet) {
    if (live_channel_wanted(message) == channel->view) {
        call_params(channel, wanted_url(message));
        return answer_with_diff(channel, message, outlet);
    }
    struct ll_buf answer = ll_buf_make(LIVE_MESSAGE_MAX); // another view: the client navigates to it
    struct ll_json_writer json = phx_begin_reply(&answer, message, "ok");
    ll_json_write_bool(&json, "link_redirect", true);
    phx_end_reply(&json);
    send(outlet, &answer);
    return true;
}

bool live_channel_message(struct live_channel *channel, const struct phx_message *message,
                          const struct live_outlet *outlet) {
    if (!begin_call(channel)) return false;
    if (strcmp(message->event, "event") == 0) return answer_event(channel, message, outlet);
    if (strcmp(message->event, "live_patch") == 0) return answer_patch(channel, message, outlet);
    refuse(message, "the shop's views do not answer to this", outlet);
    return true;
}

static void push(const struct live_channel *channel, const char *event, const struct ll_buf *payload,
                 const struct live_outlet *outlet) {
    struct ll_buf message = ll_buf_make(LIVE_MESSAGE_MAX);
    phx_push(&message, channel->join_ref, NULL, channel->topic, event, ll_buf_str(payload));
    send(outlet, &message);
}

static void push_diff(struct live_channel *channel, const struct live_outlet *outlet) {
    struct ll_buf diff = make_diff(channel);
    if (diff.len > 2) push(channel, "diff", &diff, outlet);
    ll_buf_fini(&diff);
}

static void push_move(const struct live_channel *channel, const struct live_outlet *outlet) {
    struct ll_buf payload = ll_buf_make(LIVE_MESSAGE_MAX);
    struct ll_json_writer json = ll_json_writer_make(&payload);
    ll_json_begin_object(&json, NULL);
    write_move(&channel->page, &json);
    ll_json_end_object(&json);
    push(channel, move_name(channel->page.move), &payload, outlet);
    ll_buf_fini(&payload);
}

static bool say_news(struct live_channel *channel, const struct live_outlet *outlet) {
    struct live_page *page = &channel->page;
    if (page->move == LIVE_PATCH) call_params(channel, page->to);
    if (page->move <= LIVE_PATCH) push_diff(channel, outlet);
    if (page->move != LIVE_STAY) push_move(channel, outlet);
    return page->move != LIVE_REDIRECT;
}

bool live_channel_tick(struct live_channel *channel, const struct live_outlet *outlet) {
    if (!begin_call(channel)) return false;
    if (channel->view->tick) channel->view->tick(&channel->page, channel->state);
    return say_news(channel, outlet);
}

bool live_channel_refresh(struct live_channel *channel, const struct live_outlet *outlet) {
    return begin_call(channel) && say_news(channel, outlet);
}
