#include "agent/browser/profile.h"

#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char prefix[] = "liveload-profile-";
enum { OPEN_FOLDERS_MAX = 16, SWEPT_MAX = 256 };

static const char *temporary_folder(void) {
    const char *folder = getenv("TMPDIR");
    return folder && *folder ? folder : "/tmp";
}

ll_err ll_profile_make(char out_path[PATH_MAX]) {
    snprintf(out_path, PATH_MAX, "%.3900s/%s%d-XXXXXX", temporary_folder(), prefix, (int)getpid());
    if (!mkdtemp(out_path))
        return ll_err_make(LL_UNAVAILABLE, "no folder for the browser's profile can be made in %.200s: %s",
                           temporary_folder(), strerror(errno));
    return LL_SUCCESS;
}

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *at) {
    (void)info, (void)type, (void)at;
    remove(path); // what cannot be removed stays for the next sweep
    return 0;
}

void ll_profile_remove(const char *path) {
    nftw(path, remove_entry, OPEN_FOLDERS_MAX, FTW_DEPTH | FTW_PHYS);
}

static bool is_orphan(const char *folder, const char *name) {
    if (strncmp(name, prefix, strlen(prefix)) != 0) return false;
    char *end;
    long pid = strtol(name + strlen(prefix), &end, 10);
    if (*end != '-' || pid <= 0 || kill((pid_t)pid, 0) == 0 || errno != ESRCH) return false;
    char path[PATH_MAX];
    struct stat info;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return lstat(path, &info) == 0 && S_ISDIR(info.st_mode) && info.st_uid == geteuid();
}

void ll_profile_sweep(void) {
    const char *folder = temporary_folder();
    DIR *entries = opendir(folder);
    if (!entries) return;
    struct dirent *entry;
    for (int swept = 0; swept < SWEPT_MAX && (entry = readdir(entries));) {
        if (!is_orphan(folder, entry->d_name)) continue;
        char path[PATH_MAX];
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        ll_profile_remove(path);
        swept++;
    }
    closedir(entries);
}
