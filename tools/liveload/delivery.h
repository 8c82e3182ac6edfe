// What a command leaves of a run: the closing table in the terminal, the result's file, and the reports beside it.
//
// One thread.
#ifndef TOOLS_LIVELOAD_DELIVERY_H
#define TOOLS_LIVELOAD_DELIVERY_H

#include "libcommon/base/err.h"
#include "libcommon/model/result.h"

#include <stdbool.h>
#include <stdio.h>

// Prints each scenario's table to `out`, then writes result.llr into `folder` and has liveload-report make the reports
// from it, and prints where they are. What was measured is told even when the files cannot be written.
ll_err delivery_make(const struct ll_result *result, const char *folder, bool is_quiet, FILE *out);
// The files alone, as above.
ll_err delivery_write(const struct ll_result *result, const char *folder, bool is_quiet, FILE *out);

#endif
