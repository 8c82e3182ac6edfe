// Calls on a coordinator that may be silent for a while.
//
// One thread. A call that gets no answer is made again, with a line on stderr every 10 s, until `patience_ms` have
// passed since its first try; then it ends with LL_UNAVAILABLE. Where nobody has answered yet it ends after 10 s: that
// is a wrong address more often than a coordinator that is held up. Ctrl-C ends a call with LL_CANCELLED, and the error
// of `check` ends it when a child has ended: each call asks it then.
#ifndef TOOLS_LIVELOAD_REMOTE_H
#define TOOLS_LIVELOAD_REMOTE_H

#include "libcommon/base/token.h"
#include "libcommon/model/messages.h"
#include "libcommon/model/result.h"
#include "libcommon/rpc/blocking.h"
#include "tools/liveload/signals.h"

#include <stdbool.h>
#include <stdint.h>

enum { REMOTE_PATIENCE_MS = 2 * 60 * 1000 };

struct remote {
    char url[128];
    struct ll_blocking *calls;
    struct ll_blocking *submit; // nothing interrupts this one: a run that was submitted must be known
    struct signals *signals;
    bool has_answered;
    uint64_t patience_ms;
    unsigned stop_interrupts;   // so many ask for the result so far: they do not end the fetching of it
    ll_err (*check)(void *arg); // of what was started here; NULL: nothing was
    void *check_arg;
};

// `token` is copied; `signals` must outlive it. What stands behind patience_ms is the caller's to set.
ll_err remote_open(const char *url, const char *token, struct signals *signals, uint64_t patience_ms,
                   struct remote *out);
void remote_close(struct remote *remote);

ll_err remote_status(struct remote *remote, const struct ll_run_request *request, struct ll_status_reply *out);
ll_err remote_stop(struct remote *remote, const struct ll_run_request *request);
ll_err remote_list(struct remote *remote, struct ll_runs_reply *out);
// Once only: whether a call that got no answer was carried out is not known.
ll_err remote_submit(struct remote *remote, const struct ll_submit_request *request, struct ll_submit_reply *out);

// The result of a run that is over.
ll_err remote_fetch_result(struct remote *remote, const struct ll_run_request *run, struct ll_result *out);
// A piece of a file; its chunk is borrowed until the next call.
ll_err remote_fetch_artifact(struct remote *remote, const struct ll_fetch_artifact_request *request,
                             struct ll_fetch_reply *out);
// Fetches the files that the result lists into `folder`; what cannot be had is taken off the list, and said.
void remote_fetch_artifacts(struct remote *remote, const struct ll_run_request *run, const char *folder,
                            struct ll_result *result);

// Says on stderr how to follow a run again that may go on at a coordinator that does not answer. token_file and out
// may be NULL.
void remote_tell_way_on(const struct remote *remote, const char *run_id, const char *token_file, const char *out);

#endif
