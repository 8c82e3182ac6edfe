// `liveload run --debug`: what users do, printed as it happens, for whoever writes a scenario.
//
// One owner thread. Every function takes a NULL trace and then does nothing, so that callers need not ask. An operation
// is named when it begins and its line is ended when it is over, so that one that hangs can be seen. Texts are without
// secrets (libcommon/base/redact.h) and without what a terminal would obey.
#ifndef AGENT_USERS_TRACE_H
#define AGENT_USERS_TRACE_H

#include "agent/browser/operation.h"
#include "agent/telemetry/failures.h"

#include <stdint.h>
#include <stdio.h>

struct ll_trace;

struct ll_trace_options { // borrowed
    FILE *out;
    bool has_colour;       // a terminal that wants it
    const char *artifacts; // the folder in which files of failures will be found; NULL: their names alone
};

struct ll_trace *ll_trace_new(const struct ll_trace_options *options);
void ll_trace_free(struct ll_trace **trace);

void ll_trace_begin(struct ll_trace *trace, uint32_t user_id, uint64_t iteration);
// A call such as `click("#buy")` begins; anything that waits: operations, thinks, screenshots.
void ll_trace_call(struct ll_trace *trace, const struct ll_action *action);
void ll_trace_words(struct ll_trace *trace, const char *words);
// It is over: with a value, if it is a reading's; or an error.
void ll_trace_done(struct ll_trace *trace, const struct ll_action_result *result, int64_t took_us);
// The same of a request beside the browser: with its status, since an answer of 404 is none that fails.
void ll_trace_answered(struct ll_trace *trace, ll_err err, int status, int64_t took_us);
void ll_trace_step(struct ll_trace *trace, const char *name);
void ll_trace_step_over(struct ll_trace *trace, const char *name, bool completed, int64_t took_us);
void ll_trace_check(struct ll_trace *trace, const char *name, bool held);
void ll_trace_log(struct ll_trace *trace, const char *text);
void ll_trace_failure(struct ll_trace *trace, const struct ll_failure *failure);
// `how` completes "iteration 1 ".
void ll_trace_end(struct ll_trace *trace, uint64_t iteration, const char *how, int64_t took_us);

#endif
