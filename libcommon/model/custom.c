#include "libcommon/model/custom.h"

#include "libcommon/base/alloc.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

void ll_custom_metrics_fini(struct ll_custom_metrics *metrics) {
    for (size_t i = 0; i < metrics->count; i++) free(metrics->items[i].name);
    free(metrics->items);
    *metrics = (struct ll_custom_metrics){.items = NULL};
}

static void append(struct ll_custom_metrics *metrics, const char *name, enum ll_metric family) {
    metrics->items = ll_realloc(metrics->items, metrics->count + 1, sizeof *metrics->items);
    metrics->items[metrics->count++] = (struct ll_custom_metric){.name = ll_strdup(name), .family = family};
}

struct ll_custom_metrics ll_custom_metrics_copy(const struct ll_custom_metrics *metrics) {
    struct ll_custom_metrics copy = {.items = NULL};
    for (size_t i = 0; i < metrics->count; i++) append(&copy, metrics->items[i].name, metrics->items[i].family);
    return copy;
}

static bool is_name(const char *name) {
    size_t len = strlen(name);
    if (len == 0 || len > LL_CUSTOM_NAME_MAX || isdigit((unsigned char)*name)) return false;
    for (size_t i = 0; i < len; i++)
        if (!isalnum((unsigned char)name[i]) && name[i] != '_') return false;
    return true;
}

ll_err ll_custom_metrics_add(struct ll_custom_metrics *metrics, const char *name, enum ll_metric family) {
    enum ll_metric own;
    if (!is_name(name))
        return ll_err_make(LL_INVALID_ARGUMENT,
                           "\"%.70s\" is no name of a metric: it takes letters, digits and underscores, at most %d",
                           name, LL_CUSTOM_NAME_MAX);
    if (ll_metric_by_name(name, &own))
        return ll_err_make(LL_INVALID_ARGUMENT, "\"%s\" is a metric of LiveLoad's own: choose another name", name);
    const struct ll_custom_metric *known = ll_custom_metrics_find(metrics, name);
    if (known && known->family != family)
        return ll_err_make(LL_INVALID_ARGUMENT, "the metric \"%s\" is declared twice, as different things", name);
    if (known) return LL_SUCCESS;
    if (metrics->count == LL_CUSTOM_METRICS_MAX)
        return ll_err_make(LL_RESOURCE_EXHAUSTED, "there are more than %d metrics of the scenario's own",
                           LL_CUSTOM_METRICS_MAX);
    append(metrics, name, family);
    return LL_SUCCESS;
}

const struct ll_custom_metric *ll_custom_metrics_find(const struct ll_custom_metrics *metrics, const char *name) {
    for (size_t i = 0; metrics && i < metrics->count; i++)
        if (strcmp(metrics->items[i].name, name) == 0) return &metrics->items[i];
    return NULL;
}
