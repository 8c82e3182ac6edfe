// One simulated user: a page, a script, and iterations one after another.
//
// One owner thread. A user is part of a crew (crew.h), which says when pages are opened, when a user's life begins and
// when it is to end; in between the user goes on by itself, from one answer of its page to the next.
//
//   ABSENT --wanted--> QUEUED --its turn--> OPENING --open--> STANDBY --life begins--+
//      ^                 ^                     |                                     |
//      |                 |                     +--open, in its life--+               |
//      |                 |                                           v               v
//      |                 +--page lost, or due to be renewed------- RESTING <---------+
//      |                                                            |   ^
//      +--life ended--------------- from any state        rest over |   | iteration ended
//                                                                   v   |
//                                                        THINKING <-> ACTING
//
// Off the diagram: SHOOTING is like THINKING, while a screenshot is taken, and so are MEETING and THROTTLED; CAPTURING
// lies between an iteration that has failed and its rest, while the page is looked at (witness.h).
//
// What can go wrong, and what comes of it: an action fails - the script is told, and usually fails with it; the
// iteration takes too long - its action is cancelled, its script abandoned, the iteration failed; the page or browser
// dies - the iteration failed, a page is asked for anew; no page can be opened, or none is within
// LL_USER_OPEN_LIMIT_MS - an iteration failed, and the pacer's rest before the next try. After any of these the user
// goes on, unless the scenario says on_failure = "stop_user".
#ifndef AGENT_USERS_USER_H
#define AGENT_USERS_USER_H

#include "agent/browser/connection.h"
#include "agent/load/pacer.h"
#include "agent/scenario/scenario.h"
#include "agent/telemetry/failures.h"
#include "agent/telemetry/recorder.h"
#include "agent/users/trace.h"
#include "agent/users/witness.h"
#include "libcommon/base/agenda.h"

enum {
    LL_USER_WITHDRAW_LIMIT_MS = 5000,  // for the coordinator to say whether one that leaves a barrier was released
    LL_USER_STEPS_MAX = 16,            // steps within steps that are timed
    LL_USER_OPEN_LIMIT_MS = 60 * 1000, // unless the scenario states a timeout for contexts or launches
};

enum ll_user_state {
    LL_USER_ABSENT,
    LL_USER_QUEUED,
    LL_USER_OPENING,
    LL_USER_STANDBY,
    LL_USER_RESTING,
    LL_USER_ACTING,
    LL_USER_THINKING,
    LL_USER_MEETING,   // waits at a barrier
    LL_USER_THROTTLED, // waits at a throttle, for the permit and then for its moment
    LL_USER_SHOOTING,  // a screenshot that the scenario wants
    LL_USER_CAPTURING, // the page of an iteration that has failed
};

struct ll_user;

struct ll_http_call;
struct ll_loop;

struct ll_user_env { // what the users of a crew share; the calls are the crew's
    struct ll_connection *connection;
    struct ll_scenario *scenario;
    const struct ll_spec *spec;
    struct ll_recorder *recorder;
    struct ll_agenda *agenda;
    struct ll_gate *gate;
    struct ll_permits *permits;
    struct ll_witness *witness;
    struct ll_loop *loop;   // of requests beside the browser; NULL: there are none
    struct ll_trace *trace; // NULL: nobody watches
    void *crew;
    int64_t (*now_us)(void *crew);
    void (*on_alarm)(void *crew);                                    // the agenda changed
    bool (*may_begin)(void *crew, struct ll_user *user);             // another iteration, which is counted if so
    void (*on_queued)(void *crew, struct ll_user *user);             // wants ll_user_open when it is its turn
    void (*on_opened)(void *crew, struct ll_user *user, ll_err err); // its turn is over
    void (*on_failure)(void *crew, const struct ll_failure *failure);
    void (*on_log)(void *crew, const struct ll_user *user, const char *text);
    void (*on_life_ended)(void *crew, struct ll_user *user);
};

struct ll_user_failure { // owned; of an iteration that has failed, until it is told
    char *signature, *detail;
    uint32_t step;
};

struct ll_user {
    struct ll_alarm alarm; // first: the agenda hands it back
    struct ll_user_env *env;
    uint32_t id;
    enum ll_user_state state;
    struct ll_page *page;
    struct ll_script *script;
    struct ll_user *next_queued; // the crew's list of those that wait for a page
    bool is_listed;              // in it

    bool is_alive;    // between its first iteration and its end
    bool is_retiring; // ends with the iteration it is in
    bool is_done;     // ended of itself: is not begun again
    bool has_started, has_failed;
    int64_t open_by_us; // of OPENING
    int64_t life_began_us;
    int64_t retire_by_us; // INT64_MAX: not retiring
    uint32_t interrupted; // iterations cut off

    uint64_t iteration; // number of the one it is in or was in last
    int64_t iteration_began_us;
    int64_t waited_us; // within the iteration: the scenario's own waiting
    struct {
        char name[LL_NAME_MAX + 1];
        uint32_t count;
        uint64_t timeout_ms;
        bool is_leaving;       // asked to be withdrawn
    } meeting;                 // of MEETING
    int64_t wait_until_us;     // of RESTING, THINKING, MEETING and THROTTLED
    int64_t wait_began_us;     // of THINKING, MEETING and THROTTLED
    const char *operation;     // of ACTING: as results name it
    bool is_inner;             // of ACTING: not the scenario's own operation, and nobody is told of it
    struct ll_http_call *http; // made with the first request beside the browser
    int64_t action_began_us;
    int64_t failed_us; // when the iteration failed, before its page was looked at
    struct ll_user_failure failed;
    struct ll_evidence *known; // of a page that is gone; owned
    uint32_t shot_step;        // of SHOOTING
    char shot_label[LL_NAME_MAX + 1];
    struct ll_pacer pacer;
    struct {
        int64_t began_us, waited_us;
    } steps[LL_USER_STEPS_MAX];
    size_t step_depth; // may pass LL_USER_STEPS_MAX; deeper ones are not timed
};

// The script is made here: LL_RESOURCE_EXHAUSTED.
ll_err ll_user_init(struct ll_user *user, struct ll_user_env *env, uint32_t id, uint64_t random_seed);
// Closes its page, untold.
void ll_user_fini(struct ll_user *user);

// ABSENT -> QUEUED.
void ll_user_want_page(struct ll_user *user);
// QUEUED -> OPENING.
void ll_user_open(struct ll_user *user);
// Its life begins: its first iteration starts soon, as soon as it has a page.
void ll_user_begin(struct ll_user *user);
// It ends with the iteration it is in, or at `by_us`, whichever comes first; at once when it is in none.
void ll_user_retire(struct ll_user *user, int64_t by_us);
// It is wanted after all.
void ll_user_unretire(struct ll_user *user);
// It ends now.
void ll_user_cut(struct ll_user *user);
// What became of its waiting at a barrier: it goes on, or was withdrawn while so many others still wait there.
void ll_user_met(struct ll_user *user, bool is_released, uint32_t others);
// It may pass the throttle at which it waits, so long from now.
void ll_user_permit(struct ll_user *user, uint64_t in_us);
// Its alarm went off.
void ll_user_poll(struct ll_user *user, int64_t now_us);

#endif
