// What a live view rendered: templates, which never change, and the values in their holes, which do. And what
// LiveView's client is told of it: all of it once, then only the values that changed.
//
// A tree is built top down: live_begin takes a template, whose holes "{}" are then filled in order by live_text,
// live_begin…live_end, or live_begin_list…live_end_list; live_end asserts that all are filled. A template is known by
// its address. Entries of a list have a key, by which they are found again when they move.
//
// The wire form is that of LiveView 1.1 and 1.2 (Phoenix.LiveView.Diff): {"0": value, …, "s": [statics]} for a node,
// with "r": 1 when it is one element and not the root, where "r" is a reply; {"s": […], "k": {"0": {…}, "kc": count}}
// for a list; in a diff without "s", and an entry that moved is its old place, or [old place, diff], with "km" beside
// the count.
//
// One owner. A tree's memory is reused when it is built anew.
#ifndef TOOLS_SHOP_LIVE_TREE_H
#define TOOLS_SHOP_LIVE_TREE_H

#include "libcommon/codec/json.h"

#include <stddef.h>
#include <stdint.h>

enum { LIVE_DEPTH_MAX = 8 };

struct live_template {
    const char *html; // with a hole "{}" for each value
    bool is_element;  // one element and nothing else: the client then leaves it alone when nothing in it changed
};

// A value in a hole: the one that is not NULL.
struct live_value {
    const char *html; // escaped
    struct live_node *node;
    struct live_list *list;
};

struct live_node {
    const struct live_template *template;
    size_t count;
    struct live_value values[];
};

struct live_list {
    const struct live_template *template; // of each entry
    size_t count, holes;
    struct live_entry {
        uint64_t key;
        struct live_value *values;
    } entries[];
};

struct live_block; // of memory

struct live_tree {
    struct live_node *root; // NULL until it is built
    struct live_block *blocks;
    struct live_open { // where the next value goes
        struct live_value *at, *end;
        struct live_list *list; // of an open list
        size_t entries;         // of it, so far
    } open[LIVE_DEPTH_MAX];
    size_t depth;
};

// A tree starts zeroed.
void live_tree_fini(struct live_tree *tree);
// Empties it for the next rendering.
void live_tree_clear(struct live_tree *tree);

void live_begin(struct live_tree *tree, const struct live_template *template);
void live_end(struct live_tree *tree);
// A value: text to be escaped, printf-style text without markup, a number.
void live_text(struct live_tree *tree, const char *text);
void live_print(struct live_tree *tree, const char *format, ...) __attribute__((format(printf, 2, 3)));
// A list of exactly `count` entries: live_entry before the values of each.
void live_begin_list(struct live_tree *tree, const struct live_template *template, size_t count);
void live_entry(struct live_tree *tree, uint64_t key);
void live_end_list(struct live_tree *tree);

// All of it as HTML.
void live_tree_html(const struct live_tree *tree, struct ll_buf *out);
// All of it as members of the object that is open in `json`.
void live_tree_write(const struct live_tree *tree, struct ll_json_writer *json);
// What is different in `after`, likewise: nothing when nothing is. Both are built, by any template.
void live_tree_diff(const struct live_tree *before, const struct live_tree *after, struct ll_json_writer *json);

#endif
