#include "tools/liveload/cluster.h"

#include "libcommon/base/alloc.h"
#include "libcommon/base/rand.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { READY_TIMEOUT_MS = 10 * 1000, POLITE_MS = 5 * 1000, LINE_MAX_BYTES = 256 };

static const char default_coordinator[] = "tcp://127.0.0.1:7700";

static void token_path(const struct cluster *cluster, char *out, size_t size) {
    snprintf(out, size, "%s/token", cluster->folder);
}

// A folder of our own with a token that exists for this run alone.
static ll_err make_token(struct cluster *cluster) {
    const char *tmp = getenv("TMPDIR");
    char path[PATH_MAX + 8];
    snprintf(cluster->folder, sizeof cluster->folder, "%s/liveload-run-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    if (!mkdtemp(cluster->folder)) {
        ll_err err =
            ll_err_make(LL_PERMISSION_DENIED, "no folder can be made as %s: %s", cluster->folder, strerror(errno));
        cluster->folder[0] = '\0';
        return err;
    }
    ll_rand_token(cluster->token);
    token_path(cluster, path, sizeof path);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (!file) return ll_err_make(LL_PERMISSION_DENIED, "%s cannot be written: %s", path, strerror(errno));
    fprintf(file, "%s\n", cluster->token);
    return fclose(file) == 0 ? LL_SUCCESS : ll_err_make(LL_PERMISSION_DENIED, "%s cannot be written", path);
}

// Agents of other machines are given a token by hand, so it stays the same from run to run.
static ll_err use_standing_token(const struct run_options *options, struct cluster *cluster, char *path, size_t size) {
    if (options->token_file)
        snprintf(path, size, "%s", options->token_file);
    else
        LL_TRY(ll_token_default_path(path, size));
    bool made;
    if (options->coordinator) return ll_token_read(path, cluster->token);
    return ll_token_read_or_make(path, cluster->token, &made);
}

static ll_err start_coordinator(const char *listen, const char *token_file, struct cluster *cluster) {
    const char *const arguments[] = {"--listen", listen, "--token-file", token_file, "--exit-with-parent", NULL};
    struct ll_buf line = ll_buf_make(LINE_MAX_BYTES);
    LL_TRY(child_start("liveload-coordinator", arguments, CHILD_PIPE_OUT, &cluster->coordinator));
    ll_err err = child_read(cluster->coordinator.out, '\n', READY_TIMEOUT_MS, &line);
    const char *address = strstr(ll_buf_str(&line), "tcp://");
    if (err.status == LL_OK && address)
        snprintf(cluster->url, sizeof cluster->url, "%s", address);
    else
        err = ll_err_make(LL_UNAVAILABLE, "the coordinator did not start");
    ll_buf_fini(&line);
    return err;
}

static ll_err start_agent(const struct run_options *options, const char *token_file, uint32_t number,
                          struct cluster *cluster) {
    enum { OWN_ARGUMENTS = 10 };
    _Static_assert(OWN_ARGUMENTS + RUN_AGENT_ARGS_MAX <= CHILD_ARGUMENTS_MAX, "an agent's arguments do not fit");
    char name[32], launch[32], debug[PATH_MAX + 32];
    snprintf(name, sizeof name, "agent-%u", number);
    snprintf(launch, sizeof launch, "%ums", options->launch_ms);
    snprintf(debug, sizeof debug, "--debug=%s", options->artifacts);
    const char *arguments[OWN_ARGUMENTS + RUN_AGENT_ARGS_MAX + 1] = {
        "--coordinator", cluster->url, "--token-file", token_file, "--exit-with-parent", "--name", name};
    size_t count = OWN_ARGUMENTS - 3;
    if (options->launch_ms) {
        arguments[count++] = "--launch-timeout";
        arguments[count++] = launch;
    }
    if (options->is_debug) arguments[count++] = debug;
    memcpy(arguments + count, options->agent_args, sizeof options->agent_args);
    return child_start("liveload-agent", arguments, 0, &cluster->agents[number - 1]);
}

static void invite_agents(const struct cluster *cluster, const char *token_file, uint32_t wanted) {
    const char *port = strrchr(cluster->url, ':') + 1;
    fprintf(stderr,
            "waiting for %u agent%s at %s\n"
            "on this machine:  liveload-agent --token-file %s --coordinator %s\n"
            "on another:       copy that file there, keep  ssh -N -R %s:127.0.0.1:%s THAT-MACHINE  running here, and\n"
            "                  type there:  liveload-agent --token-file FILE --coordinator tcp://127.0.0.1:%s\n",
            wanted, wanted == 1 ? "" : "s", cluster->url, token_file, cluster->url, port, port, port);
}

static ll_err start_agents(const struct run_options *options, const char *token_file, struct cluster *cluster) {
    cluster->agents = ll_alloc(options->agents, sizeof *cluster->agents);
    for (uint32_t i = 0; i < options->agents; i++) {
        cluster->agents[i] = (struct child){.in = -1, .out = -1, .err = -1};
        cluster->agent_count++;
        LL_TRY(start_agent(options, token_file, i + 1, cluster));
    }
    return LL_SUCCESS;
}

static ll_err start_all(const struct run_options *options, struct cluster *cluster) {
    char token_file[PATH_MAX + 8];
    if (options->coordinator) {
        snprintf(cluster->url, sizeof cluster->url, "%s", options->coordinator);
        return use_standing_token(options, cluster, token_file, sizeof token_file);
    }
    if (options->wait_for_agents) {
        LL_TRY(use_standing_token(options, cluster, token_file, sizeof token_file));
        LL_TRY(start_coordinator(options->listen ? options->listen : default_coordinator, token_file, cluster));
        invite_agents(cluster, token_file, options->wait_for_agents);
        return LL_SUCCESS;
    }
    LL_TRY(make_token(cluster));
    token_path(cluster, token_file, sizeof token_file);
    LL_TRY(start_coordinator("tcp://127.0.0.1:0", token_file, cluster));
    return start_agents(options, token_file, cluster);
}

ll_err cluster_start(const struct run_options *options, struct cluster *out) {
    *out = (struct cluster){.coordinator = {.in = -1, .out = -1, .err = -1}};
    ll_err err = start_all(options, out);
    if (err.status != LL_OK) cluster_stop(out, CLUSTER_AT_ONCE);
    return err;
}

void cluster_stop(struct cluster *cluster, enum cluster_manner manner) {
    int wait_ms = manner == CLUSTER_POLITELY ? POLITE_MS : 0;
    for (uint32_t i = 0; i < cluster->agent_count; i++)
        if (manner == CLUSTER_POLITELY) child_signal(&cluster->agents[i], SIGTERM);
    for (uint32_t i = 0; i < cluster->agent_count; i++) child_finish(&cluster->agents[i], wait_ms);
    child_signal(&cluster->coordinator, SIGTERM);
    child_finish(&cluster->coordinator, POLITE_MS);
    free(cluster->agents);
    if (*cluster->folder) {
        char path[PATH_MAX + 8];
        token_path(cluster, path, sizeof path);
        unlink(path);
        rmdir(cluster->folder);
    }
    *cluster = (struct cluster){.coordinator = {.in = -1, .out = -1, .err = -1}};
}

ll_err cluster_check(struct cluster *cluster) {
    if (*cluster->coordinator.name && !child_is_running(&cluster->coordinator))
        return ll_err_make(LL_UNAVAILABLE, "the coordinator ended: what it said is above");
    uint32_t running = 0;
    for (uint32_t i = 0; i < cluster->agent_count; i++) running += child_is_running(&cluster->agents[i]);
    if (cluster->agent_count > 0 && running == 0)
        return ll_err_make(LL_UNAVAILABLE, "no agent is left: what %s said is above",
                           cluster->agent_count == 1 ? "it" : "they");
    return LL_SUCCESS;
}
