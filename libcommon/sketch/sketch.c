// The store is one dense array over a window of bin numbers. A sample inside the window is one increment. One outside
// moves the window: it grows by doubling while it may, and at LL_SKETCH_BINS_MAX it follows the highest bin and
// gathers all that falls out below into its lowest bin. Where the window ends up depends only on the highest bin ever
// seen, so the order of samples and merges does not change the result.
#include "libcommon/sketch/sketch.h"

#include "libcommon/base/alloc.h"
#include "libcommon/sketch/mapping.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 32 };

struct ll_sketch ll_sketch_make(void) {
    return (struct ll_sketch){0};
}

void ll_sketch_fini(struct ll_sketch *sketch) {
    free(sketch->counts);
    *sketch = ll_sketch_make();
}

void ll_sketch_clear(struct ll_sketch *sketch) {
    if (sketch->total > sketch->zero_count) memset(sketch->counts, 0, sketch->capacity * sizeof *sketch->counts);
    sketch->total = sketch->zero_count = 0;
    sketch->min = sketch->max = sketch->sum = 0;
}

// The lowest and highest bins that hold something. False when none does.
static bool occupied_range(const struct ll_sketch *sketch, int32_t *out_low, int32_t *out_high) {
    if (sketch->total == sketch->zero_count) return false;
    uint32_t low = 0, high = sketch->capacity - 1;
    while (sketch->counts[low] == 0) low++;
    while (sketch->counts[high] == 0) high--;
    *out_low = sketch->first_index + (int32_t)low;
    *out_high = sketch->first_index + (int32_t)high;
    return true;
}

// Puts the bins into a window of `capacity` bins that starts at `first_index` and reaches at least to the highest
// occupied bin; what lies below it goes into its lowest bin.
static void move_window(struct ll_sketch *sketch, int32_t first_index, uint32_t capacity) {
    uint64_t *counts = ll_alloc(capacity, sizeof *counts);
    int32_t low, high;
    if (occupied_range(sketch, &low, &high)) {
        for (int32_t index = low; index <= high; index++)
            counts[index < first_index ? 0 : index - first_index] += sketch->counts[index - sketch->first_index];
    }
    free(sketch->counts);
    sketch->counts = counts;
    sketch->first_index = first_index;
    sketch->capacity = capacity;
}

static bool window_covers(const struct ll_sketch *sketch, int32_t low, int32_t high) {
    return low >= sketch->first_index && high < sketch->first_index + (int32_t)sketch->capacity;
}

// Makes the window cover bins `low` to `high` besides all that is occupied, as far as LL_SKETCH_BINS_MAX allows.
static void cover(struct ll_sketch *sketch, int32_t low, int32_t high) {
    int32_t occupied_low, occupied_high;
    bool was_empty = true, grows_down = false;
    if (occupied_range(sketch, &occupied_low, &occupied_high)) {
        was_empty = false;
        grows_down = low < occupied_low;
        if (occupied_low < low) low = occupied_low;
        if (occupied_high > high) high = occupied_high;
    }
    if (high - low >= LL_SKETCH_BINS_MAX) low = high - LL_SKETCH_BINS_MAX + 1;
    if (window_covers(sketch, low, high)) return;
    uint32_t wanted = (uint32_t)(high - low + 1), capacity = sketch->capacity ? sketch->capacity : FIRST_CAPACITY;
    while (capacity < wanted) capacity *= 2;
    int32_t spare = (int32_t)(capacity - wanted); // goes to the side that is growing, so that growing is rare
    move_window(sketch, low - (was_empty ? spare / 2 : grows_down ? spare : 0), capacity);
}

// The bin's place in the window, which moves to have it. Below a full window all bins are its lowest.
static uint64_t *bin_at(struct ll_sketch *sketch, int32_t index) {
    uint32_t place = (uint32_t)(index - sketch->first_index);
    if (place >= sketch->capacity) {
        bool window_is_full = sketch->capacity == LL_SKETCH_BINS_MAX && sketch->counts[LL_SKETCH_BINS_MAX - 1] > 0;
        if (!window_is_full || index > sketch->first_index) cover(sketch, index, index);
        place = index < sketch->first_index ? 0 : (uint32_t)(index - sketch->first_index);
    }
    return &sketch->counts[place];
}

// Values as they are counted; see the header.
static double clean(double value) {
    if (!(value > 0)) return 0;
    return value > LL_SKETCH_VALUE_MAX ? LL_SKETCH_VALUE_MAX : value;
}

// Not inlined, so that ll_sketch_add stays small.
__attribute__((noinline)) void ll_sketch_add_many(struct ll_sketch *sketch, double value, uint64_t count) {
    if (count > UINT64_MAX - sketch->total) count = UINT64_MAX - sketch->total;
    if (count == 0) return;
    value = clean(value);
    if (value < LL_SKETCH_VALUE_MIN)
        sketch->zero_count += count;
    else
        *bin_at(sketch, ll_mapping_index(value)) += count;
    if (sketch->total == 0)
        sketch->min = sketch->max = value;
    else if (value < sketch->min)
        sketch->min = value;
    else if (value > sketch->max)
        sketch->max = value;
    sketch->total += count;
    sketch->sum += value * (double)count;
}

void ll_sketch_add(struct ll_sketch *sketch, double value) {
    // Between the extremes so far, and so an ordinary number in a sketch that is not empty: nearly always.
    if (value >= sketch->min && value <= sketch->max && value >= LL_SKETCH_VALUE_MIN && sketch->total < UINT64_MAX) {
        uint32_t place = (uint32_t)(ll_mapping_index(value) - sketch->first_index);
        if (place < sketch->capacity) {
            sketch->counts[place]++;
            sketch->total++;
            sketch->sum += value;
            return;
        }
    }
    ll_sketch_add_many(sketch, value, 1);
}

void ll_sketch_add_bin(struct ll_sketch *sketch, int32_t index, uint64_t count) {
    if (count > UINT64_MAX - sketch->total) count = UINT64_MAX - sketch->total;
    if (count == 0) return;
    if (index < LL_MAPPING_INDEX_MIN) index = LL_MAPPING_INDEX_MIN;
    if (index > LL_MAPPING_INDEX_MAX) index = LL_MAPPING_INDEX_MAX;
    *bin_at(sketch, index) += count;
    sketch->total += count;
}

void ll_sketch_set_extremes(struct ll_sketch *sketch, double min, double max, double sum) {
    sketch->min = clean(min);
    sketch->max = fmax(clean(max), sketch->min);
    double largest_sum = (double)sketch->total * LL_SKETCH_VALUE_MAX;
    sketch->sum = isfinite(sum) && sum > 0 ? fmin(sum, largest_sum) : 0;
}

// Adds the bins from `low` to `high`, both occupied, of a sketch whose total still fits.
static void merge_bins(struct ll_sketch *into, const struct ll_sketch *from, int32_t low, int32_t high) {
    if (!window_covers(into, low, high)) cover(into, low, high);
    for (; low < into->first_index && low <= high; low++) into->counts[0] += from->counts[low - from->first_index];
    if (low > high) return;
    uint64_t *to = into->counts + (low - into->first_index);
    const uint64_t *bins = from->counts + (low - from->first_index);
    for (int32_t i = 0; i <= high - low; i++) to[i] += bins[i];
}

static void add_one_bin(void *arg, int32_t index, uint64_t count) {
    ll_sketch_add_bin(arg, index, count);
}

void ll_sketch_merge(struct ll_sketch *into, const struct ll_sketch *from) {
    assert(into != from);
    if (from->total == 0) return;
    bool was_empty = into->total == 0;
    int32_t low, high;
    if (from->total > UINT64_MAX - into->total) { // more samples than can be counted: bin by bin, up to the limit
        uint64_t zeros = from->zero_count, room = UINT64_MAX - into->total;
        if (zeros > room) zeros = room;
        into->zero_count += zeros;
        into->total += zeros;
        ll_sketch_each_bin(from, add_one_bin, into);
    } else {
        if (occupied_range(from, &low, &high)) merge_bins(into, from, low, high);
        into->zero_count += from->zero_count;
        into->total += from->total;
    }
    if (was_empty || from->min < into->min) into->min = from->min;
    if (was_empty || from->max > into->max) into->max = from->max;
    into->sum += from->sum;
}

void ll_sketch_copy(struct ll_sketch *into, const struct ll_sketch *from) {
    ll_sketch_clear(into);
    ll_sketch_merge(into, from);
}

void ll_sketch_each_bin(const struct ll_sketch *sketch, void (*visit)(void *arg, int32_t index, uint64_t count),
                        void *arg) {
    int32_t low, high;
    if (!occupied_range(sketch, &low, &high)) return;
    for (int32_t index = low; index <= high; index++) {
        uint64_t count = sketch->counts[index - sketch->first_index];
        if (count > 0) visit(arg, index, count);
    }
}
