// What a page was like when an iteration failed on it: what a report shows at once, and the names of the files with the
// rest (artifact.h).
//
// One owner, no locks.
#ifndef LIBCOMMON_MODEL_EVIDENCE_H
#define LIBCOMMON_MODEL_EVIDENCE_H

#include "libcommon/model/artifact.h"

enum {
    LL_EVIDENCE_URL_MAX = 2048,   // bytes, as all of these
    LL_EVIDENCE_LINES_MAX = 4000, // of the console, and of the requests: their last lines
    LL_EVIDENCE_MISSING_MAX = 300,
};

struct ll_evidence {                          // no text is NULL; "" is none
    char *url, *console, *requests, *missing; // owned
    char picture[LL_ARTIFACT_NAME_MAX], page[LL_ARTIFACT_NAME_MAX], notes[LL_ARTIFACT_NAME_MAX]; // file names
};

// Copies the texts, cut to their limits, lines at their beginning. NULL texts are "".
struct ll_evidence *ll_evidence_new(const char *url, const char *console, const char *requests, const char *missing);
struct ll_evidence *ll_evidence_copy(const struct ll_evidence *evidence); // NULL of NULL
void ll_evidence_free(struct ll_evidence **evidence);

#endif
