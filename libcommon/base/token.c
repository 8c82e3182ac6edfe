#include "libcommon/base/token.h"

#include "libcommon/base/alloc.h"
#include "libcommon/base/rand.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

ll_err ll_token_default_path(char *out, size_t size) {
    const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    int len = -1;
    if (config && config[0] == '/')
        len = snprintf(out, size, "%s/liveload/token", config);
    else if (home && home[0] == '/')
        len = snprintf(out, size, "%s/.config/liveload/token", home);
    if (len < 0)
        return ll_err_make(LL_FAILED_PRECONDITION,
                           "neither XDG_CONFIG_HOME nor HOME says where the token is kept: give --token-file FILE");
    if ((size_t)len >= size) return ll_err_make(LL_INVALID_ARGUMENT, "the path of the token file is too long");
    return LL_SUCCESS;
}

static ll_err cannot(const char *what, const char *path, int error) {
    enum ll_status status = error == ENOENT                     ? LL_NOT_FOUND
                            : error == EACCES || error == EPERM ? LL_PERMISSION_DENIED
                                                                : LL_UNAVAILABLE;
    return ll_err_make(status, "the token file %s cannot be %s: %s", path, what, strerror(error));
}

// Cuts the spaces off both ends, in place.
static char *trim(char *text) {
    while (isspace((unsigned char)*text)) text++;
    size_t len = strlen(text);
    while (len > 0 && isspace((unsigned char)text[len - 1])) text[--len] = '\0';
    return text;
}

ll_err ll_token_read(const char *path, char out[LL_TOKEN_TEXT_MAX]) {
    FILE *file = fopen(path, "re");
    if (!file) return cannot("read", path, errno);
    char content[LL_TOKEN_TEXT_MAX + 64];
    size_t len = fread(content, 1, sizeof content - 1, file);
    int error = ferror(file) ? errno : 0;
    fclose(file);
    if (error) return cannot("read", path, error);
    content[len] = '\0';
    const char *token = trim(content);
    size_t token_len = strlen(token);
    bool is_one_word = token_len > 0 && strcspn(token, " \t\r\n") == token_len;
    if (!is_one_word || token_len >= LL_TOKEN_TEXT_MAX || len == sizeof content - 1)
        return ll_err_make(LL_INVALID_ARGUMENT,
                           "the token file %s does not hold one word of up to %d characters: delete it to have a new "
                           "one made",
                           path, LL_TOKEN_TEXT_MAX - 1);
    memcpy(out, token, token_len + 1);
    return LL_SUCCESS;
}

static ll_err make_folders(const char *path) {
    char *folder = ll_strdup(path);
    for (char *slash = strchr(folder + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(folder, 0700) < 0 && errno != EEXIST) {
            int error = errno;
            free(folder);
            return cannot("made", path, error);
        }
        *slash = '/';
    }
    free(folder);
    return LL_SUCCESS;
}

// A file of its own, linked to its place when complete: whoever comes second finds the first one's token.
ll_err ll_token_read_or_make(const char *path, char out[LL_TOKEN_TEXT_MAX], bool *out_made) {
    *out_made = false;
    if (access(path, F_OK) == 0) return ll_token_read(path, out);
    LL_TRY(make_folders(path));
    char *temporary = ll_format("%s.%ld", path, (long)getpid());
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    int error = fd < 0 ? errno : 0;
    if (fd >= 0) {
        char token[LL_TOKEN_CHARS + 2];
        ll_rand_token(token);
        token[LL_TOKEN_CHARS] = '\n';
        bool is_written = write(fd, token, LL_TOKEN_CHARS + 1) == LL_TOKEN_CHARS + 1;
        if (close(fd) < 0 || !is_written) error = errno ? errno : ENOSPC;
        if (!error && link(temporary, path) == 0)
            *out_made = true;
        else if (!error && errno != EEXIST)
            error = errno;
        unlink(temporary);
    }
    free(temporary);
    return error ? cannot("made", path, error) : ll_token_read(path, out);
}
