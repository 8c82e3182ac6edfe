// Rows of CSV and JSON files: what the formats allow, and the line and column of what they do not.
#include "agent/scenario/rows.h"

#include "world.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <lauxlib.h>
#include <stdio.h>
#include <string.h>

static ll_err read_bytes(const char *path, const char *content, size_t len, char separator, struct ll_rows **out) {
    static struct ll_bundle_file file; // rows borrow it
    file = (struct ll_bundle_file){.path = (char *)path, .content = (void *)content, .len = len};
    return separator ? ll_rows_read_csv(&file, separator, out) : ll_rows_read_json(&file, out);
}

// The error of reading `content`; "" when it can be read.
static const char *error_of(const char *path, const char *content, size_t len) {
    static char text[LL_ERR_TEXT_MAX];
    struct ll_rows *rows = NULL;
    ll_err err = read_bytes(path, content, len, strstr(path, ".csv") ? ',' : '\0', &rows);
    snprintf(text, sizeof text, "%s", err.status == LL_OK ? "" : err.text);
    ll_rows_free(&rows);
    return text;
}

// The rows of a CSV file with the columns a and b: "1|2 3|4".
static const char *cells_of(const char *content, char separator) {
    static char text[400];
    struct ll_rows *rows = NULL;
    ll_err err = read_bytes("t.csv", content, strlen(content), separator, &rows);
    cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
    lua_State *L = luaL_newstate();
    text[0] = '\0';
    for (uint32_t i = 0; i < ll_rows_count(rows); i++) {
        ll_rows_push(L, rows, i);
        lua_getfield(L, -1, "a");
        lua_getfield(L, -2, "b");
        size_t len = strlen(text);
        snprintf(text + len, sizeof text - len, "%s%s|%s", i ? " " : "", lua_tostring(L, -2), lua_tostring(L, -1));
        lua_settop(L, 0);
    }
    lua_close(L);
    ll_rows_free(&rows);
    return text;
}

Test(csv, cells_are_read_as_rfc_4180_says) {
    static const struct {
        const char *content, *cells;
    } cases[] = {
        {"a,b\r\n1,2\r\n3,4\r\n", "1|2 3|4"},
        {"a,b\n1,2\n3,4", "1|2 3|4"},
        {"\xEF\xBB\xBF"
         "a,b\n1,2\n",
         "1|2"},
        {"\xEF\xBB\xBF\"a\",b\n1,2\n", "1|2"},
        {"b,a\n1,2\n", "2|1"},
        {"a,b\n,\n\"\",x\n", "| |x"},
        {"a,b\n\"1,5\",\"say \"\"hi\"\" now\"\n", "1,5|say \"hi\" now"},
        {"a,b\n\"\"\"\",\"two\r\nlines\"\n3,4\n", "\"|two\r\nlines 3|4"},
        {"a,b\n\n1,2\n\r\n\n3,4\n\n", "1|2 3|4"},
        {"a,b\n 1 ,\t2\n", " 1 |\t2"},
        {"a,b\nMüller,日本\n", "Müller|日本"},
        {"a,b,c\n1,2,3\n", "1|2"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        cr_expect(eq(str, (char *)cells_of(cases[i].content, ','), (char *)cases[i].cells), "%s", cases[i].content);
    cr_expect(eq(str, (char *)cells_of("a;b\n1,5;2\n", ';'), "1,5|2"));
    cr_expect(eq(str, (char *)cells_of("a\tb\n1\t2\n", '\t'), "1|2"));
}

Test(csv, what_is_wrong_has_its_line_and_column) {
    static const struct {
        const char *content, *error;
    } cases[] = {
        {"", "t.csv is empty: its first row names the columns"},
        {"\n\n", "t.csv is empty: its first row names the columns"},
        {"a,b\n", "t.csv has no rows"},
        {"a,,c\n1,2,3\n", "t.csv:1:3: a column without a name: the first row names the columns"},
        {"a,b,a\n1,2,3\n", "t.csv:1:5: the column \"a\" is there twice"},
        {"a,b\n1,2\n3\n", "t.csv:3: the row has 1 cell, and the first row names 2 columns"},
        {"a,b\n1,2\nü,4,5\n", "t.csv:3:5: a cell too many: the first row names 2 columns"},
        {"a,b\n1,ü\"x\"\n",
         "t.csv:2:4: a quote within a cell that does not begin with one: put the whole cell in quotes, "
         "and write the quotes within it twice"},
        {"a,b\n\"two\nlines\" x,2\n",
         "t.csv:3:7: text after the closing quote of a cell: a quote within a cell is written twice"},
        {"a,b\n1,\"2\n3,4\n", "t.csv:2:3: this cell's quote is never closed"},
        {"a,b\n1,\xFF\n", "t.csv:2:3: the bytes here are not UTF-8: save the file as UTF-8"},
        {"a,b\n1,\"\xC3\"\n", "t.csv:2:4: the bytes here are not UTF-8: save the file as UTF-8"},
        {"a,b\r1,2\r", "t.csv:1:4: a carriage return without a line feed: end lines with CRLF or LF"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        cr_expect(
            eq(str, (char *)error_of("t.csv", cases[i].content, strlen(cases[i].content)), (char *)cases[i].error));
    cr_expect(eq(str, (char *)error_of("t.csv", "a\n\0\n", 4), "t.csv:2:1: a zero byte: is this a text file?"));
}

Test(csv, a_file_of_another_separator_is_not_taken_for_one_column) {
    static const struct {
        const char *content, *error;
    } cases[] = {
        {"\xEF\xBB\xBFüser;b\n1;2\n",
         "t.csv:1:5: the first row names one column, which has a \";\" in it: write ll.csv(\"t.csv\", { separator = "
         "\";\" }), or put the name in quotes if it is one"},
        {"a\tb\n1\t2\n",
         "t.csv:1:2: the first row names one column, which has a \"\\t\" in it: write ll.csv(\"t.csv\", { separator = "
         "\"\\t\" }), or put the name in quotes if it is one"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        cr_expect(
            eq(str, (char *)error_of("t.csv", cases[i].content, strlen(cases[i].content)), (char *)cases[i].error));
    const char *commas = "a,b\n1,2\n";
    struct ll_rows *rows = NULL;
    ll_err err = read_bytes("t.csv", commas, strlen(commas), ';', &rows);
    cr_expect(strstr(err.text, "separator = \",\"") != NULL, "%s", err.text);

    static const char *const good[] = {"a,b;c\n1,2\n", "a\n1;2\n", "\"a;b\"\n1;2\n", "a\n\"1,2\"\n3\t4;5\n"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        err = read_bytes("t.csv", good[i], strlen(good[i]), ',', &rows);
        cr_expect(eq(int, err.status, LL_OK), "%s: %s", good[i], err.text);
        ll_rows_free(&rows);
    }
}

Test(csv, a_list_of_anything_is_a_json_file) {
    struct ll_rows *rows = NULL;
    const char *content = "\xEF\xBB\xBF [ {\"a\": \"x]\\\",\", \"b\": [1, {\"c\": 2}]},\n 7 , \"t\" ] \n";
    ll_err err = read_bytes("t.json", content, strlen(content), '\0', &rows);
    cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
    cr_expect(eq(u32, ll_rows_count(rows), 3));
    lua_State *L = luaL_newstate();
    ll_rows_push(L, rows, 0);
    lua_getfield(L, -1, "a");
    cr_expect(eq(str, (char *)lua_tostring(L, -1), "x]\","));
    lua_getfield(L, -2, "b");
    cr_expect(eq(sz, lua_rawlen(L, -1), 2));
    ll_rows_push(L, rows, 1);
    cr_expect(eq(int, (int)lua_tointeger(L, -1), 7));
    ll_rows_push(L, rows, 2);
    cr_expect(eq(str, (char *)lua_tostring(L, -1), "t"));
    lua_close(L);
    ll_rows_free(&rows);
}

Test(csv, what_is_wrong_in_json_has_its_line) {
    static const struct {
        const char *content, *error;
    } cases[] = {
        {"", "t.json:1: a [ must be here: the file holds a list, as [{\"name\": \"a\"}, …]"},
        {"\n{}", "t.json:2: a [ must be here: the file holds a list, as [{\"name\": \"a\"}, …]"},
        {"[]", "t.json has no rows"},
        {"[1,\n2\n", "t.json:3: a , or a ] must be here: the file holds a list, as [{\"name\": \"a\"}, …]"},
        {"[1] 2", "t.json:1: the end must be here: the file holds a list, as [{\"name\": \"a\"}, …]"},
        {"[1,\n\nnull]", "t.json:3: row 2: it is null"},
        {"[1,\n{\"a\" 2}]", "t.json:2: row 2: this is not JSON: it goes wrong at byte 5: 2}"},
        {"[1,]", "t.json:1: row 2: this is not JSON: it breaks off after 0 bytes"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        cr_expect(
            eq(str, (char *)error_of("t.json", cases[i].content, strlen(cases[i].content)), (char *)cases[i].error));
}
