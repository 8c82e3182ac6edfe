// Sends a run's files to the coordinator, one piece at a time beside the heartbeat.
//
// One owner thread; lives as long as its client. At most one call is under way, so that exchanges never wait behind
// pictures. What cannot be sent because nobody answers is tried again at the next ll_ship_go; what the coordinator does
// not want is dropped.
#ifndef AGENT_SHIP_H
#define AGENT_SHIP_H

#include "agent/telemetry/parcels.h"
#include "libcommon/rpc/client.h"

#include <stdint.h>

struct ll_ship;

struct ll_ship_options { // borrowed
    struct ll_rpc_client *client;
    void *owner;
    int64_t (*now_us)(void *owner);
    void (*on_call)(void *owner); // a call was made: ll_rpc_client_next_us may have changed
};

struct ll_ship *ll_ship_new(const struct ll_ship_options *options);
void ll_ship_free(struct ll_ship **ship);

// The files of a run from now on; borrowed until ll_ship_end.
void ll_ship_begin(struct ll_ship *ship, struct ll_parcels *parcels, uint32_t agent_id, uint64_t epoch);
// Sends what waits, if nothing is under way.
void ll_ship_go(struct ll_ship *ship);
// Has `on_empty` called, once, when nothing waits any more: at once, if so.
void ll_ship_finish(struct ll_ship *ship, void (*on_empty)(void *arg), void *arg);
// Forgets the run; on_empty does not come any more.
void ll_ship_end(struct ll_ship *ship);

#endif
