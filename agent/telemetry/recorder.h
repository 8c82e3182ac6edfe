// The recorder: where every measurement of an agent goes, in two halves. One half is filled while the other, a bucket
// that has ended, is read into a snapshot and cleared (the shape of HdrHistogram's Recorder, by Gil Tene).
//
// One owner thread; a record is a hash look-up and a bin increment. Memory is bounded by the label limits of
// libcommon/model/series.h.
#ifndef AGENT_TELEMETRY_RECORDER_H
#define AGENT_TELEMETRY_RECORDER_H

#include "libcommon/model/series.h"
#include "libcommon/model/spec.h"

struct ll_recorder;

struct ll_recorder *ll_recorder_new(void);
void ll_recorder_free(struct ll_recorder **recorder);

// A run begins: what was recorded before is gone, and the labels that its thresholds name have their places. Beginnings
// count from `start_us`.
void ll_recorder_start(struct ll_recorder *recorder, const struct ll_spec *spec, int64_t start_us);

// What will be recorded under this label begins now; the first beginning of a run goes with each sample of it.
void ll_recorder_begin(struct ll_recorder *recorder, enum ll_metric metric, const char *label, int64_t now_us);
void ll_recorder_sample(struct ll_recorder *recorder, enum ll_metric metric, const char *label, double value);
void ll_recorder_count(struct ll_recorder *recorder, enum ll_metric metric, const char *label, uint64_t n);

// Ends the bucket: the filled half is returned for reading until the next flip, and the other, cleared, fills.
struct ll_series_set *ll_recorder_flip(struct ll_recorder *recorder);

#endif
