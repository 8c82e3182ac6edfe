// Who is due when: a binary heap of alarms, earliest first.
//
// One owner, no clock. An alarm lives inside its owner's struct, is in one agenda at most, and must be cancelled before
// its memory goes. Setting and cancelling cost O(log n).
#ifndef LIBCOMMON_BASE_AGENDA_H
#define LIBCOMMON_BASE_AGENDA_H

#include <stddef.h>
#include <stdint.h>

struct ll_alarm { // starts zeroed
    int64_t at_us;
    size_t place; // in the heap, from 1; 0: not set
};

struct ll_agenda {
    struct ll_alarm **heap; // heap[0] is the earliest
    size_t count, capacity;
};

void ll_agenda_fini(struct ll_agenda *agenda);

// Sets the alarm, or moves it; INT64_MAX cancels it.
void ll_agenda_set(struct ll_agenda *agenda, struct ll_alarm *alarm, int64_t at_us);
void ll_agenda_cancel(struct ll_agenda *agenda, struct ll_alarm *alarm);

// When the earliest is due; INT64_MAX when none is set.
int64_t ll_agenda_next_us(const struct ll_agenda *agenda);
// Takes out the earliest alarm that is due at `now_us`, or returns NULL.
struct ll_alarm *ll_agenda_take(struct ll_agenda *agenda, int64_t now_us);

#endif
