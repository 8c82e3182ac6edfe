#include "coordinator/core/barrier.h"

#include "libcommon/base/alloc.h"

#include <stdlib.h>
#include <string.h>

struct room { // a barrier at which somebody waits
    struct room *next;
    char *name;
    uint32_t count;
    struct entry *first, *last; // in order of arrival
    uint32_t waiting;
};

struct entry { // a ticket
    uint64_t ticket;
    struct room *room; // NULL: released
    struct entry *before, *after;
};

struct part {
    struct entry **entries; // by ticket, ascending
    size_t count, capacity;
    uint64_t round;    // last heard
    bool only_waiting; // none of its users can do anything but wait, or it has none
};

struct ll_barriers {
    struct part *parts;
    size_t part_count;
    struct room *rooms;
};

struct ll_barriers *ll_barriers_new(size_t part_count) {
    struct ll_barriers *barriers = ll_alloc(1, sizeof *barriers);
    barriers->parts = ll_alloc(part_count, sizeof *barriers->parts);
    barriers->part_count = part_count;
    return barriers;
}

// ---- Rooms

static struct room *enter_room(struct ll_barriers *barriers, const char *name, uint32_t count) {
    for (struct room *room = barriers->rooms; room; room = room->next)
        if (room->count == count && strcmp(room->name, name) == 0) return room;
    struct room *room = ll_alloc(1, sizeof *room);
    *room = (struct room){.next = barriers->rooms, .name = ll_strdup(name), .count = count};
    barriers->rooms = room;
    return room;
}

static void close_room(struct ll_barriers *barriers, struct room *empty) {
    struct room **at = &barriers->rooms;
    while (*at != empty) at = &(*at)->next;
    *at = empty->next;
    free(empty->name);
    free(empty);
}

static void join(struct room *room, struct entry *entry) {
    entry->room = room;
    entry->before = room->last;
    if (room->last)
        room->last->after = entry;
    else
        room->first = entry;
    room->last = entry;
    room->waiting++;
}

static void part_from(struct ll_barriers *barriers, struct entry *entry) {
    struct room *room = entry->room;
    if (!room) return;
    *(entry->before ? &entry->before->after : &room->first) = entry->after;
    *(entry->after ? &entry->after->before : &room->last) = entry->before;
    entry->room = NULL;
    entry->before = entry->after = NULL;
    if (--room->waiting == 0) close_room(barriers, room);
}

// ---- Entries of a part

static void keep(struct part *part, size_t at, uint64_t ticket) {
    if (part->count == part->capacity) {
        part->capacity = part->capacity ? part->capacity * 2 : 8;
        part->entries = ll_realloc(part->entries, part->capacity, sizeof *part->entries);
    }
    memmove(part->entries + at + 1, part->entries + at, (part->count - at) * sizeof *part->entries);
    part->entries[at] = ll_alloc(1, sizeof *part->entries[at]);
    part->entries[at]->ticket = ticket;
    part->count++;
}

static void forget(struct ll_barriers *barriers, struct part *part, size_t at) {
    part_from(barriers, part->entries[at]);
    free(part->entries[at]);
    part->count--;
    memmove(part->entries + at, part->entries + at + 1, (part->count - at) * sizeof *part->entries);
}

// Where the ticket is, or would be put.
static size_t place_of(const struct part *part, uint64_t ticket) {
    size_t low = 0, high = part->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (part->entries[middle]->ticket < ticket)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct entry *find(const struct part *part, uint64_t ticket) {
    size_t at = place_of(part, ticket);
    return at < part->count && part->entries[at]->ticket == ticket ? part->entries[at] : NULL;
}

void ll_barriers_free(struct ll_barriers **barriers) {
    struct ll_barriers *gone = *barriers;
    *barriers = NULL;
    if (!gone) return;
    for (size_t i = 0; i < gone->part_count; i++) {
        struct part *part = &gone->parts[i];
        while (part->count > 0) forget(gone, part, part->count - 1);
        free(part->entries);
    }
    free(gone->parts);
    free(gone);
}

// ---- What is heard

// Both lists ascend: those of the part's tickets that are not among the waits are forgotten.
static void forget_unlisted(struct ll_barriers *barriers, struct part *part, const struct ll_barrier_waits *waits) {
    size_t kept = 0;
    for (size_t i = 0, w = 0; i < part->count; i++) {
        struct entry *entry = part->entries[i];
        while (w < waits->count && waits->items[w].ticket < entry->ticket) w++;
        if (w < waits->count && waits->items[w].ticket == entry->ticket) {
            part->entries[kept++] = entry;
        } else {
            part_from(barriers, entry);
            free(entry);
        }
    }
    part->count = kept;
}

static void take(struct ll_barriers *barriers, struct part *part, const struct ll_barrier_wait *wait) {
    size_t at = place_of(part, wait->ticket);
    bool is_known = at < part->count && part->entries[at]->ticket == wait->ticket;
    if (wait->is_leaving && is_known && part->entries[at]->room) forget(barriers, part, at);
    if (wait->is_leaving || is_known) return;
    keep(part, at, wait->ticket);
    join(enter_room(barriers, wait->name, wait->count), part->entries[at]);
}

static size_t part_of(const struct ll_barriers *barriers, const struct entry *entry) {
    size_t i = 0;
    while (find(&barriers->parts[i], entry->ticket) != entry) i++;
    return i;
}

static void release_groups(struct ll_barriers *barriers, void (*on_released)(void *, size_t, uint64_t), void *arg) {
    for (struct room *room = barriers->rooms, *next; room; room = next) {
        next = room->next;
        // The last one to go closes the room.
        uint32_t leaving = room->waiting - room->waiting % room->count;
        for (; leaving > 0; leaving--) {
            struct entry *entry = room->first;
            part_from(barriers, entry);
            on_released(arg, part_of(barriers, entry), entry->ticket);
        }
    }
}

void ll_barriers_hear(struct ll_barriers *barriers, size_t index, const struct ll_barrier_waits *waits,
                      void (*on_released)(void *arg, size_t part, uint64_t ticket), void *arg) {
    struct part *part = &barriers->parts[index];
    if (waits->round == 0 || waits->round < part->round) return;
    part->round = waits->round;
    part->only_waiting = waits->nobody_else;
    forget_unlisted(barriers, part, waits);
    for (size_t i = 0; i < waits->count; i++) take(barriers, part, &waits->items[i]);
    release_groups(barriers, on_released, arg);
}

void ll_barriers_leave(struct ll_barriers *barriers, size_t index) {
    struct part *part = &barriers->parts[index];
    while (part->count > 0) forget(barriers, part, part->count - 1);
    part->only_waiting = true;
    part->round = UINT64_MAX;
}

void ll_barriers_restore(struct ll_barriers *barriers, size_t index, uint64_t ticket) {
    struct part *part = &barriers->parts[index];
    if (!find(part, ticket)) keep(part, place_of(part, ticket), ticket);
}

// ---- Answers

// Nobody can come to any barrier any more: every user there is waits, and none was released who has yet to hear of it.
static bool is_deserted(const struct ll_barriers *barriers) {
    for (size_t i = 0; i < barriers->part_count; i++) {
        const struct part *part = &barriers->parts[i];
        if (!part->only_waiting) return false;
        for (size_t k = 0; k < part->count; k++)
            if (!part->entries[k]->room) return false;
    }
    return true;
}

static uint32_t waiting_at(const struct ll_barriers *barriers, const struct ll_barrier_wait *wait) {
    for (const struct room *room = barriers->rooms; room; room = room->next)
        if (room->count == wait->count && strcmp(room->name, wait->name) == 0) return room->waiting;
    return 0;
}

void ll_barriers_answer(const struct ll_barriers *barriers, size_t index, const struct ll_barrier_waits *waits,
                        struct ll_barrier_answers *out) {
    const struct part *part = &barriers->parts[index];
    if (waits->round == 0 || waits->round != part->round) return;
    out->items = waits->count ? ll_alloc(waits->count, sizeof *out->items) : NULL;
    out->nobody_comes = is_deserted(barriers);
    for (size_t i = 0; i < waits->count; i++) {
        const struct ll_barrier_wait *wait = &waits->items[i];
        const struct entry *entry = find(part, wait->ticket);
        bool is_released = entry && !entry->room;
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
