// Debian's three JSON libraries side by side on recorded DevTools traffic: each message is parsed, the members that a
// client reads first are looked up, and the tree is freed. Rounds alternate, so that a disturbance hits all.
#include "libcommon/base/alloc.h"
#include "libcommon/base/clock.h"
#include "libcommon/codec/json.h"

#include <assert.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MESSAGES_MAX = 1000,
    ROUNDS = 200,
};

struct traffic {
    char *text;
    const char *messages[MESSAGES_MAX];
    size_t lengths[MESSAGES_MAX];
    size_t count, bytes;
};

static bool read_traffic(const char *path, struct traffic *out) {
    FILE *file = fopen(path, "rb");
    if (!file) return false;
    size_t room = 1 << 20;
    out->text = ll_alloc(room, 1);
    out->bytes = fread(out->text, 1, room - 1, file);
    fclose(file);
    for (char *at = out->text, *end; (end = strchr(at, '\n')) && out->count < MESSAGES_MAX; at = end + 1) {
        out->messages[out->count] = at;
        out->lengths[out->count++] = (size_t)(end - at);
    }
    return out->count > 0;
}

// What LiveLoad calls: cJSON behind codec/json.h, with its checks.
static int with_codec(const char *text, size_t len) {
    ll_json *root = NULL;
    ll_err err = ll_json_parse(text, len, &root);
    assert(err.status == LL_OK);
    (void)err;
    const ll_json *params = ll_json_get(root, "params");
    int found = ll_json_get(root, "id") != NULL;
    found += ll_json_get(root, "method") != NULL;
    found += ll_json_get(root, "sessionId") != NULL;
    found += ll_json_get(params, "requestId") != NULL;
    ll_json_free(&root);
    return found;
}

static struct library {
    const char *name, *file; // file NULL: linked into this program
    int (*parse)(const char *text, size_t len);
} libraries[] = {
    {"cJSON", BENCH_CJSON}, {"jansson", BENCH_JANSSON}, {"json-c", BENCH_JSON_C}, {"codec/json.h", NULL, with_codec}};
enum { LIBRARIES = sizeof libraries / sizeof *libraries };

static bool load_libraries(void) {
    for (size_t l = 0; l < LIBRARIES; l++) {
        if (!libraries[l].file) continue;
        void *object = dlopen(libraries[l].file, RTLD_NOW | RTLD_LOCAL);
        void *symbol = object ? dlsym(object, "bench_parse") : NULL;
        if (!symbol) return false;
        memcpy(&libraries[l].parse, &symbol, sizeof symbol);
    }
    return true;
}

int main(int argc, char **argv) {
    static struct traffic traffic;
    const char *path = argc > 1 ? argv[1] : BENCH_DATA "/cdp_traffic.ndjson";
    if (!read_traffic(path, &traffic)) {
        printf("json_libraries: cannot read %s\n", path);
        return 1;
    }
    if (!load_libraries()) {
        printf("json_libraries: %s\n", dlerror());
        return 1;
    }
    double best_us[LIBRARIES] = {0};
    int found[LIBRARIES] = {0};
    for (int round = 0; round < ROUNDS; round++) {
        for (size_t l = 0; l < LIBRARIES; l++) {
            int64_t start_us = ll_clock_us();
            found[l] = 0;
            for (size_t i = 0; i < traffic.count; i++)
                found[l] += libraries[l].parse(traffic.messages[i], traffic.lengths[i]);
            double took_us = (double)(ll_clock_us() - start_us);
            if (round == 0 || took_us < best_us[l]) best_us[l] = took_us;
        }
    }
    printf("json_libraries: ");
    for (size_t l = 0; l < LIBRARIES; l++) {
        assert(found[l] == found[0]);
        printf("%s %.0f MB/s (%.2fx), ", libraries[l].name, (double)traffic.bytes / best_us[l],
               best_us[0] / best_us[l]);
    }
    printf("%zu messages of DevTools traffic (reach: the chosen one is not beaten by 1.3x)\n", traffic.count);
    free(traffic.text);
    for (size_t l = 1; l < LIBRARIES - 1; l++)
        if (best_us[0] > 1.3 * best_us[l]) return 1;
    return 0;
}
