// Envelopes within one process, over a simulated network under a simulated clock: for tests and simulations.
//
// One thread. Nothing moves but in ll_mem_network_step, and no callback runs but in a poll: a simulation steps the
// network to the next moment, then polls servers and clients, then asks when the next moment is. The same seed and the
// same calls give the same run. A network has one server at a time; while there is none, callers are told
// LL_UNAVAILABLE after the delay of a round trip, as a refused connection would tell them.
#ifndef LIBCOMMON_RPC_TRANSPORT_MEM_H
#define LIBCOMMON_RPC_TRANSPORT_MEM_H

#include "libcommon/rpc/transport.h"

#include <stdbool.h>

enum { LL_MEM_MESSAGES_MAX = 100000 }; // on their way at once; further ones are lost and counted as dropped

struct ll_mem_network;

// How one client's messages fare. A message that is lost leaves its caller waiting until the deadline.
struct ll_mem_link {
    int64_t delay_min_us, delay_max_us; // each way, uniform; so messages overtake each other
    double drop_request, drop_reply;    // probabilities
    double duplicate_request;           // probability that the server gets it twice, each with a delay of its own
    bool is_cut;                        // nothing gets through, also what is on its way
};

struct ll_mem_stats { // since the network was made
    uint64_t requests, replies, dropped, duplicated, bytes;
};

struct ll_mem_network *ll_mem_network_new(uint64_t seed);
// Free clients and servers first.
void ll_mem_network_free(struct ll_mem_network **network);

struct ll_transport_client *ll_mem_client_new(struct ll_mem_network *network, struct ll_mem_link link);
// Of a client made here; may be changed at any time.
struct ll_mem_link *ll_mem_client_link(struct ll_transport_client *client);
struct ll_transport_server *ll_mem_server_new(struct ll_mem_network *network, ll_on_request_fn on_request, void *arg);

// Sets the clock, which does not go back, and puts what is due into servers' and clients' hands; poll them then.
void ll_mem_network_step(struct ll_mem_network *network, int64_t now_us);
// When something is due next; now or earlier when a server or client has something to poll; INT64_MAX when nothing is.
int64_t ll_mem_network_next_us(const struct ll_mem_network *network);

struct ll_mem_stats ll_mem_network_stats(const struct ll_mem_network *network);

#endif
