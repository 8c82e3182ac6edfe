#include "tools/shop/live_tree.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdarg.h>

static const struct live_template page = {.html = "<p>{}</p>{}<ul>{}</ul>"};
static const struct live_template note = {.html = "<b>{}</b>", .is_element = true};
static const struct live_template item = {.html = "<li id={}>{}</li>"};

struct shown { // what a view shows
    const char *text, *note;
    const char *items[8]; // "key" or "key=text"; ends with NULL
};

static struct live_tree build(struct shown shown) {
    struct live_tree tree = {0};
    size_t count = 0;
    while (shown.items[count]) count++;
    live_begin(&tree, &page);
    live_text(&tree, shown.text);
    if (shown.note) {
        live_begin(&tree, &note);
        live_text(&tree, shown.note);
        live_end(&tree);
    } else {
        live_text(&tree, "");
    }
    live_begin_list(&tree, &item, count);
    for (size_t i = 0; i < count; i++) {
        live_entry(&tree, (uint64_t)shown.items[i][0]);
        live_print(&tree, "%c", shown.items[i][0]);
        live_text(&tree, shown.items[i]);
    }
    live_end_list(&tree);
    live_end(&tree);
    return tree;
}

static void expect_json(void (*write)(const struct live_tree *, const struct live_tree *, struct ll_json_writer *),
                        struct shown before, struct shown after, const char *expected) {
    struct live_tree one = build(before), other = build(after);
    struct ll_buf out = ll_buf_make(10000);
    struct ll_json_writer json = ll_json_writer_make(&out);
    ll_json_begin_object(&json, NULL);
    write(&one, &other, &json);
    ll_json_end_object(&json);
    cr_expect(eq(str, (char *)ll_buf_str(&out), (char *)expected));
    ll_buf_fini(&out);
    live_tree_fini(&one);
    live_tree_fini(&other);
}

static void write_after(const struct live_tree *before, const struct live_tree *after, struct ll_json_writer *json) {
    (void)before;
    live_tree_write(after, json);
}

static void expect_whole(struct shown shown, const char *expected) {
    expect_json(write_after, shown, shown, expected);
}

static void expect_diff(struct shown before, struct shown after, const char *expected) {
    expect_json(live_tree_diff, before, after, expected);
}

Test(live_tree, the_whole_has_statics_and_values) {
    expect_whole((struct shown){"a<b", "n", {"x", "y", NULL}},
                 "{\"0\":\"a&lt;b\",\"1\":{\"0\":\"n\",\"s\":[\"<b>\",\"</b>\"],\"r\":1},"
                 "\"2\":{\"s\":[\"<li id=\",\">\",\"</li>\"],\"k\":{\"0\":{\"0\":\"x\",\"1\":\"x\"},"
                 "\"1\":{\"0\":\"y\",\"1\":\"y\"},\"kc\":2}},\"s\":[\"<p>\",\"</p>\",\"<ul>\",\"</ul>\"]}");
    expect_whole((struct shown){"", NULL, {NULL}},
                 "{\"0\":\"\",\"1\":\"\",\"2\":{\"s\":[\"<li id=\",\">\",\"</li>\"],\"k\":{\"kc\":0}},"
                 "\"s\":[\"<p>\",\"</p>\",\"<ul>\",\"</ul>\"]}");
}

Test(live_tree, html_is_the_same_in_one_piece) {
    struct live_tree tree = build((struct shown){"\"a\" & b", "n", {"x", "y=1", NULL}});
    struct ll_buf out = ll_buf_make(1000);
    live_tree_html(&tree, &out);
    cr_expect(eq(str, (char *)ll_buf_str(&out),
                 "<p>&quot;a&quot; &amp; b</p><b>n</b><ul><li id=x>x</li><li id=y>y=1</li></ul>"));
    ll_buf_fini(&out);
    live_tree_fini(&tree);
}

Test(live_tree, a_diff_has_what_changed_and_no_statics) {
    struct shown shown = {"a", "n", {"x", "y", NULL}};
    expect_diff(shown, shown, "{}");
    expect_diff(shown, (struct shown){"b", "n", {"x", "y", NULL}}, "{\"0\":\"b\"}");
    expect_diff(shown, (struct shown){"a", "m", {"x", "y", NULL}}, "{\"1\":{\"0\":\"m\"}}");
    expect_diff(shown, (struct shown){"a", "n", {"x", "y=2", NULL}},
                "{\"2\":{\"k\":{\"1\":{\"1\":\"y=2\"},\"kc\":2}}}");
}

Test(live_tree, what_comes_and_goes_brings_its_statics) {
    struct shown with = {"a", "n", {NULL}}, without = {"a", NULL, {NULL}};
    expect_diff(without, with, "{\"1\":{\"0\":\"n\",\"s\":[\"<b>\",\"</b>\"],\"r\":1}}");
    expect_diff(with, without, "{\"1\":\"\"}");
}

Test(live_tree, entries_are_known_by_their_keys) {
    struct shown two = {"", NULL, {"x", "y", NULL}};
    expect_diff(two, (struct shown){"", NULL, {"x", "y", "z", NULL}},
                "{\"2\":{\"k\":{\"2\":{\"0\":\"z\",\"1\":\"z\"},\"kc\":3}}}");
    expect_diff(two, (struct shown){"", NULL, {"x", NULL}}, "{\"2\":{\"k\":{\"kc\":1}}}");
    expect_diff(two, (struct shown){"", NULL, {"y", NULL}}, "{\"2\":{\"k\":{\"0\":1,\"kc\":1,\"km\":true}}}");
    expect_diff(two, (struct shown){"", NULL, {"y=1", "x", NULL}},
                "{\"2\":{\"k\":{\"0\":[1,{\"1\":\"y=1\"}],\"1\":0,\"kc\":2,\"km\":true}}}");
    expect_diff(two, (struct shown){"", NULL, {NULL}}, "{\"2\":{\"k\":{\"kc\":0}}}");
    expect_diff((struct shown){"", NULL, {NULL}}, two,
                "{\"2\":{\"k\":{\"0\":{\"0\":\"x\",\"1\":\"x\"},\"1\":{\"0\":\"y\",\"1\":\"y\"},\"kc\":2}}}");
}

Test(live_tree, another_template_at_the_root_is_told_whole) {
    struct live_tree before = build((struct shown){"a", NULL, {NULL}}), after = {0};
    struct ll_buf out = ll_buf_make(1000);
    struct ll_json_writer json = ll_json_writer_make(&out);
    live_begin(&after, &note);
    live_text(&after, "b");
    live_end(&after);
    ll_json_begin_object(&json, NULL);
    live_tree_diff(&before, &after, &json);
    ll_json_end_object(&json);
    // "r" at the root would be a reply to a hook
    cr_expect(eq(str, (char *)ll_buf_str(&out), "{\"0\":\"b\",\"s\":[\"<b>\",\"</b>\"]}"));
    ll_buf_fini(&out);
    live_tree_fini(&before);
    live_tree_fini(&after);
}

Test(live_tree, a_tree_that_is_built_anew_keeps_one_block_of_memory) {
    struct live_tree tree = {0};
    const struct live_block *first = NULL;
    for (int i = 0; i < 100; i++) {
        live_tree_clear(&tree);
        live_begin(&tree, &note);
        live_text(&tree, "text");
        live_end(&tree);
        if (i == 0) first = tree.blocks;
        cr_expect_eq(tree.blocks, first);
    }
    live_tree_fini(&tree);
}
