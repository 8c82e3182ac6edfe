// Calls that wait for their answer: for a program that does one thing at a time, such as the command line tool.
//
// One owner thread, which each call blocks until the answer, the end of patience, or a reader's interruption.
#ifndef LIBCOMMON_RPC_BLOCKING_H
#define LIBCOMMON_RPC_BLOCKING_H

#include "libcommon/rpc/client.h"

struct ll_blocking;

struct ll_blocking_options {
    const char *url, *token;
    uint32_t try_deadline_ms, patience_ms; // as in client.h; 0: its defaults
    int interrupt_fd;                      // a call ends with LL_CANCELLED when it becomes readable; not read; -1: none
};

// LL_INVALID_ARGUMENT for a URL that is none; nobody listening shows in the first call.
ll_err ll_blocking_new(const struct ll_blocking_options *options, struct ll_blocking **out);
void ll_blocking_free(struct ll_blocking **blocking);

// One function per method. A reply's chunk borrows from `blocking`, until the next call; a reply's assignment is the
// caller's, to be freed with ll_assignment_fini when the directive is LL_DIRECTIVE_PREPARE; its answers at barriers and
// its permits are left out. A call that was cancelled may have been carried out all the same.
#define LL_RPC_METHOD(name, request_type, reply_type)                                                                  \
    ll_err ll_blocking_##name(struct ll_blocking *blocking, const struct request_type *request,                        \
                              struct reply_type *out_reply);
#include "libcommon/rpc/methods.def"
#undef LL_RPC_METHOD

#endif
