// A set of series: every (metric, dimension value) with its sketch or count. The one structure that the recorder
// fills, snapshots carry, the coordinator merges and results hold; one merge function serves them all.
//
// One owner, no locks. A metric has at most LL_LABELS_MAX dimension values; the rest fold into "other", and
// label_overflow counts each sample folded. Labels that a threshold names have places of their own, beside those
// (ll_series_reserve). Labels longer than LL_LABEL_BYTES_MAX are cut at a character boundary.
#ifndef LIBCOMMON_MODEL_SERIES_H
#define LIBCOMMON_MODEL_SERIES_H

#include "libcommon/model/metric.h"
#include "libcommon/sketch/sketch.h"

#include <stddef.h>
#include <stdint.h>

enum {
    LL_LABELS_MAX = 200,
    LL_LABELS_RESERVED_MAX = 400, // of a metric: two for each threshold that a run may have
    LL_LABEL_BYTES_MAX = 200,
    LL_SERIES_OF_METRIC_MAX = LL_LABELS_MAX + LL_LABELS_RESERVED_MAX + 2, // with "" and "other"
};

struct ll_series {
    enum ll_metric metric;
    const char *label;       // "" where the metric has no dimension; owned by the set
    struct ll_sketch sketch; // histograms
    uint64_t count;          // counters
    uint64_t began_us;       // when it first began, from the run's start; at least 1, and 0 where that is not known
};

struct ll_series_set;

struct ll_series_set *ll_series_set_new(void);
// One with the reserved labels of another.
struct ll_series_set *ll_series_set_new_like(const struct ll_series_set *other);
// One with room for as many labels as may be in a set with reserved ones, whichever they are: for readers of the wire.
struct ll_series_set *ll_series_set_new_wide(void);
void ll_series_set_free(struct ll_series_set **set);
// Sets all values back to nothing and keeps the memory for the next bucket.
void ll_series_set_clear(struct ll_series_set *set);

// Keeps a place for the label, so that it never folds into "other". At most LL_LABELS_RESERVED_MAX of a metric; further
// ones are like any other.
void ll_series_reserve(struct ll_series_set *set, enum ll_metric metric, const char *label);

// One sample of a histogram, in the metric's unit. `label` NULL means "".
void ll_series_record(struct ll_series_set *set, enum ll_metric metric, const char *label, double value);
// `n` more of a counter.
void ll_series_count(struct ll_series_set *set, enum ll_metric metric, const char *label, uint64_t n);

// What is under this label began at `at_us`, from the run's start, or before. Nothing where the label has no samples.
void ll_series_note_began(struct ll_series_set *set, enum ll_metric metric, const char *label, uint64_t at_us);

// Adds all of `from` to `into`, with the label limit of `into`.
void ll_series_set_merge(struct ll_series_set *into, const struct ll_series_set *from);

// The series, or NULL when nothing was recorded there.
const struct ll_series *ll_series_find(const struct ll_series_set *set, enum ll_metric metric, const char *label);
// The series to fill, made when missing (folded into "other" past the limit): for readers of the wire.
struct ll_series *ll_series_ensure(struct ll_series_set *set, enum ll_metric metric, const char *label);

// Sum or merge over all labels of a metric: the "aggregate" of reports. The sketch is the caller's, made empty.
uint64_t ll_series_total(const struct ll_series_set *set, enum ll_metric metric);
void ll_series_aggregate(const struct ll_series_set *set, enum ll_metric metric, struct ll_sketch *into);

// Walks all series with something in them, by metric, then by label in byte order. `*position` starts as 0;
// NULL ends. The set must not change meanwhile.
const struct ll_series *ll_series_next(const struct ll_series_set *set, size_t *position);

// The series of one metric in the order of their first beginnings, as people met them; those of which none is known
// come last, and ties go by label. Returns how many there are.
size_t ll_series_in_order(const struct ll_series_set *set, enum ll_metric metric,
                          const struct ll_series *out[LL_SERIES_OF_METRIC_MAX]);

#endif
