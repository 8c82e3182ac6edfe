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

static const char failing[] = "local ll = require 'liveload'\n"
                              "return ll.scenario { name = 'buy', config = function(o) return o end,\n"
                              "  run = function(ctx, id, config)\n"
                              "    ctx:navigate(config.base_url .. '/product/3'):screenshot('the product')\n"
                              "    ctx:evaluate(\"console.warn('almost there')\")\n"
                              "    ctx:step('buy', function() ctx:click('#nothing-here', { timeout = '200ms' }) end)\n"
                              "  end }\n";

Test(evidence, a_failure_leaves_a_picture_the_page_and_what_went_before) {
    struct scene scene = scene_make(NULL, failing);
    int code = scene_run(&scene, "--users", "2", "--iterations", "8");
    cr_assert(eq(int, code, 99), "%d: %s%s", code, scene.run->said, scene.run->complained);
    struct ll_result result = scene_result(&scene);
    const struct ll_scenario_result *buy = &result.scenarios[0];
    const struct ll_evidence *evidence = NULL;
    size_t shown = 0;
    for (size_t i = 0; i < buy->failure_count; i++) {
        if (!buy->failures[i].evidence) continue;
        evidence = buy->failures[i].evidence;
        shown++;
        cr_expect(buy->failures[i].user_id >= 1 && buy->failures[i].step == 3, "step %u", buy->failures[i].step);
    }
    cr_assert_eq(shown, 3, "%zu of %zu failures have evidence", shown, buy->failure_count);
    cr_expect(has(evidence->url, "/product/3"), "%s", evidence->url);
    cr_expect(has(evidence->console, "warning: almost there"), "%s", evidence->console);
    cr_expect(has(evidence->requests, "GET 200 "), "%s", evidence->requests);
    cr_expect(eq(str, evidence->missing, ""));
    char *picture = content_of(&scene, evidence->picture), *page = content_of(&scene, evidence->page);
    char *notes = content_of(&scene, evidence->notes);
    cr_assert(picture && page && notes);
    cr_expect(eq(u8, (uint8_t)picture[0], 0xFF));
    cr_expect(has(page, "Content-Security-Policy") && has(page, "Add to cart"));
    cr_expect(has(notes, "in step \"buy\", operation 3: click(\"#nothing-here\")"), "%s", notes);
    cr_expect(has(notes, "almost there"), "%s", notes);
    free(picture);
    free(page);
    free(notes);
    size_t position = 0, shots = 0;
    for (const struct ll_artifact *shot; (shot = next_of_kind(buy, LL_ARTIFACT_SCREENSHOT, &position)); shots++)
        cr_expect(eq(str, (char *)shot->label, "the product"));
    cr_expect(gt(sz, shots, 0));
    ll_result_fini(&result);
    scene_free(&scene);
}

Test(evidence, a_later_run_in_the_same_folder_takes_away_what_an_earlier_one_left) {
    struct scene scene = scene_make(NULL, failing);
    scene_run(&scene, "--iterations", "2");
    struct ll_result first = scene_result(&scene);
    cr_assert(gt(sz, first.scenarios[0].artifact_count, 0));
    program_free(&scene.run);
    scene_run(&scene, "--iterations", "2");
    char *old = content_of(&scene, first.scenarios[0].artifacts[0].name);
    cr_expect_null(old);
    free(old);
    ll_result_fini(&first);
    scene_free(&scene);
}

Test(evidence, a_standing_coordinator_keeps_the_files_beside_its_results) {
    struct scene scene = scene_make(NULL, failing);
    char *kept = path_in(scene.folder, "kept"), *token = path_in(scene.folder, "token");
    struct program *coordinator = program_start("liveload-coordinator", "--listen", "tcp://127.0.0.1:0", "--token-file",
                                                token, "--out", kept, NULL);
    program_await(coordinator, "listening on ");
    char url[64] = "";
    sscanf(strstr(coordinator->said, "tcp://"), "%63s", url);
    struct program *agent = program_start("liveload-agent", "--coordinator", url, "--token-file", token, NULL);
    int code = scene_run(&scene, "--coordinator", url, "--token-file", token, "--iterations", "2");
    cr_assert(eq(int, code, 99), "%d: %s%s", code, scene.run->said, scene.run->complained);
    struct ll_result result = scene_result(&scene);
    cr_assert(gt(sz, result.scenarios[0].artifact_count, 0));
    for (size_t i = 0; i < result.scenarios[0].artifact_count; i++) {
        const struct ll_artifact *artifact = &result.scenarios[0].artifacts[i];
        char *relative = ll_format("artifacts/%s", artifact->name), *path = path_in(kept, relative);
        char *there = file_read(path), *here = content_of(&scene, artifact->name);
        cr_expect(there && here && artifact->bytes > 0, "%s", path);
        free(there);
        free(here);
        free(path);
        free(relative);
    }
    ll_result_fini(&result);
    program_free(&agent);
    program_free(&coordinator);
    scene_free(&scene);
    free(kept);
    free(token);
}

Test(evidence, secrets_stand_in_no_file) {
    setenv("SHOP_PASSWORD", "correct horse & battery", 1);
    struct scene scene =
        scene_make(NULL, "local ll = require 'liveload'\n"
                         "return ll.scenario { name = 'hush', config = function(o) return o end,\n"
                         "  run = function(ctx, id, config)\n"
                         "    local secret = ll.secret('SHOP_PASSWORD')\n"
                         "    ctx:log('logging in with', secret)\n"
                         "    ctx:navigate(config.base_url .. '/products')\n"
                         "    ctx:evaluate('s => { document.body.append(s); console.log(s);' ..\n"
                         "      'history.pushState(0, 0, \"?q=\" + encodeURIComponent(s)) }', secret)\n"
                         "    error('no shop for ' .. secret)\n"
                         "  end }\n");
    int code = scene_run(&scene, "--iterations", "2", "--secret", "SHOP_PASSWORD");
    unsetenv("SHOP_PASSWORD");
    cr_assert(eq(int, code, 99), "%d: %s%s", code, scene.run->said, scene.run->complained);
    struct ll_result result = scene_result(&scene);
    const struct ll_scenario_result *hush = &result.scenarios[0];
    size_t logs = 0, pages = 0;
    for (size_t i = 0; i < hush->artifact_count; i++) {
        char *content = content_of(&scene, hush->artifacts[i].name);
        cr_assert_not_null(content);
        cr_expect(not(has(content, "correct horse") || has(content, "correct%20horse")), "%s", hush->artifacts[i].name);
        logs += hush->artifacts[i].kind == LL_ARTIFACT_LOG && has(content, "logging in with ***");
        pages += hush->artifacts[i].kind == LL_ARTIFACT_PAGE && has(content, "***");
        cr_expect(ne(int, hush->artifacts[i].kind, LL_ARTIFACT_PICTURE), "a picture shows what it shows");
        free(content);
    }
    cr_expect(eq(sz, logs, 1));
    cr_expect(eq(sz, pages, 2));
    for (size_t i = 0; i < hush->failure_count; i++) {
        cr_expect(not(has(hush->failures[i].detail, "correct")), "%s", hush->failures[i].detail);
        cr_expect(hush->failures[i].evidence && !has(hush->failures[i].evidence->url, "correct"));
    }
    ll_result_fini(&result);
    scene_free(&scene);
}

// Wherever it stands in the run's folder: in the result (compressed, so it is read), reports and evidence.
Test(evidence, the_password_of_a_url_stands_in_no_file) {
    struct scene scene = scene_make(NULL, "local ll = require 'liveload'\n"
                                          "return ll.scenario { name = 'hush', config = function(o) return o end,\n"
                                          "  run = function(ctx, id, config)\n"
                                          "    ctx:navigate((config.site:gsub('@.*', '@') .. config.base_url:gsub("
                                          "'.*//', '')) .. '/products')\n"
                                          "    ctx:log('went to', config.site)\n"
                                          "    ctx:navigate(config.site)\n"
                                          "  end }\n");
    static const char *const reports[] = {"report.html", "result.json", "junit.xml", "report.md"};
    int code = scene_run(&scene, "--iterations", "2", "--set", "site=http://ann:s3cretpw@127.0.0.1:59999/");
    cr_assert(eq(int, code, 99), "%d: %s%s", code, scene.run->said, scene.run->complained);
    cr_expect(not(has(scene.run->said, "s3cretpw") || has(scene.run->complained, "s3cretpw")));
    struct ll_result result = scene_result(&scene);
    const struct ll_scenario_result *hush = &result.scenarios[0];
    for (size_t i = 0; i < hush->artifact_count; i++) {
        char *content = content_of(&scene, hush->artifacts[i].name);
        cr_expect(content && !has(content, "s3cretpw"), "%s", hush->artifacts[i].name);
        free(content);
    }
    cr_expect(gt(sz, hush->failure_count, 0));
    for (size_t i = 0; i < hush->failure_count; i++) {
        cr_expect(has(hush->failures[i].detail, "127.0.0.1:59999"), "%s", hush->failures[i].detail);
        cr_expect(not(has(hush->failures[i].detail, "s3cretpw")), "%s", hush->failures[i].detail);
    }
    for (size_t i = 0; i < hush->spec.option_count; i++)
        cr_expect(not(has(hush->spec.options[i].value, "s3cretpw")), "%s", hush->spec.options[i].value);
    for (size_t i = 0; i < sizeof reports / sizeof *reports; i++) {
        char *path = path_in(scene.out, reports[i]), *content = file_read(path);
        cr_expect(content && !has(content, "s3cretpw"), "%s", path);
        free(content);
        free(path);
    }
    ll_result_fini(&result);
    scene_free(&scene);
}

Test(evidence, debug_prints_every_step_and_what_the_user_saw) {
    struct scene scene = scene_make(NULL, failing);
    int code = scene_run(&scene, "--debug");
    cr_expect(eq(int, code, 99), "%s%s", scene.run->said, scene.run->complained);
    const char *said = scene.run->said;
    cr_expect(has(said, "user 1, iteration 1\n  navigate(\"http://127.0.0.1:"), "%s", said);
    cr_expect(has(said, "s\n  screenshot(\"the product\") "), "%s", said);
    cr_expect(has(said, "  step buy\n    click(\"#nothing-here\""), "%s", said);
    cr_expect(has(said, "s  FAILED  matches nothing\n  cut: buy "), "%s", said);
    cr_expect(has(said, "    console  warning: almost there\n"), "%s", said);
    cr_expect(has(said, "\niteration 1 failed "), "%s", said);
    cr_expect(not(has(said, "\x1b")), "colours are for terminals");
    const char *picture = strstr(said, "    picture  ");
    cr_assert_not_null(picture);
    char path[1024] = "";
    sscanf(picture, "    picture  %1023s", path);
    char *bytes = file_read(path);
    cr_expect_not_null(bytes, "%s is not there", path);
    free(bytes);
    struct ll_result result = scene_result(&scene);
    cr_expect(eq(u32, result.scenarios[0].users_total, 1));
    cr_expect(eq(u64, ll_series_total(result.scenarios[0].total, LL_METRIC_ITERATIONS_FAILED), 1));
    ll_result_fini(&result);
    scene_free(&scene);
}

Test(evidence, debug_shows_what_is_logged_once) {
    struct scene scene = scene_make(NULL, "local ll = require 'liveload'\n"
                                          "return ll.scenario { name = 'talk', run = function(ctx)\n"
                                          "    ctx:think('1ms'):log('a word'):think('1ms')\n"
                                          "  end }\n");
    setenv("LIVELOAD_LOG", "info", 1);
    int code = scene_run(&scene, "--debug", "--browser", "null");
    unsetenv("LIVELOAD_LOG");
    cr_expect(eq(int, code, 0), "%s%s", scene.run->said, scene.run->complained);
    cr_expect(has(scene.run->said, "\n  log: a word\n"), "%s", scene.run->said);
    cr_expect(has(scene.run->complained, "has registered"), "%s", scene.run->complained);
    cr_expect(not(has(scene.run->complained, "a word")), "%s", scene.run->complained);
    scene_free(&scene);
}

Test(evidence, debug_prints_the_status_of_requests_beside_the_browser) {
    struct scene scene = scene_make(NULL, "local ll = require 'liveload'\n"
                                          "return ll.scenario { config = function(o) return o end,\n"
                                          "  run = function(ctx, id, config)\n"
                                          "    ctx.http:get(config.base_url .. '/nowhere')\n"
                                          "  end }\n");
    int code = scene_run(&scene, "--debug");
    cr_expect(eq(int, code, 0), "%s%s", scene.run->said, scene.run->complained);
    cr_expect(has(scene.run->said, "/nowhere\")"), "%s", scene.run->said);
    cr_expect(has(scene.run->said, "  = 404\n"), "%s", scene.run->said);
    scene_free(&scene);
}

Test(evidence, flags_for_the_browser_reach_it) {
    struct scene scene = scene_make(NULL, "local ll = require 'liveload'\n"
                                          "return ll.scenario { name = 'lang', run = function(ctx)\n"
                                          "    ctx:log('user agent', ctx:evaluate('navigator.userAgent'))\n"
                                          "  end }\n");
    int code = scene_run(&scene, "--debug", "--browser-arg=--user-agent=somebody else", "--browser-arg=--disable-gpu");
    cr_expect(eq(int, code, 0), "%s%s", scene.run->said, scene.run->complained);
    cr_expect(has(scene.run->said, "log: user agent somebody else"), "%s", scene.run->said);
    scene_free(&scene);
}

Test(evidence, what_debug_and_headed_cannot_do_is_wrong_usage) {
    static const char *const wrong[][3] = {
        {"--debug", "--users", "3"},
        {"--debug", "--coordinator", "tcp://127.0.0.1:1"},
        {"--browser-arg=--remote-debugging-port=1", "--quiet", "--debug"},
        {"--browser-arg=about:blank", "--quiet", "--debug"},
        {"--headed", "--quiet", "--debug"},
    };
    unsetenv("DISPLAY");
    unsetenv("WAYLAND_DISPLAY");
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct program *run = program_run("liveload", "run", "x.lua", wrong[i][0], wrong[i][1], wrong[i][2]);
        cr_expect(eq(int, run->exit_code, 2), "%s: %s", wrong[i][0], run->complained);
        cr_expect(has(run->complained, wrong[i][0]) || has(run->complained, "--browser-arg"), "%s", run->complained);
        program_free(&run);
    }
}
