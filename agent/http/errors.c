#include "agent/http/errors.h"

#include "libcommon/base/net_error.h"

#include <errno.h>
#include <stddef.h>

static const char *connect_error_name(long os_error) {
    switch (os_error) {
    case ECONNREFUSED:
        return "net::ERR_CONNECTION_REFUSED";
    case ETIMEDOUT:
        return "net::ERR_CONNECTION_TIMED_OUT";
    case ENETUNREACH:
    case EHOSTUNREACH:
        return "net::ERR_ADDRESS_UNREACHABLE";
    default:
        return "net::ERR_CONNECTION_FAILED";
    }
}

const char *ll_http_error_name(CURLcode code, long os_error) {
    static const struct {
        CURLcode code;
        const char *name;
    } names[] = {
        {CURLE_COULDNT_RESOLVE_HOST, "net::ERR_NAME_NOT_RESOLVED"},
        {CURLE_COULDNT_RESOLVE_PROXY, "net::ERR_PROXY_CONNECTION_FAILED"},
        {CURLE_PROXY, "net::ERR_PROXY_CONNECTION_FAILED"},
        {CURLE_OPERATION_TIMEDOUT, "net::ERR_TIMED_OUT"},
        {CURLE_GOT_NOTHING, "net::ERR_EMPTY_RESPONSE"},
        {CURLE_RECV_ERROR, "net::ERR_CONNECTION_RESET"},
        {CURLE_SEND_ERROR, "net::ERR_CONNECTION_RESET"},
        {CURLE_PARTIAL_FILE, "net::ERR_CONTENT_LENGTH_MISMATCH"},
        {CURLE_PEER_FAILED_VERIFICATION, "net::ERR_CERT_AUTHORITY_INVALID"},
        {CURLE_SSL_CONNECT_ERROR, "net::ERR_SSL_PROTOCOL_ERROR"},
        {CURLE_SSL_CIPHER, "net::ERR_SSL_VERSION_OR_CIPHER_MISMATCH"},
        {CURLE_WEIRD_SERVER_REPLY, "net::ERR_INVALID_HTTP_RESPONSE"},
        {CURLE_UNSUPPORTED_PROTOCOL, "net::ERR_UNSAFE_REDIRECT"},
        {CURLE_TOO_MANY_REDIRECTS, "net::ERR_TOO_MANY_REDIRECTS"},
        {CURLE_HTTP2, "net::ERR_HTTP2_PROTOCOL_ERROR"},
        {CURLE_HTTP2_STREAM, "net::ERR_HTTP2_PROTOCOL_ERROR"},
        {CURLE_BAD_CONTENT_ENCODING, "net::ERR_CONTENT_DECODING_FAILED"},
        {CURLE_URL_MALFORMAT, "net::ERR_INVALID_URL"},
    };
    if (code == CURLE_COULDNT_CONNECT) return connect_error_name(os_error);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].code == code) return names[i].name;
    return "net::ERR_FAILED";
}

ll_err ll_http_error(CURLcode code, long os_error) {
    if (code == CURLE_OPERATION_TIMEDOUT) return ll_err_make(LL_DEADLINE_EXCEEDED, "the answer did not come in time");
    if (code == CURLE_OUT_OF_MEMORY) return ll_err_make(LL_RESOURCE_EXHAUSTED, "there is no memory left for it");
    const char *name = ll_http_error_name(code, os_error), *words = ll_net_error_words(name);
    return ll_err_make(LL_UNAVAILABLE, "%s%s%s", name, words ? ": " : "", words ? words : "");
}
