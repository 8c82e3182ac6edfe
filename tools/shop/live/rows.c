// /live/rows?rows=1000&every=100&change=1000: a long table of which `change` rows are different `every` so many
// milliseconds; 0 leaves it still. A click on a row marks it, and "turn" turns the order of the rows round.
#include "tools/shop/form.h"
#include "tools/shop/live_view.h"

#include <stdlib.h>
#include <string.h>

enum { ROWS_MAX = 5000, ROWS = 1000 };

struct rows {
    unsigned count, change, ticks, marked;
    bool is_turned;
};

static const struct live_template page_template = {
    .html = "<p>Tick <b id=ticks>{}</b> <button id=turn phx-click=turn>Turn round</button></p>"
            "<table><tbody id=rows>{}</tbody></table>"};
static const struct live_template row_template = {
    .html = "<tr id=\"row-{}\" class=\"{}\"><td>Item {}</td><td class=stock>{}</td>"
            "<td><button phx-click=mark phx-value-row=\"{}\">Mark</button></td></tr>"};

static void params(struct live_page *page, void *state, const char *query) {
    struct rows *rows = state;
    rows->count = form_number(query, "rows", ROWS, ROWS_MAX);
    rows->change = form_number(query, "change", rows->count, ROWS_MAX);
    live_tick_every(page, query, 0);
}

static void event(struct live_page *page, void *state, const struct live_event *event) {
    struct rows *rows = state;
    (void)page;
    if (strcmp(event->name, "turn") == 0) rows->is_turned = !rows->is_turned;
    if (strcmp(event->name, "mark") == 0) rows->marked = (unsigned)strtoul(live_value(event, "row"), NULL, 10);
}

static void tick(struct live_page *page, void *state) {
    struct rows *rows = state;
    (void)page;
    rows->ticks++;
}

// Rows change in turn, `change` of them a tick: how often row `row` (from 1) has changed.
static unsigned times_changed(const struct rows *rows, unsigned row) {
    uint64_t changes = (uint64_t)rows->ticks * (rows->change < rows->count ? rows->change : rows->count);
    return (unsigned)(changes / rows->count + (row <= changes % rows->count));
}

static void render(const struct live_page *page, const void *state, struct live_tree *tree) {
    const struct rows *rows = state;
    (void)page;
    live_begin(tree, &page_template);
    live_print(tree, "%u", rows->ticks);
    live_begin_list(tree, &row_template, rows->count);
    for (unsigned i = 1; i <= rows->count; i++) {
        unsigned row = rows->is_turned ? rows->count + 1 - i : i;
        live_entry(tree, row);
        live_print(tree, "%u", row);
        live_text(tree, row == rows->marked ? "marked" : "");
        live_print(tree, "%u", row);
        live_print(tree, "%u", 1000 + row + times_changed(rows, row));
        live_print(tree, "%u", row);
    }
    live_end_list(tree);
    live_end(tree);
}

const struct live_view live_rows = {
    .path = "/live/rows",
    .title = "Rows",
    .live_session = "shop",
    .state_size = sizeof(struct rows),
    .params = params,
    .event = event,
    .tick = tick,
    .render = render,
};
