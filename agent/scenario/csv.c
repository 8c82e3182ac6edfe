#include "agent/scenario/csv.h"

#include <string.h>

static const char mark[] = "\xEF\xBB\xBF"; // the byte order mark, in UTF-8

struct ll_csv ll_csv_make(const char *path, const char *text, size_t len, char separator) {
    struct ll_csv csv = {.path = path, .start = text, .at = text, .end = text + len, .separator = separator, .line = 1};
    if (len >= strlen(mark) && memcmp(text, mark, strlen(mark)) == 0) csv.at += strlen(mark);
    csv.line_start = csv.at;
    return csv;
}

uint32_t ll_csv_column(const char *from, const char *to) {
    uint32_t column = 1;
    for (; from < to; from++) column += ((unsigned char)*from & 0xC0) != 0x80;
    return column;
}

// The line end at `at` is so many bytes long: 2 for CRLF, 1 for LF, 0 when there is none.
static size_t line_end(const struct ll_csv *csv, const char *at) {
    if (at < csv->end && *at == '\n') return 1;
    return csv->end - at >= 2 && at[0] == '\r' && at[1] == '\n' ? 2 : 0;
}

static void pass_line_end(struct ll_csv *csv, size_t len) {
    csv->at += len;
    csv->line++;
    csv->line_start = csv->at;
}

bool ll_csv_next_row(struct ll_csv *csv) {
    for (size_t len; (len = line_end(csv, csv->at)) > 0;) pass_line_end(csv, len);
    return csv->at < csv->end;
}

static ll_err complain(const struct ll_csv *csv, const char *sentence) {
    return ll_err_make(LL_INVALID_ARGUMENT, "%s:%u:%u: %s", csv->path, csv->line,
                       ll_csv_column(csv->line_start, csv->at), sentence);
}

// The length of the UTF-8 character at `at` (RFC 3629), or 0 when the bytes are none.
static size_t character_length(const char *at, const char *end) {
    const unsigned char *c = (const unsigned char *)at;
    size_t left = (size_t)(end - at);
    if (c[0] < 0x80) return 1;
    size_t len = c[0] >= 0xF0 ? 4 : c[0] >= 0xE0 ? 3 : 2;
    if (c[0] < 0xC2 || c[0] > 0xF4 || left < len) return 0;
    for (size_t i = 1; i < len; i++)
        if ((c[i] & 0xC0) != 0x80) return 0;
    bool is_overlong = (c[0] == 0xE0 && c[1] < 0xA0) || (c[0] == 0xF0 && c[1] < 0x90);
    bool is_outside = (c[0] == 0xED && c[1] > 0x9F) || (c[0] == 0xF4 && c[1] > 0x8F);
    return is_overlong || is_outside ? 0 : len;
}

static ll_err pass_character(struct ll_csv *csv) {
    size_t len = character_length(csv->at, csv->end);
    if (len == 0) return complain(csv, "the bytes here are not UTF-8: save the file as UTF-8");
    if (*csv->at == '\0') return complain(csv, "a zero byte: is this a text file?");
    csv->at += len;
    return LL_SUCCESS;
}

// Past what follows a cell: a separator, the end of the row, or that of the text.
static ll_err pass_cell_end(struct ll_csv *csv, bool *out_ends_row) {
    size_t len = line_end(csv, csv->at);
    *out_ends_row = csv->at == csv->end || len > 0;
    if (len > 0)
        pass_line_end(csv, len);
    else if (csv->at < csv->end && *csv->at == csv->separator)
        csv->at++;
    else if (csv->at < csv->end)
        return complain(csv, "text after the closing quote of a cell: a quote within a cell is written twice");
    return LL_SUCCESS;
}

static ll_err read_plain(struct ll_csv *csv, struct ll_csv_cell *out) {
    out->text = csv->at;
    while (csv->at < csv->end && *csv->at != csv->separator && line_end(csv, csv->at) == 0) {
        if (*csv->at == '"')
            return complain(csv, "a quote within a cell that does not begin with one: put the whole cell in quotes, "
                                 "and write the quotes within it twice");
        if (*csv->at == '\r') return complain(csv, "a carriage return without a line feed: end lines with CRLF or LF");
        LL_TRY(pass_character(csv));
    }
    out->len = (size_t)(csv->at - out->text);
    return LL_SUCCESS;
}

static ll_err read_quoted(struct ll_csv *csv, struct ll_buf *scratch, struct ll_csv_cell *out) {
    const char *part = ++csv->at; // from here on nothing was copied to the scratch buffer yet
    ll_buf_clear(scratch);
    for (;;) {
        if (csv->at == csv->end)
            return ll_err_make(LL_INVALID_ARGUMENT, "%s:%u:%u: this cell's quote is never closed", csv->path, out->line,
                               out->column);
        if (*csv->at == '"') {
            bool is_doubled = csv->end - csv->at >= 2 && csv->at[1] == '"';
            if (!is_doubled) break;
            ll_buf_append(scratch, part, (size_t)(csv->at + 1 - part));
            csv->at += 2;
            part = csv->at;
        } else if (*csv->at == '\n') {
            pass_line_end(csv, 1);
        } else {
            LL_TRY(pass_character(csv));
        }
    }
    bool is_copied = scratch->len > 0;
    if (is_copied) ll_buf_append(scratch, part, (size_t)(csv->at - part));
    out->text = is_copied ? ll_buf_str(scratch) : part;
    out->len = is_copied ? scratch->len : (size_t)(csv->at - part);
    csv->at++;
    if (scratch->overflowed)
        return ll_err_make(LL_RESOURCE_EXHAUSTED, "%s:%u:%u: the cell is longer than %zu bytes", csv->path, out->line,
                           out->column, scratch->max);
    return LL_SUCCESS;
}

ll_err ll_csv_next_cell(struct ll_csv *csv, struct ll_buf *scratch, struct ll_csv_cell *out) {
    *out = (struct ll_csv_cell){.line = csv->line, .column = ll_csv_column(csv->line_start, csv->at)};
    if (csv->at < csv->end && *csv->at == '"')
        LL_TRY(read_quoted(csv, scratch, out));
    else
        LL_TRY(read_plain(csv, out));
    return pass_cell_end(csv, &out->ends_row);
}
