#include "coordinator/spool.h"

#include "libcommon/base/log.h"
#include "libcommon/base/temporary.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char temporary_kind[] = "artifacts";

struct ll_spool ll_spool_make(const char *out, const char *journal) {
    struct ll_spool spool = {.place = out       ? LL_SPOOL_STAYS
                                      : journal ? LL_SPOOL_OF_JOURNAL
                                                : LL_SPOOL_TEMPORARY,
                             .lock = -1,
                             .piece = ll_buf_make(LL_CHUNK_BYTES)};
    const char *parent = out ? out : journal;
    if (parent) snprintf(spool.folder, sizeof spool.folder, "%s/artifacts", parent);
    return spool;
}

static bool is_to_go(const char *name, const char *prefix) {
    if (!prefix) return ll_artifact_name_is_of_a_run(name);
    return ll_artifact_name_is_safe(name) && strncmp(name, prefix, strlen(prefix)) == 0;
}

// Removes the files whose names begin with `prefix`, or, without one, those that runs have named, and leaves anything
// else alone.
static void remove_files(const struct ll_spool *spool, const char *prefix) {
    DIR *folder = opendir(spool->folder);
    if (!folder) return;
    for (const struct dirent *entry; (entry = readdir(folder));)
        if (is_to_go(entry->d_name, prefix)) unlinkat(dirfd(folder), entry->d_name, 0);
    closedir(folder);
}

void ll_spool_sweep(struct ll_spool *spool) {
    if (spool->place == LL_SPOOL_OF_JOURNAL) remove_files(spool, NULL);
    if (spool->place == LL_SPOOL_TEMPORARY) ll_temporary_sweep(temporary_kind);
}

void ll_spool_fini(struct ll_spool *spool) {
    if (spool->place == LL_SPOOL_TEMPORARY && spool->is_made) ll_temporary_remove(spool->folder, spool->lock);
    ll_buf_fini(&spool->piece);
    *spool = (struct ll_spool){.place = LL_SPOOL_TEMPORARY};
}

static bool make_folder(struct ll_spool *spool) {
    if (spool->place == LL_SPOOL_TEMPORARY)
        return ll_temporary_make(temporary_kind, spool->folder, &spool->lock).status == LL_OK;
    return mkdir(spool->folder, 0777) == 0 || errno == EEXIST;
}

static ll_err failure(struct ll_spool *spool, const char *what) {
    ll_err err = ll_err_make(LL_RESOURCE_EXHAUSTED, "artifacts cannot be kept in %s: %s: %s",
                             *spool->folder ? spool->folder : "the temporary folder", what, strerror(errno));
    if (!spool->has_failed) ll_error("%s", err.text);
    spool->has_failed = true;
    return err;
}

static void path_of(const struct ll_spool *spool, const char *name, char *out, size_t size) {
    snprintf(out, size, "%s/%s", spool->folder, name);
}

// The run is the newest from now on; one too many is forgotten, and its files with it.
static void note_run(struct ll_spool *spool, const char *run_id) {
    if (spool->run_count > 0 && strcmp(spool->runs[spool->run_count - 1], run_id) == 0) return;
    if (spool->run_count == LL_SPOOL_RUNS_MAX) {
        char prefix[LL_ARTIFACT_NAME_MAX];
        ll_artifact_prefix(spool->runs[0], 0, "", prefix);
        prefix[strcspn(prefix, "-") + 1] = '\0';
        if (spool->place != LL_SPOOL_STAYS) remove_files(spool, prefix);
        memmove(spool->runs[0], spool->runs[1], sizeof spool->runs[0] * --spool->run_count);
    }
    snprintf(spool->runs[spool->run_count++], sizeof spool->runs[0], "%s", run_id);
}

static ll_err write_piece(struct ll_spool *spool, int fd, const char *name, uint64_t offset, struct ll_bytes piece) {
    for (size_t done = 0; done < piece.len;) {
        ssize_t wrote = pwrite(fd, (const char *)piece.data + done, piece.len - done, (off_t)(offset + (uint64_t)done));
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote <= 0) return failure(spool, name);
        done += (size_t)wrote;
    }
    return LL_SUCCESS;
}

// A later piece does not create the file: the pieces before it would be missing.
ll_err ll_spool_write(struct ll_spool *spool, const char *run_id, const char *name, uint64_t offset,
                      struct ll_bytes piece) {
    char path[PATH_MAX + LL_ARTIFACT_NAME_MAX];
    if (!spool->is_made && !make_folder(spool)) return failure(spool, "the folder cannot be made");
    spool->is_made = true;
    note_run(spool, run_id);
    path_of(spool, name, path, sizeof path);
    int fd = open(path, O_WRONLY | (offset == 0 ? O_CREAT : 0) | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (fd < 0) return failure(spool, name);
    ll_err err = write_piece(spool, fd, name, offset, piece);
    close(fd);
    if (err.status != LL_OK) unlink(path);
    return err;
}

static ll_err read_piece(struct ll_spool *spool, int fd, const char *name, uint64_t offset,
                         struct ll_fetch_reply *out_reply) {
    struct stat info;
    if (fstat(fd, &info) < 0 || !S_ISREG(info.st_mode))
        return ll_err_make(LL_NOT_FOUND, "the artifact %.100s is no file any more", name);
    if (offset > (uint64_t)info.st_size)
        return ll_err_make(LL_OUT_OF_RANGE, "byte %llu was asked for, of %llu", (unsigned long long)offset,
                           (unsigned long long)info.st_size);
    ll_buf_clear(&spool->piece);
    void *room = ll_buf_reserve(&spool->piece, LL_CHUNK_BYTES);
    ssize_t got = pread(fd, room, LL_CHUNK_BYTES, (off_t)offset);
    if (got < 0) return ll_err_make(LL_DATA_LOSS, "the artifact %.100s cannot be read: %s", name, strerror(errno));
    ll_buf_commit(&spool->piece, (size_t)got);
    out_reply->chunk = (struct ll_bytes){spool->piece.data, spool->piece.len};
    out_reply->total_bytes = (uint64_t)info.st_size;
    return LL_SUCCESS;
}

ll_err ll_spool_read(struct ll_spool *spool, const char *name, uint64_t offset, struct ll_fetch_reply *out_reply) {
    char path[PATH_MAX + LL_ARTIFACT_NAME_MAX];
    path_of(spool, name, path, sizeof path);
    int fd = *spool->folder ? open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) : -1;
    if (fd < 0) return ll_err_make(LL_NOT_FOUND, "the artifact %.100s is not here any more", name);
    ll_err err = read_piece(spool, fd, name, offset, out_reply);
    close(fd);
    return err;
}
