// The command line of a Chromium: what helps a load generator, what the launch asks for, and what people add.
#ifndef AGENT_BROWSER_FLAGS_H
#define AGENT_BROWSER_FLAGS_H

#include "agent/browser/launch.h"
#include "libcommon/base/buf.h"

#include <limits.h>

enum { LL_FLAGS_MAX = 56 + LL_BROWSER_ARGS_MAX };

struct ll_flags {
    const char *list[LL_FLAGS_MAX + 1]; // the program first, NULL last; borrowed from the launch or from here
    size_t count;
    char profile[PATH_MAX + 32];
    struct ll_buf disabled_features;
};

// `program` is the one that was found; `profile` a folder for this browser alone.
void ll_flags_init(struct ll_flags *flags, const char *program, const struct ll_launch *launch, const char *profile);
void ll_flags_fini(struct ll_flags *flags);

#endif
