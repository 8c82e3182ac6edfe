// The program itself: what people type, what it answers, and what it leaves behind when it fails.
#include "tests/unit/reporters/report.h"

#include "libcommon/base/alloc.h"
#include "tests/support/program.h"
#include "tests/support/sample_result.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *folder;

static void make_result(void) {
    folder = folder_make();
    char *path = path_in(folder, "result.llr");
    struct ll_result result = sample_result_shop();
    ll_err err = ll_result_write_file(path, &result);
    cr_assert(err.status == LL_OK, "%s", err.text);
    ll_result_fini(&result);
    free(path);
}

static void remove_result(void) {
    folder_remove(&folder);
}

TestSuite(liveload_report, .init = make_result, .fini = remove_result);

static size_t files_in(const char *path) {
    DIR *dir = opendir(path);
    size_t count = 0;
    cr_assert_not_null(dir);
    for (const struct dirent *entry; (entry = readdir(dir));) count += entry->d_name[0] != '.';
    closedir(dir);
    return count;
}

// Runs it, and checks the exit code and one thing it said.
#define expect_run(code, text, ...)                                                                                    \
    do {                                                                                                               \
        struct program *ran_ = program_run("liveload-report", __VA_ARGS__);                                            \
        cr_expect(eq(int, ran_->exit_code, code), "%s%s", ran_->said, ran_->complained);                               \
        cr_expect(strstr(ran_->said, text) || strstr(ran_->complained, text), "\"%s\" is not in: %.2000s%s", text,     \
                  ran_->said, ran_->complained);                                                                       \
        program_free(&ran_);                                                                                           \
    } while (0)

Test(liveload_report, answers_help_and_version) {
    expect_run(0, "  junit  junit.xml ", "--help");
    expect_run(0, "liveload-report 0.", "--version");
}

Test(liveload_report, writes_to_stdout_by_default_from_the_folder_or_the_file) {
    char *path = path_in(folder, "result.llr");
    expect_run(0, "## `shop`: FAILED", "--format", "md", folder);
    expect_run(0, "## `shop`: FAILED", "--format", "md", "-o", "-", path);
    cr_expect(eq(sz, files_in(folder), 1));
    free(path);
}

Test(liveload_report, replaces_a_file_and_leaves_nothing_beside_it) {
    char *path = folder_write(folder, "r.md", "old");
    expect_run(0, "", "--format", "md", "-o", path, folder);
    char *content = file_read(path);
    cr_expect(eq(int, strncmp(content, "## `shop`", 9), 0), "%.100s", content);
    cr_expect(eq(sz, files_in(folder), 2));
    free(content);
    free(path);
}

Test(liveload_report, writes_all_formats_by_their_names) {
    char *all = path_in(folder, "parent/of/all");
    expect_run(0, "", "--all", all, folder);
    cr_expect(eq(sz, files_in(all), 4));
    for (size_t i = 0; ll_reporters[i]; i++) {
        char *path = path_in(all, ll_reporters[i]->file_name), *content = file_read(path);
        cr_expect_not_null(content, "%s", path);
        free(content);
        free(path);
    }
    free(all);
}

Test(liveload_report, refuses_wrong_usage) {
    expect_run(2, "RESULT is missing", "--format", "md");
    expect_run(2, "--format or --all is missing", folder);
    expect_run(2, "\"pdf\" is not a format: it is one of html, json, junit, md", "--format", "pdf", folder);
    expect_run(2, "--all writes every format", "--all", folder, "--format", "md", folder);
    expect_run(2, "only one RESULT", "--format", "md", folder, folder);
    expect_run(2, "unrecognized option", "--colour", folder);
}

Test(liveload_report, says_what_is_wrong_with_a_result) {
    char *missing = path_in(folder, "missing.llr"), *damaged = path_in(folder, "result.llr");
    char *other = folder_write(folder, "other.llr", "not a result at all"), *out = path_in(folder, "out.json");
    expect_run(1, missing, "--format", "json", missing);
    expect_run(1, "it is not a LiveLoad result", "--format", "json", "-o", out, other);
    cr_assert(truncate(damaged, 1000) == 0);
    expect_run(1, "the result is damaged", "--format", "json", "-o", out, folder);
    cr_expect_null(file_read(out), "a report of a damaged result was written");
    free(missing);
    free(damaged);
    free(other);
    free(out);
}

Test(liveload_report, says_where_it_cannot_write) {
    expect_run(1, "/no/such/folder/r.md", "--format", "md", "-o", "/no/such/folder/r.md", folder);
    expect_run(1, "is a folder", "--format", "md", "-o", folder, folder);
    expect_run(1, "/dev/full", "--format", "md", "-o", "/dev/full", folder);
    expect_run(0, "", "--format", "md", "-o", "/dev/null", folder);
    expect_run(1, "/dev/null/folder", "--all", "/dev/null/folder", folder);
}
