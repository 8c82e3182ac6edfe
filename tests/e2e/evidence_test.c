// What a run leaves beside its figures: logs, screenshots and evidence of failures, in artifacts/.
#include "tests/support/scene.h"

#include "libcommon/base/alloc.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// The first artifact of that kind, after `*position`; NULL when there is none.
static const struct ll_artifact *next_of_kind(const struct ll_scenario_result *scenario, enum ll_artifact_kind kind,
                                              size_t *position) {
    while (*position < scenario->artifact_count) {
        const struct ll_artifact *artifact = &scenario->artifacts[(*position)++];
        if (artifact->kind == kind) return artifact;
    }
    return NULL;
}

// Its file, for the caller to free.
static char *content_of(const struct scene *scene, const char *name) {
    char *relative = ll_format("artifacts/%s", name), *path = path_in(scene->out, relative);
    char *content = file_read(path);
    free(relative);
    free(path);
    return content;
}

Test(evidence, what_users_log_on_two_agents_is_in_a_file_of_each) {
    struct scene scene = scene_make(NULL, "local ll = require 'liveload'\n"
                                          "return ll.scenario { name = 'talk', run = function(ctx, id)\n"
                                          "    ctx:log('user', id, 'says hello\\nand more')\n"
                                          "    print('printed')\n"
                                          "  end }\n");
    int code = scene_run(&scene, "--users", "2", "--agents", "2", "--iterations", "4", "--browser", "null");
    cr_assert(scene_was_made(code), "%d: %s%s", code, scene.run->said, scene.run->complained);
    struct ll_result result = scene_result(&scene);
    size_t position = 0;
    for (int i = 0; i < 2; i++) {
        const struct ll_artifact *log = next_of_kind(&result.scenarios[0], LL_ARTIFACT_LOG, &position);
        cr_assert_not_null(log);
        cr_expect(log->is_whole);
        char *text = content_of(&scene, log->name);
        cr_assert_not_null(text, "%s", log->name);
        cr_expect(eq(u64, log->bytes, strlen(text)));
        cr_expect(has(text, "says hello\n") && has(text, ", iteration 1: and more\n"), "%s", text);
        cr_expect(has(text, ", iteration 1: printed\n"), "%s", text);
        free(text);
    }
    ll_result_fini(&result);
    scene_free(&scene);
}
