// Results made up for tests of reports: plausible, and the same at every call.
//
// Each is the caller's, to end with ll_result_fini.
#ifndef TESTS_SUPPORT_SAMPLE_RESULT_H
#define TESTS_SUPPORT_SAMPLE_RESULT_H

#include "libcommon/model/result.h"

// Two minutes of a shop: 20 users on two agents, five steps, a bad quarter of a minute, two of five thresholds failed.
struct ll_result sample_result_shop(void);
// A run that started and completed nothing: one threshold, which has no data.
struct ll_result sample_result_empty(void);
// Names, labels, errors and details that would break a careless report.
struct ll_result sample_result_hostile(void);
struct ll_result sample_result_unmeasured(void); // by a kind of browser that does not look at requests
struct ll_result sample_result_live(void);       // Phoenix LiveView's pages, with a slow one, drawn rarely
struct ll_result sample_result_failing(void);    // most iterations failed, and it passed; and an empty one
struct ll_result sample_result_hopeless(void);   // every iteration failed, and so did it
// Three scenarios: the shop, the empty one, and one that could not be run.
struct ll_result sample_result_several(void);

// One of the above by its name ("shop"); false when there is none.
bool sample_result_by_name(const char *name, struct ll_result *out);

#endif
