// What a scenario states about browser contexts and timeouts.
//
// `context` is a table, or a function(config) that returns one: then it is called once on each agent, after config,
// and the file itself has a context with every default.
#ifndef AGENT_SCENARIO_DECLARE_CONTEXT_H
#define AGENT_SCENARIO_DECLARE_CONTEXT_H

#include "libcommon/model/spec.h"

#include <lua.h>

// Both read the field of the scenario's table at `table`, and raise for what they do not understand.
void ll_declare_read_context(lua_State *L, int table, struct ll_context_options *out);
void ll_declare_read_timeouts(lua_State *L, int table, struct ll_spec *out);

// Calls the scenario's context function, which is_computed says it has, and reads what it returns. `table` and
// `config` are the indices of the scenario's table and of what its config returned.
void ll_declare_compute_context(lua_State *L, int table, int config, struct ll_context_options *out);

#endif
