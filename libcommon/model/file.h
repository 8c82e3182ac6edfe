// Whole files, in and out, with the path in every error.
//
// Any thread; blocks for as long as the disk does.
#ifndef LIBCOMMON_MODEL_FILE_H
#define LIBCOMMON_MODEL_FILE_H

#include "libcommon/base/buf.h"
#include "libcommon/base/err.h"

// Appends a regular file's content to `out`. LL_NOT_FOUND, LL_PERMISSION_DENIED, LL_INVALID_ARGUMENT when it is no
// regular file, LL_RESOURCE_EXHAUSTED past out->max.
ll_err ll_file_read(const char *path, struct ll_buf *out);

// Writes a file that is either the old one or all of the new one, whatever happens: to a temporary file beside it,
// synced, then renamed over it.
ll_err ll_file_replace(const char *path, const void *data, size_t len);

#endif
