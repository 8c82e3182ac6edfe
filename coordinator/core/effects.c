#include "coordinator/core/effects.h"

#include <stdarg.h>
#include <stdio.h>

void ll_effects_log(const struct ll_effects *effects, enum ll_log_level level, const char *format, ...) {
    char line[600];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    effects->log(effects->owner, level, line);
}
