#include "agent/scenario/secret.h"

#include "agent/scenario/parts.h"
#include "agent/scenario/value.h"
#include "libcommon/model/requires.h"

#include <string.h>

#define NOT_GIVEN                                                                                                      \
    "the secret \"%s\" was not given: add --secret %s to liveload run, with its value in the environment, or "         \
    "--secret %s=@FILE"

static int secret(lua_State *L) {
    char words[LL_VALUE_WORDS_MAX];
    if (lua_type(L, 1) != LUA_TSTRING)
        ll_vm_raise(L, "ll.secret takes the name of a secret, as \"SHOP_PASSWORD\", not %s",
                    ll_value_words(L, 1, words));
    const char *name = lua_tostring(L, 1);
    ll_err err = ll_secret_check_name(name);
    if (err.status != LL_OK) ll_vm_raise(L, "ll.secret: %s", err.text);
    const char *value = ll_secrets_find(ll_vm_of(L)->scenario->secrets, name);
    if (!value) ll_vm_raise(L, NOT_GIVEN, name, name, name);
    lua_pushstring(L, value);
    return 1;
}

const luaL_Reg ll_secret_functions[] = {{"secret", secret}, {NULL, NULL}};

struct search {
    const struct ll_secrets *given;
    const char *path;
    ll_err err; // the first
};

static void look_at(void *arg, const struct ll_named *named) {
    struct search *search = arg;
    const char *name = named->name;
    bool is_missing = strcmp(named->function, "secret") == 0 && ll_secret_check_name(name).status == LL_OK &&
                      !ll_secrets_find(search->given, name);
    if (is_missing && search->err.status == LL_OK)
        search->err =
            ll_err_make(LL_INVALID_ARGUMENT, "%s:%u: " NOT_GIVEN, search->path, named->line, name, name, name);
}

ll_err ll_secret_check_bundle(const struct ll_bundle *bundle, const struct ll_secrets *given) {
    struct search search = {.given = given, .err = LL_SUCCESS};
    for (size_t i = 0; i < bundle->count; i++) {
        const struct ll_bundle_file *file = &bundle->files[i];
        size_t len = strlen(file->path);
        bool is_code = strcmp(file->path, bundle->main) == 0 ||
                       (len > strlen(".lua") && strcmp(file->path + len - strlen(".lua"), ".lua") == 0);
        search.path = file->path;
        if (is_code) ll_requires_scan(file->content, file->len, look_at, &search);
    }
    return search.err;
}
