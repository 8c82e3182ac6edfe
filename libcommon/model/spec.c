#include "libcommon/model/spec.h"

#include "libcommon/base/alloc.h"
#include "libcommon/base/text.h"
#include "libcommon/model/threshold.h"

#include <stdlib.h>
#include <string.h>

static const uint64_t iterations_max = 1000ull * 1000 * 1000 * 1000;

struct ll_spec ll_spec_make(const char *name) {
    return (struct ll_spec){
        .name = ll_strdup(name),
        .load =
            {
                .users = LL_DEFAULT_USERS,
                .duration_ms = LL_DEFAULT_DURATION_MS,
                .iteration_timeout_ms = LL_DEFAULT_ITERATION_TIMEOUT_MS,
                .graceful_stop_ms = LL_DEFAULT_GRACEFUL_STOP_MS,
            },
        .context = {.viewport_width = LL_VIEWPORT_DEFAULT_WIDTH, .viewport_height = LL_VIEWPORT_DEFAULT_HEIGHT},
    };
}

void ll_spec_fini(struct ll_spec *spec) {
    free(spec->name);
    free(spec->load.stages);
    for (size_t i = 0; i < spec->threshold_count; i++) free(spec->thresholds[i]);
    free(spec->thresholds);
    ll_context_options_fini(&spec->context);
    for (size_t i = 0; i < spec->option_count; i++) {
        free(spec->options[i].key);
        free(spec->options[i].value);
    }
    free(spec->options);
    ll_custom_metrics_fini(&spec->metrics);
    *spec = (struct ll_spec){.name = NULL};
}

struct ll_spec ll_spec_copy(const struct ll_spec *spec) {
    struct ll_spec copy = *spec;
    copy.name = spec->name ? ll_strdup(spec->name) : NULL;
    copy.context = ll_context_options_copy(&spec->context);
    size_t stage_bytes = spec->load.stage_count * sizeof *spec->load.stages;
    copy.load.stages = stage_bytes ? ll_memdup(spec->load.stages, stage_bytes) : NULL;
    copy.thresholds = NULL, copy.threshold_count = 0;
    for (size_t i = 0; i < spec->threshold_count; i++) ll_spec_add_threshold(&copy, spec->thresholds[i]);
    copy.metrics = ll_custom_metrics_copy(&spec->metrics);
    copy.options = NULL, copy.option_count = 0;
    for (size_t i = 0; i < spec->option_count; i++)
        ll_spec_set_option(&copy, spec->options[i].key, spec->options[i].value);
    return copy;
}

void ll_spec_add_threshold(struct ll_spec *spec, const char *expression) {
    spec->thresholds = ll_realloc(spec->thresholds, spec->threshold_count + 1, sizeof *spec->thresholds);
    spec->thresholds[spec->threshold_count++] = ll_strdup(expression);
}

void ll_spec_set_option(struct ll_spec *spec, const char *key, const char *value) {
    for (size_t i = 0; i < spec->option_count; i++) {
        if (strcmp(spec->options[i].key, key) != 0) continue;
        char *copy = ll_strdup(value); // first: `value` may be the old one
        free(spec->options[i].value);
        spec->options[i].value = copy;
        return;
    }
    spec->options = ll_realloc(spec->options, spec->option_count + 1, sizeof *spec->options);
    spec->options[spec->option_count++] = (struct ll_option){.key = ll_strdup(key), .value = ll_strdup(value)};
}

static ll_err validate_name(const char *name) {
    if (!name || !*name)
        return ll_err_make(LL_INVALID_ARGUMENT, "the scenario has no name: add name = \"…\" to ll.scenario");
    if (strlen(name) > LL_NAME_MAX)
        return ll_err_make(LL_INVALID_ARGUMENT, "the scenario's name is %zu bytes long: it takes at most %d",
                           strlen(name), LL_NAME_MAX);
    if (ll_text_has_control(name))
        return ll_err_make(LL_INVALID_ARGUMENT, "the scenario's name has a line break or control character in it");
    return LL_SUCCESS;
}

static ll_err validate_stages(const struct ll_load *load) {
    if (load->stage_count > LL_STAGES_MAX)
        return ll_err_make(LL_INVALID_ARGUMENT, "load.stages has %zu stages: it takes at most %d", load->stage_count,
                           LL_STAGES_MAX);
    uint32_t most = 0;
    uint64_t total_ms = 0;
    for (size_t i = 0; i < load->stage_count; i++) {
        const struct ll_stage *stage = &load->stages[i];
        if (stage->users > load->users)
            return ll_err_make(LL_INVALID_ARGUMENT, "stage %zu has %u users, but the load has only %u", i + 1,
                               stage->users, load->users);
        if (stage->over_ms > LL_DURATION_MAX_MS)
            return ll_err_make(LL_INVALID_ARGUMENT, "stage %zu is longer than a week", i + 1);
        most = stage->users > most ? stage->users : most;
        total_ms += stage->over_ms;
    }
    if (most == 0) return ll_err_make(LL_INVALID_ARGUMENT, "no stage has a user: give one of them users");
    if (total_ms == 0)
        return ll_err_make(LL_INVALID_ARGUMENT, "the stages last no time: give one of them a longer over");
    if (total_ms > LL_DURATION_MAX_MS)
        return ll_err_make(LL_INVALID_ARGUMENT, "the stages together are longer than a week");
    return LL_SUCCESS;
}

static ll_err validate_shape(const struct ll_load *load) {
    int shapes = (load->duration_ms > 0) + (load->iterations > 0) + (load->stage_count > 0);
    if (shapes == 0)
        return ll_err_make(LL_INVALID_ARGUMENT,
                           "load has no duration above 0, no iterations and no stages: give one of them, as in "
                           "duration = \"30s\"");
    if (shapes > 1) {
        bool has_duration = load->duration_ms > 0;
        return ll_err_make(LL_INVALID_ARGUMENT, "load has both %s and %s: give only one of them",
                           has_duration ? "duration" : "iterations",
                           has_duration && load->iterations ? "iterations" : "stages");
    }
    if (load->duration_ms > LL_DURATION_MAX_MS)
        return ll_err_make(LL_INVALID_ARGUMENT, "load.duration is longer than a week");
    if (load->iterations > iterations_max)
        return ll_err_make(LL_INVALID_ARGUMENT, "load.iterations is %llu: it takes at most %llu",
                           (unsigned long long)load->iterations, (unsigned long long)iterations_max);
    return load->stage_count ? validate_stages(load) : LL_SUCCESS;
}

static ll_err validate_load(const struct ll_load *load) {
    if (load->users < 1 || load->users > LL_USERS_MAX)
        return ll_err_make(LL_INVALID_ARGUMENT, "load.users is %u: it takes a whole number from 1 to %d", load->users,
                           LL_USERS_MAX);
    LL_TRY(validate_shape(load));
    if (load->iteration_timeout_ms < 1 || load->iteration_timeout_ms > LL_DURATION_MAX_MS)
        return ll_err_make(LL_INVALID_ARGUMENT, "load.iteration_timeout takes more than 0 and at most a week");
    if (load->graceful_stop_ms > LL_DURATION_MAX_MS)
        return ll_err_make(LL_INVALID_ARGUMENT, "load.graceful_stop is longer than a week");
    return LL_SUCCESS;
}

static ll_err validate_timeouts(const struct ll_timeouts *timeouts) {
    if (timeouts->launch_ms > LL_DURATION_MAX_MS || timeouts->navigation_ms > LL_DURATION_MAX_MS ||
        timeouts->action_ms > LL_DURATION_MAX_MS)
        return ll_err_make(LL_INVALID_ARGUMENT, "one of the timeouts is longer than a week");
    return LL_SUCCESS;
}

static ll_err validate_thresholds(const struct ll_spec *spec) {
    if (spec->threshold_count > LL_THRESHOLDS_MAX)
        return ll_err_make(LL_INVALID_ARGUMENT, "there are %zu thresholds: at most %d are allowed",
                           spec->threshold_count, LL_THRESHOLDS_MAX);
    for (size_t i = 0; i < spec->threshold_count; i++) {
        struct ll_threshold threshold;
        ll_err err = ll_threshold_parse(spec->thresholds[i], &spec->metrics, &threshold);
        if (err.status == LL_NOT_FOUND) err.status = LL_INVALID_ARGUMENT;
        LL_TRY(err);
    }
    return LL_SUCCESS;
}

static ll_err validate_options(const struct ll_spec *spec) {
    if (spec->option_count > LL_OPTIONS_MAX)
        return ll_err_make(LL_INVALID_ARGUMENT, "there are %zu options: --set is allowed %d times", spec->option_count,
                           LL_OPTIONS_MAX);
    for (size_t i = 0; i < spec->option_count; i++) {
        const struct ll_option *option = &spec->options[i];
        size_t len = strlen(option->key);
        if (len == 0 || len > LL_NAME_MAX)
            return ll_err_make(LL_INVALID_ARGUMENT, "the name of option \"%.40s\" takes 1 to %d bytes", option->key,
                               LL_NAME_MAX);
        if (strlen(option->value) > LL_SPEC_TEXT_MAX)
            return ll_err_make(LL_INVALID_ARGUMENT, "the value of option \"%s\" is longer than %d bytes", option->key,
                               LL_SPEC_TEXT_MAX);
    }
    return LL_SUCCESS;
}

ll_err ll_spec_validate(const struct ll_spec *spec) {
    LL_TRY(validate_name(spec->name));
    LL_TRY(validate_load(&spec->load));
    LL_TRY(ll_context_options_validate(&spec->context));
    LL_TRY(validate_timeouts(&spec->timeouts));
    LL_TRY(validate_thresholds(spec));
    return validate_options(spec);
}

uint32_t ll_load_users(const struct ll_load *load) {
    if (load->iterations > 0 && load->iterations < load->users) return (uint32_t)load->iterations;
    return load->users;
}

uint64_t ll_load_planned_ms(const struct ll_load *load) {
    uint64_t total_ms = load->duration_ms;
    for (size_t i = 0; i < load->stage_count; i++) total_ms += load->stages[i].over_ms;
    return total_ms;
}
