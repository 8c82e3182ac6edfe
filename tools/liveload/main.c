// liveload: the command people type. Verbs that are programs of their own are handed over to them.
#include "libcommon/base/log.h"
#include "libcommon/base/text.h"
#include "tools/liveload/child.h"
#include "tools/liveload/control.h"
#include "tools/liveload/outcome.h"
#include "tools/liveload/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int report_command(int argc, char **argv) {
    (void)argc;
    argv[0] = "liveload report";
    ll_err err = child_become("liveload-report", argv);
    fprintf(stderr, "liveload: %s\n", err.text);
    return EXIT_NOT_RUN;
}

static const struct {
    const char *name;
    int (*run)(int argc, char **argv); // argv[0] is the verb
    const char *about;
} commands[] = {
    {"run", run_command, "run scenarios with real browser users and write a report"},
    {"attach", attach_command, "follow a run at a standing coordinator until it is over, and write its report"},
    {"fetch", fetch_command, "write the report of a run that is over at a standing coordinator"},
    {"stop", stop_command, "stop a run at a standing coordinator"},
    {"status", status_command, "list the runs of a standing coordinator"},
    {"report", report_command, "make a report from a result: html, json, junit or md"},
};
enum { COMMANDS = sizeof commands / sizeof *commands };

static void print_help(FILE *out) {
    fputs("Usage: liveload COMMAND [OPTION…]\n\nLoad tests with real browser users: what did they feel?\n\n", out);
    for (size_t i = 0; i < COMMANDS; i++) fprintf(out, "  liveload %-8s %s\n", commands[i].name, commands[i].about);
    fputs("\n  liveload COMMAND --help tells more of each, liveload --version the version.\n\n"
          "Try:  liveload run shop.lua --users 5 --duration 30s\n",
          out);
}

static int refuse(const char *command) {
    const char *names[COMMANDS + 1] = {NULL};
    for (size_t i = 0; i < COMMANDS; i++) names[i] = commands[i].name;
    const char *nearest = ll_text_nearest(command, names);
    size_t len = strlen(command);
    if (len > 4 && strcmp(command + len - 4, ".lua") == 0)
        fprintf(stderr, "liveload: to run a scenario type: liveload run %s\n", command);
    else if (nearest)
        fprintf(stderr, "liveload: there is no command \"%s\": did you mean \"%s\"?\n", command, nearest);
    else
        fprintf(stderr, "liveload: there is no command \"%s\": see liveload --help\n", command);
    return EXIT_USAGE;
}

int main(int argc, char **argv) {
    ll_log_init("liveload", LL_LOG_INFO);
    const char *command = argc > 1 ? argv[1] : "";
    if (!*command) {
        print_help(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(command, "--help") == 0 || strcmp(command, "-h") == 0 || strcmp(command, "help") == 0) {
        print_help(stdout);
        return EXIT_SUCCESS;
    }
    if (strcmp(command, "--version") == 0 || strcmp(command, "-V") == 0) {
        puts("liveload " LIVELOAD_VERSION);
        return EXIT_SUCCESS;
    }
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(command, commands[i].name) == 0) return commands[i].run(argc - 1, argv + 1);
    return refuse(command);
}
