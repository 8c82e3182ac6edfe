// A spec on the wire. Reading checks what a reader must be able to rely on (how many, how long); whether the spec makes
// sense is for ll_spec_validate, so that a result of another version, with thresholds this one does not know, still
// reads.
#include "libcommon/model/wire.h"

#include "libcommon/base/alloc.h"

#include <stdlib.h>
#include <string.h>

static Liveload__V1__Load *load_to_proto(struct ll_wire_arena *arena, const struct ll_load *load) {
    Liveload__V1__Load *message = ll_wire_alloc(arena, 1, sizeof *message);
    liveload__v1__load__init(message);
    message->users = load->users;
    message->duration_ms = load->duration_ms;
    message->iterations = load->iterations;
    message->iteration_timeout_ms = load->iteration_timeout_ms;
    message->graceful_stop_ms = load->graceful_stop_ms;
    message->n_stages = load->stage_count;
    message->stages = ll_wire_alloc(arena, load->stage_count, sizeof *message->stages);
    for (size_t i = 0; i < load->stage_count; i++) {
        message->stages[i] = ll_wire_alloc(arena, 1, sizeof **message->stages);
        liveload__v1__stage__init(message->stages[i]);
        message->stages[i]->users = load->stages[i].users;
        message->stages[i]->over_ms = load->stages[i].over_ms;
    }
    return message;
}

char **ll_wire_texts_to_proto(struct ll_wire_arena *arena, char *const *texts, size_t count) {
    char **list = ll_wire_alloc(arena, count, sizeof *list);
    for (size_t i = 0; i < count; i++) list[i] = ll_wire_text(texts[i]);
    return list;
}

static Liveload__V1__OnFailure on_failure_to_proto(enum ll_on_failure on_failure) {
    switch (on_failure) {
    case LL_ON_FAILURE_CONTINUE:
        return LIVELOAD__V1__ON_FAILURE__ON_FAILURE_CONTINUE;
    case LL_ON_FAILURE_STOP_USER:
        return LIVELOAD__V1__ON_FAILURE__ON_FAILURE_STOP_USER;
    }
    return LIVELOAD__V1__ON_FAILURE__ON_FAILURE_CONTINUE;
}

static Liveload__V1__CustomMetric **metrics_to_proto(struct ll_wire_arena *arena,
                                                     const struct ll_custom_metrics *metrics) {
    Liveload__V1__CustomMetric **list = ll_wire_alloc(arena, metrics->count, sizeof *list);
    for (size_t i = 0; i < metrics->count; i++) {
        list[i] = ll_wire_alloc(arena, 1, sizeof **list);
        liveload__v1__custom_metric__init(list[i]);
        list[i]->name = ll_wire_text(metrics->items[i].name);
        list[i]->family = ll_wire_text(ll_metric_info(metrics->items[i].family)->name);
    }
    return list;
}

Liveload__V1__Spec *ll_wire_spec_to_proto(struct ll_wire_arena *arena, const struct ll_spec *spec) {
    Liveload__V1__Spec *message = ll_wire_alloc(arena, 1, sizeof *message);
    liveload__v1__spec__init(message);
    message->name = ll_wire_text(spec->name);
    message->load = load_to_proto(arena, &spec->load);
    message->on_failure = on_failure_to_proto(spec->on_failure);
    message->context = ll_wire_context_to_proto(arena, &spec->context);
    message->timeouts = ll_wire_alloc(arena, 1, sizeof *message->timeouts);
    liveload__v1__timeouts__init(message->timeouts);
    message->timeouts->launch_ms = spec->timeouts.launch_ms;
    message->timeouts->navigation_ms = spec->timeouts.navigation_ms;
    message->timeouts->action_ms = spec->timeouts.action_ms;
    message->n_thresholds = spec->threshold_count;
    message->thresholds = ll_wire_texts_to_proto(arena, spec->thresholds, spec->threshold_count);
    message->n_metrics = spec->metrics.count;
    message->metrics = metrics_to_proto(arena, &spec->metrics);
    message->n_options = spec->option_count;
    message->options = ll_wire_alloc(arena, spec->option_count, sizeof *message->options);
    for (size_t i = 0; i < spec->option_count; i++) {
        message->options[i] = ll_wire_alloc(arena, 1, sizeof **message->options);
        liveload__v1__option__init(message->options[i]);
        message->options[i]->key = ll_wire_text(spec->options[i].key);
        message->options[i]->value = ll_wire_text(spec->options[i].value);
    }
    return message;
}

ll_err ll_wire_check_count(const char *what, size_t count, size_t max) {
    if (count <= max) return LL_SUCCESS;
    return ll_err_make(LL_INVALID_ARGUMENT, "the spec has %zu %s: at most %zu are allowed", count, what, max);
}

ll_err ll_wire_check_text(const char *what, const char *text, size_t max) {
    if (strlen(text) <= max) return LL_SUCCESS;
    return ll_err_make(LL_INVALID_ARGUMENT, "the spec's %s is %zu bytes long: at most %zu are allowed", what,
                       strlen(text), max);
}

static ll_err check_spec(const Liveload__V1__Spec *message) {
    LL_TRY(ll_wire_check_text("name", message->name, LL_NAME_MAX));
    if (message->load) LL_TRY(ll_wire_check_count("stages", message->load->n_stages, LL_STAGES_MAX));
    if (message->context) LL_TRY(ll_wire_context_check(message->context));
    LL_TRY(ll_wire_check_count("thresholds", message->n_thresholds, LL_THRESHOLDS_MAX));
    for (size_t i = 0; i < message->n_thresholds; i++)
        LL_TRY(ll_wire_check_text("threshold", message->thresholds[i], LL_SPEC_TEXT_MAX));
    LL_TRY(ll_wire_check_count("options", message->n_options, LL_OPTIONS_MAX));
    for (size_t i = 0; i < message->n_options; i++) {
        LL_TRY(ll_wire_check_text("option name", message->options[i]->key, LL_NAME_MAX));
        LL_TRY(ll_wire_check_text("option value", message->options[i]->value, LL_SPEC_TEXT_MAX));
    }
    return LL_SUCCESS;
}

static void read_load(const Liveload__V1__Load *message, struct ll_load *load) {
    load->users = message->users;
    load->duration_ms = message->duration_ms;
    load->iterations = message->iterations;
    if (message->iteration_timeout_ms) load->iteration_timeout_ms = message->iteration_timeout_ms;
    load->graceful_stop_ms = message->graceful_stop_ms; // 0 means: cut off at once
    load->stage_count = message->n_stages;
    load->stages = message->n_stages ? ll_alloc(message->n_stages, sizeof *load->stages) : NULL;
    for (size_t i = 0; i < message->n_stages; i++)
        load->stages[i] = (struct ll_stage){.users = message->stages[i]->users, .over_ms = message->stages[i]->over_ms};
}

// A family that is not known is of another version, and so are its series: both are left out.
static ll_err read_metrics(const Liveload__V1__Spec *message, struct ll_custom_metrics *out) {
    for (size_t i = 0; i < message->n_metrics; i++) {
        enum ll_metric family;
        if (!ll_metric_by_name(message->metrics[i]->family, &family) || !ll_metric_is_custom(family)) continue;
        LL_TRY(ll_custom_metrics_add(out, message->metrics[i]->name, family));
    }
    return LL_SUCCESS;
}

ll_err ll_wire_spec_from_proto(const Liveload__V1__Spec *message, struct ll_spec *out) {
    LL_TRY(check_spec(message));
    enum ll_on_failure on_failure = LL_ON_FAILURE_CONTINUE;
    if (message->on_failure == LIVELOAD__V1__ON_FAILURE__ON_FAILURE_STOP_USER)
        on_failure = LL_ON_FAILURE_STOP_USER;
    else if (message->on_failure != LIVELOAD__V1__ON_FAILURE__ON_FAILURE_CONTINUE)
        return ll_err_make(LL_INVALID_ARGUMENT, "the spec's on_failure is %d, which this version does not know",
                           (int)message->on_failure);
    struct ll_spec spec = ll_spec_make("");
    free(spec.name);
    spec.name = ll_wire_read_text(message->name);
    spec.on_failure = on_failure;
    if (message->load) read_load(message->load, &spec.load);
    if (message->context) ll_wire_context_from_proto(message->context, &spec.context);
    if (message->timeouts)
        spec.timeouts = (struct ll_timeouts){.launch_ms = message->timeouts->launch_ms,
                                             .navigation_ms = message->timeouts->navigation_ms,
                                             .action_ms = message->timeouts->action_ms};
    for (size_t i = 0; i < message->n_thresholds; i++) ll_spec_add_threshold(&spec, message->thresholds[i]);
    for (size_t i = 0; i < message->n_options; i++)
        ll_spec_set_option(&spec, message->options[i]->key, message->options[i]->value);
    ll_err err = read_metrics(message, &spec.metrics);
    if (err.status != LL_OK) {
        ll_spec_fini(&spec);
        return err;
    }
    *out = spec;
    return LL_SUCCESS;
}

void ll_spec_pack(const struct ll_spec *spec, struct ll_buf *out) {
    struct ll_wire_arena arena = ll_wire_arena_make(LL_WIRE_NO_LIMIT);
    ll_wire_pack(&ll_wire_spec_to_proto(&arena, spec)->base, out);
    ll_wire_arena_fini(&arena);
}

ll_err ll_spec_unpack(const void *data, size_t len, struct ll_spec *out) {
    struct ll_wire_arena arena = ll_wire_arena_make(ll_wire_memory_for(len));
    ProtobufCMessage *message = NULL;
    ll_err err = ll_wire_unpack(&liveload__v1__spec__descriptor, "the spec", data, len, &arena, &message);
    if (err.status == LL_OK) err = ll_wire_spec_from_proto((const Liveload__V1__Spec *)message, out);
    ll_wire_arena_fini(&arena);
    return err;
}
