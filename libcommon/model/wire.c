#include "libcommon/model/wire.h"

#include "libcommon/base/alloc.h"
#include "libcommon/base/text.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    BLOCK_BYTES = 64 * 1024,
    ALIGNMENT = 16,
    // A stage of 6 bytes becomes a message of 40, a pointer and 40 bytes of protobuf-c's own notes.
    MEMORY_PER_BYTE = 16,
};

// More than any run can count, and little enough that sums over many sets do not wrap.
static const uint64_t count_max = 1ull << 48;

struct ll_wire_block {
    struct ll_wire_block *next;
    size_t size, used;
    _Alignas(ALIGNMENT) char data[];
};

struct ll_wire_arena ll_wire_arena_make(size_t max_bytes) {
    return (struct ll_wire_arena){.max_bytes = max_bytes};
}

void ll_wire_arena_fini(struct ll_wire_arena *arena) {
    while (arena->blocks) {
        struct ll_wire_block *block = arena->blocks;
        arena->blocks = block->next;
        free(block);
    }
    *arena = ll_wire_arena_make(arena->max_bytes);
}

// Not zeroed; NULL past the limit.
static void *allocate(struct ll_wire_arena *arena, size_t size) {
    if (size > arena->max_bytes || arena->used_bytes > arena->max_bytes - size) {
        arena->is_exhausted = true;
        return NULL;
    }
    size = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    struct ll_wire_block *block = arena->blocks;
    if (!block || block->size - block->used < size) {
        size_t room = size > BLOCK_BYTES ? size : BLOCK_BYTES;
        block = ll_realloc(NULL, 1, sizeof *block + room);
        *block = (struct ll_wire_block){.next = arena->blocks, .size = room};
        arena->blocks = block;
    }
    void *memory = block->data + block->used;
    block->used += size;
    arena->used_bytes += size;
    return memory;
}

void *ll_wire_alloc(struct ll_wire_arena *arena, size_t count, size_t size) {
    assert(arena->max_bytes == LL_WIRE_NO_LIMIT && (size == 0 || count <= SIZE_MAX / 2 / size));
    return memset(allocate(arena, count * size), 0, count * size);
}

static void *allocate_for_protobuf(void *arena, size_t size) {
    return allocate(arena, size);
}

static void free_for_protobuf(void *arena, void *memory) {
    (void)arena, (void)memory; // all at once, later
}

void ll_wire_pack(const ProtobufCMessage *message, struct ll_buf *out) {
    size_t len = protobuf_c_message_get_packed_size(message);
    if (len == 0) return;
    void *room = ll_buf_reserve(out, len);
    if (!room) return;
    protobuf_c_message_pack(message, room);
    ll_buf_commit(out, len);
}

size_t ll_wire_memory_for(size_t len) {
    return len < SIZE_MAX / 2 / MEMORY_PER_BYTE ? len * MEMORY_PER_BYTE + BLOCK_BYTES : SIZE_MAX / 2;
}

ll_err ll_wire_unpack(const ProtobufCMessageDescriptor *type, const char *what, const void *data, size_t len,
                      struct ll_wire_arena *arena, ProtobufCMessage **out) {
    ProtobufCAllocator allocator = {.alloc = allocate_for_protobuf, .free = free_for_protobuf, .allocator_data = arena};
    *out = protobuf_c_message_unpack(type, &allocator, len, data);
    if (*out) return LL_SUCCESS;
    if (arena->is_exhausted)
        return ll_err_make(LL_RESOURCE_EXHAUSTED, "%s would take more than %zu MB of memory to read", what,
                           arena->max_bytes >> 20);
    return ll_err_make(LL_DATA_LOSS, "%s is damaged: its bytes are no %s", what, type->short_name);
}

char *ll_wire_text(const char *text) {
    // protobuf-c wants char * and only reads it.
    return text ? (char *)(uintptr_t)text : (char *)(uintptr_t)protobuf_c_empty_string;
}

char *ll_wire_read_text(const char *text) {
    char *copy = ll_strdup(text);
    ll_text_clean(copy, copy, strlen(copy) + 1);
    return copy;
}

char *ll_wire_text_or_null(const char *text) {
    return text && *text ? ll_wire_read_text(text) : NULL;
}

struct bins { // a sketch on its way out
    struct ll_wire_arena *arena;
    Liveload__V1__Sketch *message;
    size_t capacity;
    int32_t last_index;
};

static void count_bin(void *arg, int32_t index, uint64_t count) {
    (void)index, (void)count;
    ++*(size_t *)arg;
}

static void write_bin(void *arg, int32_t index, uint64_t count) {
    struct bins *bins = arg;
    Liveload__V1__Sketch *message = bins->message;
    if (message->n_counts == 0) {
        message->first_index = index;
        bins->last_index = index;
    }
    message->deltas[message->n_deltas++] = (uint32_t)((int64_t)index - bins->last_index);
    message->counts[message->n_counts++] = count;
    bins->last_index = index;
}

static Liveload__V1__Sketch *sketch_to_proto(struct ll_wire_arena *arena, const struct ll_sketch *sketch) {
    Liveload__V1__Sketch *message = ll_wire_alloc(arena, 1, sizeof *message);
    liveload__v1__sketch__init(message);
    size_t count = 0;
    ll_sketch_each_bin(sketch, count_bin, &count);
    message->deltas = ll_wire_alloc(arena, count, sizeof *message->deltas);
    message->counts = ll_wire_alloc(arena, count, sizeof *message->counts);
    struct bins bins = {.message = message};
    ll_sketch_each_bin(sketch, write_bin, &bins);
    message->zero_count = sketch->zero_count;
    message->min = fmin(sketch->min, DBL_MAX);
    message->max = fmin(sketch->max, DBL_MAX);
    message->sum = fmin(sketch->sum, DBL_MAX);
    return message;
}

Liveload__V1__Series **ll_wire_series_to_proto(struct ll_wire_arena *arena, const struct ll_series_set *set,
                                               size_t *out_count) {
    size_t count = 0, position = 0;
    while (set && ll_series_next(set, &position)) count++;
    Liveload__V1__Series **list = ll_wire_alloc(arena, count, sizeof *list);
    position = 0;
    for (size_t i = 0; i < count; i++) {
        const struct ll_series *series = ll_series_next(set, &position);
        const struct ll_metric_info *info = ll_metric_info(series->metric);
        list[i] = ll_wire_alloc(arena, 1, sizeof **list);
        liveload__v1__series__init(list[i]);
        list[i]->metric = ll_wire_text(info->name);
        list[i]->label = ll_wire_text(series->label);
        if (info->kind == LL_KIND_HISTOGRAM)
            list[i]->sketch = sketch_to_proto(arena, &series->sketch);
        else
            list[i]->count = series->count;
        list[i]->began_us = series->began_us;
    }
    *out_count = count;
    return list;
}

// What a message claims about itself: its bins ascend, and its numbers are numbers.
static ll_err check_sketch(const Liveload__V1__Sketch *message, uint64_t *out_total, int64_t *out_last_index) {
    if (message->n_counts != message->n_deltas)
        return ll_err_make(LL_DATA_LOSS, "a sketch has %zu counts for %zu bins", message->n_counts, message->n_deltas);
    if (message->n_counts > LL_SKETCH_BINS_MAX)
        return ll_err_make(LL_DATA_LOSS, "a sketch has %zu bins, and at most %d are allowed", message->n_counts,
                           LL_SKETCH_BINS_MAX);
    uint64_t total = message->zero_count;
    int64_t index = message->first_index;
    for (size_t i = 0; i < message->n_counts && total <= count_max; i++) {
        index += message->deltas[i];
        total = message->counts[i] <= count_max ? total + message->counts[i] : UINT64_MAX;
        if (index > INT32_MAX || (i > 0 && message->deltas[i] == 0))
            return ll_err_make(LL_DATA_LOSS, "a sketch's bins do not ascend");
    }
    if (total > count_max) return ll_err_make(LL_DATA_LOSS, "a sketch claims more samples than any run has");
    if (!(message->min >= 0 && message->max >= message->min && message->sum >= 0 && isfinite(message->max) &&
          isfinite(message->sum)))
        return ll_err_make(LL_DATA_LOSS, "a sketch's minimum, maximum or sum is impossible");
    *out_total = total;
    *out_last_index = index;
    return LL_SUCCESS;
}

// Fills `out`, which is empty.
static ll_err sketch_from_proto(const Liveload__V1__Sketch *message, struct ll_wire_budget *budget,
                                struct ll_sketch *out) {
    uint64_t total = 0;
    int64_t index = 0;
    LL_TRY(check_sketch(message, &total, &index));
    if (total == 0) return LL_SUCCESS;
    int64_t span = index - message->first_index + 1;
    size_t bytes = (size_t)(span < LL_SKETCH_BINS_MAX ? span : LL_SKETCH_BINS_MAX) * sizeof *out->counts;
    if (bytes > budget->sketch_bytes)
        return ll_err_make(LL_RESOURCE_EXHAUSTED, "its sketches would take too much memory to read");
    budget->sketch_bytes -= bytes;
    if (message->zero_count) ll_sketch_add_many(out, 0, message->zero_count);
    index = message->first_index;
    for (size_t i = 0; i < message->n_counts; i++) {
        index += message->deltas[i];
        if (message->counts[i]) ll_sketch_add_bin(out, (int32_t)index, message->counts[i]);
    }
    ll_sketch_set_extremes(out, message->min, message->max, message->sum);
    return LL_SUCCESS;
}

static ll_err add_series(struct ll_series_set *set, enum ll_metric metric, const Liveload__V1__Series *message,
                         struct ll_wire_budget *budget, struct ll_sketch *scratch) {
    if (strlen(message->label) > LL_LABEL_BYTES_MAX)
        return ll_err_make(LL_DATA_LOSS, "a label of %s is longer than %d bytes", message->metric, LL_LABEL_BYTES_MAX);
    if (message->count > count_max)
        return ll_err_make(LL_DATA_LOSS, "%s claims more than any run can count", message->metric);
    bool is_histogram = ll_metric_info(metric)->kind == LL_KIND_HISTOGRAM;
    uint64_t samples = message->count;
    if (is_histogram) {
        ll_sketch_clear(scratch);
        if (message->sketch) LL_TRY(sketch_from_proto(message->sketch, budget, scratch));
        samples = scratch->total;
    }
    if (samples == 0) return LL_SUCCESS;
    char label[LL_LABEL_BYTES_MAX + 1];
    ll_text_clean(message->label, label, sizeof label);
    struct ll_series *series = ll_series_ensure(set, metric, label);
    if (strcmp(series->label, label) != 0) // folded
        ll_series_count(set, LL_METRIC_LABEL_OVERFLOW, NULL, samples);
    if (is_histogram)
        ll_sketch_merge(&series->sketch, scratch);
    else
        series->count += samples;
    if (message->began_us) ll_series_note_began(set, metric, label, message->began_us);
    return LL_SUCCESS;
}

static ll_err add_all_series(struct ll_series_set *set, Liveload__V1__Series *const *list, size_t count,
                             struct ll_wire_budget *budget, struct ll_sketch *scratch) {
    const char *name = NULL;
    enum ll_metric metric = LL_METRICS_COUNT;
    for (size_t i = 0; i < count; i++) {
        // Series come by metric, so the name is mostly that of the one before.
        bool is_known = name && strcmp(name, list[i]->metric) == 0;
        if (!is_known && !ll_metric_by_name(list[i]->metric, &metric)) continue;
        name = list[i]->metric;
        LL_TRY(add_series(set, metric, list[i], budget, scratch));
    }
    return LL_SUCCESS;
}

ll_err ll_wire_series_from_proto(Liveload__V1__Series *const *list, size_t count, struct ll_wire_budget *budget,
                                 struct ll_series_set **out) {
    struct ll_series_set *set = ll_series_set_new_wide();
    struct ll_sketch scratch = ll_sketch_make();
    ll_err err = add_all_series(set, list, count, budget, &scratch);
    ll_sketch_fini(&scratch);
    if (err.status != LL_OK)
        ll_series_set_free(&set);
    else
        *out = set;
    return err;
}

// `text`, or a copy cut to `max` bytes between characters.
static char *cut_text(struct ll_wire_arena *arena, const char *text, size_t max) {
    if (!text || strlen(text) <= max) return ll_wire_text(text);
    size_t len = ll_text_cut(text, strlen(text), max);
    char *copy = ll_wire_alloc(arena, len + 1, 1);
    memcpy(copy, text, len);
    return copy;
}

static void write_evidence(const struct ll_evidence *evidence, Liveload__V1__FailureSample *out) {
    out->url = ll_wire_text(evidence->url);
    out->console = ll_wire_text(evidence->console);
    out->requests = ll_wire_text(evidence->requests);
    out->missing = ll_wire_text(evidence->missing);
    out->picture = ll_wire_text(evidence->picture);
    out->page = ll_wire_text(evidence->page);
    out->notes = ll_wire_text(evidence->notes);
}

static ll_err read_file_name(const char *name, char out[LL_ARTIFACT_NAME_MAX]) {
    if (!*name) return LL_SUCCESS;
    if (!ll_artifact_name_is_safe(name))
        return ll_err_make(LL_DATA_LOSS, "a failure sample names a file that cannot be one");
    memcpy(out, name, strlen(name) + 1);
    return LL_SUCCESS;
}

// Leaves *out NULL when nothing was captured.
static ll_err read_evidence(const Liveload__V1__FailureSample *in, struct ll_evidence **out) {
    const char *const texts[] = {in->url, in->console, in->requests, in->missing, in->picture, in->page, in->notes};
    bool is_there = false;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) is_there |= *texts[i] != '\0';
    if (!is_there) return LL_SUCCESS;
    struct ll_evidence *evidence = *out = ll_evidence_new(in->url, in->console, in->requests, in->missing);
    ll_text_clean_lines(evidence->console);
    ll_text_clean_lines(evidence->requests);
    ll_text_clean(evidence->url, evidence->url, strlen(evidence->url) + 1);
    ll_text_clean(evidence->missing, evidence->missing, strlen(evidence->missing) + 1);
    LL_TRY(read_file_name(in->picture, evidence->picture));
    LL_TRY(read_file_name(in->page, evidence->page));
    return read_file_name(in->notes, evidence->notes);
}

Liveload__V1__FailureSample **ll_wire_failures_to_proto(struct ll_wire_arena *arena,
                                                        const struct ll_failure_sample *failures, size_t count) {
    Liveload__V1__FailureSample **list = ll_wire_alloc(arena, count, sizeof *list);
    for (size_t i = 0; i < count; i++) {
        list[i] = ll_wire_alloc(arena, 1, sizeof **list);
        liveload__v1__failure_sample__init(list[i]);
        list[i]->signature = cut_text(arena, failures[i].signature, LL_LABEL_BYTES_MAX);
        list[i]->user_id = failures[i].user_id;
        list[i]->iteration = failures[i].iteration;
        list[i]->step = failures[i].step;
        list[i]->detail = cut_text(arena, failures[i].detail, LL_FAILURE_DETAIL_MAX);
        if (failures[i].evidence) write_evidence(failures[i].evidence, list[i]);
    }
    return list;
}

ll_err ll_wire_failures_from_proto(Liveload__V1__FailureSample *const *list, size_t count, size_t max,
                                   struct ll_failure_sample **out) {
    if (count > max)
        return ll_err_make(LL_DATA_LOSS, "it has %zu failure samples, and at most %zu are allowed", count, max);
    for (size_t i = 0; i < count; i++)
        if (strlen(list[i]->signature) > LL_LABEL_BYTES_MAX || strlen(list[i]->detail) > LL_FAILURE_DETAIL_MAX)
            return ll_err_make(LL_DATA_LOSS, "a failure sample's text is longer than %d bytes", LL_FAILURE_DETAIL_MAX);
    struct ll_failure_sample *failures = count ? ll_alloc(count, sizeof *failures) : NULL;
    for (size_t i = 0; i < count; i++) {
        failures[i] = (struct ll_failure_sample){
            .signature = ll_wire_read_text(list[i]->signature),
            .user_id = list[i]->user_id,
            .iteration = list[i]->iteration,
            .step = list[i]->step,
            .detail = ll_wire_read_text(list[i]->detail),
        };
        ll_err err = read_evidence(list[i], &failures[i].evidence);
        if (err.status != LL_OK) {
            ll_failure_samples_free(failures, i + 1);
            return err;
        }
    }
    *out = failures;
    return LL_SUCCESS;
}
