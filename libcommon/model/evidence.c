#include "libcommon/model/evidence.h"

#include "libcommon/base/alloc.h"
#include "libcommon/base/text.h"

#include <stdlib.h>
#include <string.h>

static char *copy_start(const char *text, size_t max) {
    return text ? ll_strndup(text, ll_text_cut(text, strnlen(text, max + 1), max)) : ll_strdup("");
}

// The last whole lines.
static char *copy_end(const char *lines, size_t max) {
    size_t len = lines ? strlen(lines) : 0;
    if (len <= max) return ll_strdup(lines ? lines : "");
    const char *from = strchr(lines + len - max - 1, '\n');
    return from ? ll_strdup(from + 1) : copy_start(lines, max);
}

struct ll_evidence *ll_evidence_new(const char *url, const char *console, const char *requests, const char *missing) {
    struct ll_evidence *evidence = ll_alloc(1, sizeof *evidence);
    evidence->url = copy_start(url, LL_EVIDENCE_URL_MAX);
    evidence->console = copy_end(console, LL_EVIDENCE_LINES_MAX);
    evidence->requests = copy_end(requests, LL_EVIDENCE_LINES_MAX);
    evidence->missing = copy_start(missing, LL_EVIDENCE_MISSING_MAX);
    return evidence;
}

struct ll_evidence *ll_evidence_copy(const struct ll_evidence *evidence) {
    if (!evidence) return NULL;
    struct ll_evidence *copy = ll_evidence_new(evidence->url, evidence->console, evidence->requests, evidence->missing);
    memcpy(copy->picture, evidence->picture, sizeof copy->picture);
    memcpy(copy->page, evidence->page, sizeof copy->page);
    memcpy(copy->notes, evidence->notes, sizeof copy->notes);
    return copy;
}

void ll_evidence_free(struct ll_evidence **evidence) {
    if (!*evidence) return;
    free((*evidence)->url);
    free((*evidence)->console);
    free((*evidence)->requests);
    free((*evidence)->missing);
    free(*evidence);
    *evidence = NULL;
}
