#include "tools/shop/store.h"

#include "libcommon/base/alloc.h"
#include "libcommon/base/rand.h"

#include <stdlib.h>
#include <string.h>

const struct product store_products[STORE_PRODUCTS] = {
    {"Trail kettle", "Boils a litre on a camp stove in four minutes.", 3490, "12"},
    {"Wool blanket", "Two kilos of warmth for long evenings.", 8900, "28"},
    {"Paper lantern", "Folds flat, glows warm.", 1250, "45"},
    {"Enamel mug", "Chips with dignity.", 980, "75"},
    {"Field notebook", "Ninety-six pages that survive rain.", 740, "110"},
    {"Pocket compass", "Points north, every time.", 2150, "150"},
    {"Canvas satchel", "Room for a day and a half.", 6400, "175"},
    {"Brass whistle", "Heard across a valley.", 1520, "200"},
    {"Folding stool", "Three legs, so it never rocks.", 2780, "225"},
    {"Linen towel", "Dries you, then itself.", 1890, "260"},
    {"Cast iron pan", "Yours, then your children's.", 4950, "300"},
    {"Storm matches", "Twenty-five second chances.", 560, "335"},
};

struct store store_make(void) {
    return (struct store){.sessions = ll_alloc(STORE_SESSIONS_MAX, sizeof(struct session))};
}

void store_fini(struct store *store) {
    free(store->sessions);
    *store = (struct store){0};
}

struct session *store_session(struct store *store, const char *id) {
    if (!*id) return NULL;
    for (size_t i = 0; i < STORE_SESSIONS_MAX; i++) {
        // newest first: they are the ones that ask
        struct session *session = &store->sessions[(store->next + STORE_SESSIONS_MAX - 1 - i) % STORE_SESSIONS_MAX];
        if (!*session->id) return NULL;
        if (strcmp(session->id, id) == 0) return session;
    }
    return NULL;
}

struct session *store_session_new(struct store *store) {
    struct session *session = &store->sessions[store->next];
    store->next = (store->next + 1) % STORE_SESSIONS_MAX;
    *session = (struct session){0};
    ll_rand_token(session->id);
    ll_rand_token(session->csrf);
    return session;
}

unsigned store_cart_items(const struct session *session) {
    unsigned items = 0;
    for (size_t i = 0; i < STORE_PRODUCTS; i++) items += session->cart[i];
    return items;
}

unsigned store_cart_cents(const struct session *session) {
    unsigned cents = 0;
    for (size_t i = 0; i < STORE_PRODUCTS; i++) cents += session->cart[i] * store_products[i].cents;
    return cents;
}

void store_price(struct ll_buf *out, unsigned cents) {
    ll_buf_printf(out, "%u.%02u €", cents / 100, cents % 100);
}
