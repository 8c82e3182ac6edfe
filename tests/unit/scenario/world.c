#include "world.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

enum { TOLD_MAX = 100 * 1000 };

static char sentence[2000];

static void step_begin(void *owner, const char *name) {
    ll_buf_printf(owner, "begin %s\n", name);
}

static void step_end(void *owner, const char *name, bool completed) {
    ll_buf_printf(owner, "end %s %s\n", name, completed ? "completed" : "cut");
}

static void check(void *owner, const char *name, bool held) {
    ll_buf_printf(owner, "check %s %s\n", name, held ? "held" : "failed");
}

static void measure(void *owner, enum ll_metric family, const char *name, double value) {
    ll_buf_printf(owner, "measure %s %s %g\n", ll_metric_info(family)->name, name, value);
}

static void log_text(void *owner, const char *text) {
    ll_buf_printf(owner, "log %s\n", text);
}

static void give_back(void *owner, uint32_t throttle) {
    ll_buf_printf(owner, "back %u\n", throttle);
}

void world_bundle(struct world *world, const char *main, const char *module) {
    *world = (struct world){.told = ll_buf_make(TOLD_MAX)};
    world->files[0] = (struct ll_bundle_file){.path = "shop.lua", .content = (void *)main, .len = strlen(main)};
    if (module)
        world->files[1] =
            (struct ll_bundle_file){.path = "lib/prices.lua", .content = (void *)module, .len = strlen(module)};
    world->bundle = (struct ll_bundle){.main = "shop.lua", .files = world->files, .count = module ? 2 : 1};
}

void world_add(struct world *world, const char *path, const char *content) {
    cr_assert(world->bundle.count < sizeof world->files / sizeof *world->files);
    world->files[world->bundle.count++] =
        (struct ll_bundle_file){.path = (char *)path, .content = (void *)content, .len = strlen(content)};
}

void world_boot(struct world *world) {
    ll_err err = ll_scenario_load(&world->bundle, world->secrets, &world->scenario);
    cr_assert(err.status == LL_OK, "load: %s", err.text);
    err = ll_scenario_configure(world->scenario, NULL, 0);
    cr_assert(err.status == LL_OK, "config: %s", err.text);
    struct ll_script_host host = {.owner = &world->told,
                                  .step_begin = step_begin,
                                  .step_end = step_end,
                                  .check = check,
                                  .measure = measure,
                                  .log = log_text,
                                  .give_back = give_back};
    err = ll_script_new(world->scenario, 7, 42, host, &world->script);
    cr_assert(err.status == LL_OK, "user: %s", err.text);
}

void world_open(struct world *world, const char *main, const char *module) {
    world_bundle(world, main, module);
    world_boot(world);
}

void world_close(struct world *world) {
    ll_script_free(&world->script);
    ll_scenario_free(&world->scenario);
    ll_buf_fini(&world->told);
}

enum ll_script_status world_start(struct world *world, uint64_t number) {
    ll_script_start(world->script, number, &world->request);
    return world->request.status;
}

enum ll_script_status world_answer(struct world *world, const char *json) {
    ll_json *value = NULL;
    if (json) cr_assert(ll_json_parse_value(json, strlen(json), &value).status == LL_OK, "%s", json);
    struct ll_action_result result = {.err = LL_SUCCESS, .value = value};
    ll_script_resume(world->script, &result, &world->request);
    ll_json_free(&value);
    return world->request.status;
}

enum ll_script_status world_answer_failure(struct world *world, enum ll_status status, const char *why) {
    struct ll_action_result result = {.err = ll_err_make(status, "%s", why)};
    ll_script_resume(world->script, &result, &world->request);
    return world->request.status;
}

enum ll_script_status world_answer_http(struct world *world) {
    static const char body[] = "{\"token\":\"t\",\"items\":[1,2]}";
    struct ll_http_answer answer = {
        .status = 200, .url = world->request.http.url, .body = body, .body_len = sizeof body - 1};
    ll_script_resume_http(world->script, &answer, &world->request);
    return world->request.status;
}

enum ll_script_status world_go_on(struct world *world) {
    ll_script_resume(world->script, NULL, &world->request);
    return world->request.status;
}

const char *world_load_error(const char *main, const char *module) {
    struct world world;
    world_bundle(&world, main, module);
    ll_err err = ll_scenario_load(&world.bundle, NULL, &world.scenario);
    snprintf(sentence, sizeof sentence, "%s", err.status == LL_OK ? "" : err.text);
    world_close(&world);
    return sentence;
}

const char *world_run_error(const char *main) {
    struct world world;
    world_open(&world, main, NULL);
    enum ll_script_status status = world_start(&world, 1);
    cr_expect(status == LL_SCRIPT_FAILED || status == LL_SCRIPT_FINISHED, "status %d", status);
    snprintf(sentence, sizeof sentence, "%s", status == LL_SCRIPT_FAILED ? world.request.detail : "");
    world_close(&world);
    return sentence;
}
