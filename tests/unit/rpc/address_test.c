#include "libcommon/rpc/address.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

Test(address, reads_loopback_in_all_its_forms) {
    static const struct {
        const char *url, *host;
        uint16_t port;
    } cases[] = {
        {"tcp://127.0.0.1:7700", "127.0.0.1", 7700},
        {"tcp://127.8.9.10:1", "127.8.9.10", 1},
        {"tcp://localhost:65535", "127.0.0.1", 65535},
        {"tcp://[::1]:0", "[::1]", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ll_address address = {0};
        ll_err err = ll_address_parse(cases[i].url, LL_ADDRESS_LISTEN, &address);
        cr_expect(eq(int, err.status, LL_OK), "%s: %s", cases[i].url, err.text);
        cr_expect(eq(str, address.host, (char *)cases[i].host));
        cr_expect(eq(u16, address.port, cases[i].port));
    }
}

Test(address, refuses_what_is_no_address) {
    static const char *const urls[] = {
        "",
        "127.0.0.1:7700",
        "http://127.0.0.1:7700",
        "tcp://",
        "tcp://:7700",
        "tcp://127.0.0.1",
        "tcp://127.0.0.1:",
        "tcp://127.0.0.1:65536",
        "tcp://127.0.0.1:-1",
        "tcp://127.0.0.1:77x",
        "tcp://a b:7700",
        "tcp://127.0.0.1/x:7700",
        "tcp://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa:7700",
    };
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        struct ll_address address;
        ll_err err = ll_address_parse(urls[i], LL_ADDRESS_LISTEN, &address);
        cr_expect(eq(int, err.status, LL_INVALID_ARGUMENT), "%s", urls[i]);
        cr_expect(gt(sz, strlen(err.text), 0));
    }
}

Test(address, shows_the_tunnel_when_it_is_not_loopback) {
    struct ll_address address;
    ll_err listen = ll_address_parse("tcp://0.0.0.0:7700", LL_ADDRESS_LISTEN, &address);
    cr_expect(eq(int, listen.status, LL_INVALID_ARGUMENT));
    cr_expect(ne(ptr, strstr(listen.text, "ssh -N -R 7700:127.0.0.1:7700 user@machine"), NULL), "%s", listen.text);
    ll_err connect = ll_address_parse("tcp://control.example:7701", LL_ADDRESS_CONNECT, &address);
    cr_expect(eq(int, connect.status, LL_INVALID_ARGUMENT));
    cr_expect(ne(ptr, strstr(connect.text, "ssh -N -L 7701:127.0.0.1:7701 user@control.example"), NULL), "%s",
              connect.text);
}

Test(address, port_0_is_for_listening_only) {
    struct ll_address address;
    cr_expect(eq(int, ll_address_parse("tcp://127.0.0.1:0", LL_ADDRESS_CONNECT, &address).status, LL_INVALID_ARGUMENT));
}
