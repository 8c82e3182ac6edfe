#include "coordinator/keeper.h"

#include "coordinator/journal.h"
#include "libcommon/base/alloc.h"
#include "libcommon/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct ll_keeper ll_keeper_make(const char *folder, int64_t unix_us_at_zero) {
    return (struct ll_keeper){
        .folder = folder ? ll_strdup(folder) : NULL,
        .path = folder ? ll_format("%s/run.journal", folder) : NULL,
        .unix_us_at_zero = unix_us_at_zero,
        .fd = -1,
        .lock_fd = -1,
    };
}

void ll_keeper_fini(struct ll_keeper *keeper) {
    if (keeper->fd >= 0) close(keeper->fd);
    if (keeper->lock_fd >= 0) close(keeper->lock_fd);
    free(keeper->folder);
    free(keeper->path);
    *keeper = (struct ll_keeper){.fd = -1, .lock_fd = -1};
}

static void give_up(struct ll_keeper *keeper, int error) {
    ll_error("the journal %s cannot be written: %s; this run goes on without one", keeper->path, strerror(error));
    if (keeper->fd >= 0) close(keeper->fd);
    keeper->fd = -1;
    unlink(keeper->path); // half a journal would bring back half a run
}

static void write_all(struct ll_keeper *keeper, const struct ll_buf *bytes) {
    for (size_t done = 0; done < bytes->len;) {
        ssize_t wrote = write(keeper->fd, bytes->data + done, bytes->len - done);
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote < 0) return give_up(keeper, errno);
        done += (size_t)wrote;
    }
}

static void close_file(struct ll_keeper *keeper) {
    if (keeper->fd >= 0) close(keeper->fd);
    keeper->fd = -1;
}

static void remove_file(struct ll_keeper *keeper) {
    if (keeper->fd < 0) return;
    close_file(keeper);
    unlink(keeper->path);
}

bool ll_keeper_is_keeping(const struct ll_keeper *keeper) {
    return keeper->fd >= 0;
}

void ll_keeper_write(struct ll_keeper *keeper, const struct ll_journal_record *record) {
    if (!keeper->path || keeper->is_restoring) return;
    if (record->kind == LL_JOURNAL_DROPPED) return remove_file(keeper);
    struct ll_buf bytes = ll_buf_make(LL_JOURNAL_BYTES_MAX);
    if (record->kind == LL_JOURNAL_STARTED) {
        close_file(keeper); // of a run whose result nobody fetched
        keeper->fd = open(keeper->path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
        if (keeper->fd < 0) give_up(keeper, errno);
        keeper->next_sequence = 1;
        ll_journal_begin(&bytes);
        // twice: without it no other record is of use
        ll_journal_append(record, keeper->next_sequence++, keeper->unix_us_at_zero, &bytes);
    }
    if (keeper->fd >= 0) {
        ll_journal_append(record, keeper->next_sequence++, keeper->unix_us_at_zero, &bytes);
        write_all(keeper, &bytes);
    }
    ll_buf_fini(&bytes);
}

struct telling {
    struct ll_coordinator *core;
    int64_t now_us;
};

static ll_err tell(void *arg, const struct ll_journal_record *record) {
    const struct telling *telling = arg;
    return ll_coordinator_restore(telling->core, telling->now_us, record);
}

static void tell_damage(const struct ll_keeper *keeper, const struct ll_journal_end *end, size_t len) {
    if (end->is_damaged) ll_warn("the first line of the journal %s is damaged; its records are read", keeper->path);
    if (end->missing > 0)
        ll_warn("%llu record%s of the journal %s %s damaged and left out", (unsigned long long)end->missing,
                end->missing == 1 ? "" : "s", keeper->path, end->missing == 1 ? "is" : "are");
    else if (end->len < len)
        ll_warn("the journal %s ends in a record that was being written; it is left out", keeper->path);
}

static ll_err read_file(struct ll_keeper *keeper, struct telling *telling, int fd, size_t len, uint64_t *out_records) {
    void *data = mmap(NULL, len, PROT_READ, MAP_PRIVATE, fd, 0);
    if (data == MAP_FAILED)
        return ll_err_make(LL_UNAVAILABLE, "the journal %s cannot be read: %s", keeper->path, strerror(errno));
    struct ll_journal_end end;
    ll_err err = ll_journal_read(data, len, keeper->unix_us_at_zero, tell, telling, &end);
    munmap(data, len);
    if (err.status == LL_OK) err = ll_coordinator_restored(telling->core);
    LL_TRY(ll_err_in(err, "the journal %s", keeper->path));
    tell_damage(keeper, &end, len);
    if (ftruncate(fd, (off_t)end.len) < 0)
        return ll_err_make(LL_UNAVAILABLE, "the journal %s cannot be written: %s", keeper->path, strerror(errno));
    keeper->next_sequence = end.next_sequence;
    *out_records = end.records;
    return LL_SUCCESS;
}

static ll_err take_folder(struct ll_keeper *keeper) {
    keeper->lock_fd = open(keeper->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (keeper->lock_fd < 0)
        return ll_err_make(LL_UNAVAILABLE, "the journal's folder %s cannot be opened: %s", keeper->folder,
                           strerror(errno));
    if (flock(keeper->lock_fd, LOCK_EX | LOCK_NB) == 0) return LL_SUCCESS;
    return ll_err_make(LL_ALREADY_EXISTS,
                       "another coordinator keeps its journal in %s: end that one, or give --journal another folder",
                       keeper->folder);
}

ll_err ll_keeper_restore(struct ll_keeper *keeper, struct ll_coordinator *core, int64_t now_us) {
    if (!keeper->path) return LL_SUCCESS;
    LL_TRY(take_folder(keeper));
    int fd = open(keeper->path, O_RDWR | O_APPEND | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT) return LL_SUCCESS;
    struct stat info;
    if (fd < 0 || fstat(fd, &info) < 0) {
        ll_err err = ll_err_make(LL_UNAVAILABLE, "the journal %s cannot be read: %s", keeper->path, strerror(errno));
        if (fd >= 0) close(fd);
        return err;
    }
    struct telling telling = {.core = core, .now_us = now_us};
    uint64_t records = 0;
    keeper->is_restoring = true;
    ll_err err = info.st_size > 0 ? read_file(keeper, &telling, fd, (size_t)info.st_size, &records) : LL_SUCCESS;
    keeper->is_restoring = false;
    keeper->fd = fd;
    LL_TRY(err);
    if (records == 0)
        remove_file(keeper); // its coordinator ended in the middle of the first one
    else
        ll_info("went on from the journal %s", keeper->path);
    return LL_SUCCESS;
}
