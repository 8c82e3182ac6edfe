// `liveload-agent --describe`: what a scenario states, for the command line, which runs no Lua itself.
#ifndef AGENT_SCENARIO_DESCRIBE_H
#define AGENT_SCENARIO_DESCRIBE_H

#include "libcommon/base/buf.h"
#include "libcommon/base/err.h"
#include "libcommon/model/secret.h"

#include <stddef.h>

// Unpacks a bundle, reads its scenario, and appends its packed spec. `secrets` has the names of those that the run will
// have; their values stand in for the real ones, which no spec may hold. Errors as of ll_bundle_unpack,
// ll_scenario_load and ll_secret_check_bundle; LL_RESOURCE_EXHAUSTED when the buffer is too small.
ll_err ll_describe(const void *packed_bundle, size_t len, const struct ll_secrets *secrets,
                   struct ll_buf *out_packed_spec);

#endif
