#include "agent/browser/null/jar.h"

#include "libcommon/base/clock.h"

#include <stdio.h>
#include <string.h>

static bool has_same(const ll_json *one, const ll_json *other, const char *key) {
    return strcmp(ll_json_string(ll_json_get(one, key), ""), ll_json_string(ll_json_get(other, key), "")) == 0;
}

static bool is_replaced(const ll_json *cookie, const ll_json *by) {
    for (const ll_json *one = ll_json_first(by); one; one = ll_json_next(one))
        if (has_same(cookie, one, "name") && has_same(cookie, one, "domain") && has_same(cookie, one, "path"))
            return true;
    return false;
}

static void copy_text(struct ll_json_writer *writer, const ll_json *cookie, const char *key) {
    const char *text = ll_json_string(ll_json_get(cookie, key), NULL);
    if (text) ll_json_write_string(writer, key, text);
}

static void write_cookie(struct ll_json_writer *writer, const ll_json *cookie) {
    ll_json_begin_object(writer, NULL);
    copy_text(writer, cookie, "name");
    copy_text(writer, cookie, "value");
    copy_text(writer, cookie, "domain");
    copy_text(writer, cookie, "path");
    copy_text(writer, cookie, "sameSite");
    ll_json_write_bool(writer, "secure", ll_json_bool(ll_json_get(cookie, "secure"), false));
    ll_json_write_bool(writer, "httpOnly", ll_json_bool(ll_json_get(cookie, "httpOnly"), false));
    ll_json_write_number(writer, "expires", ll_json_number(ll_json_get(cookie, "expires"), -1));
    ll_json_end_object(writer);
}

static size_t count(const ll_json *list) {
    size_t found = 0;
    for (const ll_json *one = ll_json_first(list); one; one = ll_json_next(one)) found++;
    return found;
}

// The cookies of a list that stay, but for the first `skipped` of it.
static void write_list(struct ll_json_writer *writer, const ll_json *list, const ll_json *replaced_by, size_t skipped) {
    double now_s = (double)ll_clock_wall_ms() / 1000;
    for (const ll_json *one = ll_json_first(list); one; one = ll_json_next(one)) {
        double expires = ll_json_number(ll_json_get(one, "expires"), -1);
        if (skipped > 0)
            skipped--;
        else if (!is_replaced(one, replaced_by) && (expires < 0 || expires > now_s))
            write_cookie(writer, one);
    }
}

ll_json *ll_null_jar_put(ll_json *old, const char *text) {
    ll_json *added = NULL, *jar = NULL;
    if (ll_json_parse(text, strlen(text), &added).status != LL_OK) return NULL;
    struct ll_buf buf = ll_buf_make(LL_NULL_JAR_BYTES_MAX);
    struct ll_json_writer writer = ll_json_writer_make(&buf);
    size_t all = count(old) + count(added), most = LL_NULL_COOKIES_MAX;
    ll_json_begin_array(&writer, NULL);
    write_list(&writer, old, added, all > most ? all - most : 0);
    write_list(&writer, added, NULL, count(added) > most ? count(added) - most : 0);
    ll_json_end_array(&writer);
    bool is_done = !buf.overflowed && ll_json_parse(ll_buf_str(&buf), buf.len, &jar).status == LL_OK;
    if (is_done) ll_json_free(&old);
    ll_buf_fini(&buf);
    ll_json_free(&added);
    return is_done ? jar : NULL;
}
