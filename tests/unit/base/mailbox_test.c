#include "libcommon/base/mailbox.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <pthread.h>

static void count_wake(void *arg) {
    __atomic_add_fetch((int *)arg, 1, __ATOMIC_RELAXED);
}

Test(mailbox, keeps_order_and_refuses_when_full_or_closed) {
    int wakes = 0, letter;
    struct ll_mailbox *mailbox = ll_mailbox_new(sizeof letter, 2, count_wake, &wakes);
    cr_expect(ll_mailbox_post(mailbox, &(int){1}));
    cr_expect(ll_mailbox_post(mailbox, &(int){2}));
    cr_expect(not(ll_mailbox_post(mailbox, &(int){3})));
    cr_expect(ll_mailbox_take(mailbox, &letter));
    cr_expect(eq(int, letter, 1));
    cr_expect(ll_mailbox_post(mailbox, &(int){4}));
    ll_mailbox_close(mailbox);
    cr_expect(not(ll_mailbox_post(mailbox, &(int){5})));
    cr_expect(ll_mailbox_take(mailbox, &letter));
    cr_expect(eq(int, letter, 2));
    cr_expect(ll_mailbox_take(mailbox, &letter));
    cr_expect(eq(int, letter, 4));
    cr_expect(not(ll_mailbox_take(mailbox, &letter)));
    cr_expect(eq(int, wakes, 3));
    ll_mailbox_free(&mailbox);
}

enum { POSTS = 10000, POSTERS = 4 };

static void *post_many(void *arg) {
    for (int i = 0; i < POSTS; i++)
        while (!ll_mailbox_post(arg, &i)) {}
    return NULL;
}

Test(mailbox, loses_nothing_between_threads) {
    struct ll_mailbox *mailbox = ll_mailbox_new(sizeof(int), 64, NULL, NULL);
    pthread_t threads[POSTERS];
    for (int i = 0; i < POSTERS; i++) pthread_create(&threads[i], NULL, post_many, mailbox);
    long sum = 0;
    for (int taken = 0, letter; taken < POSTS * POSTERS;)
        if (ll_mailbox_take(mailbox, &letter)) sum += letter, taken++;
    for (int i = 0; i < POSTERS; i++) pthread_join(threads[i], NULL);
    cr_expect(eq(long, sum, (long)POSTERS *POSTS *(POSTS - 1) / 2));
    ll_mailbox_free(&mailbox);
}
