// The page is told what to look for, then the function is called, then the response is waited for, which may have come
// long since. When the function fails, so does the call, and what the page was told is forgotten with the iteration.
#include "agent/scenario/response.h"

#include "agent/scenario/api.h"
#include "agent/scenario/parts.h"

enum { FUNCTION_INDEX = 3 };

// The call stands on the stack as it was made.
static int called(lua_State *L, int status, lua_KContext number) {
    struct ll_action action;
    (void)status;
    ll_vm_of(L)->script->step++;
    ll_api_read(L, LL_OP_WAIT_FOR_RESPONSE, &action);
    action.number = (uint32_t)number;
    return ll_api_perform(L, &action);
}

static int expected(lua_State *L, int status, lua_KContext number) {
    (void)status;
    lua_pushvalue(L, FUNCTION_INDEX);
    lua_pushvalue(L, 1);
    lua_callk(L, 1, 0, number, called);
    return called(L, LUA_OK, number);
}

int ll_response_wait(lua_State *L) {
    struct ll_script *script = ll_vm_of(L)->script;
    struct ll_action action;
    ll_api_read(L, LL_OP_WAIT_FOR_RESPONSE, &action);
    ll_api_check_can_wait(L, "wait_for_response");
    action.operation = LL_OP_EXPECT_RESPONSE;
    action.number = ++script->expected;
    script->wait = (struct ll_script_request){.status = LL_SCRIPT_ACTION, .action = action};
    return lua_yieldk(L, 0, (lua_KContext)action.number, expected);
}
