// The files of a scenario, as they travel: the scenario itself, the modules it requires and the data files it reads.
//
// One owner. The identity of a bundle is the SHA-256 of its packed form, which has its files in path order.
#ifndef LIBCOMMON_MODEL_BUNDLE_H
#define LIBCOMMON_MODEL_BUNDLE_H

#include "libcommon/base/buf.h"
#include "libcommon/base/err.h"
#include "libcommon/codec/sha256.h"

enum {
    LL_BUNDLE_FILES_MAX = 500,
    LL_BUNDLE_BYTES_MAX = 16 * 1024 * 1024, // packed
};

struct ll_bundle_file {
    char *path; // relative, forward slashes, no ".." and no "."
    void *content;
    size_t len;
};

struct ll_bundle {
    char *main; // path of the scenario file among `files`
    struct ll_bundle_file *files;
    size_t count;
};

// Reads the scenario at `path` and, beside it, every module that it or they name in `require "a.b"` (a/b.lua), and
// every data file that they name in `ll.csv "a.csv"` or `ll.json "a.json"`. What is not there is left for Lua to report
// with its line. LL_NOT_FOUND, LL_RESOURCE_EXHAUSTED.
ll_err ll_bundle_read(const char *path, struct ll_bundle *out);
void ll_bundle_fini(struct ll_bundle *bundle);

// The file at `path`, or NULL.
const struct ll_bundle_file *ll_bundle_find(const struct ll_bundle *bundle, const char *path);

// To and from the wire. Unpack refuses paths that leave the bundle, duplicates and anything over the limits.
void ll_bundle_pack(const struct ll_bundle *bundle, struct ll_buf *out);
ll_err ll_bundle_unpack(const void *data, size_t len, struct ll_bundle *out);

#endif
