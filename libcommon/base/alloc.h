// Memory that is there or ends the program: on a load generator an allocation that fails has no good way out.
//
// Any thread. Sizes that come from outside are checked against a limit before they reach these.
#ifndef LIBCOMMON_BASE_ALLOC_H
#define LIBCOMMON_BASE_ALLOC_H

#include <stddef.h>

// Zeroed memory for `count` things of `size` bytes. Never NULL; ends the program when there is none.
void *ll_alloc(size_t count, size_t size) __attribute__((malloc, returns_nonnull));

// `old` (or NULL) resized to `count` things of `size` bytes; what is new is not zeroed.
void *ll_realloc(void *old, size_t count, size_t size) __attribute__((returns_nonnull));

// Copies, for the caller to free().
char *ll_strdup(const char *text) __attribute__((returns_nonnull));
char *ll_strndup(const char *text, size_t len) __attribute__((returns_nonnull));
void *ll_memdup(const void *data, size_t len) __attribute__((returns_nonnull));

// printf into new memory, for the caller to free().
char *ll_format(const char *format, ...) __attribute__((format(printf, 1, 2), returns_nonnull));

#endif
