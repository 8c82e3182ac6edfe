#include "libcommon/model/file.h"

#include "libcommon/base/alloc.h"
#include "libcommon/base/rand.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { READ_BYTES = 64 * 1024 };

static ll_err errno_err(const char *path, const char *what) {
    int number = errno;
    enum ll_status status = LL_INTERNAL;
    if (number == ENOENT || number == ENOTDIR) status = LL_NOT_FOUND;
    if (number == EACCES || number == EPERM || number == EROFS) status = LL_PERMISSION_DENIED;
    if (number == ENOSPC || number == EDQUOT) status = LL_RESOURCE_EXHAUSTED;
    return ll_err_make(status, "%s cannot be %s: %s", path, what, strerror(number));
}

static ll_err read_all(int fd, const char *path, struct ll_buf *out) {
    for (;;) {
        // At the limit, one more byte tells whether the file ends there.
        size_t room = out->max - out->len < READ_BYTES ? out->max - out->len : (size_t)READ_BYTES;
        uint8_t beyond;
        void *at = room ? ll_buf_reserve(out, room) : &beyond;
        ssize_t len = read(fd, at, room ? room : 1);
        if (len < 0 && errno == EINTR) continue;
        if (len < 0) return errno_err(path, "read");
        if (len == 0) return LL_SUCCESS;
        if (!room)
            return ll_err_make(LL_RESOURCE_EXHAUSTED, "%s is too large: %zu bytes are the limit", path, out->max);
        ll_buf_commit(out, (size_t)len);
    }
}

ll_err ll_file_read(const char *path, struct ll_buf *out) {
    // Non-blocking, so that opening a pipe that nobody writes to does not wait for ever.
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return errno_err(path, "opened");
    struct stat stat;
    ll_err err = LL_SUCCESS;
    if (fstat(fd, &stat) != 0)
        err = errno_err(path, "read");
    else if (!S_ISREG(stat.st_mode))
        err = ll_err_make(LL_INVALID_ARGUMENT, "%s is %s, not a file", path,
                          S_ISDIR(stat.st_mode) ? "a folder" : "a device or pipe");
    else
        err = read_all(fd, path, out);
    close(fd);
    return err;
}

static ll_err write_all(int fd, const char *path, const uint8_t *data, size_t len) {
    while (len > 0) {
        ssize_t written = write(fd, data, len);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return errno_err(path, "written");
        data += written;
        len -= (size_t)written;
    }
    return fsync(fd) == 0 ? LL_SUCCESS : errno_err(path, "written");
}

// Makes the rename itself last. A file system that cannot sync a folder has nothing to offer here.
static void sync_folder_of(const char *path) {
    const char *slash = strrchr(path, '/');
    char *folder = slash ? ll_strndup(path, (size_t)(slash - path) + 1) : ll_strdup(".");
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(folder);
    if (fd < 0) return;
    (void)fsync(fd);
    close(fd);
}

static ll_err write_and_rename(int fd, const char *temporary, const char *path, const void *data, size_t len) {
    ll_err err = write_all(fd, path, data, len);
    if (close(fd) != 0 && err.status == LL_OK) err = errno_err(path, "written");
    if (err.status == LL_OK && rename(temporary, path) != 0) err = errno_err(path, "replaced");
    return err;
}

ll_err ll_file_replace(const char *path, const void *data, size_t len) {
    char token[LL_TOKEN_CHARS + 1];
    ll_rand_token(token);
    char *temporary = ll_format("%s.%.8s.tmp", path, token);
    int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    ll_err err = fd < 0 ? errno_err(path, "written") : write_and_rename(fd, temporary, path, data, len);
    if (err.status == LL_OK)
        sync_folder_of(path);
    else if (fd >= 0)
        unlink(temporary);
    free(temporary);
    return err;
}
