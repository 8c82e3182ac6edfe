// The messages of Phoenix channels, as version 2 of its serializer writes them: text frames that hold the JSON array
// [join_ref, ref, topic, event, payload].
//
// Source: Phoenix's guide "Writing a Channels Client", and Phoenix.Socket.V2.JSONSerializer. `join_ref` names the join
// a message belongs to, `ref` pairs a message with its reply; both are texts of the client's choice or null. One owner,
// no sockets.
#ifndef TOOLS_SHOP_PHOENIX_H
#define TOOLS_SHOP_PHOENIX_H

#include "libcommon/base/buf.h"
#include "libcommon/base/err.h"
#include "libcommon/codec/json.h"

#include <stddef.h>

enum {
    PHX_NAME_MAX = 128,         // bytes of a reference, topic or event, with the terminator
    PHX_MESSAGE_MAX = 64 * 1024 // bytes of a message from a browser
};

struct phx_message {
    const char *join_ref, *ref; // NULL for null
    const char *topic, *event;
    const ll_json *payload; // an object
    ll_json *json;          // owns all of the above
};

// LL_INVALID_ARGUMENT for what is no such message. The message borrows nothing from `text`.
ll_err phx_read(const char *text, size_t len, struct phx_message *out);
void phx_message_fini(struct phx_message *message);

// A reply ("phx_reply") answers a message with `status`, "ok" or "error": begin, then the members of its response,
// then end.
struct ll_json_writer phx_begin_reply(struct ll_buf *out, const struct phx_message *to, const char *status);
void phx_end_reply(struct ll_json_writer *json);
// A reply whose response is {} or, with `reason`, {"reason": reason}.
void phx_reply(struct ll_buf *out, const struct phx_message *to, const char *status, const char *reason);

// A message that answers none; `payload` is a JSON object. `ref` is NULL, or the join's own for its last words.
void phx_push(struct ll_buf *out, const char *join_ref, const char *ref, const char *topic, const char *event,
              const char *payload);

#endif
