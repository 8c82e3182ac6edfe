// Comma-separated values, RFC 4180: rows of cells, read one after another out of a text that stays where it is.
//
// Rows end with CRLF or LF. A cell in double quotes may hold separators, line ends and quotes, which are doubled.
// Beyond the RFC: a byte order mark before the first row is skipped, and so are lines with nothing in them. One owner.
#ifndef AGENT_SCENARIO_CSV_H
#define AGENT_SCENARIO_CSV_H

#include "libcommon/base/buf.h"
#include "libcommon/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ll_csv {
    const char *path; // for errors
    const char *start, *at, *end;
    char separator;
    uint32_t line;          // of `at`, from 1
    const char *line_start; // of that line
};

struct ll_csv_cell {
    const char *text; // in the source, or in the scratch buffer when quotes had to be taken out; no NUL after it
    size_t len;
    uint32_t line, column; // of its first character, from 1
    bool ends_row;
};

// A reader of the whole text, which is borrowed, as is `path`.
struct ll_csv ll_csv_make(const char *path, const char *text, size_t len, char separator);

// Goes to the beginning of the next row; false when there is none.
bool ll_csv_next_row(struct ll_csv *csv);
// Reads the next cell of the row. `scratch` is overwritten. LL_INVALID_ARGUMENT, as "users.csv:3:12: ...", line and
// column in characters: for quotes that do not match, text around them, a carriage return alone, a zero byte, and bytes
// that are not UTF-8.
ll_err ll_csv_next_cell(struct ll_csv *csv, struct ll_buf *scratch, struct ll_csv_cell *out);

// How many characters from `from` to `to`, plus one: a column.
uint32_t ll_csv_column(const char *from, const char *to);

#endif
