// What stopped a script while it waited is told by others, who do not know where that was: the script does.
#include "agent/scenario/call.h"
#include "agent/scenario/flow.h"
#include "agent/scenario/parts.h"
#include "libcommon/base/alloc.h"
#include "libcommon/base/url.h"

#include <assert.h>

enum { URL_SHOWN_MAX = 200 };

// What the page is told ahead belongs to the call that waits for it later.
static void append_action(struct ll_buf *out, const struct ll_action *action) {
    struct ll_action written = *action;
    if (written.operation == LL_OP_EXPECT_RESPONSE) written.operation = LL_OP_WAIT_FOR_RESPONSE;
    ll_call_append(out, &written, LL_CALL_WHOLE);
}

static void append_wait(struct ll_buf *out, const struct ll_script_request *wait) {
    char url[URL_SHOWN_MAX];
    switch (wait->status) {
    case LL_SCRIPT_ACTION:
        append_action(out, &wait->action);
        return;
    case LL_SCRIPT_HTTP:
        ll_url_show(wait->http.url, url, sizeof url);
        ll_buf_printf(out, "%s(\"%s\")", wait->http.operation, url);
        return;
    case LL_SCRIPT_THINK:
        ll_buf_printf(out, "think(\"%llums\")", (unsigned long long)wait->think_ms);
        return;
    case LL_SCRIPT_BARRIER:
        ll_buf_printf(out, "barrier(\"%s\", %u)", wait->barrier.name, wait->barrier.count);
        return;
    case LL_SCRIPT_THROTTLE:
        ll_buf_printf(out, "throttle(\"%s\")", wait->throttle.name);
        return;
    case LL_SCRIPT_SCREENSHOT:
        ll_buf_printf(out, "screenshot(\"%s\")", wait->label);
        return;
    case LL_SCRIPT_FINISHED:
    case LL_SCRIPT_FAILED:
    case LL_SCRIPT_HALTED:
        break;
    }
    assert(!"a script that waits has said for what");
}

char *ll_script_place(const struct ll_script *script, uint32_t *out_step) {
    char place[LL_FLOW_PLACE_MAX];
    struct ll_buf words = ll_buf_make(LL_ACTION_TEXT_BYTES_MAX);
    assert(lua_status(script->vm.thread) == LUA_YIELD);
    ll_flow_place(script->vm.thread, place);
    ll_buf_printf(&words, "%s: ", place);
    append_wait(&words, &script->wait);
    char *text = ll_strdup(ll_buf_str(&words));
    ll_buf_fini(&words);
    *out_step = script->step;
    return text;
}
