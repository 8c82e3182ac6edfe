// How a run ended, as docs/RESULTS.md's exit codes.
#ifndef TOOLS_LIVELOAD_OUTCOME_H
#define TOOLS_LIVELOAD_OUTCOME_H

#include "libcommon/base/err.h"
#include "libcommon/model/result.h"

#include <stdbool.h>

enum exit_code {
    EXIT_HELD = 0,       // ran, every threshold held
    EXIT_NOT_RUN = 1,    // could not run or did not finish
    EXIT_USAGE = 2,      // wrong usage, unreadable scenario, a request that cannot be met
    EXIT_INVALID = 98,   // ran, but the result cannot be trusted
    EXIT_THRESHOLD = 99, // a threshold failed
    EXIT_INTERRUPTED = 130,
};

// What an error that kept a run from being made means for the exit code.
enum exit_code outcome_of_error(ll_err err);
// From the most serious: interrupted, not run, wrong usage, a failed threshold, an invalid result, all well.
bool outcome_is_worse(enum exit_code code, enum exit_code than);
// Over all scenarios of a result: the most serious of theirs.
enum exit_code outcome_of_result(const struct ll_result *result);
// Of runs that left this result: why they failed counts more than what the result says, if they did.
enum exit_code outcome_of_run(const struct ll_result *result, ll_err failure);

#endif
