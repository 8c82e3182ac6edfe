#include "tests/bench/json_libraries/library.h"

#include <assert.h>
#include <json-c/json.h>

int bench_parse(const char *text, size_t len) {
    static struct json_tokener *tokener;
    if (!tokener) tokener = json_tokener_new_ex(512);
    json_tokener_reset(tokener);
    struct json_object *root = json_tokener_parse_ex(tokener, text, (int)len), *params = NULL, *any;
    assert(root);
    int found = json_object_object_get_ex(root, "id", &any);
    found += json_object_object_get_ex(root, "method", &any);
    found += json_object_object_get_ex(root, "sessionId", &any);
    if (json_object_object_get_ex(root, "params", &params))
        found += json_object_object_get_ex(params, "requestId", &any);
    json_object_put(root);
    return found;
}
