#include "tools/liveload/cluster.h"

#include "libcommon/base/alloc.h"
#include "libcommon/base/rand.h"
#include "libcommon/base/temporary.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    READY_TIMEOUT_MS = 10 * 1000,
    POLITE_MS = 5 * 1000,
    AT_ONCE_MS = 200,
    LINE_MAX_BYTES = 256,
    TOLD_BYTES = 2000, // of the log of a program that died, the last
    TOLD_LINES = 10,
};

static const char coordinator_label[] = "coordinator";
static const char temporary_kind[] = "run"; // of folders

static const char default_coordinator[] = "tcp://127.0.0.1:7700";

static void token_path(const struct cluster *cluster, char *out, size_t size) {
    snprintf(out, size, "%s/token", cluster->folder);
}

static void log_path(const struct cluster *cluster, const char *label, char *out, size_t size) {
    snprintf(out, size, "%s/%s.log", cluster->folder, label);
}

// Commands that were killed left theirs.
static ll_err make_folder(struct cluster *cluster) {
    ll_temporary_sweep(temporary_kind);
    return ll_temporary_make(temporary_kind, cluster->folder, &cluster->folder_lock);
}

// A token that exists for this run alone.
static ll_err make_token(struct cluster *cluster) {
    char path[PATH_MAX + 8];
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

// ---- Programs

static void name_agent(uint32_t number, char out[32]) {
    snprintf(out, 32, "agent-%u", number);
}

// Its log's last lines go to a file, for when it dies.
static ll_err start_program(const struct cluster *cluster, const char *label, const char *program,
                            const char *const *arguments, unsigned pipes, struct child *out) {
    char path[PATH_MAX + 64];
    log_path(cluster, label, path, sizeof path);
    setenv("LIVELOAD_LOG_TAIL", path, 1);
    ll_err err = child_start(program, arguments, pipes, out);
    unsetenv("LIVELOAD_LOG_TAIL");
    return err;
}

static void describe_end(int status, char *out, size_t size) {
    const char *name = WIFSIGNALED(status) ? sigabbrev_np(WTERMSIG(status)) : NULL;
    if (name)
        snprintf(out, size, "was killed by SIG%s", name);
    else if (WIFSIGNALED(status))
        snprintf(out, size, "was killed by signal %d", WTERMSIG(status));
    else
        snprintf(out, size, "ended with exit code %d", WEXITSTATUS(status));
}

// The end of a file, from the beginning of a line; "" when there is none.
static void read_end(const char *path, char out[TOLD_BYTES + 1]) {
    out[0] = '\0';
    FILE *file = fopen(path, "re");
    if (!file) return;
    bool is_cut = fseek(file, -TOLD_BYTES, SEEK_END) == 0; // else all of it
    if (!is_cut) rewind(file);
    size_t len = fread(out, 1, TOLD_BYTES, file);
    out[len] = '\0';
    fclose(file);
    unsigned lines = 0;
    char *from = out + len;
    while (from > out && (from[-1] != '\n' || from == out + len || ++lines < TOLD_LINES)) from--;
    if (is_cut && from == out && strchr(out, '\n')) from = strchr(out, '\n') + 1;
    memmove(out, from, strlen(from) + 1);
}

// A program that ends by itself says why; of one that was killed its log tells what it did.
static void tell_end(const struct cluster *cluster, const char *label, const struct child *child) {
    char path[PATH_MAX + 64], log[TOLD_BYTES + 1] = "", said[64], *rest = log, *line;
    describe_end(child->exit_status, said, sizeof said);
    log_path(cluster, label, path, sizeof path);
    if (WIFSIGNALED(child->exit_status)) read_end(path, log);
    fprintf(stderr, "liveload: %s (%s) %s%s\n", label, child->name, said, *log ? "; the last lines of its log:" : "");
    while ((line = strsep(&rest, "\n")))
        if (*line) fprintf(stderr, "  %s\n", line);
}

static ll_err start_coordinator(const char *listen, const char *token_file, struct cluster *cluster) {
    const char *const arguments[] = {"--listen", listen, "--token-file", token_file, "--exit-with-parent", NULL};
    struct ll_buf line = ll_buf_make(LINE_MAX_BYTES);
    LL_TRY(start_program(cluster, coordinator_label, "liveload-coordinator", arguments, CHILD_PIPE_OUT,
                         &cluster->coordinator));
    ll_err err = child_read(cluster->coordinator.out, '\n', READY_TIMEOUT_MS, &line);
    const char *address = strstr(ll_buf_str(&line), "tcp://");
    if (err.status == LL_OK && address)
        snprintf(cluster->url, sizeof cluster->url, "%s", address);
    else
        err = ll_err_make(LL_UNAVAILABLE, "the coordinator did not start: what it said is above");
    ll_buf_fini(&line);
    return err;
}

static ll_err start_agent(const struct run_options *options, const char *token_file, uint32_t number,
                          struct cluster *cluster) {
    enum { OWN_ARGUMENTS = 10 };
    _Static_assert(OWN_ARGUMENTS + RUN_AGENT_ARGS_MAX <= CHILD_ARGUMENTS_MAX, "an agent's arguments do not fit");
    char name[32], launch[32], debug[PATH_MAX + 32];
    name_agent(number, name);
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
    return start_program(cluster, name, "liveload-agent", arguments, 0, &cluster->agents[number - 1]);
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
    LL_TRY(make_folder(cluster));
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
    *out = (struct cluster){.coordinator = {.in = -1, .out = -1, .err = -1}, .folder_lock = -1};
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
    // It would wait for its agents to stop, which those that were started here have done already.
    bool has_gone = child_ends_within(&cluster->coordinator, AT_ONCE_MS);
    if (!has_gone && cluster->agent_count > 0) child_signal(&cluster->coordinator, SIGTERM);
    child_finish(&cluster->coordinator, POLITE_MS);
    free(cluster->agents);
    if (*cluster->folder) ll_temporary_remove(cluster->folder, cluster->folder_lock);
    *cluster = (struct cluster){.coordinator = {.in = -1, .out = -1, .err = -1}, .folder_lock = -1};
}

// Looks whether it runs, and tells of its end once.
static bool is_running(const struct cluster *cluster, struct child *child, const char *label) {
    if (child->pid == 0) return false;
    if (child_is_running(child)) return true;
    tell_end(cluster, label, child);
    return false;
}

static ll_err death(const char *label, const struct child *child) {
    char said[64];
    describe_end(child->exit_status, said, sizeof said);
    return ll_err_make(LL_UNAVAILABLE, "%s %s%s", label, said,
                       WIFSIGNALED(child->exit_status) ? "" : ": what it said is above");
}

ll_err cluster_check(struct cluster *cluster, uint32_t agents_needed) {
    uint32_t running = 0;
    ll_err last_death = LL_SUCCESS;
    for (uint32_t i = 0; i < cluster->agent_count; i++) {
        char label[32];
        name_agent(i + 1, label);
        if (is_running(cluster, &cluster->agents[i], label))
            running++;
        else
            last_death = death(label, &cluster->agents[i]);
    }
    if (*cluster->coordinator.name && !is_running(cluster, &cluster->coordinator, coordinator_label))
        return death("the coordinator", &cluster->coordinator);
    return running < agents_needed ? last_death : LL_SUCCESS;
}

bool cluster_has_lost_all(const struct cluster *cluster) {
    for (uint32_t i = 0; i < cluster->agent_count; i++)
        if (cluster->agents[i].pid != 0) return false;
    return cluster->agent_count > 0;
}
