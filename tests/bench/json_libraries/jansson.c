#include "tests/bench/json_libraries/library.h"

#include <assert.h>
#include <jansson.h>

int bench_parse(const char *text, size_t len) {
    json_t *root = json_loadb(text, len, JSON_ALLOW_NUL, NULL);
    assert(root);
    const json_t *params = json_object_get(root, "params");
    int found = json_object_get(root, "id") != NULL;
    found += json_object_get(root, "method") != NULL;
    found += json_object_get(root, "sessionId") != NULL;
    found += json_object_get(params, "requestId") != NULL;
    json_decref(root);
    return found;
}
