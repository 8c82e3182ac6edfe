#include "agent/browser/cdp/popups.h"

#include "libcommon/base/alloc.h"
#include "libcommon/base/clock.h"

#include <stdlib.h>

static const int64_t looks_after_us[] = {50 * 1000, 1000 * 1000};
enum { LOOKS = sizeof looks_after_us / sizeof *looks_after_us };

struct ll_cdp_popups {
    struct ll_cdp_connection *connection;
    struct ll_timer *timer;
    size_t next_look; // LOOKS: none
};

static void look(void *arg);

struct ll_cdp_popups *ll_cdp_popups_new(struct ll_cdp_connection *connection) {
    struct ll_cdp_popups *popups = ll_alloc(1, sizeof *popups);
    popups->connection = connection;
    popups->timer = ll_timer_new(ll_cdp_connection_loop(connection), look, popups);
    popups->next_look = LOOKS;
    return popups;
}

void ll_cdp_popups_free(struct ll_cdp_popups **popups) {
    if (!*popups) return;
    ll_timer_free(&(*popups)->timer);
    free(*popups);
    *popups = NULL;
}

void ll_cdp_popups_expect(struct ll_cdp_popups *popups) {
    if (popups->next_look == 0) return; // a look is near already
    popups->next_look = 0;
    ll_timer_set(popups->timer, ll_clock_us() + looks_after_us[0]);
}

void ll_cdp_popups_reset(struct ll_cdp_popups *popups) {
    popups->next_look = LOOKS;
    ll_timer_cancel(popups->timer);
}

// Whether the target shares a user's context without being the user's page.
static bool is_popup(struct ll_cdp_popups *popups, const struct ll_slice *target, const struct ll_slice *context) {
    const struct ll_cdp_page *page = ll_cdp_connection_page_of_context(popups->connection, *context);
    return page && page->tab->target[0] && !ll_scan_is_string(*target, page->tab->target);
}

static void on_targets(void *arg, const struct ll_cdp_answer *answer) {
    struct ll_cdp_popups *popups = arg;
    struct ll_cdp_client *client = ll_cdp_connection_client(popups->connection);
    struct ll_slice targets = ll_scan_get(answer->result, "targetInfos"), info;
    for (size_t i = 0; (info = ll_scan_item(targets, i)).len; i++) {
        static const char *const keys[] = {"targetId", "browserContextId", "type"};
        struct ll_slice values[3];
        ll_scan_members(info, keys, values, 3);
        if (!ll_scan_is_string(values[2], "page") || !is_popup(popups, &values[0], &values[1])) continue;
        ll_buf_printf(ll_cdp_begin(client, "", "Target.closeTarget"), "{\"targetId\":%.*s}", (int)values[0].len,
                      values[0].at);
        ll_cdp_end(client, NULL, NULL);
    }
}

static void look(void *arg) {
    struct ll_cdp_popups *popups = arg;
    ll_cdp_call(ll_cdp_connection_client(popups->connection), "", "Target.getTargets", "{}", on_targets, popups);
    if (++popups->next_look < LOOKS) ll_timer_set(popups->timer, ll_clock_us() + looks_after_us[popups->next_look]);
}
