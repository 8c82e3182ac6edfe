// A tree lives in blocks of memory that only ever fill: values are small and all die together.
#include "tools/shop/live_tree.h"

#include "libcommon/base/alloc.h"
#include "tools/shop/form.h"

#include <assert.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_BYTES = 64 * 1024, PRINTED_MAX = 128, ESCAPED_MAX = 64 * 1024, INDEX_MAX = 24 };

struct live_block {
    struct live_block *next;
    size_t used, size;
    alignas(max_align_t) unsigned char bytes[];
};

static void *take(struct live_tree *tree, size_t size) {
    size = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    if (!tree->blocks || tree->blocks->size - tree->blocks->used < size) {
        size_t room = size > BLOCK_BYTES ? size : BLOCK_BYTES;
        struct live_block *block = ll_alloc(1, sizeof *block + room);
        block->size = room;
        block->next = tree->blocks;
        tree->blocks = block;
    }
    void *taken = tree->blocks->bytes + tree->blocks->used;
    tree->blocks->used += size;
    return memset(taken, 0, size);
}

static const char *take_text(struct live_tree *tree, const char *text, size_t len) {
    return memcpy(take(tree, len + 1), text, len); // what was taken is zeroed
}

static void free_blocks(struct live_block *block) {
    while (block) {
        struct live_block *next = block->next;
        free(block);
        block = next;
    }
}

void live_tree_fini(struct live_tree *tree) {
    free_blocks(tree->blocks);
    *tree = (struct live_tree){0};
}

void live_tree_clear(struct live_tree *tree) {
    if (tree->blocks) {
        free_blocks(tree->blocks->next);
        tree->blocks->next = NULL;
        tree->blocks->used = 0;
    }
    *tree = (struct live_tree){.blocks = tree->blocks};
}

// --- building ---

static size_t count_holes(const struct live_template *template) {
    size_t holes = 0;
    for (const char *at = template->html; (at = strstr(at, "{}")); at += 2) holes++;
    return holes;
}

static struct live_value *next_value(struct live_tree *tree) {
    assert(tree->depth > 0);
    struct live_open *open = &tree->open[tree->depth - 1];
    assert(open->at < open->end); // more values than the template has holes
    return open->at++;
}

static struct live_open *open_level(struct live_tree *tree) {
    assert(tree->depth < LIVE_DEPTH_MAX);
    return memset(&tree->open[tree->depth++], 0, sizeof *tree->open);
}

void live_begin(struct live_tree *tree, const struct live_template *template) {
    size_t count = count_holes(template);
    struct live_node *node = take(tree, sizeof *node + count * sizeof *node->values);
    node->template = template;
    node->count = count;
    if (tree->depth > 0) {
        next_value(tree)->node = node;
    } else {
        assert(!tree->root);
        tree->root = node;
    }
    struct live_open *open = open_level(tree);
    open->at = node->values;
    open->end = node->values + count;
}

void live_end(struct live_tree *tree) {
    assert(tree->depth > 0);
    const struct live_open *open = &tree->open[--tree->depth];
    assert(!open->list && open->at == open->end); // fewer values than the template has holes
}

void live_text(struct live_tree *tree, const char *text) {
    struct live_value *value = next_value(tree);
    if (!strpbrk(text, "<>&\"")) {
        value->html = take_text(tree, text, strlen(text));
        return;
    }
    struct ll_buf escaped = ll_buf_make(ESCAPED_MAX);
    form_escape(&escaped, text);
    value->html = take_text(tree, ll_buf_str(&escaped), escaped.len);
    ll_buf_fini(&escaped);
}

void live_print(struct live_tree *tree, const char *format, ...) {
    char printed[PRINTED_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(printed, sizeof printed, format, args);
    va_end(args);
    live_text(tree, printed);
}

void live_begin_list(struct live_tree *tree, const struct live_template *template, size_t count) {
    struct live_list *list = take(tree, sizeof *list + count * sizeof *list->entries);
    list->template = template;
    list->count = count;
    list->holes = count_holes(template);
    struct live_value *values = take(tree, count * list->holes * sizeof *values);
    for (size_t i = 0; i < count; i++) list->entries[i].values = values + i * list->holes;
    next_value(tree)->list = list;
    open_level(tree)->list = list;
}

void live_entry(struct live_tree *tree, uint64_t key) {
    assert(tree->depth > 0);
    struct live_open *open = &tree->open[tree->depth - 1];
    assert(open->list && open->entries < open->list->count && open->at == open->end);
    struct live_entry *entry = &open->list->entries[open->entries++];
    entry->key = key;
    open->at = entry->values;
    open->end = entry->values + open->list->holes;
}

void live_end_list(struct live_tree *tree) {
    assert(tree->depth > 0);
    const struct live_open *open = &tree->open[--tree->depth];
    assert(open->list && open->entries == open->list->count && open->at == open->end);
}

// --- the whole ---

static void html_of(const struct live_value *value, struct ll_buf *out);

static void html_of_template(const struct live_template *template, const struct live_value *values,
                             struct ll_buf *out) {
    const char *from = template->html;
    for (const char *hole; (hole = strstr(from, "{}")); from = hole + 2) {
        ll_buf_append(out, from, (size_t)(hole - from));
        html_of(values++, out);
    }
    ll_buf_text(out, from);
}

static void html_of(const struct live_value *value, struct ll_buf *out) {
    if (value->html) ll_buf_text(out, value->html);
    if (value->node) html_of_template(value->node->template, value->node->values, out);
    for (size_t i = 0; value->list && i < value->list->count; i++)
        html_of_template(value->list->template, value->list->entries[i].values, out);
}

void live_tree_html(const struct live_tree *tree, struct ll_buf *out) {
    assert(tree->root && tree->depth == 0);
    html_of_template(tree->root->template, tree->root->values, out);
}

static const char *index_key(size_t index, char out[INDEX_MAX]) {
    snprintf(out, INDEX_MAX, "%zu", index);
    return out;
}

static void write_statics(const struct live_template *template, struct ll_json_writer *json) {
    const char *from = template->html;
    ll_json_begin_array(json, "s");
    for (const char *hole; (hole = strstr(from, "{}")); from = hole + 2)
        ll_json_write_text(json, NULL, from, (size_t)(hole - from));
    ll_json_write_string(json, NULL, from);
    ll_json_end_array(json);
}

static void write_value(const struct live_value *value, struct ll_json_writer *json, size_t index);

static void write_values(const struct live_value *values, size_t count, struct ll_json_writer *json) {
    for (size_t i = 0; i < count; i++) write_value(&values[i], json, i);
}

static void write_list(const struct live_list *list, struct ll_json_writer *json, const char *key) {
    char name[INDEX_MAX];
    ll_json_begin_object(json, key);
    write_statics(list->template, json);
    ll_json_begin_object(json, "k");
    for (size_t i = 0; i < list->count; i++) {
        ll_json_begin_object(json, index_key(i, name));
        write_values(list->entries[i].values, list->holes, json);
        ll_json_end_object(json);
    }
    ll_json_write_int(json, "kc", (int64_t)list->count);
    ll_json_end_object(json);
    ll_json_end_object(json);
}

static void write_value(const struct live_value *value, struct ll_json_writer *json, size_t index) {
    char name[INDEX_MAX];
    index_key(index, name);
    if (value->list) {
        write_list(value->list, json, name);
    } else if (value->node) {
        ll_json_begin_object(json, name);
        write_values(value->node->values, value->node->count, json);
        write_statics(value->node->template, json);
        if (value->node->template->is_element) ll_json_write_int(json, "r", 1);
        ll_json_end_object(json);
    } else {
        ll_json_write_string(json, name, value->html);
    }
}

void live_tree_write(const struct live_tree *tree, struct ll_json_writer *json) {
    assert(tree->root && tree->depth == 0);
    write_values(tree->root->values, tree->root->count, json);
    write_statics(tree->root->template, json);
}

// --- what changed ---

static bool is_same(const struct live_value *a, const struct live_value *b);

static bool are_same(const struct live_value *a, const struct live_value *b, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (!is_same(&a[i], &b[i])) return false;
    return true;
}

static bool is_same(const struct live_value *a, const struct live_value *b) {
    if (a->html && b->html) return strcmp(a->html, b->html) == 0;
    if (a->node && b->node)
        return a->node->template == b->node->template && are_same(a->node->values, b->node->values, a->node->count);
    if (!a->list || !b->list || a->list->template != b->list->template || a->list->count != b->list->count)
        return false;
    for (size_t i = 0; i < a->list->count; i++) {
        const struct live_entry *one = &a->list->entries[i], *other = &b->list->entries[i];
        if (one->key != other->key || !are_same(one->values, other->values, a->list->holes)) return false;
    }
    return true;
}

static void diff_values(const struct live_value *before, const struct live_value *after, size_t count,
                        struct ll_json_writer *json);

// The place of `key`, or the list's count. Looked for from `hint` on to both sides: what moves mostly moves together,
// in the same order or the other way round.
static size_t find_entry(const struct live_list *list, uint64_t key, size_t hint) {
    for (size_t away = 0; away <= list->count; away++) {
        if (hint + away < list->count && list->entries[hint + away].key == key) return hint + away;
        if (away <= hint && hint - away < list->count && list->entries[hint - away].key == key) return hint - away;
    }
    return list->count;
}

static bool diff_entry(const struct live_list *before, const struct live_entry *entry, size_t at, size_t old,
                       struct ll_json_writer *json) {
    char name[INDEX_MAX];
    index_key(at, name);
    if (old == before->count) { // a new one
        ll_json_begin_object(json, name);
        write_values(entry->values, before->holes, json);
        ll_json_end_object(json);
        return false;
    }
    const struct live_value *values = before->entries[old].values;
    bool has_changed = !are_same(values, entry->values, before->holes), has_moved = old != at;
    if (has_moved && !has_changed) ll_json_write_int(json, name, (int64_t)old);
    if (!has_changed) return has_moved;
    if (has_moved) {
        ll_json_begin_array(json, name);
        ll_json_write_int(json, NULL, (int64_t)old);
    }
    ll_json_begin_object(json, has_moved ? NULL : name);
    diff_values(values, entry->values, before->holes, json);
    ll_json_end_object(json);
    if (has_moved) ll_json_end_array(json);
    return has_moved;
}

static void diff_list(const struct live_list *before, const struct live_list *after, struct ll_json_writer *json,
                      const char *key) {
    bool any_moved = false;
    size_t hint = 0;
    ll_json_begin_object(json, key);
    ll_json_begin_object(json, "k");
    for (size_t i = 0; i < after->count; i++) {
        size_t old = find_entry(before, after->entries[i].key, hint);
        if (diff_entry(before, &after->entries[i], i, old, json)) any_moved = true;
        if (old < before->count) hint = old;
    }
    ll_json_write_int(json, "kc", (int64_t)after->count);
    if (any_moved) ll_json_write_bool(json, "km", true);
    ll_json_end_object(json);
    ll_json_end_object(json);
}

static void diff_values(const struct live_value *before, const struct live_value *after, size_t count,
                        struct ll_json_writer *json) {
    char name[INDEX_MAX];
    for (size_t i = 0; i < count; i++) {
        const struct live_value *a = &before[i], *b = &after[i];
        if (is_same(a, b)) continue;
        index_key(i, name);
        if (a->node && b->node && a->node->template == b->node->template) {
            ll_json_begin_object(json, name);
            diff_values(a->node->values, b->node->values, a->node->count, json);
            ll_json_end_object(json);
        } else if (a->list && b->list && a->list->template == b->list->template) {
            diff_list(a->list, b->list, json, name);
        } else {
            write_value(b, json, i);
        }
    }
}

void live_tree_diff(const struct live_tree *before, const struct live_tree *after, struct ll_json_writer *json) {
    assert(before->root && after->root && after->depth == 0);
    if (before->root->template == after->root->template)
        diff_values(before->root->values, after->root->values, after->root->count, json);
    else
        live_tree_write(after, json);
}
