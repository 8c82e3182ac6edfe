// What a run leaves behind (docs/RESULTS.md): everything reporters need, and nothing else is needed.
//
// One owner, no locks. On disk: the magic "LLR1", then one zstd frame of a packed Result (proto/liveload/v1/
// result.proto).
#ifndef LIBCOMMON_MODEL_RESULT_H
#define LIBCOMMON_MODEL_RESULT_H

#include "libcommon/base/buf.h"
#include "libcommon/base/err.h"
#include "libcommon/model/artifact.h"
#include "libcommon/model/coverage.h"
#include "libcommon/model/series.h"
#include "libcommon/model/snapshot.h"
#include "libcommon/model/spec.h"
#include "libcommon/model/threshold.h"

enum {
    LL_RESULT_BUCKETS_MAX = 300,
    LL_RESULT_NODE_WINDOWS_MAX = 60,
    LL_RESULT_FILE_MAX = 256 * 1024 * 1024,     // bytes of result.llr
    LL_RESULT_CONTENT_MAX = 1024 * 1024 * 1024, // bytes when decompressed
    LL_RESULT_SCENARIOS_MAX = 100,
    LL_RESULT_NODES_MAX = 10000,
    LL_RESULT_FAILURES_MAX = 1000, // samples, of a scenario
    LL_RESULT_REMARKS_MAX = 1000,  // of a scenario; later ones are left out
};

struct ll_window { // a span of the run, merged
    uint64_t offset_ms;
    uint32_t active_users;
    uint32_t node_count;
    struct ll_series_set *series; // owned
};

struct ll_node_result {
    char *name;  // owned
    char *error; // owned; NULL when the node's part is complete
    bool lost;
    char *browser; // owned; NULL when unknown
    struct ll_series_set *total;
    struct ll_window *windows;
    size_t window_count;
    uint64_t window_width_ms;
    uint32_t users_total, users_failed;
    uint64_t duration_ms;
    uint32_t cpu_permille_peak;
    uint32_t agent_cpu_permille_peak;
    uint64_t rss_bytes_peak;
    struct ll_coverage_table coverage; // of its browser: what it estimates and what it lacks
    double clock_offset_ms;            // how far its clock was ahead of the coordinator's
    double round_trip_ms;              // how long its calls took; 0: neither is known
};

enum ll_verdict { LL_VERDICT_PASSED, LL_VERDICT_DEGRADED, LL_VERDICT_INVALID, LL_VERDICT_FAILED };

// What the load machines themselves did to the figures; in order of severity.
enum ll_generator_verdict {
    LL_GENERATOR_UNKNOWN, // too few samples to judge it
    LL_GENERATOR_VALID,
    LL_GENERATOR_DEGRADED,
    LL_GENERATOR_INVALID,
};

struct ll_generator {
    enum ll_generator_verdict verdict;
    bool has_share;
    double share;   // of the reported p95 of iterations, 0 to 1
    char **reasons; // sentences, owned; each is a remark too
    size_t reason_count;
};

struct ll_scenario_result {
    char *name;
    char *error;            // NULL unless the scenario could not be run; then the rest may be empty
    uint64_t started_at_ms; // Unix time
    uint64_t duration_ms;   // first user start to last user end
    double start_skew_ms;   // between the first agent's start and the last one's
    uint64_t bucket_width_ms;
    uint32_t users_total, users_failed;
    uint64_t iterations_interrupted;
    struct ll_series_set *total;
    struct ll_window *buckets;
    size_t bucket_count;
    struct ll_node_result *nodes;
    size_t node_count;
    struct ll_threshold_outcome *thresholds;
    size_t threshold_count;
    struct ll_failure_sample *failures;
    size_t failure_count;
    enum ll_verdict verdict;
    struct ll_generator generator;
    char **remarks; // sentences: why DEGRADED or INVALID, which agent was lost
    size_t remark_count;
    bool stopped_early;
    struct ll_spec spec;
    struct ll_artifact *artifacts; // files in artifacts/ beside the result
    size_t artifact_count;
};

struct ll_result {
    char *liveload_version;
    uint64_t generated_at_ms;
    struct ll_scenario_result *scenarios;
    size_t scenario_count;
};

void ll_window_fini(struct ll_window *window);
void ll_node_result_fini(struct ll_node_result *node);
void ll_scenario_result_fini(struct ll_scenario_result *scenario);
void ll_result_fini(struct ll_result *result);

// Whether nothing was measured of a metric because no node's browser ever fills it.
bool ll_scenario_result_lacks(const struct ll_scenario_result *scenario, enum ll_metric metric);
// Whether a node's browser estimates it.
bool ll_scenario_result_estimates(const struct ll_scenario_result *scenario, enum ll_metric metric);

void ll_scenario_result_add_remark(struct ll_scenario_result *scenario, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

// Adds the sentence to the generator's reasons and to the remarks, and makes the generator's verdict at least
// `verdict`.
void ll_scenario_result_blame_generator(struct ll_scenario_result *scenario, enum ll_generator_verdict verdict,
                                        const char *format, ...) __attribute__((format(printf, 3, 4)));

// Whether a threshold is about how iterations end.
bool ll_scenario_result_judges_failing(const struct ll_scenario_result *scenario);
// Whether iterations failed and none completed, while no threshold judges that: such a run is FAILED.
bool ll_scenario_result_only_failed(const struct ll_scenario_result *scenario);
// The sentence that says so, appended to `out`.
void ll_scenario_result_tell_only_failed(const struct ll_scenario_result *scenario, struct ll_buf *out);

// "PASSED", "DEGRADED", "INVALID", "FAILED".
const char *ll_verdict_name(enum ll_verdict verdict);
// "UNKNOWN", "VALID", "DEGRADED", "INVALID".
const char *ll_generator_verdict_name(enum ll_generator_verdict verdict);

// The file's bytes, magic and all, appended to `out`.
ll_err ll_result_pack(const struct ll_result *result, struct ll_buf *out);
// LL_DATA_LOSS with what is wrong when the bytes are no result file, or a damaged or cut one.
ll_err ll_result_unpack(const void *data, size_t len, struct ll_result *out);

// Whole files, with the path in the error. Writing goes through a temporary file beside it and a rename.
ll_err ll_result_read_file(const char *path, struct ll_result *out);
ll_err ll_result_write_file(const char *path, const struct ll_result *result);

#endif
