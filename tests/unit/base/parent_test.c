#include "libcommon/base/parent.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

// Follows its parent, says so, and stays until a signal ends it.
static void follow(int say) {
    signal(SIGTERM, SIG_DFL);
    char followed = ll_parent_follow() ? 'y' : 'n';
    if (write(say, &followed, 1) == 1) pause();
    _exit(0);
}

// Ends as soon as its child follows it. Both hold every descriptor that the test has open.
static void start_child_and_end(void) {
    int said[2];
    if (pipe(said) != 0) _exit(1);
    if (fork() == 0) follow(said[1]);
    char followed = 0;
    ssize_t got = read(said[0], &followed, 1);
    _exit(got == 1 && followed == 'y' ? 0 : 1);
}

Test(parent, a_child_that_follows_ends_too, .timeout = 20) {
    int lifeline[2];
    cr_assert(eq(int, pipe(lifeline), 0));
    pid_t pid = fork();
    if (pid == 0) start_child_and_end();
    close(lifeline[1]);
    int status = -1;
    cr_assert(eq(int, waitpid(pid, &status, 0), pid));
    cr_expect(eq(int, status, 0), "the child did not follow");
    char byte;
    cr_expect(eq(i64, read(lifeline[0], &byte, 1), 0), "end of file: nobody holds the other end any more");
    close(lifeline[0]);
}
