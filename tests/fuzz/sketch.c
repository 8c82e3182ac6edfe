// Bins from the wire: fill a sketch, read its bins into another, compare; no sample may get lost on the way.
#include "libcommon/sketch/curve.h"

#include "tests/fuzz/fuzz.h"

struct reader {
    const uint8_t *at;
    size_t left;
};

static uint64_t read_number(struct reader *reader, size_t bytes) {
    uint64_t number = 0;
    if (bytes > reader->left) bytes = reader->left;
    if (bytes) memcpy(&number, reader->at, bytes);
    reader->at += bytes;
    reader->left -= bytes;
    return number;
}

static double read_double(struct reader *reader) {
    uint64_t bits = read_number(reader, sizeof bits);
    double number;
    memcpy(&number, &bits, sizeof number);
    return number;
}

static struct ll_sketch read_sketch(struct reader *reader, size_t length) {
    struct ll_sketch sketch = ll_sketch_make();
    struct reader part = {reader->at, length < reader->left ? length : reader->left};
    reader->at += part.left;
    reader->left -= part.left;
    double min = read_double(&part), max = read_double(&part), sum = read_double(&part);
    while (part.left > 0) {
        switch (read_number(&part, 1) % 4) {
        case 0:
            ll_sketch_add(&sketch, read_double(&part));
            break;
        case 1:
            ll_sketch_add_bin(&sketch, (int32_t)read_number(&part, 4), read_number(&part, 8));
            break;
        case 2:
            ll_sketch_add_bin(&sketch, (int16_t)read_number(&part, 2), read_number(&part, 1));
            break;
        case 3:
            ll_sketch_add_many(&sketch, read_double(&part), read_number(&part, 8));
            break;
        }
    }
    ll_sketch_set_extremes(&sketch, min, max, sum);
    return sketch;
}

static void check(const struct ll_sketch *sketch) {
    uint64_t total = sketch->zero_count;
    for (uint32_t i = 0; i < sketch->capacity; i++) total += sketch->counts[i];
    assert(total == sketch->total && sketch->capacity <= LL_SKETCH_BINS_MAX);
    struct ll_curve curve;
    ll_curve_from_sketch(sketch, &curve);
    for (int i = 0; i < LL_CURVE_POINTS; i++) {
        assert(curve.values[i] >= 0 && curve.values[i] <= LL_SKETCH_VALUE_MAX);
        assert(i == 0 || curve.values[i] >= curve.values[i - 1]);
        assert(curve.values[i] == ll_sketch_quantile(sketch, i / 100.0));
    }
}

static void add_bin(void *arg, int32_t index, uint64_t count) {
    ll_sketch_add_bin(arg, index, count);
}

static void expect_same(const struct ll_sketch *a, const struct ll_sketch *b) {
    struct ll_curve curves[2];
    memset(curves, 0, sizeof curves);
    ll_curve_from_sketch(a, &curves[0]);
    ll_curve_from_sketch(b, &curves[1]);
    assert(memcmp(&curves[0], &curves[1], sizeof curves[0]) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    struct reader reader = {data, len};
    struct ll_sketch a = read_sketch(&reader, len / 2), b = read_sketch(&reader, len), copy = ll_sketch_make();
    check(&a), check(&b);
    ll_sketch_each_bin(&a, add_bin, &copy);
    ll_sketch_add_many(&copy, 0, a.zero_count);
    ll_sketch_set_extremes(&copy, a.min, a.max, a.sum);
    expect_same(&a, &copy);
    uint64_t both = a.total + b.total < a.total ? UINT64_MAX : a.total + b.total;
    ll_sketch_merge(&a, &b);
    assert(a.total == both);
    check(&a);
    ll_sketch_merge(&b, &copy); // the other way round, unless the count stopped at its limit
    if (both < UINT64_MAX) {
        b.sum = a.sum;
        expect_same(&a, &b);
    }
    ll_sketch_fini(&a), ll_sketch_fini(&b), ll_sketch_fini(&copy);
    return 0;
}
