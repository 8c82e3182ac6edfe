#include "libcommon/base/net_error.h"

#include <stddef.h>
#include <string.h>

const char *ll_net_error_words(const char *name) {
    static const struct {
        const char *name, *words;
    } errors[] = {
        {"net::ERR_ADDRESS_UNREACHABLE", "no way leads to this address"},
        {"net::ERR_BLOCKED_BY_CLIENT", "the scenario's requests.block keeps it back"},
        {"net::ERR_CERT_AUTHORITY_INVALID",
         "nobody known signed its certificate; context = { ignore_https_errors = true } takes it all the same"},
        {"net::ERR_CERT_COMMON_NAME_INVALID",
         "its certificate is for another name; context = { ignore_https_errors = true } takes it all the same"},
        {"net::ERR_CERT_DATE_INVALID",
         "its certificate has expired; context = { ignore_https_errors = true } takes it all the same"},
        {"net::ERR_CONNECTION_CLOSED", "the site closed the connection"},
        {"net::ERR_CONNECTION_REFUSED", "nothing listens there"},
        {"net::ERR_CONNECTION_RESET", "the site broke the connection off"},
        {"net::ERR_CONNECTION_TIMED_OUT", "the host does not answer"},
        {"net::ERR_CONTENT_DECODING_FAILED", "the answer's compression is damaged"},
        {"net::ERR_CONTENT_LENGTH_MISMATCH", "the answer broke off: it is shorter than its content-length"},
        {"net::ERR_EMPTY_RESPONSE", "the site closed the connection without an answer"},
        {"net::ERR_HTTP2_PING_FAILED", "the site's HTTP/2 connection is dead"},
        {"net::ERR_HTTP2_PROTOCOL_ERROR", "the site broke the HTTP/2 stream off"},
        {"net::ERR_INCOMPLETE_CHUNKED_ENCODING", "the answer broke off: its last chunk is missing"},
        {"net::ERR_INSUFFICIENT_RESOURCES",
         "the load machine ran out of files or memory; raise its limits (ulimit -n)"},
        {"net::ERR_INTERNET_DISCONNECTED", "the context's network is offline"},
        {"net::ERR_INVALID_CHUNKED_ENCODING", "the answer's chunks are damaged"},
        {"net::ERR_INVALID_HTTP_RESPONSE", "what came is no answer of HTTP"},
        {"net::ERR_NAME_NOT_RESOLVED", "no host has this name"},
        {"net::ERR_PROXY_CONNECTION_FAILED", "the context's proxy does not answer"},
        {"net::ERR_RESPONSE_HEADERS_TOO_BIG", "the answer's headers are larger than a browser takes"},
        {"net::ERR_SSL_PROTOCOL_ERROR", "it does not speak TLS; is it an http:// URL"},
        {"net::ERR_TOO_MANY_REDIRECTS", "the redirects come to no end"},
        {"net::ERR_UNSAFE_PORT", "browsers refuse this port, which is another service's"},
    };
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
        if (strcmp(errors[i].name, name) == 0) return errors[i].words;
    return NULL;
}
