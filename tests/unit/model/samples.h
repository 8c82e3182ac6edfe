// Plain data made from a seed, the same on every machine, for round trips and golden files.
#ifndef TESTS_UNIT_MODEL_SAMPLES_H
#define TESTS_UNIT_MODEL_SAMPLES_H

#include "libcommon/base/rand.h"
#include "libcommon/model/bundle.h"
#include "libcommon/model/result.h"
#include "libcommon/model/snapshot.h"
#include "libcommon/model/spec.h"

// `records` samples and counts over all metrics, at most `labels` labels to each. Values are whole numbers, so that
// sums do not depend on their order.
struct ll_series_set *sample_series(struct ll_rand *rand, size_t records, unsigned labels);
struct ll_spec sample_spec(struct ll_rand *rand);
struct ll_snapshot sample_snapshot(struct ll_rand *rand);
struct ll_bundle sample_bundle(struct ll_rand *rand);
struct ll_result sample_result(struct ll_rand *rand);

// A set in words, one line per series, to compare two of them. The caller frees it.
char *describe_series(const struct ll_series_set *set);

#endif
