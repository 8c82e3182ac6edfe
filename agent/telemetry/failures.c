#include "agent/telemetry/failures.h"

#include "libcommon/base/alloc.h"
#include "libcommon/base/redact.h"
#include "libcommon/base/text.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

struct signature {
    char *text;
    uint32_t examples, shown; // of which so many have evidence
    UT_hash_handle hh;
};

struct ll_failures {
    struct signature *seen;
    struct ll_failure_sample kept[LL_SNAPSHOT_FAILURES_MAX];
    size_t kept_count;
};

struct ll_failures *ll_failures_new(void) {
    return ll_alloc(1, sizeof(struct ll_failures));
}

void ll_failures_free(struct ll_failures **failures) {
    if (!*failures) return;
    struct signature *signature, *next;
    HASH_ITER(hh, (*failures)->seen, signature, next) {
        HASH_DEL((*failures)->seen, signature);
        free(signature->text);
        free(signature);
    }
    for (size_t i = 0; i < (*failures)->kept_count; i++) ll_failure_sample_fini(&(*failures)->kept[i]);
    free(*failures);
    *failures = NULL;
}

static struct signature *signature_of(struct ll_failures *failures, const char *text) {
    struct signature *signature;
    HASH_FIND_STR(failures->seen, text, signature);
    if (signature || HASH_COUNT(failures->seen) >= LL_FAILURE_SIGNATURES_MAX) return signature;
    signature = ll_alloc(1, sizeof *signature);
    signature->text = ll_strdup(text);
    HASH_ADD_KEYPTR(hh, failures->seen, signature->text, strlen(signature->text), signature);
    return signature;
}

// `text` without its secrets, cut to `max` bytes at a character boundary.
static char *copy_cut(const char *text, size_t max) {
    char *copy = ll_strdup(text);
    ll_redact_text(copy);
    copy[ll_text_cut(copy, strlen(copy), max)] = '\0';
    return copy;
}

void ll_failures_note(struct ll_failures *failures, const struct ll_failure *failure) {
    if (failures->kept_count == LL_SNAPSHOT_FAILURES_MAX) return;
    char *text = copy_cut(failure->signature, LL_LABEL_BYTES_MAX);
    struct signature *signature = signature_of(failures, text);
    bool is_shown = failure->evidence && signature && signature->shown < LL_FAILURE_EXAMPLES_MAX;
    if (!signature || (signature->examples >= LL_FAILURE_EXAMPLES_MAX && !is_shown)) {
        free(text);
        return;
    }
    signature->examples++;
    signature->shown += is_shown;
    failures->kept[failures->kept_count++] = (struct ll_failure_sample){
        .signature = text,
        .user_id = failure->user_id,
        .iteration = failure->iteration,
        .step = failure->step,
        .detail = copy_cut(failure->detail, LL_FAILURE_DETAIL_MAX),
        .evidence = ll_evidence_copy(failure->evidence),
    };
}

void ll_failures_hand_over(struct ll_failures *failures, struct ll_snapshot *into) {
    into->failure_count = failures->kept_count;
    into->failures = NULL;
    if (failures->kept_count == 0) return;
    into->failures = ll_memdup(failures->kept, failures->kept_count * sizeof failures->kept[0]);
    failures->kept_count = 0;
}
