// A run in the demo shop, as end-to-end tests make it: the shop, a folder for the scenario and the result, and the run.
#ifndef TESTS_SUPPORT_SCENE_H
#define TESTS_SUPPORT_SCENE_H

#include "libcommon/model/result.h"
#include "tests/support/program.h"

struct scene {
    struct shop shop;
    char *folder, *out, *scenario; // paths
    char *set;                     // base_url=… for the scenario's config
    struct program *run;
};

// A shop with `knob` (or NULL), and a scenario file with `lua` in it; NULL takes the demo's scenario.
struct scene scene_make(const char *knob, const char *lua);
// Starts `liveload run` on the scenario with these further arguments, up to NULL.
void scene_start(struct scene *scene, ...) __attribute__((sentinel));
// The same, and waits for the end; returns the exit code.
#define scene_run(scene, ...) (scene_start(scene, __VA_ARGS__, NULL), program_wait((scene)->run))
// True for the exit codes of a run that was made and whose thresholds held: 0, or 98 when the machine of the tests was
// so busy that the generator's own share made the result INVALID, which is no concern of most tests.
bool scene_was_made(int exit_code);
// What the run left in its folder; for the caller to ll_result_fini. Fails the test when there is none.
struct ll_result scene_result(const struct scene *scene);
// Expects `text` in that file of the run's folder.
void scene_expect_in(const struct scene *scene, const char *file, const char *text);
void scene_free(struct scene *scene);

#endif
