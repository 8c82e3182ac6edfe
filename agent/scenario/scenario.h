// The Lua runtime: a scenario read from its bundle, and one sandboxed Lua state per user that runs it.
//
// One owner thread. A user's script runs until it must wait (an operation on the page, a think), hands the wait out
// as a request and is resumed with the answer; so a loop carries thousands of users, and nothing here blocks, reads
// a clock or opens a file. Each user's state has limits on memory and instructions; passing one is an error with
// file and line, as every error from a script is ("shop.lua:12: …").
#ifndef AGENT_SCENARIO_SCENARIO_H
#define AGENT_SCENARIO_SCENARIO_H

#include "agent/browser/operation.h"
#include "agent/http/request.h"
#include "agent/load/schedule.h"
#include "libcommon/base/err.h"
#include "libcommon/model/bundle.h"
#include "libcommon/model/secret.h"
#include "libcommon/model/spec.h"
#include "libcommon/model/throttle.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    LL_SCRIPT_MEMORY_MAX = 32 * 1024 * 1024,       // bytes of one user's state
    LL_SCRIPT_INSTRUCTIONS_MAX = 20 * 1000 * 1000, // between two waits: a loop that never waits
    LL_SCRIPT_BUSY_MS_MAX = 3000,                  // likewise, for what takes long in few instructions
};

struct ll_scenario; // a bundle whose main file was read once and understood

// Reads the bundle; it and the secrets (NULL: none) are borrowed and outlive the scenario. LL_INVALID_ARGUMENT with
// file and line for a syntax error, an unknown field (with the nearest name), a load shape that is not offered, a file
// that returns no scenario.
ll_err ll_scenario_load(const struct ll_bundle *bundle, const struct ll_secrets *secrets, struct ll_scenario **out);
void ll_scenario_free(struct ll_scenario **scenario);
// The plan the file states, with defaults for what it leaves out. Borrowed.
const struct ll_spec *ll_scenario_spec(const struct ll_scenario *scenario);
// Calls the scenario's config(options), once per agent; what it returns is given to every user. Then its
// context(config), if context is a function: ll_scenario_spec has the context from then on. Errors have file and line.
// Without a config function it is an empty table. Then its throttles(config).
ll_err ll_scenario_configure(struct ll_scenario *scenario, const struct ll_option *options, size_t option_count);

// What throttles(config) returned. Borrowed.
const struct ll_throttle *ll_scenario_throttles(const struct ll_scenario *scenario, size_t *out_count);

// Says which of the run's users are this agent's, before the first of them is made: rows of data files are dealt by
// it. Without it the scenario is that of a single user.
void ll_scenario_deal(struct ll_scenario *scenario, struct ll_share share, uint32_t users_of_the_run);

// What a script tells while it runs, called from inside ll_script_start and ll_script_resume.
struct ll_script_host {
    void *owner;
    void (*step_begin)(void *owner, const char *name);
    void (*step_end)(void *owner, const char *name, bool completed);
    void (*check)(void *owner, const char *name, bool held);
    // A metric of the scenario's own: a sample of a histogram, or a whole number to count.
    void (*measure)(void *owner, enum ll_metric family, const char *name, double value);
    void (*log)(void *owner, const char *text);
    // The permit of throttle number `throttle` that it holds is over; those it never gives back are with the iteration.
    void (*give_back)(void *owner, uint32_t throttle);
};

enum ll_script_status {
    LL_SCRIPT_ACTION,     // waits for `action`
    LL_SCRIPT_THINK,      // waits for think_ms
    LL_SCRIPT_HTTP,       // waits for the answer to `http`
    LL_SCRIPT_BARRIER,    // waits at `barrier`; resumed like a think, or with the error of a result
    LL_SCRIPT_THROTTLE,   // waits at `throttle`; resumed like a think
    LL_SCRIPT_SCREENSHOT, // waits for one, called `label`; resumed like a think
    LL_SCRIPT_FINISHED,   // the iteration reached its end
    LL_SCRIPT_FAILED,     // an error ended it: `signature` and `detail`
    LL_SCRIPT_HALTED,     // ctx:halt(): the iteration counts as completed and the user ends
};

struct ll_script_barrier {
    const char *name; // lives as an action's texts do
    uint32_t count;   // users that it takes, from 2
    uint64_t timeout_ms;
};

struct ll_script_throttle {
    const char *name; // borrowed from the scenario
    uint32_t index;   // of ll_scenario_throttles
};

struct ll_script_request {
    enum ll_script_status status;
    struct ll_action action; // of LL_SCRIPT_ACTION; its texts live until the script is resumed, started anew or freed
    struct ll_http_request http;        // of LL_SCRIPT_HTTP; its texts live likewise
    struct ll_script_barrier barrier;   // of LL_SCRIPT_BARRIER
    struct ll_script_throttle throttle; // of LL_SCRIPT_THROTTLE
    uint64_t think_ms;                  // of LL_SCRIPT_THINK; drawn evenly between the two durations
    const char *label;                  // of LL_SCRIPT_SCREENSHOT; lives as the action's texts do
    uint32_t step;                      // number of the operation within the iteration, from 1
    char *signature; // of LL_SCRIPT_FAILED; equal failures have equal ones: `click("#buy"): matches nothing`;
                     // owned by the script, valid until it is used again
    char *detail;    // of LL_SCRIPT_FAILED: with the values and file:line; owned likewise
};

struct ll_script; // one user's state

// `random_seed` feeds math.random and think. LL_RESOURCE_EXHAUSTED.
ll_err ll_script_new(struct ll_scenario *scenario, uint32_t user_id, uint64_t random_seed, struct ll_script_host host,
                     struct ll_script **out);
void ll_script_free(struct ll_script **script);

// Begins iteration `iteration` (from 1), dropping one that is still waiting; ctx.assigns and globals stay.
void ll_script_start(struct ll_script *script, uint64_t iteration, struct ll_script_request *out);
// Goes on after the action was done (or failed: the error is raised in the script) or the think is over (NULL).
void ll_script_resume(struct ll_script *script, const struct ll_action_result *result, struct ll_script_request *out);
// Goes on with the answer to a request beside the browser; an error in it is raised in the script.
void ll_script_resume_http(struct ll_script *script, const struct ll_http_answer *answer,
                           struct ll_script_request *out);

// Where a script waits, and for what, as failures name it: `shop.lua:12, in step "pay", operation 3: click("#buy")`;
// in new memory. `out_step` as in the request. Only between a request to wait and its answer; the script is not
// changed.
char *ll_script_place(const struct ll_script *script, uint32_t *out_step);

// For the watchdog, from a signal handler: the script that is running now ends at its next instruction, as one that
// never waits. Does nothing when none runs.
void ll_script_interrupt(void);
// For the watchdog: where the script that is running now stands ("shop.lua:12"), from a signal handler; false when
// none runs. C library functions such as string.find cannot be interrupted by the instruction limit.
bool ll_script_running_at(char *out, size_t size);

#endif
