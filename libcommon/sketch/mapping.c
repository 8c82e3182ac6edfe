#include "libcommon/sketch/mapping.h"

#include <math.h>

int32_t ll_sketch_index(double value) {
    if (!(value > LL_SKETCH_VALUE_MIN)) return LL_MAPPING_INDEX_MIN;
    if (value > LL_SKETCH_VALUE_MAX) return LL_MAPPING_INDEX_MAX;
    return ll_mapping_index(value);
}

// The inverse of the polynomial by Cardano's formula: 2 to the power of `log2`.
static double cubic_exp2(double log2) {
    static const double a = LL_MAPPING_A, b = LL_MAPPING_B, c = LL_MAPPING_C;
    int exponent = (int)log2 - ((int)log2 > log2);
    double delta_0 = b * b - 3 * a * c;
    double delta_1 = 2 * b * b * b - 9 * a * b * c - 27 * a * a * (log2 - exponent);
    double root = cbrt((delta_1 - sqrt(delta_1 * delta_1 - 4 * delta_0 * delta_0 * delta_0)) / 2);
    double significand = -(b + root + delta_0 / root) / (3 * a) + 1;
    uint64_t power_bits = (uint64_t)(exponent + 1023) << 52; // ldexp() costs as much as all the rest
    double power;
    memcpy(&power, &power_bits, sizeof power);
    return significand * power;
}

double ll_sketch_bin_value(int32_t index) {
    if (index < LL_MAPPING_INDEX_MIN) index = LL_MAPPING_INDEX_MIN;
    if (index > LL_MAPPING_INDEX_MAX) index = LL_MAPPING_INDEX_MAX;
    // The upper edge, moved down to where the error against both edges of the bin is the same.
    double upper = cubic_exp2(index / LL_MAPPING_BINS_PER_OCTAVE);
    return upper * (1 - LL_SKETCH_RELATIVE_ERROR);
}
