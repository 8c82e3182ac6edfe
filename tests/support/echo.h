// A server for tests of what a browser sends: it answers every request with a page that shows the request itself, in
// <pre id=head>. It can want credentials (Basic), and be a proxy, which answers for every site.
// On a loop of the test's, on a free port of 127.0.0.1.
#ifndef TESTS_SUPPORT_ECHO_H
#define TESTS_SUPPORT_ECHO_H

#include <stdbool.h>
#include <stdint.h>

struct ll_loop;
struct echo;

struct echo_options {
    bool is_proxy;           // asks for credentials as one
    const char *credentials; // "alice:secret"; borrowed; NULL: none are wanted
};

// Ends the test on failure.
struct echo *echo_new(struct ll_loop *loop, struct echo_options options);
void echo_free(struct echo **echo);
int echo_port(const struct echo *echo);
// Requests ever, and those of them that had credentials of their kind with them.
uint32_t echo_requests(const struct echo *echo);
uint32_t echo_requests_with_credentials(const struct echo *echo);

#endif
