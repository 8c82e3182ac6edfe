// A misspelt option of a command line, answered with the one that was probably meant. argp itself says only that there
// is none.
#ifndef LIBCOMMON_BASE_COMMAND_LINE_H
#define LIBCOMMON_BASE_COMMAND_LINE_H

#include <argp.h>

enum { LL_COMMAND_LINE_OPTIONS_MAX = 60 }; // long ones, of one program

// To be called before argp_parse, with the same. A long option that does not exist and resembles one that does ends
// the program with argp_err_exit_status, and a sentence that names both; its value, which may be a secret, is not
// shown. All else that is wrong is left to argp_parse.
void ll_command_line_check(const struct argp *argp, int argc, char **argv);

#endif
