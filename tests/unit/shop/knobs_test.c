#include "tools/shop/knobs.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct knobs knobs;
static struct knob_cut last_cut;

static void on_cut(void *arg, const struct knob_cut *cut) {
    ++*(int *)arg;
    last_cut = *cut;
}

static void set_for(const char *text, const char *session_id) {
    ll_err err = knobs_set(&knobs, text, session_id);
    cr_assert_eq(err.status, LL_OK, "%s: %s", text, err.text);
}

static void expect_refused(const char *text, const char *sentence) {
    ll_err err = knobs_set(&knobs, text, "");
    cr_expect_neq(err.status, LL_OK, "%s", text);
    cr_expect(strstr(err.text, sentence) != NULL, "\"%s\" does not say \"%s\"", err.text, sentence);
}

static uint64_t latency(const char *path, const char *event, const char *session_id) {
    return knobs_draw(&knobs, path, event, session_id).latency_ms;
}

Test(knobs, a_request_and_an_event_have_knobs_of_their_own) {
    set_for("path=/live,latency=1s", "");
    set_for("path=/live,event=add,latency=2s", "");
    set_for("path=/live/rows,event=add,latency=3s", "");
    cr_expect_eq(latency("/live/products", "", "s"), 1000);
    cr_expect_eq(latency("/live/products", "add", "s"), 2000);
    cr_expect_eq(latency("/live/rows", "add", "s"), 3000);
    cr_expect_eq(latency("/live/rows", "turn", "s"), 0);
    cr_expect_eq(latency("/products", "", "s"), 0);
}

Test(knobs, somebodys_own_knob_goes_first_and_concerns_nobody_else) {
    set_for("path=/live/rows,event=add,latency=3s", "");
    set_for("mine=1&path=/live&event=add&latency=1s", "ada");
    set_for("mine=1&path=/live&event=add&latency=2s", "bob");
    cr_expect_eq(latency("/live/rows", "add", "ada"), 1000);
    cr_expect_eq(latency("/live/rows", "add", "bob"), 2000);
    cr_expect_eq(latency("/live/rows", "add", "eve"), 3000);
    set_for("mine=1&reset=1", "ada");
    cr_expect_eq(latency("/live/rows", "add", "ada"), 3000);
    cr_expect_eq(latency("/live/rows", "add", "bob"), 2000);
    set_for("reset=1", "ada");
    cr_expect_eq(knobs.count, 0);
}

Test(knobs, setting_one_again_replaces_it) {
    set_for("path=/live,event=add,latency=1s", "");
    set_for("path=/live,event=add,hang=1", "");
    cr_expect_eq(knobs.count, 1);
    cr_expect(knobs_draw(&knobs, "/live", "add", "").hang);
    cr_expect_eq(latency("/live", "add", ""), 0);
}

Test(knobs, a_cut_is_done_and_not_kept) {
    int cuts = 0;
    expect_refused("path=/live,disconnect=0", "for a shop that runs");
    knobs.on_cut = on_cut;
    knobs.arg = &cuts;
    set_for("path=/live,disconnect=500ms,refuse=2s", "");
    cr_expect_eq(cuts, 1);
    cr_expect(last_cut.disconnects);
    cr_expect_eq(last_cut.after_ms, 500);
    cr_expect_eq(last_cut.refuse_ms, 2000);
    cr_expect_str_eq(last_cut.path, "/live");
    cr_expect_str_eq(last_cut.session_id, "");
    set_for("mine=1,path=/live,refuse=1s", "ada");
    cr_expect_not(last_cut.disconnects);
    cr_expect_str_eq(last_cut.session_id, "ada");
    cr_expect_eq(knobs.count, 0);
}

Test(knobs, a_knob_that_cannot_be_says_why) {
    expect_refused("latency=1s", "takes a path");
    expect_refused("path=live", "starts with /");
    expect_refused("path=/live,event=", "name of one");
    expect_refused("path=/live,latency=soon", "soon");
    expect_refused("path=/live,fail=200%", "share");
    expect_refused("path=/live,colour=red", "no field \"colour\"");
    expect_refused("path=/live,mine=1,latency=1s", "from a page of the shop");
    expect_refused("path", "field=value");
    for (int i = 0; i < SHOP_KNOBS_MAX; i++) {
        char text[32];
        snprintf(text, sizeof text, "path=/%d,latency=1s", i);
        set_for(text, "");
    }
    expect_refused("path=/one-more,latency=1s", "already");
}
