// One JSON library at work, each in a shared object of its own: jansson and json-c have symbols of the same names.
#ifndef TESTS_BENCH_JSON_LIBRARIES_LIBRARY_H
#define TESTS_BENCH_JSON_LIBRARIES_LIBRARY_H

#include <stddef.h>

// Parses a message, looks up what a DevTools client reads first, and frees the tree. The number of members found.
int bench_parse(const char *text, size_t len);

#endif
