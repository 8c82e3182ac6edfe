#include "libcommon/base/parent.h"

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

bool ll_parent_follow(void) {
    pid_t parent = getppid();
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    return getppid() == parent;
}
