// Which failures are kept as examples: the first few of each signature in a run, and never more than fit one
// snapshot until that is sealed.
//
// One owner. The count of each signature is a counter (iterations_failed); this is only what a person reads to
// understand one of them.
#ifndef AGENT_TELEMETRY_FAILURES_H
#define AGENT_TELEMETRY_FAILURES_H

#include "libcommon/model/snapshot.h"

#include <stddef.h>
#include <stdint.h>

enum {
    LL_FAILURE_EXAMPLES_MAX = 3,     // of one signature, and as many more that have evidence
    LL_FAILURE_SIGNATURES_MAX = 200, // with examples, in a run
};

struct ll_failure { // borrowed
    const char *signature;
    const char *detail;
    uint32_t user_id;
    uint64_t iteration;
    uint32_t step;
    const struct ll_evidence *evidence; // or NULL
};

struct ll_failures;

struct ll_failures *ll_failures_new(void);
void ll_failures_free(struct ll_failures **failures);

void ll_failures_note(struct ll_failures *failures, const struct ll_failure *failure);
// Moves what was kept since the last call into the snapshot, which owns it from then on.
void ll_failures_hand_over(struct ll_failures *failures, struct ll_snapshot *into);

#endif
