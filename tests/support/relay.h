// A relay to a port of 127.0.0.1 that takes a connection at once and passes on the first byte only after a delay: to
// whoever speaks TLS through it the handshake is what takes so long. A thread of its own; one connection at a time.
#ifndef TESTS_SUPPORT_RELAY_H
#define TESTS_SUPPORT_RELAY_H

#include <stdint.h>

struct ll_relay;

// Ends the test on failure.
struct ll_relay *ll_relay_new(int to_port, uint32_t delay_ms);
void ll_relay_free(struct ll_relay **relay);
int ll_relay_port(const struct ll_relay *relay);

#endif
