// What a run's result is worth: thresholds, lost agents, and the generator's own part in what it measured
// (docs/RESULTS.md, "The verdict"; docs/decisions/generator-share.md).
//
// Pure.
#ifndef COORDINATOR_CORE_VERDICT_H
#define COORDINATOR_CORE_VERDICT_H

#include "coordinator/core/collect.h"
#include "libcommon/model/result.h"

#include <stdbool.h>
#include <stdint.h>

struct ll_verdict_facts {
    uint32_t agents_lost, max_lost_agents;
    bool nobody_finished;
    const struct ll_node_load *loads; // one for each node of the result
};

// The generator's share of the reported p95 of iterations, in [0, 1]; 0 when there is nothing to tell from.
double ll_verdict_generator_share(const struct ll_scenario_result *result);

// Fills `thresholds` from the result's spec, sets `verdict`, and adds a remark for each reason; after those, one for
// each node that was busy for a while, and one where most iterations failed and no threshold is about that.
void ll_verdict_judge(struct ll_scenario_result *result, const struct ll_verdict_facts *facts);

#endif
