// Any text as a data file, CSV and JSON: what was checked when the file was read can be read again, row by row.
#include "agent/scenario/rows.h"

#include "tests/fuzz/fuzz.h"

#include <lauxlib.h>

enum { LOOKED_AT = 200 };

static int push_rows(lua_State *L) {
    struct ll_rows *rows = lua_touserdata(L, 1);
    for (uint32_t i = 0; i < ll_rows_count(rows) && i < LOOKED_AT; i++) {
        ll_rows_push(L, rows, i);
        lua_settop(L, 1);
    }
    return 0;
}

static void try_rows(ll_err err, struct ll_rows *rows) {
    if (err.status != LL_OK) {
        assert(*err.text);
        return;
    }
    lua_State *L = luaL_newstate();
    lua_pushcfunction(L, push_rows);
    lua_pushlightuserdata(L, rows);
    int status = lua_pcall(L, 1, 0, 0);
    assert(status == LUA_OK);
    lua_close(L);
    ll_rows_free(&rows);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    static char path[] = "data";
    struct ll_bundle_file file = {.path = path, .content = (void *)(uintptr_t)data, .len = len};
    struct ll_rows *rows = NULL;
    ll_err err = ll_rows_read_csv(&file, len > 0 && data[len - 1] == ';' ? ';' : ',', &rows);
    try_rows(err, rows);
    rows = NULL;
    err = ll_rows_read_json(&file, &rows);
    try_rows(err, rows);
    return 0;
}
