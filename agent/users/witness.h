// What is kept of failures and of screenshots that scenarios take, and within which limits: the first few failures of
// each signature, so many in all, and few at once, so that evidence neither slows the load nor fills a disk.
//
// One owner thread, no clock. Texts are passed through libcommon/base/redact.h; a picture of a page on which a secret
// can be read, or may be, is not kept.
#ifndef AGENT_USERS_WITNESS_H
#define AGENT_USERS_WITNESS_H

#include "agent/browser/capture.h"
#include "agent/telemetry/failures.h"
#include "agent/telemetry/parcels.h"
#include "agent/telemetry/recorder.h"

#include <stdbool.h>

enum {
    LL_WITNESS_OF_ONE_MAX = 3,    // captures of one signature
    LL_WITNESS_FAILURES_MAX = 50, // captures of failures, of an agent in a run
    LL_WITNESS_SHOTS_MAX = 100,   // screenshots that scenarios take, likewise
    LL_WITNESS_AT_ONCE_MAX = 3,   // captures under way
};

struct ll_witness;

// Borrows both. Without parcels nothing is kept.
struct ll_witness *ll_witness_new(struct ll_parcels *parcels, struct ll_recorder *recorder);
void ll_witness_free(struct ll_witness **witness);

// Whether a failure of this signature, or a screenshot (NULL), is to be captured. Each yes is followed by one call of
// the three below. A no for want of room is counted (evidence_skipped).
bool ll_witness_wants(struct ll_witness *witness, const char *signature);
// What the connection has to be asked for.
struct ll_capture_request ll_witness_request(const char *signature);

// Puts files together of what was captured; the evidence names them, and is the caller's.
struct ll_evidence *ll_witness_take(struct ll_witness *witness, const struct ll_failure *failure,
                                    const struct ll_capture *capture);
void ll_witness_take_shot(struct ll_witness *witness, const struct ll_failure *where, const char *label,
                          const struct ll_capture *capture);
// The capture came to nothing.
void ll_witness_release(struct ll_witness *witness);

// What is known of a page that is gone: no files, and no limit but that of examples.
struct ll_evidence *ll_witness_last_words(const struct ll_capture *known);

#endif
