// ll.secret(name): values that the run was given and that nothing it writes may hold.
#ifndef AGENT_SCENARIO_SECRET_H
#define AGENT_SCENARIO_SECRET_H

#include "libcommon/base/err.h"
#include "libcommon/model/bundle.h"
#include "libcommon/model/secret.h"

#include <lauxlib.h>

// The function secret of `ll`. Ends with {NULL, NULL}.
extern const luaL_Reg ll_secret_functions[];

// Whether each secret that the bundle's code asks for by a literal name was given: LL_INVALID_ARGUMENT with file and
// line of the first that was not.
ll_err ll_secret_check_bundle(const struct ll_bundle *bundle, const struct ll_secrets *given);

#endif
