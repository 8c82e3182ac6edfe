#include "agent/scenario/rows.h"

#include "agent/scenario/csv.h"
#include "agent/scenario/value.h"
#include "libcommon/base/alloc.h"
#include "libcommon/codec/json.h"

#include <lauxlib.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct ll_rows {
    const struct ll_bundle_file *file;
    bool is_json;
    char separator; // of CSV
    char **columns; // of CSV
    size_t column_count;
    uint32_t *starts; // offset of each row in the file
    uint32_t count, capacity;
    struct ll_buf scratch; // of the cell that is being read
    ll_json *parsed;       // the row that is being pushed, here so that an error does not leak it
};

static struct ll_rows *rows_new(const struct ll_bundle_file *file) {
    struct ll_rows *rows = ll_alloc(1, sizeof *rows);
    rows->file = file;
    rows->scratch = ll_buf_make(LL_CELL_BYTES_MAX);
    return rows;
}

void ll_rows_free(struct ll_rows **rows) {
    struct ll_rows *gone = *rows;
    *rows = NULL;
    if (!gone) return;
    for (size_t i = 0; i < gone->column_count; i++) free(gone->columns[i]);
    free(gone->columns);
    free(gone->starts);
    ll_buf_fini(&gone->scratch);
    ll_json_free(&gone->parsed);
    free(gone);
}

uint32_t ll_rows_count(const struct ll_rows *rows) {
    return rows->count;
}

static ll_err add_row(struct ll_rows *rows, const char *at) {
    if (rows->count == LL_ROWS_MAX)
        return ll_err_make(LL_RESOURCE_EXHAUSTED, "%s has more than %d rows", rows->file->path, LL_ROWS_MAX);
    if (rows->count == rows->capacity) {
        rows->capacity = rows->capacity ? rows->capacity * 2 : 64;
        rows->starts = ll_realloc(rows->starts, rows->capacity, sizeof *rows->starts);
    }
    rows->starts[rows->count++] = (uint32_t)(at - (const char *)rows->file->content);
    return LL_SUCCESS;
}

// Gives the rows to the caller, or frees them when they could not be read.
static ll_err hand_over(ll_err err, struct ll_rows *rows, struct ll_rows **out) {
    if (err.status == LL_OK && rows->count == 0)
        err = ll_err_make(LL_INVALID_ARGUMENT, "%s has no rows", rows->file->path);
    if (err.status == LL_OK) {
        rows->starts = ll_realloc(rows->starts, rows->count, sizeof *rows->starts);
        *out = rows;
    } else
        ll_rows_free(&rows);
    return err;
}

// ---- CSV

static ll_err add_column(struct ll_rows *rows, const struct ll_csv_cell *cell) {
    const char *path = rows->file->path;
    if (cell->len == 0)
        return ll_err_make(LL_INVALID_ARGUMENT, "%s:%u:%u: a column without a name: the first row names the columns",
                           path, cell->line, cell->column);
    if (rows->column_count == LL_COLUMNS_MAX)
        return ll_err_make(LL_RESOURCE_EXHAUSTED, "%s:%u:%u: there are more than %d columns", path, cell->line,
                           cell->column, LL_COLUMNS_MAX);
    char *name = ll_strndup(cell->text, cell->len);
    rows->columns = ll_realloc(rows->columns, rows->column_count + 1, sizeof *rows->columns);
    rows->columns[rows->column_count++] = name;
    for (size_t i = 0; i + 1 < rows->column_count; i++)
        if (strcmp(rows->columns[i], name) == 0)
            return ll_err_make(LL_INVALID_ARGUMENT, "%s:%u:%u: the column \"%.60s\" is there twice", path, cell->line,
                               cell->column, name);
    return LL_SUCCESS;
}

// A file of another separator would come out as one column whose name is its whole first row. Only an unquoted name is
// looked at, and no other row: a value may hold what it likes.
static ll_err check_only_column(const struct ll_csv *csv, const struct ll_csv_cell *cell) {
    static const char separators[] = ";\t,";
    for (const char *separator = separators; *separator; separator++) {
        const char *at = memchr(cell->text, *separator, cell->len);
        if (!at) continue;
        const char *shown = *separator == '\t' ? "\\t" : (const char[]){*separator, '\0'};
        return ll_err_make(LL_INVALID_ARGUMENT,
                           "%s:%u:%u: the first row names one column, which has a \"%s\" in it: write ll.csv(\"%s\", { "
                           "separator = \"%s\" }), or put the name in quotes if it is one",
                           csv->path, cell->line, ll_csv_column(cell->text, at), shown, csv->path, shown);
    }
    return LL_SUCCESS;
}

static ll_err read_header(struct ll_rows *rows, struct ll_csv *csv) {
    struct ll_csv_cell cell = {.ends_row = false};
    if (!ll_csv_next_row(csv))
        return ll_err_make(LL_INVALID_ARGUMENT, "%s is empty: its first row names the columns", rows->file->path);
    bool is_quoted = *csv->at == '"';
    while (!cell.ends_row) {
        LL_TRY(ll_csv_next_cell(csv, &rows->scratch, &cell));
        LL_TRY(add_column(rows, &cell));
    }
    return rows->column_count == 1 && !is_quoted ? check_only_column(csv, &cell) : LL_SUCCESS;
}

static ll_err check_row(struct ll_rows *rows, struct ll_csv *csv) {
    struct ll_csv_cell cell = {.ends_row = false};
    uint32_t line = csv->line;
    LL_TRY(add_row(rows, csv->at));
    size_t count = 0;
    for (; !cell.ends_row; count++) {
        LL_TRY(ll_csv_next_cell(csv, &rows->scratch, &cell));
        if (count >= rows->column_count)
            return ll_err_make(LL_INVALID_ARGUMENT, "%s:%u:%u: a cell too many: the first row names %zu column%s",
                               rows->file->path, cell.line, cell.column, rows->column_count,
                               rows->column_count == 1 ? "" : "s");
    }
    if (count < rows->column_count)
        return ll_err_make(LL_INVALID_ARGUMENT, "%s:%u: the row has %zu cell%s, and the first row names %zu columns",
                           rows->file->path, line, count, count == 1 ? "" : "s", rows->column_count);
    return LL_SUCCESS;
}

static ll_err read_csv(struct ll_rows *rows) {
    struct ll_csv csv = ll_csv_make(rows->file->path, rows->file->content, rows->file->len, rows->separator);
    LL_TRY(read_header(rows, &csv));
    while (ll_csv_next_row(&csv)) LL_TRY(check_row(rows, &csv));
    return LL_SUCCESS;
}

ll_err ll_rows_read_csv(const struct ll_bundle_file *file, char separator, struct ll_rows **out) {
    struct ll_rows *rows = rows_new(file);
    rows->separator = separator;
    return hand_over(read_csv(rows), rows, out);
}

static void push_csv(lua_State *L, struct ll_rows *rows, uint32_t index) {
    const char *content = rows->file->content;
    struct ll_csv csv = ll_csv_make(rows->file->path, content, rows->file->len, rows->separator);
    csv.at = content + rows->starts[index];
    lua_createtable(L, 0, (int)rows->column_count);
    for (size_t i = 0; i < rows->column_count; i++) {
        struct ll_csv_cell cell;
        ll_err err = ll_csv_next_cell(&csv, &rows->scratch, &cell);
        if (err.status != LL_OK) luaL_error(L, "%s", err.text); // it was checked when the file was read
        lua_pushlstring(L, cell.text, cell.len);
        lua_setfield(L, -2, rows->columns[i]);
    }
}

// ---- JSON

struct list { // a JSON text on its way through
    const char *path, *at, *end;
    uint32_t line;
};

static void skip_space(struct list *list) {
    for (; list->at < list->end && strchr(" \t\r\n", *list->at) && *list->at; list->at++)
        list->line += *list->at == '\n';
}

static ll_err not_a_list(const struct list *list, const char *wanted) {
    return ll_err_make(LL_INVALID_ARGUMENT, "%s:%u: %s must be here: the file holds a list, as [{\"name\": \"a\"}, …]",
                       list->path, list->line, wanted);
}

// Past one element: to the comma or bracket that stands outside of its own brackets and strings.
static void skip_element(struct list *list) {
    int depth = 0;
    bool in_string = false;
    for (; list->at < list->end; list->at++) {
        char c = *list->at;
        list->line += c == '\n';
        if (in_string) {
            if (c == '\\' && list->end - list->at > 1)
                list->at++;
            else if (c == '"')
                in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (depth == 0 && (c == ',' || c == ']')) {
            return;
        } else if (c == '[' || c == '{') {
            depth++;
        } else if (c == ']' || c == '}') {
            depth--;
        }
    }
}

static ll_err read_element(struct ll_rows *rows, struct list *list) {
    const char *start = list->at;
    uint32_t line = list->line;
    ll_json *json = NULL;
    LL_TRY(add_row(rows, start));
    skip_element(list);
    ll_err err = ll_json_parse(start, (size_t)(list->at - start), &json);
    if (err.status == LL_OK && ll_json_is_null(json)) err = ll_err_make(LL_INVALID_ARGUMENT, "it is null");
    ll_json_free(&json);
    return ll_err_in(err, "%s:%u: row %u", list->path, line, rows->count);
}

static ll_err read_json(struct ll_rows *rows) {
    const char *content = rows->file->content;
    struct list list = {.path = rows->file->path, .at = content, .end = content + rows->file->len, .line = 1};
    if (rows->file->len >= 3 && memcmp(content, "\xEF\xBB\xBF", 3) == 0) list.at += 3;
    skip_space(&list);
    if (list.at == list.end || *list.at != '[') return not_a_list(&list, "a [");
    list.at++;
    skip_space(&list);
    bool is_over = list.at < list.end && *list.at == ']';
    while (!is_over) {
        LL_TRY(read_element(rows, &list));
        if (list.at == list.end) return not_a_list(&list, "a , or a ]");
        is_over = *list.at == ']';
        if (is_over) break;
        list.at++;
        skip_space(&list);
    }
    list.at++;
    skip_space(&list);
    return list.at == list.end ? LL_SUCCESS : not_a_list(&list, "the end");
}

ll_err ll_rows_read_json(const struct ll_bundle_file *file, struct ll_rows **out) {
    struct ll_rows *rows = rows_new(file);
    rows->is_json = true;
    return hand_over(read_json(rows), rows, out);
}

static void push_json(lua_State *L, struct ll_rows *rows, uint32_t index) {
    const char *content = rows->file->content;
    struct list list = {.at = content + rows->starts[index], .end = content + rows->file->len};
    const char *start = list.at;
    skip_element(&list);
    ll_json_free(&rows->parsed);
    ll_err err = ll_json_parse_value(start, (size_t)(list.at - start), &rows->parsed);
    if (err.status != LL_OK) luaL_error(L, "%s", err.text); // it was checked when the file was read
    ll_value_push_json(L, rows->parsed);
    ll_json_free(&rows->parsed);
}

void ll_rows_push(lua_State *L, struct ll_rows *rows, uint32_t index) {
    if (rows->is_json)
        push_json(L, rows, index);
    else
        push_csv(L, rows, index);
}
