// /live/cards: a hand that is dealt anew at each click: cards come, go, move and change, all at once, which is the
// worst that a list can do to a diff. What the hand should look like stands beside it as one text.
#include "libcommon/base/rand.h"
#include "tools/shop/live_view.h"

#include <stdio.h>
#include <string.h>

enum { CARDS = 12, PIPS_MAX = 4, CARD_TEXT_MAX = 16, SEED = 7 };

struct cards {
    struct ll_rand rand;
    unsigned hand[CARDS], held; // which cards, in their order
    unsigned pips[CARDS];       // of each card
    bool is_wild[CARDS];
    unsigned deals;
};

static const struct live_template page_template = {
    .html = "<button id=deal phx-click=deal>Deal</button> <b id=deals>{}</b><ol id=hand>{}</ol><p id=expected>{}</p>"};
static const struct live_template card_template = {.html = "<li id=\"card-{}\">{}:{}{}</li>"};
static const struct live_template pip_template = {.html = "<i>{}</i>"};
static const struct live_template wild_template = {.html = "<b>{}!</b>", .is_element = true};

static void deal(struct cards *cards) {
    unsigned deck[CARDS];
    cards->deals++;
    for (unsigned i = 0; i < CARDS; i++) deck[i] = i;
    for (unsigned i = CARDS - 1; i > 0; i--) {
        unsigned other = (unsigned)ll_rand_below(&cards->rand, i + 1), card = deck[i];
        deck[i] = deck[other];
        deck[other] = card;
    }
    cards->held = (unsigned)ll_rand_below(&cards->rand, CARDS + 1);
    memcpy(cards->hand, deck, sizeof deck);
    for (unsigned i = 0; i < CARDS; i++) {
        if (ll_rand_below(&cards->rand, 2)) cards->pips[i] = (unsigned)ll_rand_below(&cards->rand, PIPS_MAX + 1);
        if (ll_rand_below(&cards->rand, 3) == 0) cards->is_wild[i] = !cards->is_wild[i];
    }
}

static void mount(struct live_page *page, void *state) {
    (void)page;
    ((struct cards *)state)->rand = ll_rand_seed(SEED);
    deal(state);
}

static void event(struct live_page *page, void *state, const struct live_event *event) {
    (void)page;
    if (strcmp(event->name, "deal") == 0) deal(state);
}

static void render_card(const struct cards *cards, unsigned card, struct live_tree *tree) {
    live_entry(tree, card);
    live_print(tree, "%u", card);
    live_print(tree, "%u", card);
    live_begin_list(tree, &pip_template, cards->pips[card]);
    for (unsigned pip = 1; pip <= cards->pips[card]; pip++) {
        live_entry(tree, pip);
        live_print(tree, "%u", pip);
    }
    live_end_list(tree);
    if (cards->is_wild[card]) {
        live_begin(tree, &wild_template);
        live_print(tree, "%u", card);
        live_end(tree);
    } else {
        live_text(tree, "");
    }
}

static void render_expected(const struct cards *cards, struct live_tree *tree) {
    char text[CARDS * CARD_TEXT_MAX] = "", card_text[CARD_TEXT_MAX];
    for (unsigned i = 0; i < cards->held; i++) {
        unsigned card = cards->hand[i];
        snprintf(card_text, sizeof card_text, "%u:%.*s", card, (int)cards->pips[card], "1234");
        strncat(text, card_text, sizeof text - strlen(text) - 1);
        if (cards->is_wild[card]) snprintf(card_text, sizeof card_text, "%u!", card);
        if (cards->is_wild[card]) strncat(text, card_text, sizeof text - strlen(text) - 1);
        strncat(text, " ", sizeof text - strlen(text) - 1);
    }
    live_text(tree, text);
}

static void render(const struct live_page *page, const void *state, struct live_tree *tree) {
    const struct cards *cards = state;
    (void)page;
    live_begin(tree, &page_template);
    live_print(tree, "%u", cards->deals);
    live_begin_list(tree, &card_template, cards->held);
    for (unsigned i = 0; i < cards->held; i++) render_card(cards, cards->hand[i], tree);
    live_end_list(tree);
    render_expected(cards, tree);
    live_end(tree);
}

const struct live_view live_cards = {
    .path = "/live/cards",
    .title = "Cards",
    .live_session = "shop",
    .state_size = sizeof(struct cards),
    .mount = mount,
    .event = event,
    .render = render,
};
