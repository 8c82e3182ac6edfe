// The folder artifacts/ of a result: screenshots, evidence and logs, fetched from the coordinator.
#ifndef TOOLS_LIVELOAD_ARTIFACTS_H
#define TOOLS_LIVELOAD_ARTIFACTS_H

#include "libcommon/base/err.h"
#include "libcommon/model/artifact.h"

struct remote;

// Writes one file of a finished run into `folder`, which is made when it is missing. Its length may differ from what
// the result says, and is put there. LL_INVALID_ARGUMENT for a name that is no file's; LL_CANCELLED when a signal came.
ll_err artifacts_fetch(struct remote *remote, const char *run_id, struct ll_artifact *artifact, const char *folder);

// Removes what earlier runs left in out/artifacts, by their names, and the folder when nothing else is in it.
void artifacts_remove(const char *out);

#endif
