#include "reporters/output.h"

#include "libcommon/base/alloc.h"
#include "libcommon/model/file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { REPORTERS_MAX = 16 };

static ll_err write_stream(FILE *stream, const char *name, const struct ll_buf *report) {
    errno = 0;
    if (fwrite(ll_buf_str(report), 1, report->len, stream) == report->len && fflush(stream) == 0) return LL_SUCCESS;
    return ll_err_make(LL_INTERNAL, "%s cannot be written: %s", name, strerror(errno));
}

static ll_err write_special(const char *path, const struct ll_buf *report) {
    FILE *stream = fopen(path, "we");
    if (!stream) return ll_err_make(LL_INVALID_ARGUMENT, "%s cannot be written: %s", path, strerror(errno));
    ll_err err = write_stream(stream, path, report);
    fclose(stream);
    return err;
}

static ll_err write_path(const char *path, const struct ll_buf *report) {
    struct stat stat_of_path;
    if (stat(path, &stat_of_path) != 0 || S_ISREG(stat_of_path.st_mode))
        return ll_file_replace(path, ll_buf_str(report), report->len);
    if (S_ISDIR(stat_of_path.st_mode))
        return ll_err_make(LL_INVALID_ARGUMENT, "%s is a folder: -o takes a file, --all a folder", path);
    return write_special(path, report);
}

ll_err ll_output_file(const struct ll_reporter *reporter, const struct ll_result *result, const char *path) {
    struct ll_buf report = ll_buf_make(LL_REPORT_MAX);
    ll_err err = reporter->write(result, &report);
    if (err.status == LL_OK) err = write_path(path, &report);
    ll_buf_fini(&report);
    return err;
}

ll_err ll_output_stream(const struct ll_reporter *reporter, const struct ll_result *result, FILE *stream) {
    struct ll_buf report = ll_buf_make(LL_REPORT_MAX);
    ll_err err = reporter->write(result, &report);
    if (err.status == LL_OK) err = write_stream(stream, "the output", &report);
    ll_buf_fini(&report);
    return err;
}

static ll_err write_into(const char *folder, const char *name, const struct ll_buf *report) {
    char *path = ll_format("%s/%s", folder, name);
    ll_err err = write_path(path, report);
    free(path);
    return err;
}

static ll_err make_folder(const char *path) {
    if (mkdir(path, 0777) == 0 || errno == EEXIST) return LL_SUCCESS;
    return ll_err_make(LL_INVALID_ARGUMENT, "the folder %s cannot be made: %s", path, strerror(errno));
}

// As mkdir -p does.
static ll_err make_folders(const char *path) {
    char *part = ll_strdup(path);
    ll_err err = LL_SUCCESS;
    for (char *slash = part; err.status == LL_OK && *slash && (slash = strchr(slash + 1, '/'));) {
        *slash = '\0';
        err = make_folder(part);
        *slash = '/';
    }
    free(part);
    return err.status == LL_OK ? make_folder(path) : err;
}

ll_err ll_output_all(const struct ll_result *result, const char *folder) {
    struct ll_buf reports[REPORTERS_MAX];
    size_t count = 0;
    ll_err err = LL_SUCCESS;
    for (; ll_reporters[count] && count < REPORTERS_MAX && err.status == LL_OK; count++) {
        reports[count] = ll_buf_make(LL_REPORT_MAX);
        err = ll_reporters[count]->write(result, &reports[count]);
    }
    if (err.status == LL_OK) err = make_folders(folder);
    for (size_t i = 0; i < count; i++) {
        if (err.status == LL_OK) err = write_into(folder, ll_reporters[i]->file_name, &reports[i]);
        ll_buf_fini(&reports[i]);
    }
    return err;
}
