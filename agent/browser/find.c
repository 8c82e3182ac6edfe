#include "agent/browser/find.h"

#include "libcommon/model/browser_arg.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const library_paths[] = {"/usr/lib/chromium/chromium-headless-shell", "/usr/lib/chromium/chromium"};
static const char *const program_names[] = {"chrome-headless-shell", "chromium-headless-shell", "chromium",
                                            "chromium-browser", "google-chrome"};

static bool is_program(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 && S_ISREG(info.st_mode) && access(path, X_OK) == 0;
}

static bool is_script(const char *path) {
    char start[2] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    bool script = read(fd, start, 2) == 2 && start[0] == '#' && start[1] == '!';
    close(fd);
    return script;
}

static bool find_on_path(const char *name, char out[PATH_MAX]) {
    const char *at = getenv("PATH");
    while (at && *at) {
        size_t len = strcspn(at, ":");
        if (len && snprintf(out, PATH_MAX, "%.*s/%s", (int)len, at, name) < PATH_MAX && is_program(out)) return true;
        at += len + (at[len] == ':');
    }
    return false;
}

// Replaces a wrapper of Debian's by the program that it wraps.
static void unwrap(char path[PATH_MAX]) {
    const char *name = strrchr(path, '/');
    if (!name || strncmp(path, "/usr/bin/chromium", strlen("/usr/bin/chromium")) != 0 || !is_script(path)) return;
    char wrapped[PATH_MAX];
    if (snprintf(wrapped, sizeof wrapped, "/usr/lib/chromium%s", name) < PATH_MAX && is_program(wrapped))
        snprintf(path, PATH_MAX, "%s", wrapped);
}

enum search { SEARCH_ANY, SEARCH_HEADED };

static bool find_anywhere(enum search search, char out[PATH_MAX]) {
    for (size_t i = 0; i < sizeof library_paths / sizeof *library_paths; i++) {
        snprintf(out, PATH_MAX, "%s", library_paths[i]);
        bool fits = search == SEARCH_ANY || !ll_browser_is_headless_shell(out);
        if (fits && is_program(out)) return true;
    }
    for (size_t i = 0; i < sizeof program_names / sizeof *program_names; i++) {
        bool fits = search == SEARCH_ANY || !ll_browser_is_headless_shell(program_names[i]);
        if (fits && find_on_path(program_names[i], out)) return true;
    }
    return false;
}

static ll_err find_wanted(const char *wanted, const char *source, char out[PATH_MAX]) {
    struct stat info;
    snprintf(out, PATH_MAX, "%s", wanted);
    if (strchr(wanted, '/') ? is_program(out) : find_on_path(wanted, out)) return LL_SUCCESS;
    if (strchr(wanted, '/') && stat(wanted, &info) == 0)
        return ll_err_make(LL_NOT_FOUND, "%.300s, which %s names, is %s that can be run: give the path of a Chromium",
                           wanted, source, S_ISDIR(info.st_mode) ? "a folder and no program" : "no program");
    return ll_err_make(LL_NOT_FOUND, "there is no program %.300s, which %s names: give the path of a Chromium", wanted,
                       source);
}

static ll_err nothing_found(enum search search) {
    if (search == SEARCH_HEADED)
        return ll_err_make(
            LL_NOT_FOUND, "--headed needs a Chromium that can show windows, and none was found in /usr/lib/chromium or "
                          "on PATH (chromium, chromium-browser, google-chrome): install one with apt-get install "
                          "chromium, or name one with --browser");
    return ll_err_make(LL_NOT_FOUND,
                       "no browser was found in /usr/lib/chromium or on PATH (chrome-headless-shell, "
                       "chromium-headless-shell, chromium, chromium-browser, google-chrome): install one with "
                       "apt-get install chromium-headless-shell, or name one with --browser");
}

static ll_err find(const char *wanted, enum search search, char out_path[PATH_MAX]) {
    const char *source = "--browser";
    if (wanted && !*wanted)
        return ll_err_make(LL_INVALID_ARGUMENT,
                           "--browser is empty: give the path of a Chromium, or leave it out to have one found");
    if (!wanted) {
        wanted = getenv("LIVELOAD_BROWSER");
        source = "LIVELOAD_BROWSER";
    }
    if (wanted && *wanted) {
        LL_TRY(find_wanted(wanted, source, out_path));
        if (search == SEARCH_HEADED && ll_browser_is_headless_shell(out_path))
            return ll_err_make(
                LL_NOT_FOUND,
                "%.300s, which %s names, is a headless shell and shows no windows: --headed needs the full "
                "Chromium (apt-get install chromium)",
                wanted, source);
    } else if (!find_anywhere(search, out_path)) {
        return nothing_found(search);
    }
    unwrap(out_path);
    return LL_SUCCESS;
}

ll_err ll_browser_find(const char *wanted, char out_path[PATH_MAX]) {
    return find(wanted, SEARCH_ANY, out_path);
}

ll_err ll_browser_find_headed(const char *wanted, char out_path[PATH_MAX]) {
    LL_TRY(ll_browser_check_display());
    return find(wanted, SEARCH_HEADED, out_path);
}

bool ll_browser_is_headless_shell(const char *path) {
    return strstr(path, "headless-shell") || strstr(path, "headless_shell");
}
