#include "libcommon/base/temporary.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char root[] = "/tmp/liveload-temporary-test-XXXXXX";

static void make(void) {
    cr_assert(mkdtemp(root) != NULL);
    setenv("TMPDIR", root, 1);
}

static void drop(void) {
    cr_expect(eq(int, rmdir(root), 0)); // nothing is left
}

TestSuite(temporary, .init = make, .fini = drop);

static void add_file(const char *folder, const char *name) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%.4000s/%s", folder, name);
    close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
}

Test(temporary, what_no_living_process_owns_is_swept_with_all_in_it) {
    char used[PATH_MAX], left[PATH_MAX], other[PATH_MAX];
    int used_lock, left_lock, other_lock;
    cr_assert(eq(int, ll_temporary_make("run", used, &used_lock).status, LL_OK));
    cr_assert(eq(int, ll_temporary_make("run", left, &left_lock).status, LL_OK));
    cr_assert(eq(int, ll_temporary_make("runner", other, &other_lock).status, LL_OK));
    add_file(left, "token");
    close(left_lock); // as if its process was killed
    close(other_lock);
    ll_temporary_sweep("run");
    cr_expect(eq(int, access(used, F_OK), 0));
    cr_expect(ne(int, access(left, F_OK), 0));
    cr_expect(eq(int, access(other, F_OK), 0)); // is of another kind
    ll_temporary_remove(used, used_lock);
    ll_temporary_sweep("runner");
}

Test(temporary, where_none_can_be_made_the_error_names_the_place) {
    char path[PATH_MAX];
    int lock;
    setenv("TMPDIR", "/nowhere", 1);
    ll_err err = ll_temporary_make("run", path, &lock);
    cr_expect(eq(int, err.status, LL_UNAVAILABLE));
    cr_expect(strstr(err.text, "in /nowhere") != NULL, "%s", err.text);
    cr_expect(eq(chr, path[0], '\0'));
}
