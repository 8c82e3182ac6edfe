#include "tools/liveload/describe.h"

#include "libcommon/model/bundle.h"
#include "tools/liveload/child.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { DESCRIBE_TIMEOUT_MS = 20 * 1000, COMPLAINT_BYTES_MAX = 16 * 1024 };

static const char *const agent_program = "liveload-agent";

static ll_err pack_bundle(const char *path, struct ll_buf *out) {
    struct ll_bundle bundle;
    LL_TRY(ll_bundle_read(path, &bundle));
    ll_bundle_pack(&bundle, out);
    ll_bundle_fini(&bundle);
    return out->overflowed ? ll_err_make(LL_RESOURCE_EXHAUSTED, "%s and its modules are larger than %d MB", path,
                                         LL_BUNDLE_BYTES_MAX / 1000000)
                           : LL_SUCCESS;
}

// Writes all; a child that stopped reading has said why on its stderr.
static void write_all(int fd, const struct ll_buf *bytes) {
    for (size_t written = 0; written < bytes->len;) {
        ssize_t now = write(fd, bytes->data + written, bytes->len - written);
        if (now < 0 && errno == EINTR) continue;
        if (now <= 0) return;
        written += (size_t)now;
    }
}

// The child's complaint without its name: "liveload-agent: shop.lua:3: …" reads "shop.lua:3: …".
static ll_err complaint_of(const char *path, const struct ll_buf *complaint) {
    const char *text = ll_buf_str(complaint);
    size_t name_len = strlen(agent_program);
    if (strncmp(text, agent_program, name_len) == 0 && strncmp(text + name_len, ": ", 2) == 0) text += name_len + 2;
    int len = (int)strcspn(text, "\n");
    if (len == 0) return ll_err_make(LL_INTERNAL, "%s could not be read, and %s did not say why", path, agent_program);
    return ll_err_make(LL_INVALID_ARGUMENT, "%.*s", len, text);
}

static ll_err ask_agent(const char *path, const struct ll_secrets *secrets, const struct ll_buf *bundle,
                        struct ll_buf *spec, struct ll_buf *complaint) {
    char names[LL_SECRETS_MAX * (LL_SECRET_NAME_MAX + 1) + 1] = "";
    const char *const arguments[] = {"--describe", "--secret-names", names, NULL};
    for (size_t i = 0, len = 0; i < secrets->count; i++)
        len += (size_t)snprintf(names + len, sizeof names - len, "%s%s", i ? "," : "", secrets->items[i].name);
    struct child agent;
    LL_TRY(child_start(agent_program, arguments, CHILD_PIPE_IN | CHILD_PIPE_OUT | CHILD_PIPE_ERR, &agent));
    write_all(agent.in, bundle);
    close(agent.in);
    agent.in = -1;
    ll_err err = child_read(agent.out, -1, DESCRIBE_TIMEOUT_MS, spec);
    if (err.status == LL_OK) err = child_read(agent.err, -1, DESCRIBE_TIMEOUT_MS, complaint);
    child_finish(&agent, err.status == LL_OK ? DESCRIBE_TIMEOUT_MS : 0);
    LL_TRY(ll_err_in(err, "reading %s", path));
    if (!WIFEXITED(agent.exit_status) || WEXITSTATUS(agent.exit_status) != 0) return complaint_of(path, complaint);
    return LL_SUCCESS;
}

ll_err describe_scenario(const char *path, const struct ll_secrets *secrets, struct ll_buf *out_bundle,
                         struct ll_spec *out_spec) {
    struct ll_buf spec = ll_buf_make(LL_SPEC_PACKED_MAX), complaint = ll_buf_make(COMPLAINT_BYTES_MAX);
    ll_err err = pack_bundle(path, out_bundle);
    if (err.status == LL_OK) err = ask_agent(path, secrets, out_bundle, &spec, &complaint);
    if (err.status == LL_OK) err = ll_spec_unpack(spec.data, spec.len, out_spec);
    ll_buf_fini(&spec);
    ll_buf_fini(&complaint);
    return err;
}
