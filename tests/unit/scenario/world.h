// A scenario and one user driven by hand: the test is the browser, the clock and the recorder.
#ifndef TESTS_UNIT_SCENARIO_WORLD_H
#define TESTS_UNIT_SCENARIO_WORLD_H

#include "agent/scenario/parts.h"

// A scenario file "shop.lua" around the body of its run function, whose first line is line 2.
#define RUN(body)                                                                                                      \
    "return require('liveload').scenario { name = 'shop', run = function(ctx, user_id, config)\n" body "\nend }"
// Around fields of its table, which stand on line 2; ll.scenario is called on line 1.
#define FIELDS(fields) "return require('liveload').scenario {\n" fields "\n, run = function() end }"

struct world {
    struct ll_bundle_file files[4];
    struct ll_bundle bundle;
    const struct ll_secrets *secrets; // NULL: none
    struct ll_scenario *scenario;
    struct ll_script *script;
    struct ll_script_request request; // the last
    struct ll_buf told;               // what the host was told, one line each: "log hello"
};

// A bundle of `main` as shop.lua and, unless NULL, `module` as lib/prices.lua.
void world_bundle(struct world *world, const char *main, const char *module);
// One more file of the bundle; before it is booted.
void world_add(struct world *world, const char *path, const char *content);
// Loads and configures what is in the bundle and makes user 7. Fails the test when that is not possible.
void world_boot(struct world *world);
// A bundle and its boot.
void world_open(struct world *world, const char *main, const char *module);
void world_close(struct world *world);

// Begins iteration `number`; the status.
enum ll_script_status world_start(struct world *world, uint64_t number);
// Answers the action with success and the JSON (NULL: none), or with a failure.
enum ll_script_status world_answer(struct world *world, const char *json);
enum ll_script_status world_answer_failure(struct world *world, enum ll_status status, const char *sentence);
// Answers the request with 200 and a small JSON document.
enum ll_script_status world_answer_http(struct world *world);
enum ll_script_status world_go_on(struct world *world);

// Why a file cannot be loaded; "" when it can. Valid until the next call.
const char *world_load_error(const char *main, const char *module);
// The detail of the failure of the first iteration of RUN(body), which must not wait; "" when it does not fail.
const char *world_run_error(const char *main);

#endif
