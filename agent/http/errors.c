#include "agent/http/errors.h"

#include "libcommon/base/net_error.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

// What the system says of a socket, as net/base/net_errors_posix.cc of Chromium maps it.
static const char *system_error_name(long os_error, const char *otherwise) {
    switch (os_error) {
    case ECONNREFUSED:
        return "net::ERR_CONNECTION_REFUSED";
    case ECONNRESET:
    case EPIPE:
        return "net::ERR_CONNECTION_RESET";
    case ECONNABORTED:
        return "net::ERR_CONNECTION_ABORTED";
    case ETIMEDOUT:
        return "net::ERR_CONNECTION_TIMED_OUT";
    case ENETUNREACH:
    case EHOSTUNREACH:
        return "net::ERR_ADDRESS_UNREACHABLE";
    case ENETDOWN:
        return "net::ERR_INTERNET_DISCONNECTED";
    case EADDRNOTAVAIL:
        return "net::ERR_ADDRESS_INVALID";
    case EACCES:
        return "net::ERR_NETWORK_ACCESS_DENIED";
    case EMFILE:
    case ENFILE:
        return "net::ERR_INSUFFICIENT_RESOURCES";
    case ENOBUFS:
        return "net::ERR_NO_BUFFER_SPACE";
    case ENOMEM:
        return "net::ERR_OUT_OF_MEMORY";
    }
    return otherwise;
}

// Numbers of OpenSSL's x509_vfy.h. A name that does not fit is found by libcurl, after OpenSSL was content.
static const char *certificate_error_name(long verify_result) {
    switch (verify_result) {
    case 0:
    case 62: // X509_V_ERR_HOSTNAME_MISMATCH
    case 64: // X509_V_ERR_IP_ADDRESS_MISMATCH
        return "net::ERR_CERT_COMMON_NAME_INVALID";
    case 9:  // X509_V_ERR_CERT_NOT_YET_VALID
    case 10: // X509_V_ERR_CERT_HAS_EXPIRED
        return "net::ERR_CERT_DATE_INVALID";
    case 23: // X509_V_ERR_CERT_REVOKED
        return "net::ERR_CERT_REVOKED";
    case 66: // X509_V_ERR_EE_KEY_TOO_SMALL
    case 67: // X509_V_ERR_CA_KEY_TOO_SMALL
        return "net::ERR_CERT_WEAK_KEY";
    case 68: // X509_V_ERR_CA_MD_TOO_WEAK
        return "net::ERR_CERT_WEAK_SIGNATURE_ALGORITHM";
    }
    return "net::ERR_CERT_AUTHORITY_INVALID";
}

static const char *handshake_error_name(const struct ll_http_trouble *trouble) {
    const char *words = trouble->words;
    if (strstr(words, "unexpected eof") || (strstr(words, "SSL_ERROR_SYSCALL") && trouble->os_error == 0))
        return "net::ERR_CONNECTION_CLOSED";
    if (strstr(words, "alert handshake failure") || strstr(words, "unsupported protocol") ||
        strstr(words, "alert protocol version"))
        return "net::ERR_SSL_VERSION_OR_CIPHER_MISMATCH";
    return system_error_name(trouble->os_error, "net::ERR_SSL_PROTOCOL_ERROR");
}

// What was received and is not what it should be, or is too much, comes with no error of the system's.
static const char *receive_error_name(const struct ll_http_trouble *trouble) {
    if (strstr(trouble->words, "response headers")) return "net::ERR_RESPONSE_HEADERS_TOO_BIG";
    if (trouble->os_error == 0 && trouble->is_chunked) return "net::ERR_INVALID_CHUNKED_ENCODING";
    return system_error_name(trouble->os_error, "net::ERR_CONNECTION_RESET");
}

static const char *other_error_name(CURLcode code) {
    static const struct {
        CURLcode code;
        const char *name;
    } names[] = {
        {CURLE_COULDNT_RESOLVE_HOST, "net::ERR_NAME_NOT_RESOLVED"},
        {CURLE_COULDNT_RESOLVE_PROXY, "net::ERR_PROXY_CONNECTION_FAILED"},
        {CURLE_PROXY, "net::ERR_PROXY_CONNECTION_FAILED"},
        {CURLE_OPERATION_TIMEDOUT, "net::ERR_TIMED_OUT"},
        {CURLE_GOT_NOTHING, "net::ERR_EMPTY_RESPONSE"},
        {CURLE_SSL_CIPHER, "net::ERR_SSL_VERSION_OR_CIPHER_MISMATCH"},
        {CURLE_WEIRD_SERVER_REPLY, "net::ERR_INVALID_HTTP_RESPONSE"},
        {CURLE_OUT_OF_MEMORY, "net::ERR_RESPONSE_HEADERS_TOO_BIG"}, // of a line: ours ends the program
        {CURLE_TOO_MANY_REDIRECTS, "net::ERR_TOO_MANY_REDIRECTS"},
        {CURLE_HTTP2, "net::ERR_HTTP2_PROTOCOL_ERROR"},
        {CURLE_HTTP2_STREAM, "net::ERR_HTTP2_PROTOCOL_ERROR"},
        {CURLE_BAD_CONTENT_ENCODING, "net::ERR_CONTENT_DECODING_FAILED"},
        {CURLE_WRITE_ERROR, "net::ERR_CONTENT_DECODING_FAILED"}, // where it is not our own limits' doing
        {CURLE_URL_MALFORMAT, "net::ERR_INVALID_URL"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].code == code) return names[i].name;
    return "net::ERR_FAILED";
}

const char *ll_http_error_name(const struct ll_http_trouble *trouble) {
    if (trouble->has_large_headers) return "net::ERR_RESPONSE_HEADERS_TOO_BIG";
    switch (trouble->code) {
    case CURLE_COULDNT_CONNECT:
        return system_error_name(trouble->os_error, "net::ERR_CONNECTION_FAILED");
    case CURLE_RECV_ERROR:
        return receive_error_name(trouble);
    case CURLE_SEND_ERROR:
        return system_error_name(trouble->os_error, "net::ERR_CONNECTION_RESET");
    case CURLE_PARTIAL_FILE:
        return trouble->is_chunked ? "net::ERR_INCOMPLETE_CHUNKED_ENCODING" : "net::ERR_CONTENT_LENGTH_MISMATCH";
    case CURLE_PEER_FAILED_VERIFICATION:
        return certificate_error_name(trouble->verify_result);
    case CURLE_SSL_CONNECT_ERROR:
        return handshake_error_name(trouble);
    case CURLE_UNSUPPORTED_PROTOCOL: // of the next hop, or an answer that is none of HTTP/1
        return trouble->is_web ? "net::ERR_INVALID_HTTP_RESPONSE" : "net::ERR_UNSAFE_REDIRECT";
    default:
        return other_error_name(trouble->code);
    }
}

ll_err ll_http_error(const struct ll_http_trouble *trouble) {
    if (trouble->code == CURLE_OPERATION_TIMEDOUT)
        return ll_err_make(LL_DEADLINE_EXCEEDED, "the answer did not come in time");
    const char *name = ll_http_error_name(trouble), *words = ll_net_error_words(name);
    return ll_err_make(LL_UNAVAILABLE, "%s%s%s", name, words ? ": " : "", words ? words : "");
}
