#include "libcommon/model/messages.h"

void ll_assignment_fini(struct ll_assignment *assignment) {
    ll_spec_fini(&assignment->spec);
    ll_secrets_fini(&assignment->secrets);
}
