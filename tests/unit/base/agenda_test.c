#include "libcommon/base/agenda.h"

#include "libcommon/base/rand.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

Test(agenda, gives_alarms_in_order_whatever_was_set_moved_and_cancelled) {
    enum { ALARMS = 300 };
    struct ll_agenda agenda = {0};
    struct ll_alarm alarms[ALARMS] = {0};
    struct ll_rand rand = ll_rand_seed(7);
    for (int i = 0; i < 5000; i++) {
        struct ll_alarm *alarm = &alarms[ll_rand_below(&rand, ALARMS)];
        if (ll_rand_below(&rand, 4) == 0)
            ll_agenda_cancel(&agenda, alarm);
        else
            ll_agenda_set(&agenda, alarm, (int64_t)ll_rand_below(&rand, 1000));
    }
    size_t set = 0, taken = 0;
    for (int i = 0; i < ALARMS; i++) set += alarms[i].place != 0;
    cr_expect(eq(sz, agenda.count, set));
    int64_t last_us = 0;
    struct ll_alarm *alarm;
    while ((alarm = ll_agenda_take(&agenda, 1000))) {
        cr_assert(ge(i64, alarm->at_us, last_us));
        cr_assert(eq(sz, alarm->place, 0));
        last_us = alarm->at_us;
        taken++;
    }
    cr_expect(eq(sz, taken, set));
    ll_agenda_fini(&agenda);
}

Test(agenda, nothing_is_taken_before_its_time) {
    struct ll_agenda agenda = {0};
    struct ll_alarm alarm = {0};
    cr_expect(eq(i64, ll_agenda_next_us(&agenda), INT64_MAX));
    ll_agenda_set(&agenda, &alarm, 500);
    cr_expect(eq(i64, ll_agenda_next_us(&agenda), 500));
    cr_expect(zero(ptr, ll_agenda_take(&agenda, 499)));
    cr_expect(eq(ptr, ll_agenda_take(&agenda, 500), &alarm));
    ll_agenda_set(&agenda, &alarm, 600);
    ll_agenda_set(&agenda, &alarm, INT64_MAX);
    cr_expect(eq(sz, agenda.count, 0));
    ll_agenda_fini(&agenda);
}
