#include "agent/scenario/describe.h"

#include "agent/scenario/scenario.h"
#include "agent/scenario/secret.h"

ll_err ll_describe(const void *packed_bundle, size_t len, const struct ll_secrets *secrets,
                   struct ll_buf *out_packed_spec) {
    struct ll_bundle bundle;
    struct ll_scenario *scenario;
    LL_TRY(ll_bundle_unpack(packed_bundle, len, &bundle));
    ll_err err = ll_scenario_load(&bundle, secrets, &scenario);
    if (err.status == LL_OK) {
        err = ll_secret_check_bundle(&bundle, secrets);
        if (err.status != LL_OK) ll_scenario_free(&scenario);
    }
    if (err.status == LL_OK) {
        ll_spec_pack(ll_scenario_spec(scenario), out_packed_spec);
        if (out_packed_spec->overflowed)
            err = ll_err_make(LL_RESOURCE_EXHAUSTED, "what the scenario states is longer than %zu bytes",
                              out_packed_spec->max);
        ll_scenario_free(&scenario);
    }
    ll_bundle_fini(&bundle);
    return err;
}
