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

struct setting { // a text being read
    struct knob knob;
    struct knob_cut cut;
    bool resets, is_mine, refuses;
};

static ll_err set_field(struct setting *setting, const char *key, const char *value) {
    struct knob *knob = &setting->knob;
    uint64_t number;
    if (strcmp(key, "path") == 0) {
        if (*value != '/' || strlen(value) >= sizeof knob->path)
            return ll_err_make(LL_INVALID_ARGUMENT, "path is \"%s\": it starts with /, as in path=/checkout", value);
        snprintf(knob->path, sizeof knob->path, "%s", value);
        return LL_SUCCESS;
    }
    if (strcmp(key, "event") == 0) {
        if (!*value || strlen(value) >= sizeof knob->event)
            return ll_err_make(LL_INVALID_ARGUMENT, "event is \"%s\": it is the name of one, as in event=add", value);
        snprintf(knob->event, sizeof knob->event, "%s", value);
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
    if (strcmp(key, "disconnect") == 0) {
        setting->cut.disconnects = true;
        return ll_text_parse_duration_ms(value, &setting->cut.after_ms);
    }
    if (strcmp(key, "refuse") == 0) {
        setting->refuses = true;
        return ll_text_parse_duration_ms(value, &setting->cut.refuse_ms);
    }
    if (strcmp(key, "mine") == 0) {
        setting->is_mine = strcmp(value, "0") != 0;
        return LL_SUCCESS;
    }
    if (strcmp(key, "reset") == 0) {
        setting->resets = true;
        return LL_SUCCESS;
    }
    return ll_err_make(LL_INVALID_ARGUMENT,
                       "a knob has no field \"%s\": it takes path, event, latency, fail, status, hang, disconnect, "
                       "refuse, mine, reset",
                       key);
}

static ll_err parse(char *text, const char *session_id, struct setting *out) {
    char *rest = NULL;
    for (char *field = strtok_r(text, "&,", &rest); field; field = strtok_r(NULL, "&,", &rest)) {
        char *value = strchr(field, '=');
        if (!value) return ll_err_make(LL_INVALID_ARGUMENT, "\"%s\" is no field=value of a knob", field);
        *value++ = '\0';
        LL_TRY(set_field(out, field, value));
    }
    if (!out->resets && !*out->knob.path)
        return ll_err_make(LL_INVALID_ARGUMENT, "a knob takes a path, as in path=/checkout&latency=2s");
    if (out->is_mine && !*session_id)
        return ll_err_make(LL_INVALID_ARGUMENT, "mine=1 is about the session of a cookie, and there is none: set it "
                                                "from a page of the shop");
    if (out->is_mine) snprintf(out->knob.session_id, sizeof out->knob.session_id, "%s", session_id);
    return LL_SUCCESS;
}

static void remove_knobs(struct knobs *knobs, const char *session_id) {
    size_t kept = 0;
    for (size_t i = 0; i < knobs->count; i++)
        if (*session_id && strcmp(knobs->list[i].session_id, session_id) != 0) knobs->list[kept++] = knobs->list[i];
    knobs->count = kept;
}

static bool is_about_the_same(const struct knob *a, const struct knob *b) {
    return strcmp(a->path, b->path) == 0 && strcmp(a->event, b->event) == 0 &&
           strcmp(a->session_id, b->session_id) == 0;
}

static ll_err cut(struct knobs *knobs, struct setting *setting) {
    if (!knobs->on_cut)
        return ll_err_make(LL_INVALID_ARGUMENT, "disconnect and refuse are for a shop that runs: POST them to /_knobs");
    snprintf(setting->cut.path, sizeof setting->cut.path, "%s", setting->knob.path);
    snprintf(setting->cut.session_id, sizeof setting->cut.session_id, "%s", setting->knob.session_id);
    knobs->on_cut(knobs->arg, &setting->cut);
    return LL_SUCCESS;
}

ll_err knobs_set(struct knobs *knobs, const char *text, const char *session_id) {
    struct setting setting = {.knob.status = 500};
    char *copy = ll_strdup(text);
    ll_err err = parse(copy, session_id, &setting);
    free(copy);
    LL_TRY(err);
    if (setting.resets) {
        remove_knobs(knobs, setting.knob.session_id);
        return LL_SUCCESS;
    }
    if (setting.cut.disconnects || setting.refuses) return cut(knobs, &setting);
    size_t at = 0;
    while (at < knobs->count && !is_about_the_same(&knobs->list[at], &setting.knob)) at++;
    if (at == SHOP_KNOBS_MAX) return ll_err_make(LL_RESOURCE_EXHAUSTED, "there are %d knobs already", SHOP_KNOBS_MAX);
    knobs->list[at] = setting.knob;
    if (at == knobs->count) knobs->count++;
    return LL_SUCCESS;
}

// A knob of somebody's own goes before one for everyone; then the longer path.
static bool is_nearer(const struct knob *knob, const struct knob *than) {
    if (!than || !*knob->session_id != !*than->session_id) return !than || *knob->session_id;
    return strlen(knob->path) > strlen(than->path);
}

struct knob_effect knobs_draw(struct knobs *knobs, const char *path, const char *event, const char *session_id) {
    const struct knob *best = NULL;
    for (size_t i = 0; i < knobs->count; i++) {
        const struct knob *knob = &knobs->list[i];
        if (strncmp(path, knob->path, strlen(knob->path)) != 0 || strcmp(event, knob->event) != 0) continue;
        if (*knob->session_id && strcmp(knob->session_id, session_id) != 0) continue;
        if (is_nearer(knob, best)) best = knob;
    }
    if (!best) return (struct knob_effect){0};
    bool fails = best->fail > 0 && ll_rand_unit(&knobs->rand) < best->fail;
    return (struct knob_effect){.latency_ms = best->latency_ms, .status = fails ? best->status : 0, .hang = best->hang};
}
