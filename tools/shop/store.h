// What the shop sells and who is in it: products, sessions, carts, orders.
//
// One owner. Sessions are the newest STORE_SESSIONS_MAX; an older one starts anew with an empty cart.
#ifndef TOOLS_SHOP_STORE_H
#define TOOLS_SHOP_STORE_H

#include "libcommon/base/buf.h"
#include "libcommon/base/rand.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    STORE_PRODUCTS = 12,
    STORE_SESSIONS_MAX = 4096,
    STORE_USER_MAX = 80,
    STORE_PIECES_MAX = 1000, // of one product in a cart
};

struct product {
    const char *name;
    const char *about;
    unsigned cents;
    const char *hue; // of its picture, degrees
};
extern const struct product store_products[STORE_PRODUCTS];

struct session {
    char id[LL_TOKEN_CHARS + 1];
    char csrf[LL_TOKEN_CHARS + 1]; // of its live pages
    char user[STORE_USER_MAX];     // "" until logged in
    unsigned cart[STORE_PRODUCTS];
};

struct store {
    struct session *sessions; // a ring of STORE_SESSIONS_MAX
    size_t next;
    unsigned orders;
    unsigned count, people; // of the counter that everybody shares
};

struct store store_make(void);
void store_fini(struct store *store);

// The session of that id, or NULL.
struct session *store_session(struct store *store, const char *id);
// A new one, in the place of the oldest.
struct session *store_session_new(struct store *store);

unsigned store_cart_items(const struct session *session);
unsigned store_cart_cents(const struct session *session);
// "34.90 €"
void store_price(struct ll_buf *out, unsigned cents);

#endif
