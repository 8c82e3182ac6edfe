#include "libcommon/model/storage.h"

#include "libcommon/model/context.h"

#include <string.h>

static const char cookie_shape[] = "cookies: each has name, value and domain, as { name = \"sid\", value = \"x\", "
                                   "domain = \"shop.example\" }";
static const char origin_shape[] = "origins: each has origin and localStorage, as { origin = \"https://shop.example\", "
                                   "localStorage = { { name = \"theme\", value = \"dark\" } } }";

static ll_err wrong(const char *part, const char *shape) {
    return ll_err_make(LL_INVALID_ARGUMENT, "%s is no snapshot's %s", part, shape);
}

static bool is_list(const ll_json *node) {
    return !node || ll_json_is_array(node) || (ll_json_is_object(node) && !ll_json_first(node));
}

static bool is_text(const ll_json *node, const char *key) {
    return ll_json_is_string(ll_json_get(node, key));
}

static bool is_cookie(const ll_json *cookie) {
    static const char *const same_site[] = {"Strict", "Lax", "None"};
    const ll_json *site = ll_json_get(cookie, "sameSite"), *expires = ll_json_get(cookie, "expires");
    bool is_known = !site || ll_json_is_null(site);
    for (size_t i = 0; i < 3; i++) is_known |= strcmp(ll_json_string(site, ""), same_site[i]) == 0;
    return is_text(cookie, "name") && is_text(cookie, "value") && is_text(cookie, "domain") && is_known &&
           (!expires || ll_json_is_number(expires));
}

static bool is_origin(const ll_json *origin) {
    const char *url = ll_json_string(ll_json_get(origin, "origin"), "");
    const ll_json *items = ll_json_get(origin, "localStorage");
    if (!*url || ll_origin_length(url) != strlen(url) || !is_list(items)) return false;
    for (const ll_json *item = ll_json_first(items); item; item = ll_json_next(item))
        if (!is_text(item, "name") || !is_text(item, "value")) return false;
    return true;
}

ll_err ll_storage_check(const ll_json *snapshot) {
    const ll_json *cookies = ll_json_get(snapshot, "cookies"), *origins = ll_json_get(snapshot, "origins");
    size_t count = 0;
    if (!ll_json_is_object(snapshot) || (!cookies && !origins && ll_json_first(snapshot)))
        return ll_err_make(LL_INVALID_ARGUMENT,
                           "it is no snapshot: take one with ctx:context_storage_snapshot(), or give "
                           "{ cookies = { ... }, origins = { ... } }");
    if (!is_list(cookies)) return wrong("what it has", cookie_shape);
    for (const ll_json *cookie = ll_json_first(cookies); cookie; cookie = ll_json_next(cookie)) {
        if (++count > LL_STORAGE_COOKIES_MAX)
            return ll_err_make(LL_INVALID_ARGUMENT, "it has more than %d cookies", LL_STORAGE_COOKIES_MAX);
        if (!is_cookie(cookie)) return wrong("one of its cookies", cookie_shape);
    }
    count = 0;
    if (!is_list(origins)) return wrong("what it has", origin_shape);
    for (const ll_json *origin = ll_json_first(origins); origin; origin = ll_json_next(origin)) {
        if (++count > LL_STORAGE_ORIGINS_MAX)
            return ll_err_make(LL_INVALID_ARGUMENT, "it has more than %d origins", LL_STORAGE_ORIGINS_MAX);
        if (!is_origin(origin)) return wrong("one of its origins", origin_shape);
    }
    return LL_SUCCESS;
}
