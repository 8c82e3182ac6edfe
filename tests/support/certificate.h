// A self-signed certificate for 127.0.0.1 that no browser trusts, made anew by each test that wants one.
#ifndef TESTS_SUPPORT_CERTIFICATE_H
#define TESTS_SUPPORT_CERTIFICATE_H

enum { CERTIFICATE_PEM_MAX = 4096 };

struct certificate { // PEM
    char certificate[CERTIFICATE_PEM_MAX], key[CERTIFICATE_PEM_MAX];
};

// Ends the test on failure.
struct certificate certificate_make(void);

#endif
