// Files that a scenario gives to a page: ones of its bundle, or with content that it makes.
#ifndef AGENT_SCENARIO_FILES_H
#define AGENT_SCENARIO_FILES_H

#include "libcommon/base/buf.h"

#include <lauxlib.h>
#include <lua.h>

// Appends what stands at `index`, a file or a list of files, as [{"name":…,"type":…,"content": base64}]. A file is the
// name of one beside the scenario, or a table { name =, content =, type = }. Raises, naming `method` and the argument,
// for anything else, for a file that did not come with the scenario, and for more than LL_FILES_MAX files or
// LL_FILES_BYTES_MAX bytes in all.
void ll_files_write_json(lua_State *L, const char *method, int index, struct ll_buf *out);

// The function file of `ll`, which says that a file belongs to the scenario and returns its name. Ends with
// {NULL, NULL}.
extern const luaL_Reg ll_files_functions[];

#endif
