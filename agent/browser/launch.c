#include "agent/browser/launch.h"

#include <string.h>

bool ll_launch_parse_paint(const char *text, enum ll_paint *out) {
    static const char *const names[] = {[LL_PAINT_FULL] = "full", [LL_PAINT_LOW] = "low", [LL_PAINT_OFF] = "off"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(names[i], text) != 0) continue;
        *out = (enum ll_paint)i;
        return true;
    }
    return false;
}
