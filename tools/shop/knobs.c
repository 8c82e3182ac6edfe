#include "tools/shop/knobs.h"

#include "libcommon/base/alloc.h"
#include "libcommon/base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static ll_err parse_share(const char *text, double *out) {
    char *end;
    double share = strtod(text, &end);
    if (strcmp(end, "%") == 0)
        share /= 100;
    else if (end == text || *end)
        share = -1;
    if (!(share >= 0 && share <= 1))
        return ll_err_make(LL_INVALID_ARGUMENT, "fail is \"%s\": it takes a share such as 10%% or 0.1", text);
    *out = share;
    return LL_SUCCESS;
}

static ll_err set_field(struct knob *knob, const char *key, const char *value) {
    uint64_t number;
    if (strcmp(key, "path") == 0) {
        if (*value != '/' || strlen(value) >= sizeof knob->path)
            return ll_err_make(LL_INVALID_ARGUMENT, "path is \"%s\": it starts with /, as in path=/checkout", value);
        snprintf(knob->path, sizeof knob->path, "%s", value);
        return LL_SUCCESS;
    }
    if (strcmp(key, "latency") == 0) return ll_text_parse_duration_ms(value, &knob->latency_ms);
    if (strcmp(key, "fail") == 0) return parse_share(value, &knob->fail);
    if (strcmp(key, "hang") == 0) {
        knob->hang = strcmp(value, "0") != 0;
        return LL_SUCCESS;
    }
    if (strcmp(key, "status") == 0) {
        LL_TRY(ll_text_parse_uint("status", value, 400, 599, &number));
        knob->status = (int)number;
        return LL_SUCCESS;
    }
    return ll_err_make(LL_INVALID_ARGUMENT, "a knob has no field \"%s\": it takes path, latency, fail, status, hang",
                       key);
}

static ll_err parse(char *text, struct knob *out, bool *out_reset) {
    char *rest = NULL;
    for (char *field = strtok_r(text, "&,", &rest); field; field = strtok_r(NULL, "&,", &rest)) {
        char *value = strchr(field, '=');
        if (!value) return ll_err_make(LL_INVALID_ARGUMENT, "\"%s\" is no field=value of a knob", field);
        *value++ = '\0';
        if (strcmp(field, "reset") == 0)
            *out_reset = true;
        else
            LL_TRY(set_field(out, field, value));
    }
    if (!*out_reset && !*out->path)
        return ll_err_make(LL_INVALID_ARGUMENT, "a knob takes a path, as in path=/checkout&latency=2s");
    return LL_SUCCESS;
}

ll_err knobs_set(struct knobs *knobs, const char *text) {
    struct knob knob = {.status = 500};
    bool reset = false;
    char *copy = ll_strdup(text);
    ll_err err = parse(copy, &knob, &reset);
    free(copy);
    LL_TRY(err);
    if (reset) {
        knobs->count = 0;
        return LL_SUCCESS;
    }
    size_t at = 0;
    while (at < knobs->count && strcmp(knobs->list[at].path, knob.path) != 0) at++;
    if (at == SHOP_KNOBS_MAX) return ll_err_make(LL_RESOURCE_EXHAUSTED, "there are %d knobs already", SHOP_KNOBS_MAX);
    knobs->list[at] = knob;
    if (at == knobs->count) knobs->count++;
    return LL_SUCCESS;
}

struct knob_effect knobs_draw(struct knobs *knobs, const char *path) {
    const struct knob *best = NULL; // the longest path that fits
    for (size_t i = 0; i < knobs->count; i++) {
        const struct knob *knob = &knobs->list[i];
        if (strncmp(path, knob->path, strlen(knob->path)) != 0) continue;
        if (!best || strlen(knob->path) > strlen(best->path)) best = knob;
    }
    if (!best) return (struct knob_effect){0};
    bool fails = best->fail > 0 && ll_rand_unit(&knobs->rand) < best->fail;
    return (struct knob_effect){.latency_ms = best->latency_ms, .status = fails ? best->status : 0, .hang = best->hang};
}
