// One Chromium process: started in a temporary profile, watched until its end.
//
// The loop's thread. Nothing blocks. When the agent dies, in whatever way, the kernel kills the browser too
// (PR_SET_PDEATHSIG), and the browser's children follow it.
#ifndef AGENT_BROWSER_PROCESS_H
#define AGENT_BROWSER_PROCESS_H

#include "libcommon/base/err.h"

#include <libwebsockets.h>

struct ll_launch;
struct ll_loop;
struct ll_process;

// Where a Chromium answers: a pipe in each direction, or a port on loopback and a path.
struct ll_devtools_address {
    int in_fd, out_fd; // a pipe's, to read from and to write to; -1: there is a port
    int port;
    const char *path;
};

enum {
    LL_DEVTOOLS_PATH_MAX = 128,
};

struct ll_process_events {
    void *owner;
    // DevTools can be talked to, or at least be written to: over a pipe the process is perhaps not up yet. The pipe
    // is the receiver's from then on.
    void (*on_listening)(void *owner, const struct ll_devtools_address *address);
    // The process and all who hold its output are gone; comes once, unless ll_process_free came first. The sentence
    // quotes its last words.
    void (*on_end)(void *owner, ll_err why);
};

// The protocol that the vhost must carry, by this name.
#define LL_PROCESS_PROTOCOL "process"
int ll_process_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len);

// `program` is the one that was found; `launch` says how it is started.
ll_err ll_process_start(struct ll_loop *loop, struct lws_vhost *vhost, const char *program,
                        const struct ll_launch *launch, struct ll_process_events events, struct ll_process **out);
// As ll_process_kill, because it has not answered: on_end says so.
void ll_process_give_up(struct ll_process *process);
// The folder that all it keeps is in, for as long as it runs.
const char *ll_process_profile(const struct ll_process *process);
// What the process itself holds alone, without its children; 0 when that is not known.
uint64_t ll_process_memory_bytes(const struct ll_process *process);
// Kills it and its children at once; on_end comes. Can be called again.
void ll_process_kill(struct ll_process *process);
// Kills what is left and removes the profile.
void ll_process_free(struct ll_process **process);

#endif
