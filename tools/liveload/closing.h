// The closing table: what the users felt, in the terminal.
#ifndef TOOLS_LIVELOAD_CLOSING_H
#define TOOLS_LIVELOAD_CLOSING_H

#include "libcommon/model/result.h"

#include <stdbool.h>
#include <stdio.h>

// Verdict with its reasons, then unless `is_quiet`: iterations, steps, requests, checks, thresholds, and the errors by
// signature.
void closing_print(FILE *out, const struct ll_scenario_result *scenario, bool is_quiet);

#endif
