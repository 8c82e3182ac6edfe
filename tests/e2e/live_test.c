// A run on the shop's live pages: real Chromium users, LiveView's own client, and the scenario that the docs name.
#include "tests/support/scene.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>

static char *live_scenario(void) {
    const char *source = getenv("LIVELOAD_SOURCE");
    char *path = path_in(source ? source : ".", "tools/shop/live.lua"), *lua = file_read(path);
    cr_assert_not_null(lua, "%s cannot be read", path);
    free(path);
    return lua;
}

Test(live, users_of_live_pages_load_one_document_and_travel_on_its_socket) {
    char *lua = live_scenario();
    struct scene scene = scene_make(NULL, lua);
    int code = scene_run(&scene, "--users", "2", "--iterations", "4");
    cr_assert(scene_was_made(code), "%d: %s%s", code, scene.run->said, scene.run->complained);
    struct ll_result result = scene_result(&scene);
    cr_assert(eq(sz, result.scenario_count, 1));
    const struct ll_series_set *total = result.scenarios[0].total;
    cr_expect(eq(u64, ll_series_total(total, LL_METRIC_ITERATIONS_FAILED), 0));
    cr_expect(eq(u64, ll_series_total(total, LL_METRIC_ITERATIONS_COMPLETED), 4));
    cr_expect(eq(u64, ll_series_total(total, LL_METRIC_CHECKS_FAILED), 0));
    cr_expect(eq(u64, ll_series_total(total, LL_METRIC_CHECKS_PASSED), 16));
    cr_expect(eq(u64, ll_series_total(total, LL_METRIC_WEBSOCKET_OPENED), 4));
    // an iteration clicks one link that patches and three that navigate, and two buttons of which each does one of both
    uint64_t navigations = ll_series_total(total, LL_METRIC_LIVEVIEW_NAVIGATIONS);
    cr_expect(le(u64, navigations, 4 * 6));
    cr_expect(ge(u64, navigations, 4 * 6 - 2 * 2)); // what a page did just before its user ended may go untold
    cr_expect_not_null(ll_series_find(total, LL_METRIC_LIVEVIEW_LOADING_CLASS_DURATION, "phx-submit-loading"));
    const struct ll_series *documents = ll_series_find(total, LL_METRIC_HTTP_REQUEST_DURATION, "document");
    cr_assert_not_null(documents);
    cr_expect(eq(u64, documents->sketch.total, 4)); // of five pages an iteration, the others came over the socket
    ll_result_fini(&result);
    scene_free(&scene);
    free(lua);
}
