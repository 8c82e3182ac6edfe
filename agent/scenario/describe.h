// `liveload-agent --describe`: what a scenario states, for the command line, which runs no Lua itself.
#ifndef AGENT_SCENARIO_DESCRIBE_H
#define AGENT_SCENARIO_DESCRIBE_H

#include "libcommon/base/buf.h"
#include "libcommon/base/err.h"

#include <stddef.h>

// Unpacks a bundle, reads its scenario, and appends its packed spec. Errors as of ll_bundle_unpack and
// ll_scenario_load; LL_RESOURCE_EXHAUSTED when the buffer is too small.
ll_err ll_describe(const void *packed_bundle, size_t len, struct ll_buf *out_packed_spec);

#endif
