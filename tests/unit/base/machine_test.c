#include "libcommon/base/machine.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>
#include <sys/resource.h>

Test(machine, the_soft_limit_of_files_becomes_the_hard_one) {
    struct rlimit files;
    cr_assert(eq(int, getrlimit(RLIMIT_NOFILE, &files), 0));
    files.rlim_cur = 64;
    cr_assert(eq(int, setrlimit(RLIMIT_NOFILE, &files), 0));
    ll_machine_raise_files();
    rlim_t hard = files.rlim_max;
    cr_assert(eq(int, getrlimit(RLIMIT_NOFILE, &files), 0));
    cr_expect(eq(u64, (uint64_t)files.rlim_cur, (uint64_t)hard));
}

Test(machine, too_few_files_are_refused_with_the_sum) {
    cr_expect(eq(int, ll_machine_check_files_of(112, 1).status, LL_OK));
    cr_expect(eq(int, ll_machine_check_files_of(1300, 100).status, LL_OK));
    ll_err err = ll_machine_check_files_of(128, 50);
    cr_expect(eq(int, err.status, LL_FAILED_PRECONDITION));
    cr_expect(not(zero(ptr, strstr(err.text, "a process may open 128 files here, and 50 users of a browser take 700 "
                                             "(100 and 12 for each): raise the limit (ulimit -n 700"))),
              "%s", err.text);
}
