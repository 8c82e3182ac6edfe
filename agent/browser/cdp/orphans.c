#include "agent/browser/cdp/orphans.h"

void ll_cdp_orphans_add(struct ll_cdp_orphans *orphans, uint64_t id, bool is_awaited) {
    orphans->list[orphans->next].id = id;
    orphans->list[orphans->next].is_awaited = is_awaited;
    orphans->next = (orphans->next + 1) % LL_CDP_ORPHANS_MAX;
}

bool ll_cdp_orphans_take(struct ll_cdp_orphans *orphans, uint64_t id) {
    for (size_t i = 0; i < LL_CDP_ORPHANS_MAX; i++) {
        if (orphans->list[i].id != id) continue;
        orphans->list[i].id = 0;
        return true;
    }
    return false;
}

size_t ll_cdp_orphans_awaited(const struct ll_cdp_orphans *orphans) {
    size_t count = 0;
    for (size_t i = 0; i < LL_CDP_ORPHANS_MAX; i++) count += orphans->list[i].id && orphans->list[i].is_awaited;
    return count;
}
