// ll.counter and ll.histogram: metrics of the scenario's own.
#ifndef AGENT_SCENARIO_MEASURE_H
#define AGENT_SCENARIO_MEASURE_H

#include <lauxlib.h>

// The functions counter and histogram of `ll`: they declare while the scenario is read, and find what was declared in a
// user's state. Ends with {NULL, NULL}.
extern const luaL_Reg ll_measure_functions[];

#endif
