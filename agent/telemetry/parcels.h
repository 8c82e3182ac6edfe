// Files of one run that wait to be sent to the coordinator, piece by piece: the agent's log, which grows while it is
// sent, and whole files in the order they were made.
//
// One owner, no clock. Bounded by number and bytes (libcommon/model/artifact.h), of which a part is kept for the log:
// what has no room is dropped, and counted.
#ifndef AGENT_TELEMETRY_PARCELS_H
#define AGENT_TELEMETRY_PARCELS_H

#include "libcommon/base/buf.h"
#include "libcommon/model/messages.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    LL_PARCELS_LOG_MAX = 4 * 1024 * 1024,    // bytes of the whole log
    LL_PARCELS_FILES_MAX = 250,              // in a run
    LL_PARCELS_BYTES_MAX = 20 * 1024 * 1024, // of them all
};

struct ll_parcels;

// For the files of the agent `agent_id`, which is called `node`, in a run.
struct ll_parcels *ll_parcels_new(const char *run_id, uint32_t agent_id, const char *node);
void ll_parcels_free(struct ll_parcels **parcels);

// The name of a file to come: see ll_artifact_name. Each is given once: a number makes `what` differ.
void ll_parcels_name(struct ll_parcels *parcels, const char *what, const char *extension,
                     char out[LL_ARTIFACT_NAME_MAX]);
// Takes a file's bytes; `take_bytes` is empty afterwards. False when there is no room, and then it is dropped.
bool ll_parcels_put(struct ll_parcels *parcels, const struct ll_artifact *about, struct ll_buf *take_bytes);
// One line of the log, without its end. What is beyond the limit is dropped, after a line that says so.
void ll_parcels_log(struct ll_parcels *parcels, const char *line);
// Nothing is logged any more.
void ll_parcels_close_log(struct ll_parcels *parcels);

// The next piece; false when nothing waits. Borrowed until the next call of any of these.
bool ll_parcels_next(struct ll_parcels *parcels, struct ll_send_artifact_request *out);
// The piece arrived: so much of its file is there.
void ll_parcels_arrived(struct ll_parcels *parcels, uint64_t received_bytes);
// The piece's file is not wanted, and is dropped.
void ll_parcels_refused(struct ll_parcels *parcels);
// Drops everything, and whatever comes.
void ll_parcels_give_up(struct ll_parcels *parcels);

bool ll_parcels_are_empty(const struct ll_parcels *parcels);
// How many files were dropped since the last call.
uint32_t ll_parcels_take_dropped(struct ll_parcels *parcels);

#endif
