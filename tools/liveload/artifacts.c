#include "tools/liveload/artifacts.h"

#include "libcommon/model/file.h"
#include "tools/liveload/remote.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static ll_err fetch_bytes(struct remote *remote, const char *run_id, const struct ll_artifact *artifact,
                          struct ll_buf *out) {
    struct ll_fetch_artifact_request request = {0};
    struct ll_fetch_reply reply = {0};
    snprintf(request.run_id, sizeof request.run_id, "%s", run_id);
    snprintf(request.name, sizeof request.name, "%s", artifact->name);
    do {
        request.offset = out->len;
        LL_TRY(remote_fetch_artifact(remote, &request, &reply));
        ll_buf_append(out, reply.chunk.data, reply.chunk.len);
        if (out->overflowed)
            return ll_err_make(LL_RESOURCE_EXHAUSTED, "it is longer than %d bytes", LL_ARTIFACT_BYTES_MAX);
    } while (reply.chunk.len > 0 && out->len < reply.total_bytes);
    return LL_SUCCESS;
}

ll_err artifacts_fetch(struct remote *remote, const char *run_id, struct ll_artifact *artifact, const char *folder) {
    char path[PATH_MAX + LL_ARTIFACT_NAME_MAX + 16];
    if (!ll_artifact_name_is_safe(artifact->name))
        return ll_err_make(LL_INVALID_ARGUMENT, "the name of an artifact cannot be a file's");
    if (mkdir(folder, 0777) != 0 && errno != EEXIST)
        return ll_err_make(LL_PERMISSION_DENIED, "the folder %s cannot be made: %s", folder, strerror(errno));
    struct ll_buf bytes = ll_buf_make(LL_ARTIFACT_BYTES_MAX);
    snprintf(path, sizeof path, "%s/%s", folder, artifact->name);
    ll_err err = ll_err_in(fetch_bytes(remote, run_id, artifact, &bytes), "fetching the artifact %s", artifact->name);
    artifact->bytes = bytes.len;
    if (err.status == LL_OK) err = ll_file_replace(path, bytes.data, bytes.len);
    ll_buf_fini(&bytes);
    return err;
}

void artifacts_remove(const char *out) {
    char path[PATH_MAX + 16];
    snprintf(path, sizeof path, "%s/artifacts", out);
    DIR *folder = opendir(path);
    if (!folder) return;
    for (const struct dirent *entry; (entry = readdir(folder));)
        if (ll_artifact_name_is_of_a_run(entry->d_name)) unlinkat(dirfd(folder), entry->d_name, 0);
    closedir(folder);
    rmdir(path);
}
