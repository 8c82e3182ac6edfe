// liveload-shop: a small shop to point load tests at, with knobs that make it slow or break it.
#include "libcommon/base/command_line.h"
#include "libcommon/base/log.h"
#include "libcommon/base/parent.h"
#include "libcommon/base/text.h"
#include "tools/shop/live_poll.h"
#include "tools/shop/server.h"

#include <argp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

enum { DEFAULT_PORT = 8089, OPTION_PARENT = 256 };

struct options {
    int port;
    bool exits_with_parent;
    struct knobs knobs;
};

static const struct argp_option option_table[] = {
    {"port", 'p', "PORT", 0, "Port on 127.0.0.1, 0 for any free one (default: 8089)"},
    {"knob", 'k', "KNOB", 0, "Slow or break what starts with a path: path=/checkout,latency=2s,fail=10%,status=503"},
    {"exit-with-parent", OPTION_PARENT, NULL, 0, "End when the process that started it ends"},
    {0},
};

const char *argp_program_version = "liveload-shop " LIVELOAD_VERSION;

static error_t parse_option(int key, char *argument, struct argp_state *state) {
    struct options *options = state->input;
    uint64_t port;
    ll_err err = LL_SUCCESS;
    switch (key) {
    case 'p':
        err = ll_text_parse_uint("--port", argument, 0, 65535, &port);
        if (err.status == LL_OK) options->port = (int)port;
        break;
    case 'k':
        err = knobs_set(&options->knobs, argument, "");
        break;
    case OPTION_PARENT:
        options->exits_with_parent = true;
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    if (err.status != LL_OK) argp_error(state, "%s", err.text);
    return 0;
}

static void on_signal(void *arg, int signal) {
    if (signal != SIGCHLD) ll_loop_quit(arg);
}

static ll_err serve(const struct options *options) {
    struct shop shop = {.store = store_make(), .knobs = options->knobs};
    struct ll_loop *loop = NULL;
    int port = 0;
    ll_err err = ll_loop_new(&loop);
    if (err.status == LL_OK) err = ll_loop_on_signal(loop, on_signal, loop);
    if (err.status == LL_OK) err = shop_listen(loop, &shop, options->port, &port);
    if (err.status == LL_OK) {
        printf("listening on http://127.0.0.1:%d\n", port);
        fflush(stdout);
        ll_loop_run(loop);
    }
    if (loop) ll_loop_free(&loop);
    live_poll_end(&shop);
    store_fini(&shop.store);
    return err;
}

int main(int argc, char **argv) {
    struct options options = {.port = DEFAULT_PORT};
    const struct argp argp = {
        .options = option_table,
        .parser = parse_option,
        .doc = "A demo shop to point load tests at: a catalogue, search, a cart, login, checkout and a page that lives "
               "on a WebSocket.\vKnobs are also set while it runs: curl -d 'path=/checkout&latency=2s' "
               "http://127.0.0.1:8089/_knobs, and removed by -d reset=1.\n\n"
               "Exit codes: 0 asked to end, 1 cannot run, 2 wrong usage.",
    };
    argp_err_exit_status = 2;
    ll_command_line_check(&argp, argc, argv);
    argp_parse(&argp, argc, argv, 0, NULL, &options);
    ll_log_init("liveload-shop", LL_LOG_INFO);
    if (options.exits_with_parent && !ll_parent_follow()) return EXIT_SUCCESS;
    ll_err err = serve(&options);
    if (err.status == LL_OK) return EXIT_SUCCESS;
    fprintf(stderr, "liveload-shop: %s\n", err.text);
    return EXIT_FAILURE;
}
