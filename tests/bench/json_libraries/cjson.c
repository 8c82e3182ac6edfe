#include "tests/bench/json_libraries/library.h"

#include <assert.h>
#include <cjson/cJSON.h>

int bench_parse(const char *text, size_t len) {
    cJSON *root = cJSON_ParseWithLength(text, len);
    assert(root);
    const cJSON *params = cJSON_GetObjectItemCaseSensitive(root, "params");
    int found = cJSON_GetObjectItemCaseSensitive(root, "id") != NULL;
    found += cJSON_GetObjectItemCaseSensitive(root, "method") != NULL;
    found += cJSON_GetObjectItemCaseSensitive(root, "sessionId") != NULL;
    found += cJSON_GetObjectItemCaseSensitive(params, "requestId") != NULL;
    cJSON_Delete(root);
    return found;
}
