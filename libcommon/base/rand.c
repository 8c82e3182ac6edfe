#include "libcommon/base/rand.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

struct ll_rand ll_rand_seed(uint64_t seed) {
    return (struct ll_rand){.state = seed};
}

uint64_t ll_rand_next(struct ll_rand *rand) {
    uint64_t z = (rand->state += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

double ll_rand_unit(struct ll_rand *rand) {
    return (double)(ll_rand_next(rand) >> 11) * 0x1.0p-53;
}

uint64_t ll_rand_below(struct ll_rand *rand, uint64_t limit) {
    return (uint64_t)(((unsigned __int128)ll_rand_next(rand) * limit) >> 64);
}

void ll_rand_secure(void *out, size_t len) {
    unsigned char *at = out;
    while (len > 0) {
        ssize_t got = getrandom(at, len, 0);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) abort(); // the kernel has no randomness to give: nothing safe can follow
        at += got;
        len -= (size_t)got;
    }
}

void ll_rand_token(char out[LL_TOKEN_CHARS + 1]) {
    unsigned char bytes[LL_TOKEN_CHARS / 2];
    ll_rand_secure(bytes, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++) snprintf(out + 2 * i, 3, "%02x", bytes[i]);
}
