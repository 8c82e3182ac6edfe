// What is to be run, as plain data: read from the scenario file, changed by flags, carried to agents.
//
// One owner, no locks; ll_spec_fini frees what a spec owns.
#ifndef LIBCOMMON_MODEL_SPEC_H
#define LIBCOMMON_MODEL_SPEC_H

#include "libcommon/base/buf.h"
#include "libcommon/base/err.h"
#include "libcommon/model/context.h"
#include "libcommon/model/custom.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    LL_NAME_MAX = 100, // bytes of a scenario's, step's or check's name
    LL_STAGES_MAX = 100,
    LL_USERS_MAX = 100000, // users of a run
    LL_THRESHOLDS_MAX = 200,
    LL_OPTIONS_MAX = 200,                 // --set
    LL_SPEC_TEXT_MAX = 16 * 1024,         // bytes of an option's value, a threshold or a user agent
    LL_SPEC_PACKED_MAX = 8 * 1024 * 1024, // bytes of a packed spec: each of the above at its limit fits
    LL_DEFAULT_USERS = 1,
    LL_DEFAULT_DURATION_MS = 30 * 1000,
    LL_DEFAULT_ITERATION_TIMEOUT_MS = 2 * 60 * 1000,
    LL_DEFAULT_GRACEFUL_STOP_MS = 30 * 1000,
};

struct ll_stage {
    uint32_t users; // at the end of the stage; the change is linear
    uint64_t over_ms;
};

// The closed model: `users` loop for duration_ms, or until `iterations` were started by all together, or follow the
// stages (then `users` is the most at one time). Exactly one of the three is set.
struct ll_load {
    uint32_t users;
    uint64_t duration_ms;
    uint64_t iterations;
    struct ll_stage *stages; // owned
    size_t stage_count;
    uint64_t iteration_timeout_ms;
    uint64_t graceful_stop_ms;
};

enum ll_on_failure { LL_ON_FAILURE_CONTINUE, LL_ON_FAILURE_STOP_USER };

struct ll_timeouts {        // 0: the default
    uint32_t launch_ms;     // of a browser, until it answers
    uint32_t navigation_ms; // of navigate and its like
    uint32_t action_ms;     // of everything else that is done on a page
};

struct ll_option {
    char *key, *value; // owned
};

struct ll_spec {
    char *name; // owned
    struct ll_load load;
    char **thresholds; // owned; "METRIC[{DIMENSION}]: FN OP VALUE"
    size_t threshold_count;
    enum ll_on_failure on_failure;
    struct ll_context_options context;
    struct ll_timeouts timeouts;
    struct ll_option *options; // owned
    size_t option_count;
    struct ll_custom_metrics metrics; // that thresholds may name, beside LiveLoad's own
};

// A spec with every default: one user, 30 seconds, a 1280x720 viewport, the given name.
struct ll_spec ll_spec_make(const char *name);
void ll_spec_fini(struct ll_spec *spec);
struct ll_spec ll_spec_copy(const struct ll_spec *spec);

void ll_spec_add_threshold(struct ll_spec *spec, const char *expression);
// Sets or replaces an option.
void ll_spec_set_option(struct ll_spec *spec, const char *key, const char *value);

// What must hold before anything is started: limits, exactly one load shape, thresholds that parse. The sentence
// names the field and the way out.
ll_err ll_spec_validate(const struct ll_spec *spec);

// How many users a run has: no more than it has iterations, since each iteration belongs to one user.
uint32_t ll_load_users(const struct ll_load *load);

// How long the load lasts by plan, without the graceful stop; 0 when iterations decide.
uint64_t ll_load_planned_ms(const struct ll_load *load);

// To and from the wire (proto/liveload/v1/scenario.proto), without the context's secrets. Unpack checks limits and
// fills defaults.
void ll_spec_pack(const struct ll_spec *spec, struct ll_buf *out);
ll_err ll_spec_unpack(const void *data, size_t len, struct ll_spec *out);

#endif
