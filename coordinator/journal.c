#include "coordinator/journal.h"

#include "coordinator/core/run.h"
#include "libcommon/base/alloc.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char magic[] = "LLJ1 " LIVELOAD_VERSION "\n";

enum {
    CHECK_BYTES = 8,
    HEAD_BYTES = sizeof(uint32_t) + CHECK_BYTES,
    RECORD_MAX = 16 * 1024 * 1024,
    PARTS_MAX = 100000,
};

// ---- Writing

static void put(struct ll_buf *out, const void *data, size_t len) {
    ll_buf_append(out, data, len);
}

static void put_u32(struct ll_buf *out, uint32_t value) {
    put(out, &value, sizeof value);
}

static void put_u64(struct ll_buf *out, uint64_t value) {
    put(out, &value, sizeof value);
}

static void put_part(struct ll_buf *out, const struct ll_part *part) {
    put_u32(out, part->agent_id);
    put_u64(out, part->epoch);
    put_u64(out, part->instance);
    put_u32(out, part->max_users);
    put(out, part->name, sizeof part->name);
    put(out, part->browser, sizeof part->browser);
    put_u32(out, part->share.first_user);
    put_u32(out, part->share.stride);
    put_u32(out, part->share.users);
    put_u64(out, part->share.iterations);
}

static void put_run(struct ll_buf *out, const struct ll_run *run, int64_t unix_us_at_zero) {
    put(out, run->id, sizeof run->id);
    put_u64(out, (uint64_t)(run->start_us + unix_us_at_zero));
    put_u32(out, run->max_lost_agents);
    put_u32(out, run->bucket_width_ms);
    put_u32(out, run->quick_ms);
    struct ll_buf spec = ll_buf_make(RECORD_MAX);
    ll_spec_pack(&run->spec, &spec);
    put_u32(out, (uint32_t)spec.len);
    put(out, spec.data, spec.len);
    ll_buf_fini(&spec);
    put_u32(out, (uint32_t)run->part_count);
    for (size_t i = 0; i < run->part_count; i++) put_part(out, &run->parts[i]);
}

static void put_artifact(struct ll_buf *out, const struct ll_artifact *artifact) {
    put(out, artifact->name, sizeof artifact->name);
    put_u32(out, artifact->kind);
    put_u64(out, artifact->bytes);
    put_u32(out, artifact->is_whole);
    put_u32(out, artifact->user_id);
    put_u64(out, artifact->iteration);
    put_u32(out, artifact->step);
    put(out, artifact->label, sizeof artifact->label);
    put(out, artifact->node, sizeof artifact->node);
}

static void put_content(struct ll_buf *out, const struct ll_journal_record *record, int64_t unix_us_at_zero) {
    put_u32(out, record->kind);
    switch (record->kind) {
    case LL_JOURNAL_STARTED:
        put_run(out, record->run, unix_us_at_zero);
        break;
    case LL_JOURNAL_FRAME:
        put_u32(out, (uint32_t)record->part);
        put(out, record->frame.data, record->frame.len);
        break;
    case LL_JOURNAL_LOST:
        put_u32(out, (uint32_t)record->part);
        put_u32(out, record->why.status);
        put(out, record->why.text, sizeof record->why.text);
        break;
    case LL_JOURNAL_RELEASED:
        put_u32(out, (uint32_t)record->part);
        put_u64(out, record->ticket);
        break;
    case LL_JOURNAL_PERMITTED:
        put_u64(out, (uint64_t)record->at_us);
        put(out, record->name, strlen(record->name));
        break;
    case LL_JOURNAL_OVER:
        put_u64(out, (uint64_t)(record->at_us + unix_us_at_zero));
        break;
    case LL_JOURNAL_ARTIFACT:
        put_u32(out, (uint32_t)record->part);
        put_artifact(out, record->artifact);
        break;
    case LL_JOURNAL_STOPPED:
    case LL_JOURNAL_DROPPED:
    case LL_JOURNAL_KINDS:
        break;
    }
}

void ll_journal_begin(struct ll_buf *out) {
    put(out, magic, sizeof magic - 1);
}

void ll_journal_append(const struct ll_journal_record *record, int64_t unix_us_at_zero, struct ll_buf *out) {
    struct ll_buf content = ll_buf_make(RECORD_MAX);
    put_content(&content, record, unix_us_at_zero);
    assert(!content.overflowed); // a frame and a spec have limits far below
    uint8_t hash[LL_SHA256_BYTES];
    ll_sha256(content.data, content.len, hash);
    put_u32(out, (uint32_t)content.len);
    put(out, hash, CHECK_BYTES);
    put(out, content.data, content.len);
    ll_buf_fini(&content);
}

// ---- Reading

struct reader {
    const uint8_t *data;
    size_t left;
    bool is_short; // more was asked for than there is
};

static void get(struct reader *reader, void *out, size_t len) {
    if (len > reader->left) {
        reader->is_short = true;
        memset(out, 0, len);
        return;
    }
    memcpy(out, reader->data, len);
    reader->data += len;
    reader->left -= len;
}

static uint32_t get_u32(struct reader *reader) {
    uint32_t value;
    get(reader, &value, sizeof value);
    return value;
}

static uint64_t get_u64(struct reader *reader) {
    uint64_t value;
    get(reader, &value, sizeof value);
    return value;
}

static void get_text(struct reader *reader, char *out, size_t size) {
    get(reader, out, size);
    out[size - 1] = '\0';
}

static void get_part(struct reader *reader, struct ll_part *out) {
    out->agent_id = get_u32(reader);
    out->epoch = get_u64(reader);
    out->instance = get_u64(reader);
    out->max_users = get_u32(reader);
    get_text(reader, out->name, sizeof out->name);
    get_text(reader, out->browser, sizeof out->browser);
    out->share.first_user = get_u32(reader);
    out->share.stride = get_u32(reader);
    out->share.users = get_u32(reader);
    out->share.iterations = get_u64(reader);
}

static ll_err nonsense(void) {
    return ll_err_make(LL_DATA_LOSS, "a record of the journal is whole and makes no sense");
}

// On success out->spec and out->parts are the caller's.
static ll_err get_run(struct reader *reader, int64_t unix_us_at_zero, struct ll_run *out) {
    get_text(reader, out->id, sizeof out->id);
    out->start_us = (int64_t)get_u64(reader) - unix_us_at_zero;
    out->max_lost_agents = get_u32(reader);
    out->bucket_width_ms = get_u32(reader);
    out->quick_ms = get_u32(reader);
    uint32_t spec_len = get_u32(reader);
    if (reader->is_short || spec_len > reader->left || out->bucket_width_ms == 0) return nonsense();
    LL_TRY(ll_spec_unpack(reader->data, spec_len, &out->spec));
    reader->data += spec_len;
    reader->left -= spec_len;
    out->part_count = get_u32(reader);
    bool is_sane = out->part_count > 0 && out->part_count <= PARTS_MAX;
    if (is_sane) out->parts = ll_alloc(out->part_count, sizeof *out->parts);
    for (size_t i = 0; is_sane && i < out->part_count; i++) {
        get_part(reader, &out->parts[i]);
        is_sane = !reader->is_short && out->parts[i].share.users > 0;
    }
    if (is_sane) return LL_SUCCESS;
    ll_spec_fini(&out->spec);
    free(out->parts);
    return nonsense();
}

static ll_err apply_start(struct reader *reader, int64_t unix_us_at_zero,
                          ll_err (*apply)(void *arg, const struct ll_journal_record *record), void *arg) {
    struct ll_run run = {0};
    LL_TRY(get_run(reader, unix_us_at_zero, &run));
    ll_err err = apply(arg, &(struct ll_journal_record){LL_JOURNAL_STARTED, .run = &run});
    ll_spec_fini(&run.spec);
    free(run.parts);
    return err;
}

static ll_err apply_artifact(struct reader *reader, ll_err (*apply)(void *arg, const struct ll_journal_record *record),
                             void *arg) {
    struct ll_artifact artifact;
    struct ll_journal_record record = {LL_JOURNAL_ARTIFACT, .artifact = &artifact};
    record.part = get_u32(reader);
    get_text(reader, artifact.name, sizeof artifact.name);
    artifact.kind = (enum ll_artifact_kind)get_u32(reader);
    artifact.bytes = get_u64(reader);
    artifact.is_whole = get_u32(reader);
    artifact.user_id = get_u32(reader);
    artifact.iteration = get_u64(reader);
    artifact.step = get_u32(reader);
    get_text(reader, artifact.label, sizeof artifact.label);
    get_text(reader, artifact.node, sizeof artifact.node);
    bool is_sane = !reader->is_short && artifact.kind < LL_ARTIFACT_KINDS && ll_artifact_name_is_safe(artifact.name);
    return is_sane ? apply(arg, &record) : nonsense();
}

// The throttle's name is what is left.
static ll_err apply_permit(struct reader *reader, ll_err (*apply)(void *arg, const struct ll_journal_record *record),
                           void *arg) {
    char name[LL_NAME_MAX + 1] = "";
    struct ll_journal_record record = {LL_JOURNAL_PERMITTED, .at_us = (int64_t)get_u64(reader), .name = name};
    if (reader->is_short || reader->left > LL_NAME_MAX) return nonsense();
    get(reader, name, reader->left);
    return apply(arg, &record);
}

static ll_err apply_content(struct reader *reader, int64_t unix_us_at_zero,
                            ll_err (*apply)(void *arg, const struct ll_journal_record *record), void *arg) {
    uint32_t kind = get_u32(reader);
    if (reader->is_short || kind >= LL_JOURNAL_DROPPED) return nonsense();
    struct ll_journal_record record = {.kind = (enum ll_journal_kind)kind};
    if (record.kind == LL_JOURNAL_STARTED) return apply_start(reader, unix_us_at_zero, apply, arg);
    if (record.kind == LL_JOURNAL_ARTIFACT) return apply_artifact(reader, apply, arg);
    if (record.kind == LL_JOURNAL_PERMITTED) return apply_permit(reader, apply, arg);
    if (record.kind == LL_JOURNAL_FRAME) {
        record.part = get_u32(reader);
        record.frame = (struct ll_bytes){reader->data, reader->left};
    } else if (record.kind == LL_JOURNAL_LOST) {
        record.part = get_u32(reader);
        record.why.status = ll_status_from_number(get_u32(reader));
        get_text(reader, record.why.text, sizeof record.why.text);
    } else if (record.kind == LL_JOURNAL_RELEASED) {
        record.part = get_u32(reader);
        record.ticket = get_u64(reader);
    } else if (record.kind == LL_JOURNAL_OVER) {
        record.at_us = (int64_t)get_u64(reader) - unix_us_at_zero;
    }
    return reader->is_short ? nonsense() : apply(arg, &record);
}

// The content of the record that `data` begins with; false when it is not whole.
static bool find_content(const uint8_t *data, size_t len, struct reader *out) {
    uint32_t content_len;
    if (len < HEAD_BYTES) return false;
    memcpy(&content_len, data, sizeof content_len);
    if (content_len > len - HEAD_BYTES) return false;
    uint8_t hash[LL_SHA256_BYTES];
    ll_sha256(data + HEAD_BYTES, content_len, hash);
    if (memcmp(hash, data + sizeof content_len, CHECK_BYTES) != 0) return false;
    *out = (struct reader){.data = data + HEAD_BYTES, .left = content_len};
    return true;
}

ll_err ll_journal_read(const void *data, size_t len, int64_t unix_us_at_zero,
                       ll_err (*apply)(void *arg, const struct ll_journal_record *record), void *arg, size_t *out_len) {
    *out_len = 0;
    size_t head_len = len < sizeof magic - 1 ? len : sizeof magic - 1;
    if (memcmp(data, magic, head_len) != 0)
        return ll_err_make(LL_FAILED_PRECONDITION,
                           "it was written by another version of LiveLoad than " LIVELOAD_VERSION
                           ": use that one, or delete the journal");
    *out_len = head_len;
    struct reader content;
    while (find_content((const uint8_t *)data + *out_len, len - *out_len, &content)) {
        size_t record_len = HEAD_BYTES + content.left;
        LL_TRY(apply_content(&content, unix_us_at_zero, apply, arg));
        *out_len += record_len;
    }
    return LL_SUCCESS;
}
