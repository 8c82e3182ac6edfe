#include "agent/browser/launch.h"

#include <sched.h>
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

uint32_t ll_launch_usual_browsers(void) {
    enum { PROCESSORS_EACH = 4 };
    cpu_set_t allowed;
    uint32_t processors = sched_getaffinity(0, sizeof allowed, &allowed) == 0 ? (uint32_t)CPU_COUNT(&allowed) : 1;
    uint32_t wanted = (processors + PROCESSORS_EACH - 1) / PROCESSORS_EACH;
    return wanted < LL_BROWSERS_MAX ? wanted : LL_BROWSERS_MAX;
}
