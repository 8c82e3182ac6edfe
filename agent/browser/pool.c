// Several browsers behind one connection: for machines where one Chromium's own main thread would be busy before the
// processors are (docs/DENSITY.md). Pages go to the members in turn and stay there; each member restarts its browser
// by itself.
#include "agent/browser/connection.h"

#include "libcommon/base/alloc.h"

#include <stdio.h>
#include <stdlib.h>

struct pool {
    struct ll_connection base;
    struct ll_connection_ops ops; // covers what its members do
    void *owner;
    void (*on_ready)(void *owner, ll_err err);
    void (*on_stopped)(void *owner);
    struct ll_connection *members[LL_BROWSERS_MAX];
    uint32_t count, ready, stopped;
    uint32_t next; // member that gets the next page
    bool told_ready;
    char description[160];
};

static struct pool *of(struct ll_connection *base) {
    return (struct pool *)base;
}

// The first that fails speaks for all: they are the same program.
static void on_member_ready(void *owner, ll_err err) {
    struct pool *pool = owner;
    pool->ready++;
    if (pool->told_ready || (err.status == LL_OK && pool->ready < pool->count)) return;
    pool->told_ready = true;
    snprintf(pool->description, sizeof pool->description, "%u x %s", pool->count,
             pool->members[0]->ops->describe(pool->members[0]));
    pool->on_ready(pool->owner, err);
}

static void on_member_stopped(void *owner) {
    struct pool *pool = owner;
    if (++pool->stopped == pool->count) pool->on_stopped(pool->owner);
}

static void pool_start(struct ll_connection *base) {
    for (uint32_t i = 0; i < of(base)->count; i++) of(base)->members[i]->ops->start(of(base)->members[i]);
}

static const char *pool_describe(struct ll_connection *base) {
    return of(base)->description;
}

static struct ll_page *pool_page_open(struct ll_connection *base, const struct ll_context_options *options,
                                      struct ll_page_events events) {
    struct ll_connection *member = of(base)->members[of(base)->next++ % of(base)->count];
    return member->ops->page_open(member, options, events);
}

// A page is its member's own.
static void pool_page_renew(struct ll_page *page) {
    page->connection->ops->page_renew(page);
}

static void pool_perform(struct ll_page *page, const struct ll_action *action) {
    page->connection->ops->perform(page, action);
}

static void pool_perform_cancel(struct ll_page *page) {
    page->connection->ops->perform_cancel(page);
}

static void pool_capture(struct ll_page *page, const struct ll_capture_request *request) {
    page->connection->ops->capture(page, request);
}

static bool pool_page_rest(struct ll_page *page) {
    return page->connection->ops->page_rest(page);
}

static void pool_page_close(struct ll_page *page) {
    page->connection->ops->page_close(page);
}

static bool pool_is_parting(const struct ll_connection *base) {
    const struct pool *pool = (const struct pool *)base;
    for (uint32_t i = 0; i < pool->count; i++)
        if (pool->members[i]->ops->is_parting(pool->members[i])) return true;
    return false;
}

static void pool_stop(struct ll_connection *base) {
    of(base)->told_ready = true; // nobody waits for it any more
    for (uint32_t i = 0; i < of(base)->count; i++) of(base)->members[i]->ops->stop(of(base)->members[i]);
}

static void pool_fini(struct ll_connection *base) {
    for (uint32_t i = 0; i < of(base)->count; i++) of(base)->members[i]->ops->fini(of(base)->members[i]);
    free(of(base));
}

static const struct ll_connection_ops pool_ops = {
    .start = pool_start,
    .describe = pool_describe,
    .page_open = pool_page_open,
    .page_renew = pool_page_renew,
    .perform = pool_perform,
    .perform_cancel = pool_perform_cancel,
    .capture = pool_capture,
    .page_rest = pool_page_rest,
    .page_close = pool_page_close,
    .is_parting = pool_is_parting,
    .stop = pool_stop,
    .fini = pool_fini,
};

ll_err ll_pool_connection_open(const struct ll_connection_options *options, struct ll_connection **out) {
    struct pool *pool = ll_alloc(1, sizeof *pool);
    pool->ops = pool_ops;
    pool->base.ops = &pool->ops;
    pool->owner = options->owner;
    pool->on_ready = options->on_ready;
    pool->on_stopped = options->on_stopped;
    struct ll_connection_options mine = *options;
    mine.owner = pool;
    mine.on_ready = on_member_ready;
    mine.on_stopped = on_member_stopped;
    for (; pool->count < options->launch.browsers; pool->count++) {
        ll_err err = ll_cdp_connection_open(&mine, &pool->members[pool->count]);
        if (err.status == LL_OK) continue;
        pool_fini(&pool->base);
        return err;
    }
    pool->ops.name = pool->members[0]->ops->name;
    pool->ops.covers = pool->members[0]->ops->covers;
    *out = &pool->base;
    return LL_SUCCESS;
}
