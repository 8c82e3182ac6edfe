// Reading a scenario file before anything is started: its bundle, and the plan it states.
#ifndef TOOLS_LIVELOAD_DESCRIBE_H
#define TOOLS_LIVELOAD_DESCRIBE_H

#include "libcommon/base/buf.h"
#include "libcommon/base/err.h"
#include "libcommon/model/secret.h"
#include "libcommon/model/spec.h"

// Reads the scenario at `path` with its modules into `out_bundle` (packed) and has the agent program, which holds the
// Lua runtime, say what is in it; it is told the names of the secrets. Errors name file and line.
ll_err describe_scenario(const char *path, const struct ll_secrets *secrets, struct ll_buf *out_bundle,
                         struct ll_spec *out_spec);

#endif
