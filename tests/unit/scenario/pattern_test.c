// Patterns mean what they mean in Lua: tests/fuzz/pattern.c looks at many more of these.
#include "agent/scenario/pattern.h"
#include "libcommon/base/rand.h"
#include "tests/support/pattern_pair.h"
#include "world.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

enum { RUNS = 20000, BYTES = 60 };

Test(pattern, results_and_errors_are_those_of_lua, .timeout = 120) {
    struct ll_rand rand = ll_rand_seed(20261128);
    int compared = 0;
    for (int run = 0; run < RUNS; run++) {
        uint8_t bytes[BYTES];
        for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (uint8_t)ll_rand_next(&rand);
        bytes[1] |= 32; // a pattern, and not just any bytes
        compared += pattern_pair_compare(bytes, 4 + ll_rand_below(&rand, sizeof bytes - 3));
    }
    cr_expect(ge(int, compared, RUNS * 99 / 100)); // the others took too many steps
}

static struct ll_pattern pattern_for(const char *subject, const char *pattern, int64_t steps) {
    return (struct ll_pattern){.subject = subject,
                               .subject_end = subject + strlen(subject),
                               .pattern_end = pattern + strlen(pattern),
                               .steps_left = steps};
}

Test(pattern, a_match_has_an_end_and_captures) {
    const char *subject = "width = 120", *text = "(%a+) = ()(%d+)";
    struct ll_pattern pattern = pattern_for(subject, text, 1000);
    struct ll_pattern_capture capture;
    const char *end = ll_pattern_match(&pattern, subject, text);
    cr_assert(eq(ptr, (void *)end, (void *)(subject + strlen(subject))));
    cr_assert(eq(int, pattern.count, 3));
    cr_expect(ll_pattern_capture(&pattern, 0, subject, end, &capture));
    cr_expect(eq(int, (int)capture.len, 5));
    cr_expect(ll_pattern_capture(&pattern, 1, subject, end, &capture));
    cr_expect(eq(int, (int)capture.len, LL_PATTERN_IS_POSITION));
    cr_expect(not(ll_pattern_capture(&pattern, 3, subject, end, &capture)));
    cr_expect(eq(str, pattern.wrong, "invalid capture index %4"));
}

Test(pattern, steps_end) {
    const char *subject = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    const char *text = "a-a-a-a-a-a-a-a-a-a-a-a-a-a-a-a-a-a-a-a-b";
    struct ll_pattern pattern = pattern_for(subject, text, 100000);
    cr_expect(eq(ptr, (void *)ll_pattern_match(&pattern, subject, text), NULL));
    cr_expect(eq(i64, pattern.steps_left, 0));
    cr_expect(eq(str, pattern.wrong, ""));
}

Test(pattern, scenarios_find_with_it) {
    struct world world;
    world_open(&world,
               RUN("assert(('k = v; l = w'):gsub('(%w) = (%w)', '%2 = %1') == 'v = k; w = l')\n"
                   "assert(('a,b,,c'):find(',,', 1, true) == 4)\n"
                   "local words = {} for word in ('one two'):gmatch('%a+') do words[#words + 1] = word end\n"
                   "assert(#words == 2 and words[2] == 'two')\n"
                   "assert(('THE (quick) fox'):find('%((%a+)%)') == 5)\n"
                   "local ok, why = pcall(string.find, 'x', '%') assert(why:find('malformed pattern', 1, true), why)"),
               NULL);
    cr_expect(eq(int, world_start(&world, 1), LL_SCRIPT_FINISHED), "%s", world.request.detail);
    world_close(&world);
}
