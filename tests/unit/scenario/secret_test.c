// ll.secret: values by name, asked for before the load, and in no text that leaves a script.
#include "agent/scenario/describe.h"
#include "libcommon/base/redact.h"

#include "world.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

enum { BYTES_MAX = 100000 };

static const char value[] = "tiger-&-\"lily\"";

static void open_with_secret(struct world *world, const char *main, struct ll_secrets *secrets) {
    cr_assert(eq(int, ll_secrets_add(secrets, "KEY", value).status, LL_OK));
    cr_assert(eq(int, ll_redact_add(value, strlen(value)).status, LL_OK));
    world_bundle(world, main, NULL);
    world->secrets = secrets;
    world_boot(world);
}

static void close_with_secret(struct world *world, struct ll_secrets *secrets) {
    world_close(world);
    ll_secrets_fini(secrets);
    ll_redact_clear();
}

Test(secret, a_script_gets_the_value) {
    struct world world;
    struct ll_secrets secrets = {.items = NULL};
    open_with_secret(&world, RUN("ctx:fill('#password', require('liveload').secret('KEY'))"), &secrets);
    cr_assert(eq(int, world_start(&world, 1), LL_SCRIPT_ACTION));
    cr_expect(eq(str, (char *)world.request.action.text, (char *)value));
    close_with_secret(&world, &secrets);
}

Test(secret, it_is_in_no_error) {
    static const char *const bodies[] = {
        "error('bad: ' .. require('liveload').secret('KEY'))",
        "ctx:fail(require('liveload').secret('KEY'))",
        "error({ require('liveload').secret('KEY') })",
        "ctx:think(require('liveload').secret('KEY'))",
        "ctx:step(require('liveload').secret('KEY'), 7)",
        "ctx:wait_for_selector('#x', require('liveload').secret('KEY'))",
        "ctx[require('liveload').secret('KEY')]()",
        "error(('x'):rep(195) .. require('liveload').secret('KEY'))", // a signature is cut within it
    };
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        struct world world;
        struct ll_secrets secrets = {.items = NULL};
        char main[600];
        snprintf(main, sizeof main, RUN("%s"), bodies[i]);
        open_with_secret(&world, main, &secrets);
        cr_assert(eq(int, world_start(&world, 1), LL_SCRIPT_FAILED));
        cr_expect_null(strstr(world.request.detail, "tige"), "%s", world.request.detail);
        cr_expect_null(strstr(world.request.signature, "tige"), "%s", world.request.signature);
        close_with_secret(&world, &secrets);
    }
}

Test(secret, it_is_in_no_failure_of_an_operation) {
    static const char *const calls[] = {
        "ctx:fill('#a', require('liveload').secret('KEY'))",
        "ctx:click(require('liveload').secret('KEY'))",
        "ctx:navigate('http://127.0.0.1/?key=' .. require('liveload').secret('KEY'))",
        "ctx:evaluate('x', { key = require('liveload').secret('KEY') })",
        "ctx:fill('#a', ('x'):rep(190) .. require('liveload').secret('KEY'))", // shown to the 200th byte
    };
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        struct world world;
        struct ll_secrets secrets = {.items = NULL};
        char main[600];
        snprintf(main, sizeof main, RUN("%s"), calls[i]);
        open_with_secret(&world, main, &secrets);
        cr_assert(eq(int, world_start(&world, 1), LL_SCRIPT_ACTION));
        cr_assert(eq(int, world_answer_failure(&world, LL_NOT_FOUND, "is gone"), LL_SCRIPT_FAILED));
        cr_expect_null(strstr(world.request.detail, "tige"), "%s", world.request.detail);
        cr_expect_null(strstr(world.request.signature, "tige"), "%s", world.request.signature);
        close_with_secret(&world, &secrets);
    }
}

Test(secret, what_was_not_given_is_told_with_its_line) {
    cr_expect(
        eq(str, (char *)world_run_error(RUN("require('liveload').secret('OTHER')")),
           "shop.lua:2: the secret \"OTHER\" was not given: add --secret OTHER to liveload run, with its value in "
           "the environment, or --secret OTHER=@FILE"));
    cr_expect(
        eq(str, (char *)world_run_error(RUN("require('liveload').secret(7 .. '')")),
           "shop.lua:2: ll.secret: \"7\" is no name of a secret: it takes letters, digits and underscores, at most "
           "100"));
    cr_expect(eq(str, (char *)world_run_error(RUN("require('liveload').secret()")),
                 "shop.lua:2: ll.secret takes the name of a secret, as \"SHOP_PASSWORD\", not nothing"));
}

static ll_err describe(const char *main, const struct ll_secrets *secrets, struct ll_buf *out) {
    struct world world;
    struct ll_buf packed = ll_buf_make(BYTES_MAX);
    world_bundle(&world, main, NULL);
    ll_bundle_pack(&world.bundle, &packed);
    ll_err err = ll_describe(packed.data, packed.len, secrets, out);
    ll_buf_fini(&packed);
    world_close(&world);
    return err;
}

Test(secret, a_description_knows_what_run_will_ask_for) {
    struct ll_secrets secrets = {.items = NULL};
    struct ll_buf out = ll_buf_make(BYTES_MAX);
    const char *main = RUN("\nctx:fill('#a', require('liveload').secret('KEY'))");
    ll_err err = describe(main, &secrets, &out);
    cr_expect(eq(int, err.status, LL_INVALID_ARGUMENT));
    cr_expect(eq(str, err.text,
                 "shop.lua:3: the secret \"KEY\" was not given: add --secret KEY to liveload run, with its "
                 "value in the environment, or --secret KEY=@FILE"));
    cr_assert(eq(int, ll_secrets_add(&secrets, "KEY", "(secret)").status, LL_OK));
    err = describe(main, &secrets, &out);
    cr_expect(eq(int, err.status, LL_OK), "%s", err.text);
    ll_secrets_fini(&secrets);
    ll_buf_fini(&out);
}
