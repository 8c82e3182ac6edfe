// Where a report goes: a file that is whole or not there, a folder of all formats, or a stream.
//
// One thread; blocks for as long as the disk does. Errors name the path.
#ifndef REPORTERS_OUTPUT_H
#define REPORTERS_OUTPUT_H

#include "reporters/reporter.h"

#include <stdio.h>

enum { LL_REPORT_MAX = 1024 * 1024 * 1024 }; // bytes of one report

// Replaces `path` by the report. What is no regular file (a pipe, /dev/null) is written to as it is.
ll_err ll_output_file(const struct ll_reporter *reporter, const struct ll_result *result, const char *path);
// Every format under its file_name in `folder`, which is made when it is missing, with all folders above it. Nothing is
// written unless all could be made.
ll_err ll_output_all(const struct ll_result *result, const char *folder);
ll_err ll_output_stream(const struct ll_reporter *reporter, const struct ll_result *result, FILE *stream);

#endif
