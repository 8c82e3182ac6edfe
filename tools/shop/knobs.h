// Knobs: what makes a page of the shop slow or broken, set by --knob or at run time by POST /_knobs.
//
// A knob is "path=/checkout&latency=2s&fail=10%&status=503&hang=1": requests whose path starts with `path` wait for
// `latency`; the share `fail` of them is answered with `status` (500 unless given); with `hang` none is answered.
// "reset=1" removes all knobs. Fields are separated by & or by commas.
#ifndef TOOLS_SHOP_KNOBS_H
#define TOOLS_SHOP_KNOBS_H

#include "libcommon/base/err.h"
#include "libcommon/base/rand.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SHOP_KNOBS_MAX = 32, SHOP_PATH_MAX = 256 };

struct knob {
    char path[SHOP_PATH_MAX];
    uint64_t latency_ms;
    double fail; // share of requests, 0 to 1
    int status;
    bool hang;
};

struct knobs {
    struct knob list[SHOP_KNOBS_MAX];
    size_t count;
    struct ll_rand rand; // seeded: the same requests fail in every run
};

// What the knobs do to one request.
struct knob_effect {
    uint64_t latency_ms;
    int status; // 0: answered as usual
    bool hang;
};

ll_err knobs_set(struct knobs *knobs, const char *text);
struct knob_effect knobs_draw(struct knobs *knobs, const char *path);

#endif
