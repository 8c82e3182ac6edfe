// A small site for tests of browsers: pages from strings, on a loop of the test's, on a free port of 127.0.0.1. It can
// be slow, break, redirect and never answer; ws://…/echo is a WebSocket that sends back what it gets. A WebSocket to a
// page that has a status is refused with it.
#ifndef TESTS_SUPPORT_SITE_H
#define TESTS_SUPPORT_SITE_H

#include <stdbool.h>
#include <stdint.h>

struct ll_loop;
struct ll_site;

struct ll_site_page {
    const char *path; // without the query
    const char *body; // a whole document, or the inside of <body> when it is HTML and begins with no doctype
    int status;       // 0: 200
    const char *type; // NULL: text/html
    const char *location;
    const char *cache_control; // NULL: no-store
    bool is_download;
    uint32_t delay_ms;
    bool never_answers;
    const char *etag;       // answers 304 to whoever has it
    uint32_t body_delay_ms; // from the headers on
    bool is_for_all;        // pages of other origins may ask for it
    bool resets;            // the connection, instead of an answer
    bool hangs_up;          // likewise, in the middle of the body
    const char *raw; // the whole answer as it stands, headers and all, after which the connection is closed, or reset
                     // when `resets` too; body_delay_ms is then from it to that end
    const char *set_cookies; // values of Set-Cookie, a line each
    bool echoes; // the request: "POST /path?query", a line "name: value" for each header that tests ask about, an empty
                 // line, and its body
};

// `pages` ends with one without a path and lives as long as the site. Other paths are 404. Ends the test on failure.
struct ll_site *ll_site_new(struct ll_loop *loop, const struct ll_site_page *pages);
// The same over TLS, with a certificate that nobody signed.
struct ll_site *ll_site_new_secure(struct ll_loop *loop, const struct ll_site_page *pages);
void ll_site_free(struct ll_site **site);
int ll_site_port(const struct ll_site *site);
// How many HTTP requests came, preflights among them.
uint64_t ll_site_hits(const struct ll_site *site);

#endif
