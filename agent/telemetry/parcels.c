#include "agent/telemetry/parcels.h"

#include "libcommon/base/alloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

struct parcel {
    struct ll_artifact about; // is_whole: nothing will be added
    struct ll_buf bytes;      // from `sent` on
    uint64_t sent;
    struct parcel *prev, *next;
};

struct ll_parcels {
    char run_id[LL_TOKEN_CHARS + 1];
    char prefix[LL_ARTIFACT_NAME_MAX];
    struct parcel *files;
    struct parcel log;
    struct parcel *sending; // `files` or `&log`; NULL before the first
    bool log_is_full, log_is_done, has_given_up;
    uint32_t put, dropped, names;
    size_t put_bytes;
};

struct ll_parcels *ll_parcels_new(const char *run_id, uint32_t agent_id, const char *node) {
    struct ll_parcels *parcels = ll_alloc(1, sizeof *parcels);
    snprintf(parcels->run_id, sizeof parcels->run_id, "%s", run_id);
    ll_artifact_prefix(run_id, agent_id, node, parcels->prefix);
    parcels->log.about.kind = LL_ARTIFACT_LOG;
    ll_artifact_name(parcels->prefix, "", "log", parcels->log.about.name);
    parcels->log.bytes = ll_buf_make(LL_PARCELS_LOG_MAX);
    return parcels;
}

static void drop(struct ll_parcels *parcels, struct parcel *parcel) {
    if (parcel == parcels->sending) parcels->sending = NULL;
    DL_DELETE(parcels->files, parcel);
    ll_buf_fini(&parcel->bytes);
    free(parcel);
}

void ll_parcels_free(struct ll_parcels **parcels) {
    if (!*parcels) return;
    while ((*parcels)->files) drop(*parcels, (*parcels)->files);
    ll_buf_fini(&(*parcels)->log.bytes);
    free(*parcels);
    *parcels = NULL;
}

void ll_parcels_name(struct ll_parcels *parcels, const char *what, const char *extension,
                     char out[LL_ARTIFACT_NAME_MAX]) {
    char *numbered = ll_format("%u-%s", ++parcels->names, what);
    ll_artifact_name(parcels->prefix, numbered, extension, out);
    free(numbered);
}

bool ll_parcels_put(struct ll_parcels *parcels, const struct ll_artifact *about, struct ll_buf *take_bytes) {
    bool has_room = parcels->put < LL_PARCELS_FILES_MAX && parcels->put_bytes + take_bytes->len <= LL_PARCELS_BYTES_MAX;
    if (!has_room || parcels->has_given_up || take_bytes->overflowed || take_bytes->len > LL_ARTIFACT_BYTES_MAX) {
        ll_buf_fini(take_bytes);
        parcels->dropped++;
        return false;
    }
    struct parcel *parcel = ll_alloc(1, sizeof *parcel);
    parcel->about = *about;
    parcel->about.is_whole = true;
    parcel->bytes = *take_bytes;
    parcels->put++;
    parcels->put_bytes += take_bytes->len;
    *take_bytes = ll_buf_make(take_bytes->max);
    DL_APPEND(parcels->files, parcel);
    return true;
}

void ll_parcels_log(struct ll_parcels *parcels, const char *line) {
    static const char last_line[] = "The log is full: what comes after this is left out.\n";
    struct parcel *log = &parcels->log;
    if (parcels->log_is_full || parcels->has_given_up || log->about.is_whole) return;
    size_t so_far = (size_t)log->sent + log->bytes.len;
    parcels->log_is_full = so_far + strlen(line) + 1 + sizeof last_line > LL_PARCELS_LOG_MAX;
    if (parcels->log_is_full)
        ll_buf_text(&log->bytes, last_line);
    else
        ll_buf_printf(&log->bytes, "%s\n", line);
}

void ll_parcels_close_log(struct ll_parcels *parcels) {
    parcels->log.about.is_whole = true;
    parcels->log_is_done |= parcels->log.sent + parcels->log.bytes.len == 0; // there is none
}

static bool log_waits(const struct ll_parcels *parcels) {
    return parcels->log.bytes.len > 0 || (parcels->log.about.is_whole && !parcels->log_is_done);
}

bool ll_parcels_are_empty(const struct ll_parcels *parcels) {
    return !parcels->files && !log_waits(parcels);
}

// A file that was begun is sent to its end; then the log's turn comes, which is short.
bool ll_parcels_next(struct ll_parcels *parcels, struct ll_send_artifact_request *out) {
    if (ll_parcels_are_empty(parcels)) return false;
    bool goes_on = parcels->files && parcels->files->sent > 0;
    parcels->sending = !goes_on && log_waits(parcels) ? &parcels->log : parcels->files;
    struct parcel *parcel = parcels->sending;
    size_t len = parcel->bytes.len < LL_ARTIFACT_CHUNK_BYTES ? parcel->bytes.len : LL_ARTIFACT_CHUNK_BYTES;
    *out = (struct ll_send_artifact_request){
        .about = parcel->about, .offset = parcel->sent, .chunk = {parcel->bytes.data, len}};
    out->about.is_whole &= len == parcel->bytes.len;
    memcpy(out->run_id, parcels->run_id, sizeof out->run_id);
    return true;
}

static void finish(struct ll_parcels *parcels, struct parcel *parcel) {
    if (parcel == &parcels->log)
        parcels->log_is_done = true;
    else
        drop(parcels, parcel);
}

void ll_parcels_arrived(struct ll_parcels *parcels, uint64_t received_bytes) {
    struct parcel *parcel = parcels->sending;
    if (!parcel) return;
    bool makes_sense = received_bytes >= parcel->sent && received_bytes - parcel->sent <= parcel->bytes.len;
    if (!makes_sense) { // it was started anew and knows less than it said: what was let go is gone
        ll_parcels_refused(parcels);
        return;
    }
    ll_buf_consume(&parcel->bytes, (size_t)(received_bytes - parcel->sent));
    parcel->sent = received_bytes;
    if (parcel->about.is_whole && parcel->bytes.len == 0) finish(parcels, parcel);
}

void ll_parcels_refused(struct ll_parcels *parcels) {
    struct parcel *parcel = parcels->sending;
    if (!parcel) return;
    parcels->dropped++;
    if (parcel == &parcels->log) {
        parcels->log_is_full = true;
        ll_buf_clear(&parcel->bytes);
    }
    finish(parcels, parcel);
}

void ll_parcels_give_up(struct ll_parcels *parcels) {
    parcels->has_given_up = true;
    while (parcels->files) {
        drop(parcels, parcels->files);
        parcels->dropped++;
    }
    if (log_waits(parcels)) parcels->dropped++;
    ll_buf_clear(&parcels->log.bytes);
    parcels->log_is_done = true;
}

uint32_t ll_parcels_take_dropped(struct ll_parcels *parcels) {
    uint32_t dropped = parcels->dropped;
    parcels->dropped = 0;
    return dropped;
}
