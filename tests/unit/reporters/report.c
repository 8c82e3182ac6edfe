#include "tests/unit/reporters/report.h"

#include "tests/support/sample_result.h"

#include <criterion/criterion.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct ll_buf report_of(const struct ll_reporter *reporter, const char *sample) {
    struct ll_result result;
    struct ll_buf report = ll_buf_make(REPORT_MAX_BYTES);
    cr_assert(sample_result_by_name(sample, &result), "there is no sample %s", sample);
    ll_err err = reporter->write(&result, &report);
    cr_assert(err.status == LL_OK, "%s of %s: %s", reporter->format, sample, err.text);
    ll_result_fini(&result);
    return report;
}

size_t occurrences(const struct ll_buf *report, const char *text) {
    size_t count = 0, len = strlen(text);
    for (const char *at = ll_buf_str(report); (at = strstr(at, text)); at += len) count++;
    return count;
}

int run_tool(struct ll_buf *out, const char *const *arguments) {
    int ends[2], status = 0;
    cr_assert(pipe(ends) == 0);
    pid_t pid = fork();
    cr_assert(pid >= 0);
    if (pid == 0) {
        dup2(ends[1], STDOUT_FILENO);
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        close(ends[1]);
        execvp(arguments[0], (char *const *)arguments);
        _exit(127);
    }
    close(ends[1]);
    char bytes[4096];
    for (ssize_t len; (len = read(ends[0], bytes, sizeof bytes)) > 0;) ll_buf_append(out, bytes, (size_t)len);
    close(ends[0]);
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
