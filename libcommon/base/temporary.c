#include "libcommon/base/temporary.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static const char lock_name[] = "liveload.lock";
enum { OPEN_FOLDERS_MAX = 16, SWEPT_MAX = 256 };

static const char *temporary_folder(void) {
    const char *folder = getenv("TMPDIR");
    return folder && *folder ? folder : "/tmp";
}

ll_err ll_temporary_make(const char *kind, char out_path[PATH_MAX], int *out_lock) {
    snprintf(out_path, PATH_MAX, "%.3800s/liveload-%s-%d-XXXXXX", temporary_folder(), kind, (int)getpid());
    if (!mkdtemp(out_path)) {
        int reason = errno;
        out_path[0] = '\0';
        return ll_err_make(LL_UNAVAILABLE, "no folder \"liveload-%s-…\" can be made in %.200s: %s", kind,
                           temporary_folder(), strerror(reason));
    }
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%.4000s/%s", out_path, lock_name);
    *out_lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (*out_lock < 0 || flock(*out_lock, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) return LL_SUCCESS;
    close(*out_lock); // a sweeper was quicker and takes the folder away
    return ll_temporary_make(kind, out_path, out_lock);
}

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *at) {
    (void)info, (void)type, (void)at;
    remove(path); // what cannot be removed stays for the next sweep
    return 0;
}

static void remove_folder(const char *path) {
    nftw(path, remove_entry, OPEN_FOLDERS_MAX, FTW_DEPTH | FTW_PHYS);
}

void ll_temporary_remove(const char *path, int lock) {
    remove_folder(path);
    if (lock >= 0) close(lock);
}

// Locked by the sweeper, so by nobody else; a lock and not the process's number, which says nothing in another PID
// namespace that shares the folder. A folder without the file is being made at this moment, or was never used.
static bool is_free(const char *path, int *out_lock) {
    char lock_path[PATH_MAX];
    snprintf(lock_path, sizeof lock_path, "%.4000s/%s", path, lock_name);
    *out_lock = open(lock_path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (*out_lock < 0) return false;
    if (flock(*out_lock, LOCK_EX | LOCK_NB) == 0) return true;
    close(*out_lock);
    return false;
}

static bool is_ours(const char *path, const char *name, const char *kind) {
    static const char prefix[] = "liveload-";
    struct stat info;
    size_t len = strlen(kind);
    return strncmp(name, prefix, sizeof prefix - 1) == 0 && strncmp(name + sizeof prefix - 1, kind, len) == 0 &&
           name[sizeof prefix - 1 + len] == '-' && lstat(path, &info) == 0 && S_ISDIR(info.st_mode) &&
           info.st_uid == geteuid();
}

void ll_temporary_sweep(const char *kind) {
    const char *folder = temporary_folder();
    DIR *entries = opendir(folder);
    if (!entries) return;
    struct dirent *entry;
    for (int swept = 0; swept < SWEPT_MAX && (entry = readdir(entries));) {
        char path[PATH_MAX];
        int lock;
        snprintf(path, sizeof path, "%.3800s/%s", folder, entry->d_name);
        if (!is_ours(path, entry->d_name, kind) || !is_free(path, &lock)) continue;
        ll_temporary_remove(path, lock);
        swept++;
    }
    closedir(entries);
}
