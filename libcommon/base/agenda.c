#include "libcommon/base/agenda.h"

#include "libcommon/base/alloc.h"

#include <stdlib.h>

enum { FIRST_CAPACITY = 64 };

void ll_agenda_fini(struct ll_agenda *agenda) {
    free(agenda->heap);
    *agenda = (struct ll_agenda){0};
}

static void put(struct ll_agenda *agenda, size_t index, struct ll_alarm *alarm) {
    agenda->heap[index] = alarm;
    alarm->place = index + 1;
}

static void rise(struct ll_agenda *agenda, size_t index) {
    struct ll_alarm *alarm = agenda->heap[index];
    while (index > 0 && agenda->heap[(index - 1) / 2]->at_us > alarm->at_us) {
        put(agenda, index, agenda->heap[(index - 1) / 2]);
        index = (index - 1) / 2;
    }
    put(agenda, index, alarm);
}

static void sink(struct ll_agenda *agenda, size_t index) {
    struct ll_alarm *alarm = agenda->heap[index];
    for (;;) {
        size_t child = 2 * index + 1;
        if (child >= agenda->count) break;
        if (child + 1 < agenda->count && agenda->heap[child + 1]->at_us < agenda->heap[child]->at_us) child++;
        if (agenda->heap[child]->at_us >= alarm->at_us) break;
        put(agenda, index, agenda->heap[child]);
        index = child;
    }
    put(agenda, index, alarm);
}

void ll_agenda_cancel(struct ll_agenda *agenda, struct ll_alarm *alarm) {
    if (alarm->place == 0) return;
    size_t index = alarm->place - 1;
    struct ll_alarm *last = agenda->heap[--agenda->count];
    alarm->place = 0;
    if (last == alarm) return;
    put(agenda, index, last);
    rise(agenda, index);
    sink(agenda, last->place - 1);
}

void ll_agenda_set(struct ll_agenda *agenda, struct ll_alarm *alarm, int64_t at_us) {
    if (alarm->place != 0 && alarm->at_us == at_us) return;
    ll_agenda_cancel(agenda, alarm);
    if (at_us == INT64_MAX) return;
    if (agenda->count == agenda->capacity) {
        agenda->capacity = agenda->capacity ? agenda->capacity * 2 : FIRST_CAPACITY;
        agenda->heap = ll_realloc(agenda->heap, agenda->capacity, sizeof(struct ll_alarm *));
    }
    alarm->at_us = at_us;
    put(agenda, agenda->count++, alarm);
    rise(agenda, agenda->count - 1);
}

int64_t ll_agenda_next_us(const struct ll_agenda *agenda) {
    return agenda->count > 0 ? agenda->heap[0]->at_us : INT64_MAX;
}

struct ll_alarm *ll_agenda_take(struct ll_agenda *agenda, int64_t now_us) {
    if (agenda->count == 0 || agenda->heap[0]->at_us > now_us) return NULL;
    struct ll_alarm *alarm = agenda->heap[0];
    ll_agenda_cancel(agenda, alarm);
    return alarm;
}
