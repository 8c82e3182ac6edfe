// What a scenario and a script are made of, for the files of this folder.
#ifndef AGENT_SCENARIO_PARTS_H
#define AGENT_SCENARIO_PARTS_H

#include "agent/scenario/data.h"
#include "agent/scenario/scenario.h"
#include "agent/scenario/vm.h"
#include "libcommon/base/rand.h"

struct ll_compiled { // one file of the bundle, compiled once for all users
    const struct ll_bundle_file *file;
    struct ll_buf code; // owned
};

struct ll_scenario {
    const struct ll_bundle *bundle;
    const struct ll_secrets *secrets; // or NULL
    struct ll_vm vm; // where the file was read and config runs; holds the declared table and what config returned
    struct ll_vm_limits limits;
    struct ll_spec spec;
    struct ll_buf scratch; // a text under construction, here so that an error does not leak it
    bool is_declared;      // ll.scenario was called
    struct ll_compiled *compiled;
    size_t compiled_count;
    struct ll_data data;
    struct ll_throttle *throttles; // owned
    size_t throttle_count;
};

struct ll_open_step; // flow.c

struct ll_script {
    struct ll_vm vm;
    struct ll_script_host host;
    struct ll_rand rand; // of think
    uint32_t user_id;
    uint64_t iteration;
    uint64_t held;                         // permits of parallelism, a bit for each of the throttles
    uint32_t step;                         // operations begun in this iteration
    uint32_t expected;                     // responses, in this iteration
    bool is_ready;                         // the file was read: its own prints are told from now on
    struct ll_open_step *open_step;        // the innermost
    struct ll_script_request wait;         // what the script waits for
    const struct ll_action_result *result; // of the action that is being answered
    const struct ll_http_answer *answer;   // of the request that is being answered
    struct ll_buf scratch;                 // texts under construction, here so that an error does not leak them
    char *signature, *detail;
};

// As ll_scenario_load, with limits of one's own: tests and the fuzzer use small ones.
ll_err ll_scenario_load_limited(const struct ll_bundle *bundle, const struct ll_secrets *secrets,
                                struct ll_vm_limits limits, struct ll_scenario **out);

// What the registry of a state keeps; used by address with lua_rawgetp.
extern const char ll_key_declared; // the table that ll.scenario was given
extern const char ll_key_run;      // its function
extern const char ll_key_config;   // what config returned; in a user's state a copy
extern const char ll_key_ctx;
extern const char ll_key_assigns;

static inline void ll_registry_get(lua_State *L, const char *key) {
    lua_rawgetp(L, LUA_REGISTRYINDEX, key);
}
static inline void ll_registry_set(lua_State *L, const char *key) {
    lua_rawsetp(L, LUA_REGISTRYINDEX, key);
}

#endif
