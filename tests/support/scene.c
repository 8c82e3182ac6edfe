#include "tests/support/scene.h"

#include "libcommon/base/alloc.h"

#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdlib.h>

enum { ARGUMENTS_MAX = 16 };

struct scene scene_make(const char *knob, const char *lua) {
    struct scene scene = {.shop = shop_start(knob), .folder = folder_make()};
    const char *source = getenv("LIVELOAD_SOURCE");
    scene.out = path_in(scene.folder, "out");
    scene.scenario = lua ? folder_write(scene.folder, "scene.lua", lua)
                         : path_in(source ? source : LIVELOAD_SOURCE_FOLDER, "tools/shop/shop.lua");
    scene.set = ll_format("base_url=%s", scene.shop.url);
    return scene;
}

void scene_start(struct scene *scene, ...) {
    const char *more[ARGUMENTS_MAX + 1] = {NULL};
    va_list args;
    va_start(args, scene);
    for (int i = 0; i < ARGUMENTS_MAX && (more[i] = va_arg(args, const char *)); i++) {}
    va_end(args);
    // a list that ends early ends with its NULLs, so all places can be handed on
    scene->run = program_start("liveload", "run", scene->scenario, "--set", scene->set, "--out", scene->out, more[0],
                               more[1], more[2], more[3], more[4], more[5], more[6], more[7], more[8], more[9],
                               more[10], more[11], more[12], more[13], more[14], more[15], NULL);
}

bool scene_was_made(int exit_code) {
    return exit_code == 0 || exit_code == 98;
}

struct ll_result scene_result(const struct scene *scene) {
    char *path = path_in(scene->out, "result.llr");
    struct ll_result result;
    ll_err err = ll_result_read_file(path, &result);
    cr_assert(err.status == LL_OK, "%s\n%s%s", err.text, scene->run->said, scene->run->complained);
    free(path);
    return result;
}

void scene_expect_in(const struct scene *scene, const char *file, const char *text) {
    char *path = path_in(scene->out, file), *content = file_read(path);
    cr_expect(content && has(content, text), "%s has no \"%s\"", path, text);
    free(path);
    free(content);
}

void scene_free(struct scene *scene) {
    program_free(&scene->run);
    shop_stop(&scene->shop);
    folder_remove(&scene->folder);
    free(scene->out);
    free(scene->scenario);
    free(scene->set);
}
