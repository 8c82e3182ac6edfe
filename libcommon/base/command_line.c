#include "libcommon/base/command_line.h"

#include "libcommon/base/text.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_MAX_BYTES = 60 }; // longer ones resemble none

// The table ends as argp says: headings of groups have no name and no key either.
static bool is_end(const struct argp_option *option) {
    return !option->name && !option->key && !option->doc && !option->group;
}

static bool takes_next(const struct argp_option *option) {
    return option->arg && !(option->flags & OPTION_ARG_OPTIONAL);
}

static const struct argp_option *find_letter(const struct argp *argp, char letter) {
    for (const struct argp_option *option = argp->options; !is_end(option); option++)
        if (option->key == (unsigned char)letter) return option;
    return NULL;
}

// The option of that name, or else one that begins so: any beginning that only one option has will do for argp.
static const struct argp_option *find_name(const struct argp *argp, const char *name, size_t len) {
    const struct argp_option *begun = NULL;
    for (const struct argp_option *option = argp->options; !is_end(option); option++) {
        if (!option->name || strncmp(option->name, name, len) != 0) continue;
        if (!option->name[len]) return option;
        begun = option;
    }
    return begun;
}

static bool is_argps_own(const char *name, size_t len) {
    static const char *const own[] = {"help", "usage", "version"};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (strncmp(own[i], name, len) == 0) return true;
    return false;
}

static const char *nearest_option(const struct argp *argp, const char *name) {
    const char *names[LL_COMMAND_LINE_OPTIONS_MAX + 4] = {"help", "usage", "version"};
    size_t count = 3;
    for (const struct argp_option *option = argp->options; !is_end(option); option++) {
        if (!option->name || option->flags & OPTION_HIDDEN) continue;
        assert(count < LL_COMMAND_LINE_OPTIONS_MAX + 3);
        names[count++] = option->name;
    }
    return ll_text_nearest(name, names);
}

static void refuse(const struct argp *argp, const char *program, const char *given, size_t len) {
    if (len > NAME_MAX_BYTES) return;
    char name[NAME_MAX_BYTES + 1];
    memcpy(name, given, len);
    name[len] = '\0';
    const char *nearest = nearest_option(argp, name);
    if (!nearest) return;
    const char *slash = strrchr(program, '/');
    char *shown = (char *)(slash ? slash + 1 : program); // argp_help borrows it
    fprintf(stderr, "%s: there is no option --%s: did you mean --%s?\n", shown, name, nearest);
    argp_help(argp, stderr, ARGP_HELP_SEE, shown);
    exit(argp_err_exit_status);
}

// -qu 20: whether the last of these letters takes the next word.
static bool letters_take_next(const struct argp *argp, const char *letters) {
    for (; *letters; letters++) {
        const struct argp_option *option = find_letter(argp, *letters);
        if (option && option->arg) return !letters[1] && takes_next(option);
    }
    return false;
}

void ll_command_line_check(const struct argp *argp, int argc, char **argv) {
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (argv[i][0] != '-') continue;
        if (argv[i][1] != '-') {
            if (letters_take_next(argp, argv[i] + 1)) i++;
            continue;
        }
        const char *name = argv[i] + 2;
        size_t len = strcspn(name, "=");
        const struct argp_option *option = find_name(argp, name, len);
        if (option && takes_next(option) && !name[len])
            i++;
        else if (!option && !is_argps_own(name, len))
            refuse(argp, argv[0], name, len);
    }
}
