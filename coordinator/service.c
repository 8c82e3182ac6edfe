#include "coordinator/service.h"

static ll_err on_register_agent(void *owner, const struct ll_register_request *request,
                                struct ll_register_reply *out_reply) {
    struct ll_coordinator_service *service = owner;
    uint64_t epoch = service->make_epoch(service->owner);
    return ll_coordinator_register(service->core, service->now_us(service->owner), epoch, request, out_reply);
}

static ll_err on_exchange(void *owner, const struct ll_exchange_request *request, struct ll_exchange_reply *out_reply) {
    struct ll_coordinator_service *service = owner;
    return ll_coordinator_exchange(service->core, service->now_us(service->owner), request, out_reply);
}

static ll_err on_fetch_bundle(void *owner, const struct ll_fetch_request *request, struct ll_fetch_reply *out_reply) {
    struct ll_coordinator_service *service = owner;
    return ll_coordinator_fetch_bundle(service->core, request, out_reply);
}

static ll_err on_send_artifact(void *owner, const struct ll_send_artifact_request *request,
                               struct ll_send_artifact_reply *out_reply) {
    struct ll_coordinator_service *service = owner;
    return ll_coordinator_send_artifact(service->core, service->now_us(service->owner), request, out_reply);
}

static ll_err on_leave(void *owner, const struct ll_leave_request *request, struct ll_empty *out_reply) {
    struct ll_coordinator_service *service = owner;
    (void)out_reply;
    return ll_coordinator_leave(service->core, service->now_us(service->owner), request);
}

static ll_err on_submit(void *owner, const struct ll_submit_request *request, struct ll_submit_reply *out_reply) {
    struct ll_coordinator_service *service = owner;
    char run_id[LL_TOKEN_CHARS + 1];
    service->make_run_id(service->owner, run_id);
    return ll_coordinator_submit(service->core, service->now_us(service->owner), run_id, request, out_reply);
}

static ll_err on_status(void *owner, const struct ll_run_request *request, struct ll_status_reply *out_reply) {
    struct ll_coordinator_service *service = owner;
    return ll_coordinator_status(service->core, service->now_us(service->owner), request, out_reply);
}

static ll_err on_stop(void *owner, const struct ll_run_request *request, struct ll_empty *out_reply) {
    struct ll_coordinator_service *service = owner;
    (void)out_reply;
    return ll_coordinator_stop(service->core, service->now_us(service->owner), request);
}

static ll_err on_fetch_result(void *owner, const struct ll_fetch_request *request, struct ll_fetch_reply *out_reply) {
    struct ll_coordinator_service *service = owner;
    return ll_coordinator_fetch_result(service->core, request, out_reply);
}

static ll_err on_fetch_artifact(void *owner, const struct ll_fetch_artifact_request *request,
                                struct ll_fetch_reply *out_reply) {
    struct ll_coordinator_service *service = owner;
    LL_TRY(ll_coordinator_may_fetch_artifact(service->core, request));
    return service->read_artifact(service->owner, request->name, request->offset, out_reply);
}

static ll_err on_list_runs(void *owner, const struct ll_empty *request, struct ll_runs_reply *out_reply) {
    struct ll_coordinator_service *service = owner;
    (void)request;
    ll_coordinator_list(service->core, service->now_us(service->owner), out_reply);
    return LL_SUCCESS;
}

struct ll_rpc_handlers ll_coordinator_service_handlers(struct ll_coordinator_service *service) {
    return (struct ll_rpc_handlers){
        .owner = service,
#define LL_RPC_METHOD(name, request_type, reply_type) .name = on_##name,
#include "libcommon/rpc/methods.def"
#undef LL_RPC_METHOD
    };
}
