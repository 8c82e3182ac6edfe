#include "libcommon/rpc/address.h"

#include "libcommon/base/text.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const char scheme[] = "tcp://";

static ll_err not_an_address(const char *url) {
    return ll_err_make(LL_INVALID_ARGUMENT, "\"%.100s\" is no address: write it as tcp://127.0.0.1:7700", url);
}

static bool is_loopback(const char *host) {
    struct in_addr v4;
    if (inet_pton(AF_INET, host, &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
    return strcmp(host, "[::1]") == 0;
}

static ll_err not_loopback(const char *url, enum ll_address_use use, const struct ll_address *address) {
    unsigned port = address->port ? address->port : 7700;
    switch (use) {
    case LL_ADDRESS_LISTEN:
        return ll_err_make(LL_INVALID_ARGUMENT,
                           "%.100s is not on loopback, and this version listens nowhere else: listen on "
                           "tcp://127.0.0.1:%u and bring other machines in through a tunnel, "
                           "`ssh -N -R %u:127.0.0.1:%u user@machine`",
                           url, port, port, port);
    case LL_ADDRESS_CONNECT:
        return ll_err_make(LL_INVALID_ARGUMENT,
                           "%.100s is not on this machine, and this version stays on loopback: open a tunnel, "
                           "`ssh -N -L %u:127.0.0.1:%u user@%s`, and connect to tcp://127.0.0.1:%u",
                           url, port, port, address->host, port);
    }
    return not_an_address(url);
}

ll_err ll_address_parse(const char *url, enum ll_address_use use, struct ll_address *out) {
    size_t scheme_len = sizeof scheme - 1;
    if (strncmp(url, scheme, scheme_len) != 0) return not_an_address(url);
    const char *host = url + scheme_len;
    const char *colon = strrchr(host, ':');
    if (!colon || colon == host || (size_t)(colon - host) >= LL_ADDRESS_HOST_MAX) return not_an_address(url);
    struct ll_address address = {0};
    memcpy(address.host, host, (size_t)(colon - host));
    if (strspn(address.host, "[]:.-_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") !=
        strlen(address.host))
        return not_an_address(url);
    uint64_t port = 0, lowest = use == LL_ADDRESS_LISTEN ? 0 : 1;
    LL_TRY(ll_text_parse_uint("the port", colon + 1, lowest, UINT16_MAX, &port));
    address.port = (uint16_t)port;
    if (strcmp(address.host, "localhost") == 0) snprintf(address.host, sizeof address.host, "127.0.0.1");
    if (!is_loopback(address.host)) return not_loopback(url, use, &address);
    *out = address;
    return LL_SUCCESS;
}
