// sample_result NAME FILE: writes one of the made-up results, for looking at reports without a run.
#include "tests/support/sample_result.h"

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
    struct ll_result result;
    if (argc != 3 || !sample_result_by_name(argv[1], &result)) {
        fputs("sample_result: usage: sample_result shop|empty|hostile|several FILE\n", stderr);
        return 2;
    }
    ll_err err = ll_result_write_file(argv[2], &result);
    ll_result_fini(&result);
    if (err.status == LL_OK) return EXIT_SUCCESS;
    fprintf(stderr, "sample_result: %s\n", err.text);
    return EXIT_FAILURE;
}
