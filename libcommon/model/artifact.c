#include "libcommon/model/artifact.h"

#include <stdio.h>
#include <string.h>

enum { RUN_CHARS = 8, NODE_CHARS = 40, WHAT_CHARS = 60 };

static bool is_letter_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool is_plain(char c) {
    return is_letter_or_digit(c) || c == '.' || c == '_' || c == '-';
}

// Appends up to `max` bytes of `text` with everything else as "-".
static void append_plain(char out[LL_ARTIFACT_NAME_MAX], const char *text, size_t max) {
    size_t used = strlen(out);
    for (size_t i = 0; text[i] && i < max && used + 1 < LL_ARTIFACT_NAME_MAX; i++)
        out[used++] = is_plain(text[i]) ? text[i] : '-';
    out[used] = '\0';
}

void ll_artifact_prefix(const char *run_id, uint32_t agent_id, const char *node, char out[LL_ARTIFACT_NAME_MAX]) {
    char number[16];
    snprintf(number, sizeof number, "-%u-", agent_id);
    out[0] = '\0';
    append_plain(out, run_id, RUN_CHARS);
    append_plain(out, number, sizeof number);
    append_plain(out, node, NODE_CHARS);
    append_plain(out, "-", 1);
}

void ll_artifact_name(const char *prefix, const char *what, const char *extension, char out[LL_ARTIFACT_NAME_MAX]) {
    out[0] = '\0';
    append_plain(out, prefix, strlen(prefix) - (*what ? 0 : 1)); // without its dash when nothing follows
    append_plain(out, what, WHAT_CHARS);
    append_plain(out, ".", 1);
    append_plain(out, extension, strlen(extension));
}

bool ll_artifact_name_is_safe(const char *name) {
    static const char *const extensions[] = {".log", ".txt", ".html", ".jpg", ".png"};
    size_t len = strnlen(name, LL_ARTIFACT_NAME_MAX);
    if (len == 0 || len == LL_ARTIFACT_NAME_MAX || !is_letter_or_digit(name[0])) return false;
    for (size_t i = 0; i < len; i++)
        if (!is_plain(name[i])) return false;
    for (size_t i = 0; i < sizeof extensions / sizeof *extensions; i++) {
        size_t extension_len = strlen(extensions[i]);
        if (len > extension_len && strcmp(name + len - extension_len, extensions[i]) == 0) return true;
    }
    return false;
}

bool ll_artifact_name_is_of_a_run(const char *name) {
    if (!ll_artifact_name_is_safe(name) || strspn(name, "0123456789abcdef") != RUN_CHARS) return false;
    const char *agent = name + RUN_CHARS + 1;
    size_t digits = name[RUN_CHARS] == '-' ? strspn(agent, "0123456789") : 0;
    return digits > 0 && agent[digits] == '-';
}
