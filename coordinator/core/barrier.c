// What a message says is followed in one walk over two ascending lists; rooms are found by hash, and only those where
// somebody came are looked at for groups. So a message costs its own length, however many wait elsewhere.
#include "coordinator/core/barrier.h"

#include "libcommon/base/alloc.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#define uthash_malloc(size) ll_alloc(1, size)
#include <uthash.h>

enum { KEY_MAX = sizeof(uint32_t) + LL_NAME_MAX }; // of a room: its count, then its name

struct room { // a barrier at which somebody waits
    uint32_t count;
    struct entry *first, *last; // in order of arrival
    uint32_t waiting;
    bool has_news;          // somebody came: a group may be whole
    struct room *next_news; // the next of those
    UT_hash_handle hh;
    char key[];
};

struct entry { // a ticket
    uint64_t ticket;
    size_t part;
    struct room *room; // NULL: released
    struct entry *before, *after;
};

struct part {
    struct entry **entries; // by ticket, ascending
    size_t count, capacity;
    bool is_unsorted;  // as restored, maybe twice
    uint64_t round;    // last heard
    bool only_waiting; // none of its users can do anything but wait, or it has none
};

struct ll_barriers {
    struct part *parts;
    size_t part_count;
    struct room *rooms, *news;
    size_t released;   // entries, in all parts
    size_t open_parts; // not only waiting
};

struct ll_barriers *ll_barriers_new(size_t part_count) {
    struct ll_barriers *barriers = ll_alloc(1, sizeof *barriers);
    barriers->parts = ll_alloc(part_count, sizeof *barriers->parts);
    barriers->part_count = barriers->open_parts = part_count;
    return barriers;
}

// ---- Rooms

static size_t write_key(const char *name, uint32_t count, char out[KEY_MAX]) {
    size_t len = strlen(name);
    assert(len <= LL_NAME_MAX); // checked where messages are read
    memcpy(out, &count, sizeof count);
    memcpy(out + sizeof count, name, len);
    return sizeof count + len;
}

static struct room *find_room(const struct ll_barriers *barriers, const char *name, uint32_t count) {
    char key[KEY_MAX];
    size_t len = write_key(name, count, key);
    struct room *room;
    HASH_FIND(hh, barriers->rooms, key, len, room);
    return room;
}

static struct room *enter_room(struct ll_barriers *barriers, const char *name, uint32_t count) {
    struct room *room = find_room(barriers, name, count);
    if (room) return room;
    room = ll_alloc(1, sizeof *room + KEY_MAX);
    room->count = count;
    size_t len = write_key(name, count, room->key);
    HASH_ADD_KEYPTR(hh, barriers->rooms, room->key, len, room);
    return room;
}

static void join(struct ll_barriers *barriers, struct room *room, struct entry *entry) {
    entry->room = room;
    entry->before = room->last;
    *(room->last ? &room->last->after : &room->first) = entry;
    room->last = entry;
    room->waiting++;
    if (room->has_news) return;
    room->has_news = true;
    room->next_news = barriers->news;
    barriers->news = room;
}

static void part_from(struct ll_barriers *barriers, struct entry *entry) {
    struct room *room = entry->room;
    if (!room) return;
    *(entry->before ? &entry->before->after : &room->first) = entry->after;
    *(entry->after ? &entry->after->before : &room->last) = entry->before;
    entry->room = NULL;
    entry->before = entry->after = NULL;
    if (--room->waiting > 0) return;
    HASH_DEL(barriers->rooms, room);
    free(room);
}

// ---- Entries of a part

static void forget(struct ll_barriers *barriers, struct entry *entry) {
    if (entry->room)
        part_from(barriers, entry);
    else
        barriers->released--;
    free(entry);
}

static void forget_all(struct ll_barriers *barriers, struct part *part) {
    for (size_t i = 0; i < part->count; i++) forget(barriers, part->entries[i]);
    free(part->entries);
    part->entries = NULL;
    part->count = part->capacity = 0;
}

void ll_barriers_free(struct ll_barriers **barriers) {
    struct ll_barriers *gone = *barriers;
    *barriers = NULL;
    if (!gone) return;
    for (size_t i = 0; i < gone->part_count; i++) forget_all(gone, &gone->parts[i]);
    free(gone->parts);
    free(gone);
}

static int by_ticket(const void *a, const void *b) {
    uint64_t left = (*(struct entry *const *)a)->ticket, right = (*(struct entry *const *)b)->ticket;
    return (left > right) - (left < right);
}

static void sort_restored(struct ll_barriers *barriers, struct part *part) {
    if (!part->is_unsorted) return;
    part->is_unsorted = false;
    qsort(part->entries, part->count, sizeof *part->entries, by_ticket);
    size_t kept = 1;
    for (size_t i = 1; i < part->count; i++) {
        if (part->entries[i]->ticket == part->entries[kept - 1]->ticket)
            forget(barriers, part->entries[i]);
        else
            part->entries[kept++] = part->entries[i];
    }
    part->count = kept;
}

// ---- What is heard

static struct entry *new_entry(struct ll_barriers *barriers, size_t part, const struct ll_barrier_wait *wait) {
    struct entry *entry = ll_alloc(1, sizeof *entry);
    entry->ticket = wait->ticket;
    entry->part = part;
    join(barriers, enter_room(barriers, wait->name, wait->count), entry);
    return entry;
}

// Both lists ascend: tickets that are new come in, and those that are listed no more, or leave, go. One that was
// released stays, to be told of.
static void follow_list(struct ll_barriers *barriers, size_t index, const struct ll_barrier_waits *waits) {
    struct part *part = &barriers->parts[index];
    struct entry **old = part->entries, **at = old, **end = old + part->count;
    part->entries = waits->count ? ll_alloc(waits->count, sizeof *part->entries) : NULL;
    part->count = 0;
    part->capacity = waits->count;
    for (size_t i = 0; i < waits->count; i++) {
        const struct ll_barrier_wait *wait = &waits->items[i];
        while (at < end && (*at)->ticket < wait->ticket) forget(barriers, *at++);
        struct entry *entry = at < end && (*at)->ticket == wait->ticket ? *at++ : NULL;
        if (wait->is_leaving && entry && entry->room) {
            forget(barriers, entry);
            entry = NULL;
        } else if (!wait->is_leaving && !entry) {
            entry = new_entry(barriers, index, wait);
        }
        if (entry) part->entries[part->count++] = entry;
    }
    while (at < end) forget(barriers, *at++);
    free(old);
}

static void release_groups(struct ll_barriers *barriers, void (*on_released)(void *, size_t, uint64_t), void *arg) {
    struct room *room;
    while ((room = barriers->news)) {
        barriers->news = room->next_news;
        room->has_news = false;
        // The last one to go closes the room.
        uint32_t leaving = room->waiting - room->waiting % room->count;
        for (; leaving > 0; leaving--) {
            struct entry *entry = room->first;
            part_from(barriers, entry);
            barriers->released++;
            on_released(arg, entry->part, entry->ticket);
        }
    }
}

static void set_only_waiting(struct ll_barriers *barriers, struct part *part, bool only_waiting) {
    barriers->open_parts += (size_t)part->only_waiting - (size_t)only_waiting;
    part->only_waiting = only_waiting;
}

void ll_barriers_hear(struct ll_barriers *barriers, size_t index, const struct ll_barrier_waits *waits,
                      void (*on_released)(void *arg, size_t part, uint64_t ticket), void *arg) {
    struct part *part = &barriers->parts[index];
    if (waits->round == 0 || waits->round < part->round) return;
    part->round = waits->round;
    set_only_waiting(barriers, part, waits->nobody_else);
    sort_restored(barriers, part);
    follow_list(barriers, index, waits);
    release_groups(barriers, on_released, arg);
}

void ll_barriers_leave(struct ll_barriers *barriers, size_t index) {
    struct part *part = &barriers->parts[index];
    forget_all(barriers, part);
    set_only_waiting(barriers, part, true);
    part->round = UINT64_MAX;
}

void ll_barriers_restore(struct ll_barriers *barriers, size_t index, uint64_t ticket) {
    struct part *part = &barriers->parts[index];
    if (part->count == part->capacity) {
        part->capacity = part->capacity ? part->capacity * 2 : 8;
        part->entries = ll_realloc(part->entries, part->capacity, sizeof *part->entries);
    }
    struct entry *entry = ll_alloc(1, sizeof *entry);
    entry->ticket = ticket;
    entry->part = index;
    part->entries[part->count++] = entry;
    part->is_unsorted = true;
    barriers->released++;
}

// ---- Answers

// Nobody can come to any barrier any more: every user there is waits, and none was released who has yet to hear of it.
static bool is_deserted(const struct ll_barriers *barriers) {
    return barriers->open_parts == 0 && barriers->released == 0;
}

static uint32_t waiting_at(const struct ll_barriers *barriers, const struct ll_barrier_wait *wait) {
    const struct room *room = find_room(barriers, wait->name, wait->count);
    return room ? room->waiting : 0;
}

void ll_barriers_answer(const struct ll_barriers *barriers, size_t index, const struct ll_barrier_waits *waits,
                        struct ll_barrier_answers *out) {
    const struct part *part = &barriers->parts[index];
    if (waits->round == 0 || waits->round != part->round) return;
    out->items = waits->count ? ll_alloc(waits->count, sizeof *out->items) : NULL;
    out->nobody_comes = is_deserted(barriers);
    struct entry *const *at = part->entries, *const *end = at + part->count;
    for (size_t i = 0; i < waits->count; i++) {
        const struct ll_barrier_wait *wait = &waits->items[i];
        while (at < end && (*at)->ticket < wait->ticket) at++;
        bool is_released = at < end && (*at)->ticket == wait->ticket && !(*at)->room;
        if (!is_released && !wait->is_leaving) continue;
        out->items[out->count++] = (struct ll_barrier_answer){
            .ticket = wait->ticket,
            .is_released = is_released,
            .others = is_released ? 0 : waiting_at(barriers, wait),
        };
    }
}

bool ll_barriers_has_waiting(const struct ll_barriers *barriers, size_t index) {
    const struct part *part = &barriers->parts[index];
    return part->count > 0;
}
