// A bounded queue from any thread to one owner: how library callbacks reach the loop.
//
// ll_mailbox_post: any thread. ll_mailbox_take, ll_mailbox_free: the owner. `wake` is called after a post, on
// the posting thread, without the lock held; it must not block.
#ifndef LIBCOMMON_BASE_MAILBOX_H
#define LIBCOMMON_BASE_MAILBOX_H

#include <stdbool.h>
#include <stddef.h>

struct ll_mailbox;

// Holds at most `limit` letters of `letter_size` bytes.
struct ll_mailbox *ll_mailbox_new(size_t letter_size, size_t limit, void (*wake)(void *arg), void *arg);
void ll_mailbox_free(struct ll_mailbox **mailbox);

// Copies one letter in; false when the mailbox is full or closed, and then the poster keeps what it points to.
bool ll_mailbox_post(struct ll_mailbox *mailbox, const void *letter);
// Copies the oldest letter out; false when there is none.
bool ll_mailbox_take(struct ll_mailbox *mailbox, void *out_letter);
// Refuses posts from now on; letters inside can still be taken.
void ll_mailbox_close(struct ll_mailbox *mailbox);

#endif
