#include "coordinator/core/artifacts.h"

#include "libcommon/base/alloc.h"

#include <stdlib.h>
#include <string.h>

void ll_artifacts_fini(struct ll_artifacts *artifacts) {
    free(artifacts->items);
    *artifacts = (struct ll_artifacts){0};
}

static struct ll_kept_artifact *find(struct ll_artifacts *artifacts, const char *name) {
    for (size_t i = artifacts->count; i > 0; i--) // the newest is asked for most
        if (strcmp(artifacts->items[i - 1].about.name, name) == 0) return &artifacts->items[i - 1];
    return NULL;
}

static struct ll_kept_artifact *add(struct ll_artifacts *artifacts, size_t part, const struct ll_artifact *about) {
    artifacts->items = ll_realloc(artifacts->items, artifacts->count + 1, sizeof *artifacts->items);
    struct ll_kept_artifact *item = &artifacts->items[artifacts->count++];
    *item = (struct ll_kept_artifact){.about = *about, .part = part};
    item->about.bytes = 0;
    item->about.is_whole = false;
    return item;
}

static ll_err check_room(const struct ll_artifacts *artifacts, size_t part, uint64_t file_bytes, size_t new_bytes,
                         bool is_new) {
    size_t files = is_new;
    uint64_t bytes = new_bytes;
    for (size_t i = 0; i < artifacts->count; i++) {
        if (artifacts->items[i].part != part) continue;
        files++;
        bytes += artifacts->items[i].about.bytes;
    }
    if (file_bytes > LL_ARTIFACT_BYTES_MAX)
        return ll_err_make(LL_RESOURCE_EXHAUSTED, "an artifact has at most %d bytes", LL_ARTIFACT_BYTES_MAX);
    if (files > LL_ARTIFACTS_OF_AGENT_MAX || bytes > LL_ARTIFACT_AGENT_BYTES_MAX)
        return ll_err_make(LL_RESOURCE_EXHAUSTED, "an agent leaves at most %d artifacts of %d MB together",
                           LL_ARTIFACTS_OF_AGENT_MAX, LL_ARTIFACT_AGENT_BYTES_MAX >> 20);
    if (artifacts->count + is_new > LL_ARTIFACTS_OF_RUN_MAX || artifacts->bytes + new_bytes > LL_ARTIFACT_RUN_BYTES_MAX)
        return ll_err_make(LL_RESOURCE_EXHAUSTED, "a run leaves at most %d artifacts of %d MB together",
                           LL_ARTIFACTS_OF_RUN_MAX, LL_ARTIFACT_RUN_BYTES_MAX >> 20);
    return LL_SUCCESS;
}

ll_err ll_artifacts_take(struct ll_artifacts *artifacts, size_t part, const char *prefix,
                         const struct ll_send_artifact_request *request, const struct ll_kept_artifact **out_item,
                         size_t *out_known) {
    const char *name = request->about.name;
    size_t prefix_len = strlen(prefix);
    bool is_own = strncmp(name, prefix, prefix_len) == 0;
    is_own |= strncmp(name, prefix, prefix_len - 1) == 0 && name[prefix_len - 1] == '.'; // without the dash: NODE.log
    if (!is_own)
        return ll_err_make(LL_PERMISSION_DENIED, "the artifact %.100s is not named for the agent that sends it", name);
    struct ll_kept_artifact *item = find(artifacts, name);
    uint64_t have = item ? item->about.bytes : 0, end = request->offset + request->chunk.len;
    if (request->offset > have)
        return ll_err_make(LL_OUT_OF_RANGE, "the piece at byte %llu of the artifact %.100s came before the one at %llu",
                           (unsigned long long)request->offset, name, (unsigned long long)have);
    size_t new_bytes = end > have ? (size_t)(end - have) : 0;
    LL_TRY(check_room(artifacts, part, have + new_bytes, new_bytes, !item));
    if (!item) item = add(artifacts, part, &request->about);
    item->about.bytes += new_bytes;
    item->about.is_whole |= request->about.is_whole && end == item->about.bytes;
    artifacts->bytes += new_bytes;
    *out_item = item;
    *out_known = request->chunk.len - new_bytes;
    return LL_SUCCESS;
}

void ll_artifacts_lose(struct ll_artifacts *artifacts, const struct ll_kept_artifact *item, ll_err why) {
    size_t index = (size_t)(item - artifacts->items);
    if (artifacts->lost++ == 0) artifacts->why = why;
    artifacts->bytes -= item->about.bytes;
    artifacts->count--;
    memmove(&artifacts->items[index], &artifacts->items[index + 1],
            (artifacts->count - index) * sizeof *artifacts->items);
}

void ll_artifacts_restore(struct ll_artifacts *artifacts, size_t part, const struct ll_artifact *about) {
    struct ll_kept_artifact *item = find(artifacts, about->name);
    if (!item) item = add(artifacts, part, about);
    artifacts->bytes += about->bytes - item->about.bytes;
    item->about = *about;
}

struct ll_artifact *ll_artifacts_move(struct ll_artifacts *artifacts, size_t *out_count) {
    struct ll_artifact *list = artifacts->count ? ll_alloc(artifacts->count, sizeof *list) : NULL;
    for (size_t i = 0; i < artifacts->count; i++) list[i] = artifacts->items[i].about;
    *out_count = artifacts->count;
    free(artifacts->items);
    *artifacts = (struct ll_artifacts){.lost = artifacts->lost, .why = artifacts->why};
    return list;
}
