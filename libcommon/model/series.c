// A set is one table of labels per metric: a hash from label to series for the recorder, and the same series in byte
// order for readers. The label "" has a pointer of its own, since most records go there.
//
// The limit. A metric holds LL_LABELS_MAX labels beside "" and "other". A new label past that goes to "other", and
// label_overflow counts its samples, whether they came one by one or in a merge. What already is in "other" merges
// into "other" without being counted again, so the sum over label_overflow says how many samples "other" holds by
// folding, however many sets were merged on the way.
//
// Places that are kept. A reserved label is no part of that limit, and stays however long it is empty, so that nothing
// that came before it takes its place. Sets that are made of what others sent have room for those as well, since they
// do not know which they are: whoever merges such a set into its own knows.
//
// Who makes room. A set that is cleared bucket by bucket must not give its places for ever to labels that were seen
// once: a label that stayed empty from one clear to the next has lost its claim, and a new label takes its place
// once the limit is reached. Labels in use, "" and "other" never go. A set that is never cleared, such as the merged
// one, never lets a label go.
#include "libcommon/model/series.h"

#include "libcommon/base/alloc.h"
#include "libcommon/base/text.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

// Labels are short and at most a few hundred to a table, so a cheap hash of eight bytes at a time beats uthash's own.
#define HASH_FUNCTION(key, len, hash) ((hash) = hash_label((const char *)(key), (len)))
#define uthash_malloc(size) ll_alloc(1, size)
static unsigned hash_label(const char *label, size_t len);
#include <uthash.h>

#define OTHER "other"

struct entry {
    struct ll_series series;
    UT_hash_handle hh;
    bool was_idle; // had nothing in it at the last clear
    bool is_reserved;
    char label[];
};

struct table {              // of one metric
    struct entry *plain;    // the one with label "", or NULL
    struct entry *by_label; // uthash, all but `plain`
    struct entry **sorted;  // all, by label
    unsigned count, capacity;
    unsigned limited; // those that labels_max limits
    unsigned reserved;
    bool may_have_idles; // a search for an idle one is worth it
};

struct ll_series_set {
    struct table tables[LL_METRICS_COUNT];
    unsigned labels_max;
};

struct ll_series_set *ll_series_set_new(void) {
    struct ll_series_set *set = ll_alloc(1, sizeof *set);
    set->labels_max = LL_LABELS_MAX;
    return set;
}

struct ll_series_set *ll_series_set_new_wide(void) {
    struct ll_series_set *set = ll_series_set_new();
    set->labels_max = LL_LABELS_MAX + LL_LABELS_RESERVED_MAX;
    return set;
}

void ll_series_set_free(struct ll_series_set **set) {
    if (!*set) return;
    for (unsigned metric = 0; metric < LL_METRICS_COUNT; metric++) {
        struct table *table = &(*set)->tables[metric];
        HASH_CLEAR(hh, table->by_label);
        for (unsigned i = 0; i < table->count; i++) {
            ll_sketch_fini(&table->sorted[i]->series.sketch);
            free(table->sorted[i]);
        }
        free(table->sorted);
    }
    free(*set);
    *set = NULL;
}

static bool is_empty(const struct ll_series *series) {
    return series->count == 0 && series->sketch.total == 0;
}

void ll_series_set_clear(struct ll_series_set *set) {
    for (unsigned metric = 0; metric < LL_METRICS_COUNT; metric++) {
        struct table *table = &set->tables[metric];
        table->may_have_idles = false;
        for (unsigned i = 0; i < table->count; i++) {
            struct entry *entry = table->sorted[i];
            entry->was_idle = is_empty(&entry->series);
            table->may_have_idles |= entry->was_idle;
            if (entry->series.sketch.total) ll_sketch_clear(&entry->series.sketch);
            entry->series.count = entry->series.began_us = 0;
        }
    }
}

static unsigned hash_label(const char *label, size_t len) {
    static const uint64_t odd = 0x9E3779B97F4A7C15u;
    uint64_t hash = len;
    for (; len >= 8; label += 8, len -= 8) {
        uint64_t word;
        memcpy(&word, label, 8);
        hash = (hash ^ word) * odd;
        hash ^= hash >> 32;
    }
    uint64_t rest = 0;
    for (; len > 0; label++, len--) rest = rest << 8 | (unsigned char)*label;
    hash = (hash ^ rest) * odd;
    return (unsigned)(hash >> 32);
}

// The length to which a label counts: over-long ones are cut, between UTF-8 characters.
static size_t label_length(const char *label) {
    size_t len = strnlen(label, LL_LABEL_BYTES_MAX + 1);
    if (len <= LL_LABEL_BYTES_MAX) return len;
    size_t cut = ll_text_cut(label, len, LL_LABEL_BYTES_MAX);
    // A label of nothing but continuation bytes is no text: cut it anywhere.
    return cut > 0 ? cut : LL_LABEL_BYTES_MAX;
}

static struct entry *find(const struct table *table, const char *label, size_t len) {
    if (len == 0) return table->plain;
    struct entry *entry = NULL;
    HASH_FIND(hh, table->by_label, label, len, entry);
    return entry;
}

static bool is_limited(const char *label) {
    return *label && strcmp(label, OTHER) != 0;
}

// Where `label` is among the sorted, or would be put.
static unsigned sorted_position(const struct table *table, const char *label) {
    unsigned low = 0, high = table->count;
    while (low < high) {
        unsigned middle = (low + high) / 2;
        if (strcmp(table->sorted[middle]->label, label) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct entry *add(struct table *table, enum ll_metric metric, const char *label, size_t len) {
    assert(table->count < LL_SERIES_OF_METRIC_MAX);
    struct entry *entry = ll_alloc(1, sizeof *entry + len + 1);
    if (len > 0) memcpy(entry->label, label, len);
    entry->series = (struct ll_series){.metric = metric, .label = entry->label, .sketch = ll_sketch_make()};
    if (table->count == table->capacity) {
        table->capacity = table->capacity ? table->capacity * 2 : 4;
        table->sorted = ll_realloc(table->sorted, table->capacity, sizeof *table->sorted);
    }
    unsigned at = sorted_position(table, entry->label);
    memmove(table->sorted + at + 1, table->sorted + at, (table->count - at) * sizeof *table->sorted);
    table->sorted[at] = entry;
    table->count++;
    table->limited += is_limited(entry->label);
    if (len > 0)
        HASH_ADD_KEYPTR(hh, table->by_label, entry->label, len, entry);
    else
        table->plain = entry;
    return entry;
}

static void drop(struct table *table, unsigned at) {
    struct entry *entry = table->sorted[at];
    HASH_DEL(table->by_label, entry);
    table->count--;
    table->limited--;
    memmove(table->sorted + at, table->sorted + at + 1, (table->count - at) * sizeof *table->sorted);
    ll_sketch_fini(&entry->series.sketch);
    free(entry);
}

// Lets one label go that was idle for a whole bucket and still is; false when there is none.
static bool make_room(struct table *table) {
    if (!table->may_have_idles) return false;
    for (unsigned i = 0; i < table->count; i++) {
        const struct entry *entry = table->sorted[i];
        if (!entry->was_idle || !is_empty(&entry->series) || entry->is_reserved || !is_limited(entry->label)) continue;
        drop(table, i);
        return true;
    }
    table->may_have_idles = false;
    return false;
}

static struct entry *ensure_slowly(struct ll_series_set *set, enum ll_metric metric, const char *label, size_t len) {
    struct table *table = &set->tables[metric];
    bool is_other = len == strlen(OTHER) && memcmp(label, OTHER, len) == 0;
    if (len == 0 || is_other || table->limited < set->labels_max || make_room(table))
        return add(table, metric, label, len);
    struct entry *other = find(table, OTHER, strlen(OTHER));
    return other ? other : add(table, metric, OTHER, strlen(OTHER));
}

static inline struct entry *ensure(struct ll_series_set *set, enum ll_metric metric, const char *label, size_t len) {
    assert((unsigned)metric < LL_METRICS_COUNT);
    struct entry *entry = find(&set->tables[metric], label, len);
    return entry ? entry : ensure_slowly(set, metric, label, len);
}

void ll_series_reserve(struct ll_series_set *set, enum ll_metric metric, const char *label) {
    struct table *table = &set->tables[metric];
    size_t len = label_length(label);
    if (!is_limited(label) || table->reserved == LL_LABELS_RESERVED_MAX) return;
    struct entry *entry = find(table, label, len);
    if (!entry) entry = add(table, metric, label, len);
    if (entry->is_reserved) return;
    entry->is_reserved = true;
    table->reserved++;
    table->limited--;
}

struct ll_series_set *ll_series_set_new_like(const struct ll_series_set *other) {
    struct ll_series_set *set = ll_series_set_new();
    for (unsigned metric = 0; metric < LL_METRICS_COUNT; metric++) {
        const struct table *table = &other->tables[metric];
        for (unsigned i = 0; table->reserved && i < table->count; i++)
            if (table->sorted[i]->is_reserved) ll_series_reserve(set, (enum ll_metric)metric, table->sorted[i]->label);
    }
    return set;
}

// The earlier of two beginnings, where 0 is none.
static uint64_t earlier(uint64_t a, uint64_t b) {
    return a == 0 || (b != 0 && b < a) ? b : a;
}

void ll_series_note_began(struct ll_series_set *set, enum ll_metric metric, const char *label, uint64_t at_us) {
    struct entry *entry = find(&set->tables[metric], label, label_length(label));
    if (!entry) entry = find(&set->tables[metric], OTHER, strlen(OTHER));
    if (entry && !is_empty(&entry->series)) entry->series.began_us = earlier(entry->series.began_us, at_us);
}

// `samples` are about to go to `entry` under `label`: counts them when that means folding.
static inline void note_overflow(struct ll_series_set *set, const struct entry *entry, const char *label, size_t len,
                                 uint64_t samples) {
    if (entry->hh.keylen == len) {
        // Only "other" takes in other labels, and only one of its own length needs a closer look.
        if (len != strlen(OTHER) || memcmp(entry->label, label, len) == 0) return;
    }
    ensure(set, LL_METRIC_LABEL_OVERFLOW, "", 0)->series.count += samples;
}

void ll_series_record(struct ll_series_set *set, enum ll_metric metric, const char *label, double value) {
    assert(ll_metric_info(metric)->kind == LL_KIND_HISTOGRAM);
    if (!label) label = "";
    size_t len = label_length(label);
    struct entry *entry = ensure(set, metric, label, len);
    note_overflow(set, entry, label, len, 1);
    ll_sketch_add(&entry->series.sketch, value);
}

void ll_series_count(struct ll_series_set *set, enum ll_metric metric, const char *label, uint64_t n) {
    assert(ll_metric_info(metric)->kind == LL_KIND_COUNTER);
    if (!label) label = "";
    size_t len = label_length(label);
    struct entry *entry = ensure(set, metric, label, len);
    note_overflow(set, entry, label, len, n);
    entry->series.count += n;
}

void ll_series_set_merge(struct ll_series_set *into, const struct ll_series_set *from) {
    assert(into != from);
    size_t position = 0;
    for (const struct ll_series *series; (series = ll_series_next(from, &position));) {
        size_t len = strlen(series->label);
        struct entry *entry = ensure(into, series->metric, series->label, len);
        note_overflow(into, entry, series->label, len, series->count + series->sketch.total);
        entry->series.count += series->count;
        ll_sketch_merge(&entry->series.sketch, &series->sketch);
        entry->series.began_us = earlier(entry->series.began_us, series->began_us);
    }
}

const struct ll_series *ll_series_find(const struct ll_series_set *set, enum ll_metric metric, const char *label) {
    assert((unsigned)metric < LL_METRICS_COUNT);
    if (!label) label = "";
    const struct entry *entry = find(&set->tables[metric], label, label_length(label));
    return entry && !is_empty(&entry->series) ? &entry->series : NULL;
}

struct ll_series *ll_series_ensure(struct ll_series_set *set, enum ll_metric metric, const char *label) {
    if (!label) label = "";
    return &ensure(set, metric, label, label_length(label))->series;
}

uint64_t ll_series_total(const struct ll_series_set *set, enum ll_metric metric) {
    assert((unsigned)metric < LL_METRICS_COUNT);
    const struct table *table = &set->tables[metric];
    uint64_t total = 0;
    for (unsigned i = 0; i < table->count; i++)
        total += table->sorted[i]->series.count + table->sorted[i]->series.sketch.total;
    return total;
}

void ll_series_aggregate(const struct ll_series_set *set, enum ll_metric metric, struct ll_sketch *into) {
    assert((unsigned)metric < LL_METRICS_COUNT);
    const struct table *table = &set->tables[metric];
    for (unsigned i = 0; i < table->count; i++) ll_sketch_merge(into, &table->sorted[i]->series.sketch);
}

static int by_beginning(const void *left, const void *right) {
    const struct ll_series *a = *(const struct ll_series *const *)left, *b = *(const struct ll_series *const *)right;
    uint64_t began_a = a->began_us - 1, began_b = b->began_us - 1; // unknown, 0, is the latest
    if (began_a != began_b) return began_a < began_b ? -1 : 1;
    return strcmp(a->label, b->label);
}

size_t ll_series_in_order(const struct ll_series_set *set, enum ll_metric metric,
                          const struct ll_series *out[LL_SERIES_OF_METRIC_MAX]) {
    const struct table *table = &set->tables[metric];
    size_t count = 0;
    for (unsigned i = 0; i < table->count; i++)
        if (!is_empty(&table->sorted[i]->series)) out[count++] = &table->sorted[i]->series;
    if (count > 1) qsort(out, count, sizeof(const struct ll_series *), by_beginning);
    return count;
}

// A position is metric * LL_SERIES_OF_METRIC_MAX + place among the sorted.
const struct ll_series *ll_series_next(const struct ll_series_set *set, size_t *position) {
    size_t metric = *position / LL_SERIES_OF_METRIC_MAX, at = *position % LL_SERIES_OF_METRIC_MAX;
    for (; metric < LL_METRICS_COUNT; metric++, at = 0) {
        const struct table *table = &set->tables[metric];
        for (; at < table->count; at++) {
            if (is_empty(&table->sorted[at]->series)) continue;
            *position = metric * LL_SERIES_OF_METRIC_MAX + at + 1;
            return &table->sorted[at]->series;
        }
    }
    *position = LL_METRICS_COUNT * LL_SERIES_OF_METRIC_MAX;
    return NULL;
}
