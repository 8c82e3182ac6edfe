// What can be told of a URL by looking at it (RFC 3986), without taking it apart. No state; any thread.
#ifndef LIBCOMMON_BASE_URL_H
#define LIBCOMMON_BASE_URL_H

#include <stdbool.h>
#include <stddef.h>

// Whether url[0..len) has a host that must be looked up, and no address.
bool ll_url_has_name(const char *url, size_t len);

// The URL as people and results may see it: without user, password, query and fragment. Cut to fit `size` with its
// terminator.
void ll_url_show(const char *url, char *out, size_t size);

// Cuts user and password out of every URL that stands in the text, in place. Returns its new length.
size_t ll_url_hide_users(char *text, size_t len);
// Whether one stands in there.
bool ll_url_has_user(const char *text, size_t len);

#endif
