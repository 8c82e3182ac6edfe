// What a run's result is worth: thresholds, iterations that only failed, and what the generator did to it
// (docs/RESULTS.md, "The verdict").
//
// Pure.
#ifndef COORDINATOR_CORE_VERDICT_H
#define COORDINATOR_CORE_VERDICT_H

#include "coordinator/core/generator.h"
#include "libcommon/model/result.h"

// Fills `thresholds` from the result's spec and `generator`, sets `verdict`, and adds a remark for each reason; after
// those, what is worth knowing beside them: nodes that were busy for a while, and that most iterations failed.
void ll_verdict_judge(struct ll_scenario_result *result, const struct ll_generator_facts *facts);

#endif
