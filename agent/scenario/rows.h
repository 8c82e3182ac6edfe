// A data file's rows, once in memory for all users of an agent: the file as it lies in the bundle and where each row of
// it begins, 4 bytes a row. A row is read again whenever a user gets it.
//
// One owner thread.
#ifndef AGENT_SCENARIO_ROWS_H
#define AGENT_SCENARIO_ROWS_H

#include "libcommon/base/err.h"
#include "libcommon/model/bundle.h"

#include <lua.h>
#include <stddef.h>
#include <stdint.h>

enum {
    LL_ROWS_MAX = 1000 * 1000,
    LL_COLUMNS_MAX = 500,
    LL_CELL_BYTES_MAX = 1024 * 1024,
};

struct ll_rows;

// The whole file is checked. `file` is borrowed and outlives the rows. Errors name file and line, and for CSV the
// column: LL_INVALID_ARGUMENT, LL_RESOURCE_EXHAUSTED. A file without a row is one.
//
// CSV: the first row names the columns, and every row has as many cells. JSON: a list; each of its elements is a row.
ll_err ll_rows_read_csv(const struct ll_bundle_file *file, char separator, struct ll_rows **out);
ll_err ll_rows_read_json(const struct ll_bundle_file *file, struct ll_rows **out);
void ll_rows_free(struct ll_rows **rows);

uint32_t ll_rows_count(const struct ll_rows *rows);

// Pushes row `index` (from 0, below the count): of CSV a table of texts by column, of JSON the value. Each time anew,
// so that what a user does to it stays with that user. Raises when memory runs out.
void ll_rows_push(lua_State *L, struct ll_rows *rows, uint32_t index);

#endif
