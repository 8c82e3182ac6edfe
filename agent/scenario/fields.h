// Reads the fields of a table that a scenario file states, one by one. What cannot be is raised, with the file's line
// and the field's whole name: "shop.lua:4: load.users must be a whole number from 1 to 100000, not 0".
//
// `what` is the table's name ("load"), `name` the field's. A field that is not given leaves *out as it was.
#ifndef AGENT_SCENARIO_FIELDS_H
#define AGENT_SCENARIO_FIELDS_H

#include "libcommon/base/err.h"

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LL_FIELD_NAME_MAX = 160 }; // bytes

// Pushes the field of the table at `index`, without metamethods; its type.
int ll_field_push(lua_State *L, int index, const char *name);
// Raises that `field` must be `wanted`, and is not what lies on top of the stack.
void ll_field_wants(lua_State *L, const char *field, const char *wanted) __attribute__((noreturn));

// The field as a table, pushed; false, and nothing pushed, when it is not given.
bool ll_field_table(lua_State *L, int index, const char *name, const char *wanted);
// The result is whether the field is given.
bool ll_field_whole(lua_State *L, int index, const char *what, const char *name, uint64_t min, uint64_t max,
                    uint64_t *out);
bool ll_field_duration(lua_State *L, int index, const char *what, const char *name, uint64_t *out_ms);
// A text for `parse`, ll_text_parse_bytes or ll_text_parse_rate, or a whole number from 0.
bool ll_field_amount(lua_State *L, int index, const char *what, const char *name,
                     ll_err (*parse)(const char *text, uint64_t *out), uint64_t *out);
void ll_field_bool(lua_State *L, int index, const char *what, const char *name, bool *out);
// A text of 1 to `max` bytes, in new memory; the one that was there is freed.
void ll_field_text(lua_State *L, int index, const char *what, const char *name, size_t max, char **out);
// The same for one that no error may quote.
void ll_field_secret(lua_State *L, int index, const char *what, const char *name, size_t max, char **out);

#endif
