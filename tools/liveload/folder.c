#include "tools/liveload/folder.h"

#include "tools/liveload/artifacts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { SAME_NAME_MAX = 1000 }; // runs of one name that began in one second

static const char parent[] = "liveload-results";

static ll_err cannot_make(const char *path) {
    return ll_err_make(LL_PERMISSION_DENIED, "the output folder %s cannot be made: %s", path, strerror(errno));
}

// mkdir -p
static ll_err make_all(const char *path) {
    char part[PATH_MAX];
    for (const char *slash = strchr(path + 1, '/');; slash = strchr(slash + 1, '/')) {
        snprintf(part, sizeof part, "%.*s", slash ? (int)(slash - path) : (int)strlen(path), path);
        if (mkdir(part, 0777) != 0 && errno != EEXIST) return cannot_make(part);
        if (!slash) break;
    }
    return LL_SUCCESS;
}

// The name has the time to the second. A command that finds the name taken tries the next: each gets a folder of its
// own.
static ll_err make_new(const char *name, char out[PATH_MAX]) {
    char stamp[32];
    time_t now = time(NULL);
    struct tm local;
    localtime_r(&now, &local);
    strftime(stamp, sizeof stamp, "%Y%m%d-%H%M%S", &local);
    LL_TRY(make_all(parent));
    for (unsigned n = 1; n <= SAME_NAME_MAX; n++) {
        char suffix[16] = "";
        if (n > 1) snprintf(suffix, sizeof suffix, "-%u", n);
        snprintf(out, PATH_MAX, "%s/%s-%s%s", parent, name, stamp, suffix);
        for (char *at = out + sizeof parent; *at; at++)
            if (*at == '/' || *at == ' ') *at = '-';
        if (mkdir(out, 0777) == 0) return LL_SUCCESS;
        if (errno != EEXIST) break;
    }
    return cannot_make(out);
}

// Better known now than after an hour's run.
static ll_err check_writable(const char *path) {
    char probe[PATH_MAX];
    struct stat about;
    if (stat(path, &about) != 0 || !S_ISDIR(about.st_mode))
        return ll_err_make(LL_PERMISSION_DENIED, "%s is no folder: choose another with --out", path);
    snprintf(probe, sizeof probe, "%.*s/.liveload-writes", PATH_MAX - 32, path);
    int fd = open(probe, O_WRONLY | O_CREAT | O_CLOEXEC, 0666); // access() believes what some file systems refuse
    if (fd < 0)
        return ll_err_make(LL_PERMISSION_DENIED, "nothing can be written to %s (%s): choose another with --out", path,
                           strerror(errno));
    close(fd);
    unlink(probe);
    return LL_SUCCESS;
}

// What an earlier run left there goes now, so that it cannot be taken for this one's.
static void remove_result(const struct folder *folder, bool is_quiet) {
    static const char *const names[] = {"result.llr", "report.html", "result.json", "junit.xml", "report.md"};
    unsigned replaced = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) replaced += unlinkat(folder->lock, names[i], 0) == 0;
    artifacts_remove(folder->path);
    if (replaced && !is_quiet) fprintf(stderr, "replacing the result in %s\n", folder->path);
}

ll_err folder_claim(const char *wanted, const char *name, bool is_quiet, struct folder *out) {
    *out = (struct folder){.lock = -1};
    if (wanted) snprintf(out->path, sizeof out->path, "%s", wanted);
    LL_TRY(wanted ? make_all(out->path) : make_new(name, out->path));
    LL_TRY(check_writable(out->path));
    out->lock = open(out->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (out->lock < 0 || flock(out->lock, LOCK_EX | LOCK_NB) != 0)
        return ll_err_make(LL_UNAVAILABLE, "another run writes to %s: choose another folder with --out", out->path);
    snprintf(out->artifacts, sizeof out->artifacts, "%s/artifacts", out->path);
    remove_result(out, is_quiet);
    return LL_SUCCESS;
}

void folder_release(struct folder *folder) {
    if (folder->lock >= 0) close(folder->lock);
    folder->lock = -1;
}
