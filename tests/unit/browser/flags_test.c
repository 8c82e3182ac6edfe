#include "agent/browser/flags.h"

#include <criterion/criterion.h>
#include <string.h>

static struct ll_flags flags;

static void with(struct ll_launch launch) {
    ll_flags_init(&flags, "/usr/lib/chromium/chromium-headless-shell", &launch, "/tmp/profile");
}

static size_t count_of(const char *beginning) {
    size_t count = 0;
    for (size_t i = 0; i < flags.count; i++) count += strncmp(flags.list[i], beginning, strlen(beginning)) == 0;
    return count;
}

static void end(void) {
    ll_flags_fini(&flags);
}

TestSuite(flags, .fini = end);

Test(flags, the_program_is_first_and_nothing_last) {
    with((struct ll_launch){0});
    cr_expect_str_eq(flags.list[0], "/usr/lib/chromium/chromium-headless-shell");
    cr_expect_null(flags.list[flags.count]);
    cr_expect_eq(count_of("--headless"), 1);
    cr_expect_eq(count_of("--user-data-dir=/tmp/profile"), 1);
    cr_expect_eq(count_of("--remote-debugging-pipe"), 1);
    cr_expect_eq(count_of("--remote-debugging-port"), 0);
    cr_expect_eq(count_of("--enable-begin-frame-control"), 0);
}

Test(flags, peoples_features_are_disabled_with_ours) {
    with((struct ll_launch){.args = {"--disable-features=One,Two", "--lang=de", "--disable-features=Three"},
                            .arg_count = 3});
    cr_assert_eq(count_of("--disable-features="), 1);
    cr_expect_eq(count_of("--lang=de"), 1);
    const char *features = NULL;
    for (size_t i = 0; i < flags.count; i++)
        if (strncmp(flags.list[i], "--disable-features=", 19) == 0) features = flags.list[i];
    cr_expect_not_null(strstr(features, "=RenderDocument,"), "%s", features);
    cr_expect_not_null(strstr(features, ",One,Two,Three"), "%s", features);
    cr_expect_null(strstr(features, "DeferRendererTasksAfterInput"), "%s", features);
}

Test(flags, a_launch_decides_about_windows_ports_and_frames) {
    with((struct ll_launch){.headed = true, .transport = LL_TRANSPORT_PORT, .paint = LL_PAINT_LOW});
    cr_expect_eq(count_of("--headless"), 0);
    cr_expect_eq(count_of("--remote-debugging-pipe"), 0);
    cr_expect_eq(count_of("--remote-debugging-port=0"), 1);
    cr_expect_eq(count_of("--enable-begin-frame-control"), 1);
}

Test(flags, as_many_as_there_may_be_have_room) {
    struct ll_launch launch = {.paint = LL_PAINT_OFF, .transport = LL_TRANSPORT_PORT};
    while (launch.arg_count < LL_BROWSER_ARGS_MAX) launch.args[launch.arg_count++] = "--one-more";
    with(launch);
    cr_expect_eq(count_of("--one-more"), LL_BROWSER_ARGS_MAX);
}
