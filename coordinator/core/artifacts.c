#include "coordinator/core/artifacts.h"

#include "libcommon/base/alloc.h"

#include <stdlib.h>
#include <string.h>

void ll_artifacts_fini(struct ll_artifacts *artifacts) {
    struct ll_kept_artifact *item;
    while ((item = artifacts->items)) {
        HASH_DEL(artifacts->items, item);
        free(item);
    }
    free(artifacts->of_parts);
    *artifacts = (struct ll_artifacts){.items = NULL};
}

static struct ll_kept_artifact *find(const struct ll_artifacts *artifacts, const char *name) {
    struct ll_kept_artifact *item;
    HASH_FIND_STR(artifacts->items, name, item);
    return item;
}

static struct ll_artifacts_sum *sum_of(struct ll_artifacts *artifacts, size_t part) {
    if (part >= artifacts->parts) {
        size_t parts = 2 * part + 8;
        artifacts->of_parts = ll_realloc(artifacts->of_parts, parts, sizeof *artifacts->of_parts);
        memset(artifacts->of_parts + artifacts->parts, 0, (parts - artifacts->parts) * sizeof *artifacts->of_parts);
        artifacts->parts = parts;
    }
    return &artifacts->of_parts[part];
}

static void grow(struct ll_artifacts *artifacts, struct ll_kept_artifact *item, uint64_t bytes) {
    item->about.bytes += bytes;
    sum_of(artifacts, item->part)->bytes += bytes;
    artifacts->all.bytes += bytes;
}

static struct ll_kept_artifact *add(struct ll_artifacts *artifacts, size_t part, const struct ll_artifact *about) {
    struct ll_kept_artifact *item = ll_alloc(1, sizeof *item);
    item->about = *about;
    item->about.bytes = 0;
    item->about.is_whole = false;
    item->part = part;
    HASH_ADD_KEYPTR(hh, artifacts->items, item->about.name, strlen(item->about.name), item);
    sum_of(artifacts, part)->files++;
    artifacts->all.files++;
    return item;
}

static ll_err check_room(struct ll_artifacts *artifacts, size_t part, uint64_t file_bytes, size_t new_bytes,
                         bool is_new) {
    const struct ll_artifacts_sum *all = &artifacts->all, *own = sum_of(artifacts, part);
    if (file_bytes > LL_ARTIFACT_BYTES_MAX)
        return ll_err_make(LL_RESOURCE_EXHAUSTED, "an artifact has at most %d bytes", LL_ARTIFACT_BYTES_MAX);
    if (own->files + is_new > LL_ARTIFACTS_OF_AGENT_MAX || own->bytes + new_bytes > LL_ARTIFACT_AGENT_BYTES_MAX)
        return ll_err_make(LL_RESOURCE_EXHAUSTED, "an agent leaves at most %d artifacts of %d MB together",
                           LL_ARTIFACTS_OF_AGENT_MAX, LL_ARTIFACT_AGENT_BYTES_MAX >> 20);
    if (all->files + is_new > LL_ARTIFACTS_OF_RUN_MAX || all->bytes + new_bytes > LL_ARTIFACT_RUN_BYTES_MAX)
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
    grow(artifacts, item, new_bytes);
    item->about.is_whole |= request->about.is_whole && end == item->about.bytes;
    *out_item = item;
    *out_known = request->chunk.len - new_bytes;
    return LL_SUCCESS;
}

void ll_artifacts_lose(struct ll_artifacts *artifacts, const char *name, ll_err why) {
    struct ll_kept_artifact *lost = find(artifacts, name);
    if (artifacts->lost++ == 0) artifacts->why = why;
    if (!lost) return;
    grow(artifacts, lost, 0 - lost->about.bytes);
    sum_of(artifacts, lost->part)->files--;
    artifacts->all.files--;
    HASH_DEL(artifacts->items, lost);
    free(lost);
}

void ll_artifacts_restore(struct ll_artifacts *artifacts, size_t part, const struct ll_artifact *about) {
    struct ll_kept_artifact *item = find(artifacts, about->name);
    if (!item) item = add(artifacts, part, about);
    grow(artifacts, item, about->bytes - item->about.bytes);
    item->about.is_whole = about->is_whole;
}

struct ll_artifact *ll_artifacts_move(struct ll_artifacts *artifacts, size_t *out_count) {
    size_t count = 0;
    struct ll_artifact *list = artifacts->items ? ll_alloc(artifacts->all.files, sizeof *list) : NULL;
    for (const struct ll_kept_artifact *item = artifacts->items; item; item = item->hh.next)
        list[count++] = item->about;
    *out_count = count;
    struct ll_artifacts emptied = {.lost = artifacts->lost, .why = artifacts->why};
    ll_artifacts_fini(artifacts);
    *artifacts = emptied;
    return list;
}
