// Lua values as other things: JSON both ways, durations, and words for people.
#ifndef AGENT_SCENARIO_VALUE_H
#define AGENT_SCENARIO_VALUE_H

#include "libcommon/base/buf.h"
#include "libcommon/base/err.h"
#include "libcommon/codec/json.h"

#include <lua.h>
#include <stdint.h>

enum {
    LL_VALUE_DEPTH_MAX = 64,  // tables in tables
    LL_VALUE_WORDS_MAX = 120, // bytes
};

// Pushes what `node` holds: null and NULL as nil, objects and arrays as tables, whole numbers as integers.
void ll_value_push_json(lua_State *L, const ll_json *node);
// Appends the value at `index` as JSON: a table with the keys 1 to n is an array, one with texts as keys an object, an
// empty one an object. Raises, naming `what`, for anything else, and for more than out->max bytes.
void ll_value_write_json(lua_State *L, int index, const char *what, struct ll_buf *out);

// "5s", or a number of seconds. LL_INVALID_ARGUMENT, LL_OUT_OF_RANGE.
ll_err ll_value_duration_ms(lua_State *L, int index, uint64_t *out_ms);

// The value as an error names it: `nothing`, `nil`, `true`, `12`, `"text"`, `a table`. Allocates nothing.
const char *ll_value_words(lua_State *L, int index, char out[LL_VALUE_WORDS_MAX]);

// The number at `index`, if it is one, becomes its text there as a person would write it: 6 / 2 is "3", where Lua says
// "3.0".
void ll_value_number_to_text(lua_State *L, int index);

// Pushes the values from `first` to the top as one text with tabs between them, as print shows them.
void ll_value_push_joined(lua_State *L, int first);

#endif
