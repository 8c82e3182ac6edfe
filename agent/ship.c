#include "agent/ship.h"

#include "libcommon/base/alloc.h"
#include "libcommon/base/log.h"

#include <stdlib.h>

struct ll_ship {
    struct ll_ship_options options;
    struct ll_parcels *parcels; // NULL between runs
    uint32_t agent_id;
    uint64_t epoch;
    bool call_under_way, call_is_stale; // it is for an earlier run
    void (*on_empty)(void *arg);
    void *on_empty_arg;
};

static void on_reply(void *arg, ll_err err, const struct ll_send_artifact_reply *reply);

struct ll_ship *ll_ship_new(const struct ll_ship_options *options) {
    struct ll_ship *ship = ll_alloc(1, sizeof *ship);
    ship->options = *options;
    return ship;
}

void ll_ship_free(struct ll_ship **ship) {
    free(*ship);
    *ship = NULL;
}

void ll_ship_begin(struct ll_ship *ship, struct ll_parcels *parcels, uint32_t agent_id, uint64_t epoch) {
    ship->parcels = parcels;
    ship->agent_id = agent_id;
    ship->epoch = epoch;
}

void ll_ship_end(struct ll_ship *ship) {
    ship->parcels = NULL;
    ship->on_empty = NULL;
    ship->call_is_stale = ship->call_under_way;
}

static void tell_if_empty(struct ll_ship *ship) {
    if (!ship->on_empty || !ll_parcels_are_empty(ship->parcels)) return;
    void (*on_empty)(void *arg) = ship->on_empty;
    ship->on_empty = NULL;
    on_empty(ship->on_empty_arg);
}

void ll_ship_go(struct ll_ship *ship) {
    struct ll_send_artifact_request request;
    if (ship->call_under_way || !ship->parcels || !ll_parcels_next(ship->parcels, &request)) return;
    request.agent_id = ship->agent_id;
    request.epoch = ship->epoch;
    ship->call_under_way = true;
    ll_rpc_send_artifact(ship->options.client, ship->options.now_us(ship->options.owner), &request, on_reply, ship);
    ship->options.on_call(ship->options.owner);
}

void ll_ship_finish(struct ll_ship *ship, void (*on_empty)(void *arg), void *arg) {
    ship->on_empty = on_empty;
    ship->on_empty_arg = arg;
    ll_ship_go(ship);
    tell_if_empty(ship);
}

// True when it makes sense to send more at once.
static bool take_error(struct ll_ship *ship, ll_err err) {
    bool nobody_answers = err.status == LL_UNAVAILABLE || err.status == LL_DEADLINE_EXCEEDED;
    bool is_about_the_file = err.status == LL_RESOURCE_EXHAUSTED || err.status == LL_OUT_OF_RANGE ||
                             err.status == LL_PERMISSION_DENIED || err.status == LL_INVALID_ARGUMENT;
    if (nobody_answers) return false; // later
    if (is_about_the_file) {
        ll_warn("%s", err.text);
        ll_parcels_refused(ship->parcels);
        return true;
    }
    ll_debug("artifacts are not wanted any more: %s", err.text);
    ll_parcels_give_up(ship->parcels);
    return false;
}

static void on_reply(void *arg, ll_err err, const struct ll_send_artifact_reply *reply) {
    struct ll_ship *ship = arg;
    bool is_stale = ship->call_is_stale, goes_on = true;
    ship->call_under_way = ship->call_is_stale = false;
    if (!is_stale && ship->parcels) {
        if (reply)
            ll_parcels_arrived(ship->parcels, reply->received_bytes);
        else
            goes_on = take_error(ship, err);
    }
    if (goes_on) ll_ship_go(ship);
    if (ship->parcels) tell_if_empty(ship);
}
