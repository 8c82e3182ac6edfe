#include "agent/telemetry/parcels.h"

#include "libcommon/base/alloc.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct ll_parcels *parcels;

static void start(void) {
    parcels = ll_parcels_new("3fa9c2d10b", 2, "web");
}

static void finish(void) {
    ll_parcels_free(&parcels);
}

TestSuite(parcels, .init = start, .fini = finish);

static bool put(const char *what, size_t len) {
    struct ll_artifact about = {.kind = LL_ARTIFACT_PAGE};
    struct ll_buf bytes = ll_buf_make(LL_ARTIFACT_BYTES_MAX);
    char *content = ll_alloc(len, 1);
    memset(content, 'x', len);
    ll_buf_append(&bytes, content, len);
    free(content);
    ll_parcels_name(parcels, what, "html", about.name);
    return ll_parcels_put(parcels, &about, &bytes);
}

// "NAME OFFSET LENGTH" of the next piece, with "!" when it is the last.
static char *next(void) {
    static char words[256];
    struct ll_send_artifact_request request;
    if (!ll_parcels_next(parcels, &request)) return "nothing";
    snprintf(words, sizeof words, "%s %d %d%s", request.about.name, (int)request.offset, (int)request.chunk.len,
             request.about.is_whole ? "!" : "");
    return words;
}

Test(parcels, a_file_goes_in_pieces_and_is_gone) {
    cr_expect(eq(str, next(), "nothing"));
    cr_expect(put("page", LL_ARTIFACT_CHUNK_BYTES + 10));
    cr_expect(eq(str, next(), "3fa9c2d1-2-web-1-page.html 0 262144"));
    cr_expect(eq(str, next(), "3fa9c2d1-2-web-1-page.html 0 262144"), "until it has arrived");
    ll_parcels_arrived(parcels, LL_ARTIFACT_CHUNK_BYTES);
    cr_expect(eq(str, next(), "3fa9c2d1-2-web-1-page.html 262144 10!"));
    ll_parcels_arrived(parcels, LL_ARTIFACT_CHUNK_BYTES + 10);
    cr_expect(ll_parcels_are_empty(parcels));
    cr_expect(eq(u32, ll_parcels_take_dropped(parcels), 0));
}

Test(parcels, the_log_grows_while_it_is_sent) {
    ll_parcels_log(parcels, "one");
    cr_expect(put("page", 5));
    cr_expect(eq(str, next(), "3fa9c2d1-2-web.log 0 4"));
    ll_parcels_log(parcels, "two");
    ll_parcels_arrived(parcels, 4);
    cr_expect(eq(str, next(), "3fa9c2d1-2-web.log 4 4"));
    ll_parcels_arrived(parcels, 8);
    cr_expect(eq(str, next(), "3fa9c2d1-2-web-1-page.html 0 5!"));
    ll_parcels_arrived(parcels, 5);
    cr_expect(ll_parcels_are_empty(parcels));
    ll_parcels_close_log(parcels);
    ll_parcels_log(parcels, "too late");
    cr_expect(eq(str, next(), "3fa9c2d1-2-web.log 8 0!"));
    ll_parcels_arrived(parcels, 8);
    cr_expect(ll_parcels_are_empty(parcels));
}

Test(parcels, a_log_that_nobody_wrote_is_no_file) {
    ll_parcels_close_log(parcels);
    cr_expect(ll_parcels_are_empty(parcels));
}

Test(parcels, the_log_is_bounded_and_says_so) {
    char line[1000];
    memset(line, 'y', sizeof line);
    line[sizeof line - 1] = '\0';
    for (int i = 0; i < LL_PARCELS_LOG_MAX / 900; i++) ll_parcels_log(parcels, line);
    struct ll_send_artifact_request request;
    uint64_t total = 0;
    char end[64] = "";
    while (ll_parcels_next(parcels, &request)) {
        size_t tail = request.chunk.len < sizeof end - 1 ? request.chunk.len : sizeof end - 1;
        snprintf(end, sizeof end, "%.*s", (int)tail, (const char *)request.chunk.data + request.chunk.len - tail);
        ll_parcels_arrived(parcels, total += request.chunk.len);
    }
    cr_expect(le(u64, total, LL_PARCELS_LOG_MAX));
    cr_expect(gt(u64, total, LL_PARCELS_LOG_MAX - 2000));
    cr_expect_not_null(strstr(end, "The log is full: what comes after this is left out.\n"));
}

Test(parcels, what_has_no_room_is_dropped_and_counted) {
    int kept = 0;
    while (put("page", 1024 * 1024)) kept++;
    cr_expect(eq(int, kept, LL_PARCELS_BYTES_MAX / (1024 * 1024)));
    cr_expect(eq(u32, ll_parcels_take_dropped(parcels), 1));
    cr_expect(eq(u32, ll_parcels_take_dropped(parcels), 0));
}

Test(parcels, a_refused_file_makes_way_for_the_next) {
    cr_expect(put("a", 5));
    cr_expect(put("b", 5));
    cr_expect(eq(str, next(), "3fa9c2d1-2-web-1-a.html 0 5!"));
    ll_parcels_refused(parcels);
    cr_expect(eq(str, next(), "3fa9c2d1-2-web-2-b.html 0 5!"));
    ll_parcels_give_up(parcels);
    cr_expect(eq(str, next(), "nothing"));
    cr_expect(not(put("c", 5)));
    cr_expect(eq(u32, ll_parcels_take_dropped(parcels), 3));
}
