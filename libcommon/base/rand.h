// Random numbers: seeded sequences for decisions that must replay, and the system's for secrets and ids.
#ifndef LIBCOMMON_BASE_RAND_H
#define LIBCOMMON_BASE_RAND_H

#include <stddef.h>
#include <stdint.h>

// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", OOPSLA 2014). One owner.
struct ll_rand {
    uint64_t state;
};

struct ll_rand ll_rand_seed(uint64_t seed);
uint64_t ll_rand_next(struct ll_rand *rand);
// Uniform in [0, 1).
double ll_rand_unit(struct ll_rand *rand);
// Uniform in [0, limit); limit > 0. The bias is below 2^-32 for limits below 2^32.
uint64_t ll_rand_below(struct ll_rand *rand, uint64_t limit);

enum { LL_TOKEN_CHARS = 32 };

// Fills `out` from the kernel's generator (getrandom). Any thread.
void ll_rand_secure(void *out, size_t len);
// A token of LL_TOKEN_CHARS hex digits, 128 bits, with its terminator.
void ll_rand_token(char out[LL_TOKEN_CHARS + 1]);

#endif
