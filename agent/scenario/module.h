// The files of the bundle as Lua modules: compiled once per scenario, loaded into each user's state.
#ifndef AGENT_SCENARIO_MODULE_H
#define AGENT_SCENARIO_MODULE_H

#include <lua.h>

// Pushes the main file of the scenario as a function, not yet called. Raises for a syntax error.
void ll_module_push_main(lua_State *L);

// require(name), for scripts: "liveload", the offered standard libraries, or NAME.lua beside the scenario.
int ll_module_require(lua_State *L);

// Pushes the table that require "liveload" gives. declare.c has it.
void ll_module_push_liveload(lua_State *L);

#endif
