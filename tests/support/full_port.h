// A port of 127.0.0.1 whose queue of connections is full, so that whoever connects is kept waiting: the kernel drops
// its SYN, and it comes again a second later. A thread of its own makes room when it is told to, and answers one
// request with 200.
#ifndef TESTS_SUPPORT_FULL_PORT_H
#define TESTS_SUPPORT_FULL_PORT_H

#include <stdint.h>

struct ll_full_port;

// Ends the test on failure.
struct ll_full_port *ll_full_port_new(void);
void ll_full_port_free(struct ll_full_port **port);
int ll_full_port_number(const struct ll_full_port *port);
// Makes room in `delay_ms`.
void ll_full_port_make_room(struct ll_full_port *port, uint32_t delay_ms);

#endif
