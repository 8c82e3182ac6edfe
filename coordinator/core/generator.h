// What the load machines themselves did to a run's figures: the generator's own word beside the verdict
// (docs/RESULTS.md, "The generator"; docs/decisions/generator-share.md).
//
// Pure.
#ifndef COORDINATOR_CORE_GENERATOR_H
#define COORDINATOR_CORE_GENERATOR_H

#include "coordinator/core/collect.h"
#include "libcommon/model/result.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    LL_GENERATOR_ITERATIONS_LEAST = 10, // completed ones, below which the share is left to chance
    LL_GENERATOR_BEATS_LEAST = 20,      // likewise, samples of agent_loop_lag_us: two seconds of one agent
    LL_GENERATOR_CPU_MS_LEAST = 2000, // of a node's CPU looked at: opening the pages alone takes all of it for a while
};

struct ll_generator_facts {
    uint32_t agents_lost, max_lost_agents;
    bool nobody_finished;
    const struct ll_node_load *loads;     // one for each node of the result
    const struct ll_lost_snapshots *lost; // likewise; NULL: none are
};

// Fills `generator` of the result, with a remark for each of its reasons.
void ll_generator_judge(struct ll_scenario_result *result, const struct ll_generator_facts *facts);
// Adds a remark for each node that was busy for a while, and one where the samples were too few to judge.
void ll_generator_remark(struct ll_scenario_result *result, const struct ll_generator_facts *facts);

#endif
