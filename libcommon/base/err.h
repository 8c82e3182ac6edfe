// Errors: a status and one clear sentence, passed by value.
//
// Any thread. Nothing to free. A function that can fail returns ll_err and writes its outputs last, as out_x,
// only on success. The sentence names the thing and the way out; context is added once, at the boundary, with
// ll_err_in.
#ifndef LIBCOMMON_BASE_ERR_H
#define LIBCOMMON_BASE_ERR_H

enum {
    LL_ERR_TEXT_MAX = 480, // bytes, with the terminator; longer sentences are cut at a character boundary
};

enum ll_status {
#define LL_STATUS(name, number, words) LL_##name = number,
#include "libcommon/base/status.def"
#undef LL_STATUS
};

typedef struct ll_err {
    enum ll_status status;
    char text[LL_ERR_TEXT_MAX];
} ll_err;

// Success.
#define LL_SUCCESS ((ll_err){.status = LL_OK})

// An error of `status` (not LL_OK) with a printf-style sentence.
ll_err ll_err_make(enum ll_status status, const char *format, ...) __attribute__((format(printf, 2, 3)));

// `err` with "context: " put before its sentence; success stays success.
ll_err ll_err_in(ll_err err, const char *format, ...) __attribute__((format(printf, 2, 3)));

// The words of a status, for people: "deadline exceeded". A number that is no status reads "unknown error".
const char *ll_status_words(enum ll_status status);

// The status of a number from the wire; LL_UNKNOWN when it is none.
enum ll_status ll_status_from_number(unsigned number);

// Returns the enclosing function's ll_err early when `expression` failed.
#define LL_TRY(expression)                                                                                             \
    do {                                                                                                               \
        ll_err try_err_ = (expression);                                                                                \
        if (try_err_.status != LL_OK) return try_err_;                                                                 \
    } while (0)

#endif
