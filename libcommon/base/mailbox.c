#include "libcommon/base/mailbox.h"

#include "libcommon/base/alloc.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct ll_mailbox {
    pthread_mutex_t lock;
    unsigned char *ring; // `limit` letters
    size_t letter_size, limit;
    size_t first, count;
    bool closed;
    void (*wake)(void *arg);
    void *arg;
};

struct ll_mailbox *ll_mailbox_new(size_t letter_size, size_t limit, void (*wake)(void *arg), void *arg) {
    struct ll_mailbox *mailbox = ll_alloc(1, sizeof *mailbox);
    pthread_mutex_init(&mailbox->lock, NULL);
    mailbox->ring = ll_alloc(limit, letter_size);
    mailbox->letter_size = letter_size;
    mailbox->limit = limit;
    mailbox->wake = wake;
    mailbox->arg = arg;
    return mailbox;
}

void ll_mailbox_free(struct ll_mailbox **mailbox) {
    if (!*mailbox) return;
    pthread_mutex_destroy(&(*mailbox)->lock);
    free((*mailbox)->ring);
    free(*mailbox);
    *mailbox = NULL;
}

bool ll_mailbox_post(struct ll_mailbox *mailbox, const void *letter) {
    pthread_mutex_lock(&mailbox->lock);
    bool fits = !mailbox->closed && mailbox->count < mailbox->limit;
    if (fits) {
        size_t slot = (mailbox->first + mailbox->count++) % mailbox->limit;
        memcpy(mailbox->ring + slot * mailbox->letter_size, letter, mailbox->letter_size);
    }
    pthread_mutex_unlock(&mailbox->lock);
    if (fits && mailbox->wake) mailbox->wake(mailbox->arg);
    return fits;
}

bool ll_mailbox_take(struct ll_mailbox *mailbox, void *out_letter) {
    pthread_mutex_lock(&mailbox->lock);
    bool taken = mailbox->count > 0;
    if (taken) {
        memcpy(out_letter, mailbox->ring + mailbox->first * mailbox->letter_size, mailbox->letter_size);
        mailbox->first = (mailbox->first + 1) % mailbox->limit;
        mailbox->count--;
    }
    pthread_mutex_unlock(&mailbox->lock);
    return taken;
}

void ll_mailbox_close(struct ll_mailbox *mailbox) {
    pthread_mutex_lock(&mailbox->lock);
    mailbox->closed = true;
    pthread_mutex_unlock(&mailbox->lock);
}
