// How fast users loop through a small page, and what an iteration costs the agent and the browser.
//
//   cdp_loop [--users N] [--seconds N] [--browser PATH] [--browser-arg ARG]…
//            [--devtools pipe|port] [--paint full|low|off] [--browsers N]
//
// The scenario that docs/BENCHMARKS.md compares with Playwright: open the page, click a button that fetches and adds a
// row, wait for the row, fill an input, submit, wait for the answer, read it. The site is a process of its own.
#include "agent/browser/connection.h"
#include "libcommon/base/clock.h"
#include "libcommon/base/text.h"
#include "libcommon/loop/loop.h"
#include "tests/support/site.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { USERS_MAX = 64, TIMEOUT_MS = 30 * 1000, WARM_UP_US = 2 * 1000 * 1000 };

// As tests/bench/playwright/site.js has it.
static const struct ll_site_page site[] = {
    {.path = "/",
     .body = "<!doctype html><html><head><title>Small page</title></head><body><h1>Small page</h1>"
             "<button id=add>Add a row</button><ul id=rows></ul>"
             "<form id=form><input id=name name=name><button id=send>Send</button></form><p id=answer hidden></p>"
             "<script>document.querySelector('#add').addEventListener('click', async () => {"
             "const text = await (await fetch('/row')).text(); const row = document.createElement('li');"
             "row.className = 'row'; row.textContent = text; document.querySelector('#rows').append(row) });"
             "document.querySelector('#form').addEventListener('submit', async (event) => { event.preventDefault();"
             "const name = encodeURIComponent(document.querySelector('#name').value);"
             "const answer = document.querySelector('#answer');"
             "answer.textContent = await (await fetch('/answer?name=' + name)).text(); answer.hidden = false })"
             "</script></body></html>"},
    {.path = "/row", .type = "text/plain", .body = "a row"},
    {.path = "/answer", .type = "text/plain", .body = "Hello, Ada"},
    {.path = NULL},
};

static const struct ll_action steps[] = {
    {.operation = LL_OP_NAVIGATE, .timeout_ms = TIMEOUT_MS},
    {.operation = LL_OP_CLICK, .selector = "#add", .timeout_ms = TIMEOUT_MS},
    {.operation = LL_OP_WAIT_FOR_SELECTOR, .selector = ".row", .timeout_ms = TIMEOUT_MS},
    {.operation = LL_OP_FILL, .selector = "#name", .text = "Ada", .timeout_ms = TIMEOUT_MS},
    {.operation = LL_OP_CLICK, .selector = "#send", .timeout_ms = TIMEOUT_MS},
    {.operation = LL_OP_WAIT_FOR_SELECTOR, .selector = "#answer", .timeout_ms = TIMEOUT_MS},
    {.operation = LL_OP_INNER_TEXT, .selector = "#answer", .timeout_ms = TIMEOUT_MS},
};
enum { STEPS = sizeof steps / sizeof *steps };

struct bench;

struct user {
    struct bench *bench;
    struct ll_page *page;
    size_t step;
    int64_t step_began_us;
};

struct bench {
    struct ll_loop *loop;
    struct ll_connection *connection;
    struct ll_timer *timer;
    struct user users[USERS_MAX];
    uint64_t user_count, seconds;
    char url[64];
    bool measuring;
    uint64_t iterations, samples;
    int64_t began_us, cpu_began_us, browser_began_us;
    int64_t step_us[STEPS];
};

__attribute__((noreturn)) static void give_up(const char *what, const char *why) {
    fprintf(stderr, "cdp_loop: %s: %s\n", what, why);
    exit(1);
}

static void count_sample(void *owner, enum ll_metric metric, const char *label, double value) {
    (void)metric, (void)label, (void)value;
    ((struct bench *)owner)->samples++;
}

static void count_count(void *owner, enum ll_metric metric, const char *label, uint64_t n) {
    (void)metric, (void)label, (void)n;
    ((struct bench *)owner)->samples++;
}

// Processor time of all processes whose group is led by a child of this one: the browser and its children.
static int64_t browser_cpu_us(void) {
    int64_t ticks = 0;
    DIR *entries = opendir("/proc");
    for (struct dirent *entry; (entry = readdir(entries));) {
        char path[64], text[512];
        snprintf(path, sizeof path, "/proc/%.20s/stat", entry->d_name);
        FILE *file = entry->d_name[0] >= '0' && entry->d_name[0] <= '9' ? fopen(path, "r") : NULL;
        if (!file) continue;
        size_t len = fread(text, 1, sizeof text - 1, file);
        fclose(file);
        text[len] = '\0';
        int group = 0;
        unsigned long user = 0, system = 0;
        const char *rest = strrchr(text, ')');
        if (rest) sscanf(rest, ") %*c %*d %d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &group, &user, &system);
        if (group > 1 && group != getpgrp()) {
            siginfo_t info;
            if (waitid(P_PID, (id_t)group, &info, WEXITED | WNOWAIT | WNOHANG) == 0) ticks += (int64_t)(user + system);
        }
    }
    closedir(entries);
    return ticks * 1000000 / sysconf(_SC_CLK_TCK);
}

static void perform_step(struct user *user) {
    struct ll_action action = steps[user->step];
    if (action.operation == LL_OP_NAVIGATE) action.text = user->bench->url;
    user->step_began_us = ll_clock_us();
    user->bench->connection->ops->perform(user->page, &action);
}

static void on_done(void *owner, const struct ll_action_result *result) {
    struct user *user = owner;
    struct bench *bench = user->bench;
    if (result->err.status != LL_OK) give_up(ll_operation_info(steps[user->step].operation)->name, result->err.text);
    if (bench->measuring) bench->step_us[user->step] += ll_clock_us() - user->step_began_us;
    if (++user->step == STEPS) {
        user->step = 0;
        if (bench->measuring) bench->iterations++;
    }
    perform_step(user);
}

static void on_page_open(void *owner, ll_err err) {
    if (err.status != LL_OK) give_up("a page", err.text);
    perform_step(owner);
}

static void on_page_lost(void *owner, ll_err why) {
    (void)owner;
    give_up("a page was lost", why.text);
}

static void report(struct bench *bench) {
    double seconds = (double)(ll_clock_us() - bench->began_us) / 1e6, n = (double)bench->iterations;
    double agent_us = (double)(ll_clock_cpu_us() - bench->cpu_began_us);
    printf("cdp_loop: %s, %lu users: %.1f iterations/s, agent %.2f ms, browser %.0f ms of CPU and %.0f samples per "
           "iteration;",
           bench->connection->ops->describe(bench->connection), (unsigned long)bench->user_count, n / seconds,
           agent_us / n / 1e3, (double)(browser_cpu_us() - bench->browser_began_us) / n / 1e3,
           (double)bench->samples / n);
    for (size_t i = 0; i < STEPS; i++)
        printf(" %s %.1f%s", ll_operation_info(steps[i].operation)->name, (double)bench->step_us[i] / n / 1e3,
               i + 1 < STEPS ? "," : " ms\n");
}

static void on_timer(void *arg) {
    struct bench *bench = arg;
    if (bench->measuring) {
        report(bench);
        bench->connection->ops->stop(bench->connection);
        return;
    }
    bench->measuring = true;
    bench->samples = 0;
    bench->began_us = ll_clock_us();
    bench->cpu_began_us = ll_clock_cpu_us();
    bench->browser_began_us = browser_cpu_us();
    ll_timer_set(bench->timer, bench->began_us + (int64_t)bench->seconds * 1000000);
}

static void on_ready(void *owner, ll_err err) {
    struct bench *bench = owner;
    if (err.status != LL_OK) give_up("the browser", err.text);
    struct ll_context_options options = {.viewport_width = 1280, .viewport_height = 720};
    for (size_t i = 0; i < bench->user_count; i++) {
        struct user *user = &bench->users[i];
        struct ll_page_events events = {
            .owner = user, .on_page_open = on_page_open, .on_done = on_done, .on_page_lost = on_page_lost};
        user->bench = bench;
        user->page = bench->connection->ops->page_open(bench->connection, &options, events);
    }
    ll_timer_set(bench->timer, ll_clock_us() + WARM_UP_US);
}

static void on_stopped(void *owner) {
    ll_loop_quit(((struct bench *)owner)->loop);
}

// The site in a process of its own; returns its port.
static int start_site(void) {
    int fds[2], port = 0;
    if (pipe(fds) != 0) give_up("the site", "no pipe");
    if (fork() == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        struct ll_loop *loop;
        if (ll_loop_new(&loop).status != LL_OK) exit(1);
        port = ll_site_port(ll_site_new(loop, site));
        if (write(fds[1], &port, sizeof port) != sizeof port) exit(1);
        ll_loop_run(loop);
        exit(0);
    }
    if (read(fds[0], &port, sizeof port) != sizeof port) give_up("the site", "it does not start");
    return port;
}

int main(int argc, char **argv) {
    struct bench bench = {.user_count = 4, .seconds = 8};
    struct ll_launch launch = {0};
    for (int i = 1; i + 1 < argc; i += 2) {
        ll_err err = LL_SUCCESS;
        if (strcmp(argv[i], "--users") == 0)
            err = ll_text_parse_uint(argv[i], argv[i + 1], 1, USERS_MAX, &bench.user_count);
        else if (strcmp(argv[i], "--seconds") == 0)
            err = ll_text_parse_uint(argv[i], argv[i + 1], 1, 3600, &bench.seconds);
        else if (strcmp(argv[i], "--browser") == 0)
            launch.program = argv[i + 1];
        else if (strcmp(argv[i], "--devtools") == 0)
            launch.transport = strcmp(argv[i + 1], "port") == 0 ? LL_TRANSPORT_PORT : LL_TRANSPORT_PIPE;
        else if (strcmp(argv[i], "--browsers") == 0)
            launch.browsers = (uint32_t)atoi(argv[i + 1]);
        else if (strcmp(argv[i], "--paint") == 0 && !ll_launch_parse_paint(argv[i + 1], &launch.paint))
            give_up("--paint", "it is full, low or off");
        else if (strcmp(argv[i], "--browser-arg") == 0 && launch.arg_count < LL_BROWSER_ARGS_MAX)
            launch.args[launch.arg_count++] = argv[i + 1];
        if (err.status != LL_OK) give_up("an option", err.text);
    }
    snprintf(bench.url, sizeof bench.url, "http://127.0.0.1:%d/", start_site());
    ll_err err = ll_loop_new(&bench.loop);
    struct ll_connection_options options = {
        .loop = bench.loop,
        .launch = launch,
        .sink = {.owner = &bench, .sample = count_sample, .count = count_count},
        .owner = &bench,
        .on_ready = on_ready,
        .on_stopped = on_stopped,
    };
    if (err.status == LL_OK) err = ll_connection_open(&options, &bench.connection);
    if (err.status != LL_OK) give_up("the browser", err.text);
    bench.timer = ll_timer_new(bench.loop, on_timer, &bench);
    bench.connection->ops->start(bench.connection);
    ll_loop_run(bench.loop);
    bench.connection->ops->fini(bench.connection);
    ll_timer_free(&bench.timer);
    ll_loop_free(&bench.loop);
    return 0;
}
