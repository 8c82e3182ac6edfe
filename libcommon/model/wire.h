// Private to libcommon/model and libcommon/rpc: plain data to and from the generated protobuf-c types, and the memory
// in which those live.
//
// One owner, no locks. Messages made here borrow texts from the plain data they were made of, and live in an arena.
#ifndef LIBCOMMON_MODEL_WIRE_H
#define LIBCOMMON_MODEL_WIRE_H

#include "libcommon/base/buf.h"
#include "libcommon/base/err.h"
#include "libcommon/model/artifact.h"
#include "libcommon/model/coverage.h"
#include "libcommon/model/series.h"
#include "libcommon/model/snapshot.h"
#include "libcommon/model/spec.h"

#include <liveload/v1/artifact.pb-c.h>
#include <liveload/v1/scenario.pb-c.h>
#include <liveload/v1/snapshot.pb-c.h>

#include <stdbool.h>
#include <stddef.h>

// Memory that is freed all at once. Bytes from outside can ask for much more memory than they are long, so an arena
// that they are unpacked into has a limit.
struct ll_wire_arena {
    struct ll_wire_block *blocks;
    size_t used_bytes, max_bytes;
    bool is_exhausted;
};

#define LL_WIRE_NO_LIMIT SIZE_MAX // for messages made of our own data

struct ll_wire_arena ll_wire_arena_make(size_t max_bytes);
void ll_wire_arena_fini(struct ll_wire_arena *arena);
// Zeroed memory for `count` things of `size` bytes; the arena has no limit. Never NULL.
void *ll_wire_alloc(struct ll_wire_arena *arena, size_t count, size_t size);

// Appends the packed message; overflow shows in out->overflowed.
void ll_wire_pack(const ProtobufCMessage *message, struct ll_buf *out);
// How much memory an honest message of `len` bytes can take when it is unpacked: the arena's limit.
size_t ll_wire_memory_for(size_t len);
// Unpacks into the arena; there is nothing else to free. `what` names the bytes in the error: "the snapshot".
// LL_DATA_LOSS, LL_RESOURCE_EXHAUSTED.
ll_err ll_wire_unpack(const ProtobufCMessageDescriptor *type, const char *what, const void *data, size_t len,
                      struct ll_wire_arena *arena, ProtobufCMessage **out);

// A clean copy (ll_text_clean) of a text that people get to see: names, labels and sentences come from scenarios.
char *ll_wire_read_text(const char *text);
// Protobuf has no NULL texts: NULL becomes "", and "" becomes NULL (a clean copy otherwise).
char *ll_wire_text(const char *text);
char *ll_wire_text_or_null(const char *text);

Liveload__V1__Spec *ll_wire_spec_to_proto(struct ll_wire_arena *arena, const struct ll_spec *spec);
// Checks limits and fills defaults; does not validate. LL_INVALID_ARGUMENT names the field.
ll_err ll_wire_spec_from_proto(const Liveload__V1__Spec *message, struct ll_spec *out);

// The context's part of a spec, likewise; context_wire.c has it.
Liveload__V1__ContextOptions *ll_wire_context_to_proto(struct ll_wire_arena *arena,
                                                       const struct ll_context_options *context);
ll_err ll_wire_context_check(const Liveload__V1__ContextOptions *message);
void ll_wire_context_from_proto(const Liveload__V1__ContextOptions *message, struct ll_context_options *context);

// A list of texts on the wire.
char **ll_wire_texts_to_proto(struct ll_wire_arena *arena, char *const *texts, size_t count);

// A part of a spec over its limit: LL_INVALID_ARGUMENT.
ll_err ll_wire_check_count(const char *what, size_t count, size_t max);
ll_err ll_wire_check_text(const char *what, const char *text, size_t max);

// How much a reader may still spend on sketches: two bins far apart are a few bytes on the wire and 16 KB in memory.
struct ll_wire_budget {
    size_t sketch_bytes;
};

// The list of a set's series, its length in `*out_count`. No set is an empty one.
Liveload__V1__Series **ll_wire_series_to_proto(struct ll_wire_arena *arena, const struct ll_series_set *set,
                                               size_t *out_count);
// A new set of a list's series. Series of unknown metrics are skipped. LL_DATA_LOSS, LL_RESOURCE_EXHAUSTED.
ll_err ll_wire_series_from_proto(Liveload__V1__Series *const *list, size_t count, struct ll_wire_budget *budget,
                                 struct ll_series_set **out);

// Artifacts. Names that may not become a file's are refused on the way in: LL_INVALID_ARGUMENT.
Liveload__V1__Artifact *ll_wire_artifact_to_proto(struct ll_wire_arena *arena, const struct ll_artifact *artifact);
ll_err ll_wire_artifact_from_proto(const Liveload__V1__Artifact *message, struct ll_artifact *out);

// The names of a table's metrics of one coverage.
char **ll_wire_coverage_to_proto(struct ll_wire_arena *arena, const struct ll_coverage_table *table,
                                 enum ll_coverage coverage, size_t *out_count);

// Failure samples. Texts over their limits are cut on the way out and refused on the way in.
Liveload__V1__FailureSample **ll_wire_failures_to_proto(struct ll_wire_arena *arena,
                                                        const struct ll_failure_sample *failures, size_t count);
ll_err ll_wire_failures_from_proto(Liveload__V1__FailureSample *const *list, size_t count, size_t max,
                                   struct ll_failure_sample **out);

#endif
