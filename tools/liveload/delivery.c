#include "tools/liveload/delivery.h"

#include "tools/liveload/child.h"
#include "tools/liveload/closing.h"

#include <limits.h>

enum { REPORT_TIMEOUT_MS = 120 * 1000 };

static ll_err write_reports(const struct ll_result *result, const char *folder) {
    char file[PATH_MAX + 16];
    snprintf(file, sizeof file, "%s/result.llr", folder);
    LL_TRY(ll_result_write_file(file, result));
    const char *const arguments[] = {"--all", folder, file, NULL};
    struct child report;
    LL_TRY(child_start("liveload-report", arguments, 0, &report));
    child_finish(&report, REPORT_TIMEOUT_MS);
    if (report.exit_status != 0)
        return ll_err_make(LL_INTERNAL, "the reports could not be written; the result is in %s", file);
    return LL_SUCCESS;
}

static void print_paths(const struct ll_result *result, const char *folder, bool is_quiet, FILE *out) {
    fprintf(out, "%sreport: %s/report.html\n", is_quiet ? "" : "\n", folder);
    size_t artifacts = 0;
    for (size_t i = 0; i < result->scenario_count; i++) artifacts += result->scenarios[i].artifact_count;
    if (!is_quiet)
        fprintf(out, "also:   %s/result.json, junit.xml, report.md, result.llr%s\n", folder,
                artifacts ? ", artifacts/" : "");
}

ll_err delivery_write(const struct ll_result *result, const char *folder, bool is_quiet, FILE *out) {
    LL_TRY(write_reports(result, folder));
    print_paths(result, folder, is_quiet, out);
    return LL_SUCCESS;
}

ll_err delivery_make(const struct ll_result *result, const char *folder, bool is_quiet, FILE *out) {
    for (size_t i = 0; i < result->scenario_count; i++)
        if (!result->scenarios[i].error) closing_print(out, &result->scenarios[i], is_quiet);
    fflush(out);
    return delivery_write(result, folder, is_quiet, out);
}
