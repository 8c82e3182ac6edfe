#include "tools/liveload/outcome.h"

enum exit_code outcome_of_error(ll_err err) {
    switch (err.status) {
    case LL_OK:
        return EXIT_HELD;
    case LL_INVALID_ARGUMENT:
    case LL_RESOURCE_EXHAUSTED:
    case LL_OUT_OF_RANGE:
        return EXIT_USAGE;
    case LL_CANCELLED:
        return EXIT_INTERRUPTED;
    case LL_UNKNOWN:
    case LL_DEADLINE_EXCEEDED:
    case LL_NOT_FOUND:
    case LL_ALREADY_EXISTS:
    case LL_PERMISSION_DENIED:
    case LL_FAILED_PRECONDITION:
    case LL_ABORTED:
    case LL_UNIMPLEMENTED:
    case LL_INTERNAL:
    case LL_UNAVAILABLE:
    case LL_DATA_LOSS:
    case LL_UNAUTHENTICATED:
        break;
    }
    return EXIT_NOT_RUN;
}

static bool is_cut_short(const struct ll_scenario_result *scenario) {
    size_t lost = 0;
    for (size_t i = 0; i < scenario->node_count; i++) lost += scenario->nodes[i].lost;
    return scenario->error || scenario->node_count == 0 || lost == scenario->node_count;
}

static enum exit_code outcome_of_verdict(enum ll_verdict verdict) {
    switch (verdict) {
    case LL_VERDICT_FAILED:
        return EXIT_THRESHOLD;
    case LL_VERDICT_INVALID:
        return EXIT_INVALID;
    case LL_VERDICT_PASSED:
    case LL_VERDICT_DEGRADED:
        break;
    }
    return EXIT_HELD;
}

// Higher is more serious.
static int seriousness(enum exit_code code) {
    switch (code) {
    case EXIT_HELD:
        return 0;
    case EXIT_INVALID:
        return 1;
    case EXIT_THRESHOLD:
        return 2;
    case EXIT_USAGE:
        return 3;
    case EXIT_NOT_RUN:
        return 4;
    case EXIT_INTERRUPTED:
        return 5;
    }
    return 0;
}

bool outcome_is_worse(enum exit_code code, enum exit_code than) {
    return seriousness(code) > seriousness(than);
}

enum exit_code outcome_of_result(const struct ll_result *result) {
    enum exit_code worst = EXIT_HELD;
    for (size_t i = 0; i < result->scenario_count; i++) {
        const struct ll_scenario_result *scenario = &result->scenarios[i];
        enum exit_code code = scenario->stopped_early  ? EXIT_INTERRUPTED
                              : is_cut_short(scenario) ? EXIT_NOT_RUN
                                                       : outcome_of_verdict(scenario->verdict);
        if (outcome_is_worse(code, worst)) worst = code;
    }
    return worst;
}

enum exit_code outcome_of_run(const struct ll_result *result, ll_err failure) {
    return failure.status == LL_OK ? outcome_of_result(result) : outcome_of_error(failure);
}
