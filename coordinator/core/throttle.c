#include "coordinator/core/throttle.h"

#include "libcommon/base/alloc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#define uthash_malloc(size) ll_alloc(1, size)
#include <uthash.h>

struct room {          // a throttle that users have asked for, or that gave permits before a restart
    UT_hash_handle hh; // by name
    char *name;
    bool is_known; // `throttle` is
    struct ll_throttle throttle;
    bool has_permitted;
    int64_t last_us;            // the moment of the last permit
    double used;                // of RATE: permits that could have been given until then
    uint32_t held;              // of PARALLELISM: tickets that are permitted
    struct entry *first, *last; // who waits, in order of arrival
};

struct entry { // a ticket
    uint64_t ticket;
    struct room *room;
    bool is_waiting;
    int64_t at_us; // once it is not: valid from then
    struct entry *before, *after;
};

struct part {
    struct entry **entries; // as it listed them last, tickets ascending
    size_t count;
    uint64_t round; // last heard
};

struct ll_throttles {
    struct part *parts;
    size_t part_count;
    struct room *rooms;
    bool asks_all; // it was restored, and not every part was heard since
};

struct ll_throttles *ll_throttles_new(size_t part_count) {
    struct ll_throttles *throttles = ll_alloc(1, sizeof *throttles);
    throttles->parts = ll_alloc(part_count, sizeof *throttles->parts);
    throttles->part_count = part_count;
    return throttles;
}

// ---- The moments of a rate

// How many permits fit between the run's start and `t_us`.
static double permits_until(const struct ll_throttle *rate, int64_t t_us) {
    double t = (double)t_us / 1e6, ramp = (double)rate->ramp_ms / 1e3;
    double r = rate->from_per_s, gain = rate->to_per_s - r;
    if (t >= ramp) return (r + gain / 2) * ramp + rate->to_per_s * (t - ramp);
    return r * t + gain * t * t / (2 * ramp);
}

// When `permits` of them do: the other way round. On the ramp it solves r t + g/(2 ramp) t² = permits, in the form that
// also stands a gain of 0.
static int64_t time_of(const struct ll_throttle *rate, double permits) {
    double ramp = (double)rate->ramp_ms / 1e3, r = rate->from_per_s, gain = rate->to_per_s - r;
    double on_ramp = (r + gain / 2) * ramp, t;
    if (permits >= on_ramp)
        t = ramp + (permits - on_ramp) / rate->to_per_s;
    else
        t = 2 * permits / (r + sqrt(r * r + 2 * gain / ramp * permits));
    return (int64_t)ceil(t * 1e6);
}

// ---- Rooms

static struct room *find_room(const struct ll_throttles *throttles, const char *name) {
    struct room *room;
    HASH_FIND_STR(throttles->rooms, name, room);
    return room;
}

static struct room *open_room(struct ll_throttles *throttles, const char *name) {
    struct room *known = find_room(throttles, name);
    if (known) return known;
    struct room *room = ll_alloc(1, sizeof *room);
    room->name = ll_strdup(name);
    HASH_ADD_KEYPTR(hh, throttles->rooms, room->name, strlen(room->name), room);
    return room;
}

static struct room *enter_room(struct ll_throttles *throttles, const struct ll_throttle *throttle) {
    struct room *room = open_room(throttles, throttle->name);
    if (room->is_known) return room;
    room->is_known = true;
    room->throttle = *throttle;
    if (room->has_permitted && throttle->kind == LL_THROTTLE_RATE) room->used = permits_until(throttle, room->last_us);
    return room;
}

static void wait_in(struct room *room, struct entry *entry) {
    entry->is_waiting = true;
    entry->before = room->last;
    *(room->last ? &room->last->after : &room->first) = entry;
    room->last = entry;
}

static void permit(struct entry *entry, int64_t at_us) {
    struct room *room = entry->room;
    *(entry->before ? &entry->before->after : &room->first) = entry->after;
    *(entry->after ? &entry->after->before : &room->last) = entry->before;
    entry->before = entry->after = NULL;
    entry->is_waiting = false;
    entry->at_us = at_us;
    room->held++;
}

static void forget(struct entry *entry) {
    if (entry->is_waiting) permit(entry, 0);
    entry->room->held--;
    free(entry);
}

void ll_throttles_free(struct ll_throttles **throttles) {
    struct ll_throttles *gone = *throttles;
    *throttles = NULL;
    if (!gone) return;
    for (size_t i = 0; i < gone->part_count; i++) ll_throttles_leave(gone, i);
    for (struct room *room; (room = gone->rooms);) {
        HASH_DEL(gone->rooms, room);
        free(room->name);
        free(room);
    }
    free(gone->parts);
    free(gone);
}

// ---- What is heard

static struct entry *new_entry(struct room *room, uint64_t ticket) {
    struct entry *entry = ll_alloc(1, sizeof *entry);
    *entry = (struct entry){.ticket = ticket, .room = room};
    wait_in(room, entry);
    return entry;
}

// Both lists ascend: tickets that are new come in, and those that are listed no more go.
static void follow_list(struct ll_throttles *throttles, struct part *part, const struct ll_throttle_wants *wants) {
    struct room *rooms[LL_THROTTLES_MAX] = {NULL};
    for (size_t i = 0; i < wants->throttle_count; i++) rooms[i] = enter_room(throttles, &wants->throttles[i]);
    struct entry **old = part->entries, **end = old + part->count;
    part->entries = wants->count ? ll_alloc(wants->count, sizeof *part->entries) : NULL;
    struct entry **at = old;
    for (size_t i = 0; i < wants->count; i++) {
        const struct ll_throttle_want *want = &wants->items[i];
        while (at < end && (*at)->ticket < want->ticket) forget(*at++);
        bool is_known = at < end && (*at)->ticket == want->ticket;
        struct entry *entry = is_known ? *at++ : new_entry(rooms[want->throttle], want->ticket);
        if (want->is_held && entry->is_waiting) permit(entry, 0); // it knows better: permitted before a restart
        part->entries[i] = entry;
    }
    while (at < end) forget(*at++);
    free(old);
    part->count = wants->count;
}

// When the next one of the room may go on; INT64_MAX: nobody knows yet.
static int64_t next_us(const struct ll_throttles *throttles, const struct room *room, int64_t t_us) {
    const struct ll_throttle *throttle = &room->throttle;
    int64_t at_us = t_us;
    switch (throttle->kind) {
    case LL_THROTTLE_RATE:
        if (room->has_permitted) at_us = time_of(throttle, room->used + 1);
        break;
    case LL_THROTTLE_INTERARRIVAL:
        if (room->has_permitted) at_us = room->last_us + (int64_t)throttle->gap_ms * 1000;
        break;
    case LL_THROTTLE_PARALLELISM:
        if (room->held >= throttle->limit || throttles->asks_all) at_us = INT64_MAX;
        break;
    }
    return at_us > t_us ? at_us : t_us;
}

static void note_permit(struct room *room, int64_t t_us, int64_t at_us) {
    if (room->throttle.kind == LL_THROTTLE_RATE)
        room->used = at_us == t_us ? permits_until(&room->throttle, t_us) : room->used + 1;
    room->has_permitted = true;
    room->last_us = at_us;
}

static bool serve(const struct ll_throttles *throttles, struct room *room, int64_t t_us) {
    bool has_served = false;
    for (; room->first; has_served = true) {
        int64_t at_us = next_us(throttles, room, t_us);
        if (at_us > t_us + LL_THROTTLE_AHEAD_MS * 1000) break;
        permit(room->first, at_us);
        note_permit(room, t_us, at_us);
    }
    return has_served;
}

static bool has_heard_all(const struct ll_throttles *throttles) {
    for (size_t i = 0; i < throttles->part_count; i++)
        if (throttles->parts[i].round == 0) return false;
    return true;
}

// Agents that agree name as many as one scenario has; those that do not, have no more each.
static bool has_room(const struct ll_throttles *throttles, const struct ll_throttle_wants *wants) {
    size_t count = HASH_COUNT(throttles->rooms);
    for (size_t i = 0; i < wants->throttle_count; i++) count += !find_room(throttles, wants->throttles[i].name);
    return count <= throttles->part_count * LL_THROTTLES_MAX;
}

ll_err ll_throttles_hear(struct ll_throttles *throttles, size_t index, int64_t t_us,
                         const struct ll_throttle_wants *wants,
                         void (*on_permitted)(void *arg, const char *name, int64_t at_us), void *arg) {
    struct part *part = &throttles->parts[index];
    if (wants->round == 0 || wants->round < part->round) return LL_SUCCESS;
    if (!has_room(throttles, wants))
        return ll_err_make(LL_RESOURCE_EXHAUSTED, "agents name more than %d throttles each", LL_THROTTLES_MAX);
    part->round = wants->round;
    follow_list(throttles, part, wants);
    if (throttles->asks_all) throttles->asks_all = !has_heard_all(throttles);
    for (struct room *room = throttles->rooms; room; room = room->hh.next)
        if (serve(throttles, room, t_us > 0 ? t_us : 0) && room->throttle.kind != LL_THROTTLE_PARALLELISM)
            on_permitted(arg, room->name, room->last_us);
    return LL_SUCCESS;
}

void ll_throttles_leave(struct ll_throttles *throttles, size_t index) {
    struct part *part = &throttles->parts[index];
    for (size_t i = 0; i < part->count; i++) forget(part->entries[i]);
    free(part->entries);
    *part = (struct part){.round = UINT64_MAX};
}

void ll_throttles_restore(struct ll_throttles *throttles, const char *name, int64_t at_us) {
    struct room *room = open_room(throttles, name);
    if (room->has_permitted && at_us < room->last_us) return;
    room->has_permitted = true;
    room->last_us = at_us;
}

void ll_throttles_ask_all(struct ll_throttles *throttles) {
    throttles->asks_all = true;
}

// ---- Answers

void ll_throttles_answer(const struct ll_throttles *throttles, size_t index, int64_t t_us,
                         const struct ll_throttle_wants *wants, struct ll_throttle_grants *out) {
    const struct part *part = &throttles->parts[index];
    if (wants->round == 0 || wants->round != part->round) return;
    out->items = wants->count ? ll_alloc(wants->count, sizeof *out->items) : NULL;
    for (size_t i = 0; i < wants->count && i < part->count; i++) {
        const struct entry *entry = part->entries[i]; // in the order of the list
        if (entry->is_waiting || wants->items[i].is_held || entry->ticket != wants->items[i].ticket) continue;
        out->items[out->count++] = (struct ll_throttle_grant){
            .ticket = entry->ticket, .in_us = entry->at_us > t_us ? (uint64_t)(entry->at_us - t_us) : 0};
    }
}

bool ll_throttles_has_waiting(const struct ll_throttles *throttles, size_t index) {
    const struct part *part = &throttles->parts[index];
    for (size_t i = 0; i < part->count; i++)
        if (part->entries[i]->is_waiting) return true;
    return false;
}
