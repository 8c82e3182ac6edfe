#include "coordinator/core/archive.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void ll_archive_fini(struct ll_archive *archive) {
    for (size_t i = 0; i < archive->count; i++) free(archive->runs[i].result);
    *archive = (struct ll_archive){0};
}

static void drop_oldest(struct ll_archive *archive) {
    archive->bytes -= archive->runs[0].result_bytes;
    free(archive->runs[0].result);
    archive->count--;
    memmove(&archive->runs[0], &archive->runs[1], archive->count * sizeof archive->runs[0]);
}

void ll_archive_add(struct ll_archive *archive, const char *run_id, const char *scenario,
                    const struct ll_status_reply *status, void *take_result, size_t result_bytes) {
    while (archive->count == LL_ARCHIVE_RUNS_MAX ||
           (archive->count > 0 && archive->bytes + result_bytes > LL_ARCHIVE_BYTES_MAX))
        drop_oldest(archive);
    struct ll_archived_run *run = &archive->runs[archive->count++];
    *run = (struct ll_archived_run){.status = *status, .result = take_result, .result_bytes = result_bytes};
    snprintf(run->run_id, sizeof run->run_id, "%s", run_id);
    snprintf(run->scenario, sizeof run->scenario, "%s", scenario);
    archive->bytes += result_bytes;
}

const struct ll_archived_run *ll_archive_find(const struct ll_archive *archive, const char *run_id) {
    for (size_t i = archive->count; i > 0; i--) {
        const struct ll_archived_run *run = &archive->runs[i - 1];
        if (run_id[0] == '\0' || strcmp(run->run_id, run_id) == 0) return run;
    }
    return NULL;
}
