// The cubic-interpolated mapping between values and bin numbers, inside this folder only.
//
// Bin k holds the values in [u(k-1), u(k)), where u grows by at most gamma = (1 + e) / (1 - e) from bin to bin and e is
// the relative error. The logarithm that this needs is replaced by a cubic polynomial of the significand, chosen by
// the authors so that it meets its neighbours smoothly and wastes 1 % of the bins against log() (CubicallyInterpolated-
// Mapping in https://github.com/DataDog/sketches-java).
#ifndef LIBCOMMON_SKETCH_MAPPING_H
#define LIBCOMMON_SKETCH_MAPPING_H

#include "libcommon/sketch/sketch.h"

#include <string.h>

#define LL_MAPPING_A (6.0 / 35.0)
#define LL_MAPPING_B (-3.0 / 5.0)
#define LL_MAPPING_C (10.0 / 7.0)
#define LL_MAPPING_LOG_GAMMA 0.020000666706669435 // ln(1.01 / 0.99)
#define LL_MAPPING_BINS_PER_OCTAVE (1.0 / (LL_MAPPING_LOG_GAMMA * LL_MAPPING_C))

enum {
    LL_MAPPING_INDEX_MIN = -1046, // of LL_SKETCH_VALUE_MIN
    LL_MAPPING_INDEX_MAX = 2093,  // of LL_SKETCH_VALUE_MAX
};

// `value` is from LL_SKETCH_VALUE_MIN to LL_SKETCH_VALUE_MAX. In the header because every sample passes here.
static inline int32_t ll_mapping_index(double value) {
    enum { EXPONENT_BIAS = 1023, POSITIVE = 4096 };
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    double exponent = (double)(int32_t)(bits >> 52); // biased still
    uint64_t one_and_fraction = (bits & 0x000FFFFFFFFFFFFFu) | 0x3FF0000000000000u;
    double significand;
    memcpy(&significand, &one_and_fraction, sizeof significand);
    static const double m = LL_MAPPING_BINS_PER_OCTAVE, offset = POSITIVE - EXPONENT_BIAS * LL_MAPPING_BINS_PER_OCTAVE;
    // ((A s + B) s + C) s + exponent, times m, in an order that lets the processor do its parts at the same time.
    double s = significand - 1;
    double linear = m * LL_MAPPING_C * s + (exponent * m + offset);
    double position = (m * LL_MAPPING_A * s + m * LL_MAPPING_B) * (s * s) + linear;
    return (int32_t)position - POSITIVE + 1; // floor() would be a call without SSE 4.1; a positive number needs none
}

#endif
