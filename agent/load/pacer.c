#include "agent/load/pacer.h"

int64_t ll_pacer_rest_us(struct ll_pacer *pacer, enum ll_pacer_outcome outcome, int64_t took_us) {
    if (outcome == LL_PACER_COMPLETED) {
        pacer->rest_ms = 0;
        return 0;
    }
    if (took_us > LL_PACER_AT_ONCE_MS * 1000) return 0;
    pacer->rest_ms = pacer->rest_ms ? pacer->rest_ms * 2 : LL_PACER_FIRST_MS;
    if (pacer->rest_ms > LL_PACER_LAST_MS) pacer->rest_ms = LL_PACER_LAST_MS;
    return (int64_t)pacer->rest_ms * 1000;
}
