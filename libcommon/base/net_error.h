// What Chromium's names of network errors mean, in a person's words. No state; any thread.
#ifndef LIBCOMMON_BASE_NET_ERROR_H
#define LIBCOMMON_BASE_NET_ERROR_H

// For "net::ERR_CONNECTION_REFUSED": "nothing listens there". NULL for names that say enough, or are not known.
const char *ll_net_error_words(const char *name);

#endif
