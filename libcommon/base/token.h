// The cluster's token, kept in a file that only its owner can read: who can read it may join and run.
//
// Any thread. On one machine coordinator, agents and the command share the default file, so nobody types anything.
#ifndef LIBCOMMON_BASE_TOKEN_H
#define LIBCOMMON_BASE_TOKEN_H

#include "libcommon/base/err.h"

#include <stdbool.h>
#include <stddef.h>

enum { LL_TOKEN_TEXT_MAX = 200 }; // bytes of a token people made themselves, with the terminator

// $XDG_CONFIG_HOME/liveload/token, or ~/.config/liveload/token. LL_FAILED_PRECONDITION when neither is set.
ll_err ll_token_default_path(char *out, size_t size);

// The file's first line, without the spaces around it. LL_NOT_FOUND, LL_PERMISSION_DENIED; LL_INVALID_ARGUMENT when
// there is no token in it or more than one line.
ll_err ll_token_read(const char *path, char out[LL_TOKEN_TEXT_MAX]);

// The same, but makes the file (mode 0600) and its folders (0700) when it is missing. Several programs may do so at
// once: all get the same token.
ll_err ll_token_read_or_make(const char *path, char out[LL_TOKEN_TEXT_MAX], bool *out_made);

#endif
