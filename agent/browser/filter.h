// Which requests of a page are not measured, and which are not made: patterns of URLs, as a scenario's `requests` has
// them. No state; any thread.
#ifndef AGENT_BROWSER_FILTER_H
#define AGENT_BROWSER_FILTER_H

#include "libcommon/model/request_filter.h"

#include <stdbool.h>

// Whether the parts of the pattern between its `*` all stand in url[0..len), in this order: as Chromium understands
// Network.setBlockedURLs, so that both lists of a scenario mean the same.
bool ll_pattern_matches(const char *pattern, const char *url, size_t len);

// Whether requests of that URL are to be left out of what is measured.
bool ll_filter_ignores(const struct ll_request_filter *filter, const char *url, size_t len);

#endif
