// The context's options on the wire: all but the secrets in them.
#include "libcommon/model/wire.h"

#include "libcommon/base/alloc.h"

#include <stdlib.h>

static Liveload__V1__Credentials *credentials_to_proto(struct ll_wire_arena *arena,
                                                       const struct ll_credentials *credentials) {
    if (!credentials->username) return NULL;
    Liveload__V1__Credentials *message = ll_wire_alloc(arena, 1, sizeof *message);
    liveload__v1__credentials__init(message);
    message->username = ll_wire_text(credentials->username);
    message->origin = ll_wire_text(credentials->origin);
    return message;
}

static Liveload__V1__Proxy *proxy_to_proto(struct ll_wire_arena *arena, const struct ll_proxy *proxy) {
    if (!proxy->server) return NULL;
    Liveload__V1__Proxy *message = ll_wire_alloc(arena, 1, sizeof *message);
    liveload__v1__proxy__init(message);
    message->server = ll_wire_text(proxy->server);
    message->bypass = ll_wire_text(proxy->bypass);
    message->username = ll_wire_text(proxy->username);
    return message;
}

static Liveload__V1__Network *network_to_proto(struct ll_wire_arena *arena, const struct ll_network *network) {
    Liveload__V1__Network *message = ll_wire_alloc(arena, 1, sizeof *message);
    liveload__v1__network__init(message);
    message->offline = network->is_offline;
    message->latency_ms = network->latency_ms;
    message->download_bytes_per_s = network->download_bytes_per_s;
    message->upload_bytes_per_s = network->upload_bytes_per_s;
    return message;
}

Liveload__V1__ContextOptions *ll_wire_context_to_proto(struct ll_wire_arena *arena,
                                                       const struct ll_context_options *context) {
    Liveload__V1__ContextOptions *message = ll_wire_alloc(arena, 1, sizeof *message);
    liveload__v1__context_options__init(message);
    message->ignore_https_errors = context->ignore_https_errors;
    message->viewport_width = context->viewport_width;
    message->viewport_height = context->viewport_height;
    message->user_agent = ll_wire_text(context->user_agent);
    message->locale = ll_wire_text(context->locale);
    message->fresh_context = context->renewal == LL_RENEWAL_FRESH;
    message->clean_context = context->renewal == LL_RENEWAL_CLEAN;
    message->device = ll_wire_text(context->device);
    message->timezone = ll_wire_text(context->timezone);
    message->credentials = credentials_to_proto(arena, &context->credentials);
    message->n_header_names = context->header_count;
    message->header_names = ll_wire_alloc(arena, context->header_count, sizeof *message->header_names);
    for (size_t i = 0; i < context->header_count; i++)
        message->header_names[i] = ll_wire_text(context->headers[i].name);
    message->proxy = proxy_to_proto(arena, &context->proxy);
    message->network = network_to_proto(arena, &context->network);
    message->n_permissions = context->permission_count;
    message->permissions = ll_wire_texts_to_proto(arena, context->permissions, context->permission_count);
    message->recycle_iterations = context->recycling.iterations;
    message->recycle_bytes = context->recycling.memory_bytes;
    message->timeout_ms = context->timeout_ms;
    message->computed = context->is_computed;
    const struct ll_request_filter *requests = &context->requests;
    message->n_ignored_requests = requests->ignore_count;
    message->ignored_requests = ll_wire_texts_to_proto(arena, requests->ignore, requests->ignore_count);
    message->n_blocked_requests = requests->block_count;
    message->blocked_requests = ll_wire_texts_to_proto(arena, requests->block, requests->block_count);
    return message;
}

ll_err ll_wire_context_check(const Liveload__V1__ContextOptions *message) {
    LL_TRY(ll_wire_check_text("user agent", message->user_agent, LL_SPEC_TEXT_MAX));
    LL_TRY(ll_wire_check_text("locale", message->locale, LL_NAME_MAX));
    LL_TRY(ll_wire_check_text("device", message->device, LL_NAME_MAX));
    LL_TRY(ll_wire_check_text("time zone", message->timezone, LL_NAME_MAX));
    if (message->credentials) {
        LL_TRY(ll_wire_check_text("user name", message->credentials->username, LL_CONTEXT_TEXT_MAX));
        LL_TRY(ll_wire_check_text("origin", message->credentials->origin, LL_CONTEXT_TEXT_MAX));
    }
    if (message->proxy) {
        LL_TRY(ll_wire_check_text("proxy", message->proxy->server, LL_CONTEXT_TEXT_MAX));
        LL_TRY(ll_wire_check_text("proxy's exceptions", message->proxy->bypass, LL_CONTEXT_TEXT_MAX));
        LL_TRY(ll_wire_check_text("proxy's user name", message->proxy->username, LL_CONTEXT_TEXT_MAX));
    }
    LL_TRY(ll_wire_check_count("headers", message->n_header_names, LL_HEADERS_MAX));
    for (size_t i = 0; i < message->n_header_names; i++)
        LL_TRY(ll_wire_check_text("header's name", message->header_names[i], LL_HEADER_NAME_MAX));
    LL_TRY(ll_wire_check_count("permissions", message->n_permissions, LL_PERMISSIONS_MAX));
    for (size_t i = 0; i < message->n_permissions; i++)
        LL_TRY(ll_wire_check_text("permission", message->permissions[i], LL_NAME_MAX));
    LL_TRY(ll_wire_check_count("ignored requests", message->n_ignored_requests, LL_PATTERNS_MAX));
    LL_TRY(ll_wire_check_count("blocked requests", message->n_blocked_requests, LL_PATTERNS_MAX));
    return LL_SUCCESS;
}

static char **texts_from_proto(char *const *texts, size_t count) {
    char **list = count ? ll_alloc(count, sizeof *list) : NULL;
    for (size_t i = 0; i < count; i++) list[i] = ll_wire_read_text(texts[i]);
    return list;
}

void ll_wire_context_from_proto(const Liveload__V1__ContextOptions *message, struct ll_context_options *context) {
    context->ignore_https_errors = message->ignore_https_errors;
    if (message->viewport_width) context->viewport_width = message->viewport_width;
    if (message->viewport_height) context->viewport_height = message->viewport_height;
    context->user_agent = ll_wire_text_or_null(message->user_agent);
    context->locale = ll_wire_text_or_null(message->locale);
    if (message->fresh_context)
        context->renewal = LL_RENEWAL_FRESH;
    else if (message->clean_context)
        context->renewal = LL_RENEWAL_CLEAN;
    context->device = ll_wire_text_or_null(message->device);
    context->timezone = ll_wire_text_or_null(message->timezone);
    if (message->credentials) {
        context->credentials.username = ll_wire_read_text(message->credentials->username);
        context->credentials.origin = ll_wire_text_or_null(message->credentials->origin);
    }
    for (size_t i = 0; i < message->n_header_names; i++) {
        char *name = ll_wire_read_text(message->header_names[i]);
        ll_context_options_add_header(context, name, NULL);
        free(name);
    }
    if (message->proxy) {
        context->proxy.server = ll_wire_text_or_null(message->proxy->server);
        context->proxy.bypass = ll_wire_text_or_null(message->proxy->bypass);
        context->proxy.username = ll_wire_text_or_null(message->proxy->username);
    }
    if (message->network)
        context->network = (struct ll_network){.is_offline = message->network->offline,
                                               .latency_ms = message->network->latency_ms,
                                               .download_bytes_per_s = message->network->download_bytes_per_s,
                                               .upload_bytes_per_s = message->network->upload_bytes_per_s};
    context->permissions = texts_from_proto(message->permissions, message->n_permissions);
    context->permission_count = message->n_permissions;
    context->requests = (struct ll_request_filter){
        .ignore = texts_from_proto(message->ignored_requests, message->n_ignored_requests),
        .ignore_count = message->n_ignored_requests,
        .block = texts_from_proto(message->blocked_requests, message->n_blocked_requests),
        .block_count = message->n_blocked_requests,
    };
    context->recycling =
        (struct ll_recycling){.iterations = message->recycle_iterations, .memory_bytes = message->recycle_bytes};
    context->timeout_ms = message->timeout_ms;
    context->is_computed = message->computed;
}
