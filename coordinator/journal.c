#include "coordinator/journal.h"

#include "coordinator/core/run.h"
#include "libcommon/base/alloc.h"

#include <assert.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAGIC "LLJ2 " LIVELOAD_VERSION // "LLJ" and a digit: the format

static const char magic_before[] = "LLJ1 ";               // of a journal whose first line had no checksum
static const uint8_t marker[] = {0xA7, 0x4A, 0x52, 0xC3}; // begins each record; no UTF-8, and seldom by chance

enum {
    CONTENT_CHECK_BYTES = 8,
    HEAD_CHECK_BYTES = 4,
    LINE_CHECK_CHARS = 8,
    LINE_MAX_BYTES = 128, // of the first line, of any version
    RECORD_MAX = 16 * 1024 * 1024,
    PARTS_MAX = 100000,
};

// What a record begins with, as it is in the file.
struct head {
    uint8_t marker[sizeof marker];
    uint32_t content_len;
    uint64_t sequence; // from 1, rising by one
    uint8_t content_check[CONTENT_CHECK_BYTES];
    uint32_t kind;
    uint8_t check[HEAD_CHECK_BYTES]; // of all before it
};
_Static_assert(sizeof(struct head) == 32, "the head has no holes");

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

static void put_why(struct ll_buf *out, ll_err why) {
    put_u32(out, why.status);
    put(out, why.text, sizeof why.text);
}

static void put_content(struct ll_buf *out, const struct ll_journal_record *record, int64_t unix_us_at_zero) {
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
        put_why(out, record->why);
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
    case LL_JOURNAL_ARTIFACT_LOST:
        put_why(out, record->why);
        put(out, record->name, strlen(record->name));
        break;
    case LL_JOURNAL_STOPPED:
    case LL_JOURNAL_MISSING:
    case LL_JOURNAL_DROPPED:
    case LL_JOURNAL_KINDS:
        break;
    }
}

static void content_check(const void *content, size_t len, uint8_t out[CONTENT_CHECK_BYTES]) {
    uint8_t hash[LL_SHA256_BYTES];
    ll_sha256(content, len, hash);
    memcpy(out, hash, CONTENT_CHECK_BYTES);
}

// It covers the version too: what another one wrote does not pass for ours.
static void head_check(const struct head *head, uint8_t out[HEAD_CHECK_BYTES]) {
    uint8_t covered[sizeof MAGIC + offsetof(struct head, check)], hash[LL_SHA256_BYTES];
    memcpy(covered, MAGIC, sizeof MAGIC);
    memcpy(covered + sizeof MAGIC, head, offsetof(struct head, check));
    ll_sha256(covered, sizeof covered, hash);
    memcpy(out, hash, HEAD_CHECK_BYTES);
}

// "LLJ2 0.1.0" gets eight digits, so that a flipped bit is told from another version.
static void line_check(const char *magic, size_t len, char out[LINE_CHECK_CHARS + 1]) {
    uint8_t hash[LL_SHA256_BYTES];
    ll_sha256(magic, len, hash);
    for (size_t i = 0; i < LINE_CHECK_CHARS / 2; i++) snprintf(out + 2 * i, 3, "%02x", hash[i]);
}

void ll_journal_begin(struct ll_buf *out) {
    char check[LINE_CHECK_CHARS + 1];
    line_check(MAGIC, sizeof MAGIC - 1, check);
    ll_buf_printf(out, MAGIC " %s\n", check);
}

void ll_journal_append(const struct ll_journal_record *record, uint64_t sequence, int64_t unix_us_at_zero,
                       struct ll_buf *out) {
    assert(record->kind < LL_JOURNAL_MISSING && sequence > 0);
    struct ll_buf content = ll_buf_make(RECORD_MAX);
    put_content(&content, record, unix_us_at_zero);
    assert(!content.overflowed); // a frame and a spec have limits far below
    struct head head = {.content_len = (uint32_t)content.len, .sequence = sequence, .kind = record->kind};
    memcpy(head.marker, marker, sizeof marker);
    content_check(content.data, content.len, head.content_check);
    head_check(&head, head.check);
    put(out, &head, sizeof head);
    put(out, content.data, content.len);
    ll_buf_fini(&content);
}

// ---- Reading

typedef ll_err apply_fn(void *arg, const struct ll_journal_record *record);

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

static ll_err apply_start(struct reader *reader, int64_t unix_us_at_zero, apply_fn *apply, void *arg) {
    struct ll_run run = {0};
    LL_TRY(get_run(reader, unix_us_at_zero, &run));
    ll_err err = apply(arg, &(struct ll_journal_record){LL_JOURNAL_STARTED, .run = &run});
    ll_spec_fini(&run.spec);
    free(run.parts);
    return err;
}

static ll_err apply_artifact(struct reader *reader, apply_fn *apply, void *arg) {
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

static ll_err get_why(struct reader *reader) {
    ll_err why = {.status = ll_status_from_number(get_u32(reader))};
    get_text(reader, why.text, sizeof why.text);
    return why;
}

// The file's name is what is left.
static ll_err apply_artifact_loss(struct reader *reader, apply_fn *apply, void *arg) {
    char name[LL_ARTIFACT_NAME_MAX] = "";
    struct ll_journal_record record = {LL_JOURNAL_ARTIFACT_LOST, .name = name, .why = get_why(reader)};
    if (reader->is_short || reader->left >= sizeof name) return nonsense();
    get(reader, name, reader->left);
    return ll_artifact_name_is_safe(name) ? apply(arg, &record) : nonsense();
}

// The throttle's name is what is left.
static ll_err apply_permit(struct reader *reader, apply_fn *apply, void *arg) {
    char name[LL_NAME_MAX + 1] = "";
    struct ll_journal_record record = {LL_JOURNAL_PERMITTED, .at_us = (int64_t)get_u64(reader), .name = name};
    if (reader->is_short || reader->left > LL_NAME_MAX) return nonsense();
    get(reader, name, reader->left);
    return apply(arg, &record);
}

static ll_err apply_content(uint32_t kind, struct reader *reader, int64_t unix_us_at_zero, apply_fn *apply, void *arg) {
    if (kind >= LL_JOURNAL_MISSING) return nonsense();
    struct ll_journal_record record = {.kind = (enum ll_journal_kind)kind};
    if (record.kind == LL_JOURNAL_STARTED) return apply_start(reader, unix_us_at_zero, apply, arg);
    if (record.kind == LL_JOURNAL_ARTIFACT) return apply_artifact(reader, apply, arg);
    if (record.kind == LL_JOURNAL_ARTIFACT_LOST) return apply_artifact_loss(reader, apply, arg);
    if (record.kind == LL_JOURNAL_PERMITTED) return apply_permit(reader, apply, arg);
    if (record.kind == LL_JOURNAL_FRAME) {
        record.part = get_u32(reader);
        record.frame = (struct ll_bytes){reader->data, reader->left};
    } else if (record.kind == LL_JOURNAL_LOST) {
        record.part = get_u32(reader);
        record.why = get_why(reader);
    } else if (record.kind == LL_JOURNAL_RELEASED) {
        record.part = get_u32(reader);
        record.ticket = get_u64(reader);
    } else if (record.kind == LL_JOURNAL_OVER) {
        record.at_us = (int64_t)get_u64(reader) - unix_us_at_zero;
    }
    return reader->is_short ? nonsense() : apply(arg, &record);
}

// ---- Finding records

// Whether a record's head stands there, whole.
static bool find_head(const uint8_t *data, size_t len, struct head *out) {
    uint8_t check[HEAD_CHECK_BYTES];
    if (len < sizeof *out || memcmp(data, marker, sizeof marker) != 0) return false;
    memcpy(out, data, sizeof *out);
    head_check(out, check);
    return memcmp(check, out->check, sizeof check) == 0 && out->content_len <= RECORD_MAX;
}

static bool is_whole(const struct head *head, const uint8_t *content) {
    uint8_t check[CONTENT_CHECK_BYTES];
    content_check(content, head->content_len, check);
    return memcmp(check, head->content_check, sizeof check) == 0;
}

// Where the next marker is; `len` when there is none.
static size_t find_marker(const uint8_t *data, size_t from, size_t len) {
    const uint8_t *found = from < len ? memmem(data + from, len - from, marker, sizeof marker) : NULL;
    return found ? (size_t)(found - data) : len;
}

// Whether another version wrote the first line: it is whole, and not ours.
static bool is_anothers(const char *line, size_t len) {
    char check[LINE_CHECK_CHARS + 1];
    size_t before = sizeof magic_before - 1;
    if (len > before && memcmp(line, magic_before, before) == 0 && !memchr(line + before, ' ', len - before))
        return true;
    if (len <= LINE_CHECK_CHARS + 1 || memcmp(line, MAGIC, 3) != 0) return false;
    if (line[len - LINE_CHECK_CHARS - 1] != ' ') return false;
    line_check(line, len - LINE_CHECK_CHARS - 1, check);
    return memcmp(line + len - LINE_CHECK_CHARS, check, LINE_CHECK_CHARS) == 0;
}

// Reads the first line. One that was cut short is no more than that; a damaged one is left to its records to tell.
static ll_err read_line(const uint8_t *data, size_t len, struct ll_journal_end *out_end) {
    struct ll_buf line = ll_buf_make(LINE_MAX_BYTES);
    ll_journal_begin(&line);
    size_t common = len < line.len ? len : line.len;
    bool is_ours = memcmp(data, line.data, common) == 0;
    out_end->len = is_ours ? common : 0;
    out_end->is_damaged = !is_ours;
    ll_buf_fini(&line);
    const uint8_t *end = memchr(data, '\n', len < LINE_MAX_BYTES ? len : LINE_MAX_BYTES);
    if (is_ours || !end || !is_anothers((const char *)data, (size_t)(end - data))) return LL_SUCCESS;
    return ll_err_make(LL_FAILED_PRECONDITION,
                       "it was written by another version of LiveLoad (%.*s) than " LIVELOAD_VERSION
                       ": use that one, or delete the journal",
                       (int)(end - data), (const char *)data);
}

// Tells `apply` of the records up to `next_sequence` that were not found.
static ll_err tell_missing(struct ll_journal_end *end, uint64_t next_sequence, apply_fn *apply, void *arg) {
    uint64_t missing = next_sequence - end->next_sequence;
    if (missing == 0) return LL_SUCCESS;
    end->missing += missing;
    end->next_sequence = next_sequence;
    return apply(arg, &(struct ll_journal_record){LL_JOURNAL_MISSING, .count = missing});
}

static ll_err read_records(const uint8_t *data, size_t len, int64_t unix_us_at_zero, apply_fn *apply, void *arg,
                           struct ll_journal_end *end) {
    uint64_t damaged = 0; // the last number that is known to be of a damaged record
    for (size_t at = end->len; len - at >= sizeof(struct head);) {
        struct head head;
        if (!find_head(data + at, len - at, &head)) {
            if (damaged < end->next_sequence) damaged = end->next_sequence; // one at least
            at = find_marker(data, at + 1, len);
            continue;
        }
        struct reader content = {.data = data + at + sizeof head, .left = head.content_len};
        if (content.left > len - at - sizeof head) break; // it was being written
        at += sizeof head + content.left;
        if (!is_whole(&head, content.data)) {
            if (damaged < head.sequence) damaged = head.sequence;
        } else if (head.sequence >= end->next_sequence) {
            LL_TRY(tell_missing(end, head.sequence, apply, arg));
            LL_TRY(apply_content(head.kind, &content, unix_us_at_zero, apply, arg));
            end->next_sequence = head.sequence + 1;
            end->records++;
            end->len = at;
        }
    }
    return damaged >= end->next_sequence ? tell_missing(end, damaged + 1, apply, arg) : LL_SUCCESS;
}

ll_err ll_journal_read(const void *data, size_t len, int64_t unix_us_at_zero, apply_fn *apply, void *arg,
                       struct ll_journal_end *out_end) {
    *out_end = (struct ll_journal_end){.next_sequence = 1};
    LL_TRY(read_line(data, len, out_end));
    ll_err err = read_records(data, len, unix_us_at_zero, apply, arg, out_end);
    if (!out_end->is_damaged || out_end->records > 0) return err;
    return ll_err_make(LL_DATA_LOSS, "it is damaged from its beginning on, or no journal of LiveLoad: move it away to "
                                     "start without it");
}
