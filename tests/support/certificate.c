#include "tests/support/certificate.h"

#include "libcommon/base/rand.h"

#include <mbedtls/ecp.h>
#include <mbedtls/pk.h>
#include <mbedtls/x509_crt.h>
#include <stdlib.h>

static int fill_random(void *unused, unsigned char *out, size_t len) {
    (void)unused;
    ll_rand_secure(out, len);
    return 0;
}

static void must(int failed) {
    if (failed) abort();
}

struct certificate certificate_make(void) {
    struct certificate made;
    mbedtls_pk_context key;
    mbedtls_x509write_cert writer;
    mbedtls_mpi serial;
    mbedtls_pk_init(&key);
    mbedtls_x509write_crt_init(&writer);
    mbedtls_mpi_init(&serial);
    must(mbedtls_pk_setup(&key, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY)));
    must(mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP256R1, mbedtls_pk_ec(key), fill_random, NULL));
    mbedtls_x509write_crt_set_subject_key(&writer, &key);
    mbedtls_x509write_crt_set_issuer_key(&writer, &key);
    must(mbedtls_x509write_crt_set_subject_name(&writer, "CN=127.0.0.1"));
    must(mbedtls_x509write_crt_set_issuer_name(&writer, "CN=127.0.0.1"));
    must(mbedtls_mpi_lset(&serial, 1));
    must(mbedtls_x509write_crt_set_serial(&writer, &serial));
    must(mbedtls_x509write_crt_set_validity(&writer, "20200101000000", "20491231235959"));
    mbedtls_x509write_crt_set_version(&writer, MBEDTLS_X509_CRT_VERSION_3);
    mbedtls_x509write_crt_set_md_alg(&writer, MBEDTLS_MD_SHA256);
    must(mbedtls_x509write_crt_set_basic_constraints(&writer, 0, -1)); // version 3 has to have an extension
    must(mbedtls_x509write_crt_pem(&writer, (unsigned char *)made.certificate, CERTIFICATE_PEM_MAX, fill_random, NULL));
    must(mbedtls_pk_write_key_pem(&key, (unsigned char *)made.key, CERTIFICATE_PEM_MAX));
    mbedtls_mpi_free(&serial);
    mbedtls_x509write_crt_free(&writer);
    mbedtls_pk_free(&key);
    return made;
}
