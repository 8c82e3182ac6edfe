#include "libcommon/base/machine.h"

#include <stddef.h>
#include <sys/resource.h>

void ll_machine_raise_files(void) {
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur >= files.rlim_max) return;
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
}

ll_err ll_machine_check_files_of(uint64_t limit, uint32_t users) {
    uint64_t needed = LL_MACHINE_FILES_OF_PROGRAM + (uint64_t)LL_MACHINE_FILES_OF_USER * users;
    if (limit >= needed) return LL_SUCCESS;
    return ll_err_make(
        LL_FAILED_PRECONDITION,
        "a process may open %llu files here, and %u user%s of a browser take %llu (%d and %d for each): "
        "raise the limit (ulimit -n %llu, or LimitNOFILE= of its service), run fewer users on this agent, "
        "or give it more --browsers",
        (unsigned long long)limit, users, users == 1 ? "" : "s", (unsigned long long)needed,
        LL_MACHINE_FILES_OF_PROGRAM, LL_MACHINE_FILES_OF_USER, (unsigned long long)needed);
}

ll_err ll_machine_check_files(uint32_t users) {
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0) return LL_SUCCESS;
    return ll_machine_check_files_of(files.rlim_cur, users);
}
