#include "agent/users/witness.h"

#include "libcommon/base/alloc.h"
#include "libcommon/base/log.h"
#include "libcommon/base/redact.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

struct seen {
    char *signature;
    uint32_t captures;
    UT_hash_handle hh;
};

struct ll_witness {
    struct ll_parcels *parcels;
    struct ll_recorder *recorder;
    struct seen *seen;
    uint32_t failures, shots, at_once;
};

// What is kept of a page is read, not run: nothing in it is executed, fetched or sent.
static const char page_head[] =
    "<!DOCTYPE html><meta charset=\"utf-8\"><meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
    "style-src 'unsafe-inline'; img-src data:; form-action 'none'\">\n";

struct ll_witness *ll_witness_new(struct ll_parcels *parcels, struct ll_recorder *recorder) {
    struct ll_witness *witness = ll_alloc(1, sizeof *witness);
    witness->parcels = parcels;
    witness->recorder = recorder;
    return witness;
}

void ll_witness_free(struct ll_witness **witness) {
    if (!*witness) return;
    struct seen *seen, *next;
    HASH_ITER(hh, (*witness)->seen, seen, next) {
        HASH_DEL((*witness)->seen, seen);
        free(seen->signature);
        free(seen);
    }
    free(*witness);
    *witness = NULL;
}

static bool skip(struct ll_witness *witness, const char *reason) {
    ll_recorder_count(witness->recorder, LL_METRIC_EVIDENCE_SKIPPED, reason, 1);
    return false;
}

static struct seen *seen_of(struct ll_witness *witness, const char *signature) {
    struct seen *seen;
    HASH_FIND_STR(witness->seen, signature, seen);
    if (seen) return seen;
    seen = ll_alloc(1, sizeof *seen);
    seen->signature = ll_strdup(signature);
    HASH_ADD_KEYPTR(hh, witness->seen, seen->signature, strlen(seen->signature), seen);
    return seen;
}

static bool has_examples(const struct ll_witness *witness, const char *signature) {
    const struct seen *seen;
    HASH_FIND_STR(witness->seen, signature, seen);
    return seen && seen->captures >= LL_WITNESS_OF_ONE_MAX;
}

bool ll_witness_wants(struct ll_witness *witness, const char *signature) {
    if (!witness->parcels || (signature && has_examples(witness, signature))) return false;
    bool has_room = signature ? witness->failures < LL_WITNESS_FAILURES_MAX : witness->shots < LL_WITNESS_SHOTS_MAX;
    if (!has_room) return skip(witness, "no room");
    if (witness->at_once >= LL_WITNESS_AT_ONCE_MAX) return skip(witness, "busy");
    witness->at_once++;
    if (signature) {
        witness->failures++;
        seen_of(witness, signature)->captures++;
    } else {
        witness->shots++;
    }
    return true;
}

struct ll_capture_request ll_witness_request(const char *signature) {
    unsigned what = LL_CAPTURE_PICTURE;
    if (signature) what |= LL_CAPTURE_HTML | LL_CAPTURE_CONSOLE;
    if (ll_redact_is_needed()) what |= LL_CAPTURE_VISIBLE;
    return (struct ll_capture_request){.what = what};
}

void ll_witness_release(struct ll_witness *witness) {
    witness->at_once--;
}

// ---- Keeping

static char *clean_copy(const char *text) {
    char *copy = ll_strdup(text);
    ll_redact_text(copy);
    return copy;
}

static void put(struct ll_witness *witness, enum ll_artifact_kind kind, const char *what, const char *extension,
                const struct ll_failure *where, const char *label, struct ll_buf *take_bytes,
                char out_name[LL_ARTIFACT_NAME_MAX]) {
    struct ll_artifact about = {
        .kind = kind, .user_id = where->user_id, .iteration = where->iteration, .step = where->step};
    snprintf(about.label, sizeof about.label, "%s", label);
    ll_parcels_name(witness->parcels, what, extension, about.name);
    out_name[0] = '\0';
    if (ll_parcels_put(witness->parcels, &about, take_bytes)) memcpy(out_name, about.name, sizeof about.name);
}

// A picture cannot be passed through: it is kept only when the page's text shows no secret.
static const char *why_not_shown(const struct ll_capture *capture) {
    if (!ll_redact_is_needed() || capture->picture_bytes == 0) return NULL;
    if (capture->visible_bytes == 0)
        return "the picture is left out, since it could not be made sure that it shows no "
               "secret";
    return ll_redact_finds(capture->visible, capture->visible_bytes)
               ? "the picture is left out, since the page showed a secret"
               : NULL;
}

static void put_picture(struct ll_witness *witness, enum ll_artifact_kind kind, const char *what,
                        const struct ll_failure *where, const char *label, const struct ll_capture *capture,
                        char out_name[LL_ARTIFACT_NAME_MAX]) {
    out_name[0] = '\0';
    if (capture->picture_bytes == 0) return;
    struct ll_buf bytes = ll_buf_make(LL_ARTIFACT_BYTES_MAX);
    ll_buf_append(&bytes, capture->picture, capture->picture_bytes);
    put(witness, kind, what, "jpg", where, label, &bytes, out_name);
}

static void put_page(struct ll_witness *witness, const struct ll_failure *failure, const struct ll_capture *capture,
                     char out_name[LL_ARTIFACT_NAME_MAX]) {
    out_name[0] = '\0';
    if (capture->html_bytes == 0) return;
    struct ll_buf bytes = ll_buf_make(LL_ARTIFACT_BYTES_MAX);
    ll_buf_text(&bytes, page_head);
    ll_buf_append(&bytes, capture->html, capture->html_bytes);
    if (!bytes.overflowed) bytes.len = ll_redact((char *)bytes.data, bytes.len);
    put(witness, LL_ARTIFACT_PAGE, "failure", "html", failure, "", &bytes, out_name);
}

static void put_notes(struct ll_witness *witness, const struct ll_failure *failure, const struct ll_evidence *evidence,
                      const char *console, const char *requests, char out_name[LL_ARTIFACT_NAME_MAX]) {
    struct ll_buf bytes = ll_buf_make(LL_ARTIFACT_BYTES_MAX);
    ll_buf_printf(&bytes, "%s\n\nUser %u, iteration %llu, operation %u\nURL: %s\n", failure->detail, failure->user_id,
                  (unsigned long long)failure->iteration, failure->step, evidence->url);
    if (evidence->missing[0]) ll_buf_printf(&bytes, "Note: %s\n", evidence->missing);
    ll_buf_printf(&bytes, "\nConsole, the last lines:\n%s\nRequests, the last ones:\n%s", console, requests);
    put(witness, LL_ARTIFACT_NOTES, "failure", "txt", failure, "", &bytes, out_name);
}

struct ll_evidence *ll_witness_take(struct ll_witness *witness, const struct ll_failure *failure,
                                    const struct ll_capture *capture) {
    ll_witness_release(witness);
    char *url = clean_copy(capture->url), *console = clean_copy(capture->console);
    char *requests = clean_copy(capture->requests);
    const char *unshown = why_not_shown(capture);
    struct ll_evidence *evidence = ll_evidence_new(url, console, requests,
                                                   unshown               ? unshown
                                                   : capture->err.status ? capture->err.text
                                                                         : "");
    if (!unshown) put_picture(witness, LL_ARTIFACT_PICTURE, "failure", failure, "", capture, evidence->picture);
    put_page(witness, failure, capture, evidence->page);
    put_notes(witness, failure, evidence, console, requests, evidence->notes);
    free(url);
    free(console);
    free(requests);
    return evidence;
}

void ll_witness_take_shot(struct ll_witness *witness, const struct ll_failure *where, const char *label,
                          const struct ll_capture *capture) {
    char name[LL_ARTIFACT_NAME_MAX];
    char *clean_label = clean_copy(label);
    const char *unshown = why_not_shown(capture);
    ll_witness_release(witness);
    if (!unshown && capture->picture_bytes > 0)
        put_picture(witness, LL_ARTIFACT_SCREENSHOT, clean_label, where, clean_label, capture, name);
    else if (unshown || capture->err.status != LL_OK)
        ll_warn("user %u: screenshot \"%s\": %s", where->user_id, clean_label, unshown ? unshown : capture->err.text);
    free(clean_label);
}

struct ll_evidence *ll_witness_last_words(const struct ll_capture *known) {
    char *url = clean_copy(known->url), *requests = clean_copy(known->requests);
    struct ll_evidence *evidence = ll_evidence_new(url, "", requests, known->err.text);
    free(url);
    free(requests);
    return evidence;
}
