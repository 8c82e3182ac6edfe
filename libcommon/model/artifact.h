// Files that a run leaves beside its figures: screenshots, pages and notes of failures, logs. An agent makes them,
// sends them to the coordinator in pieces while the run goes on, and they end in the result's folder under artifacts/.
//
// Plain data, to be copied freely. Names are made here alone: RUN-AGENT-NODE[-WHAT].EXTENSION, of the run's first
// characters, the agent's number, its name and what the file is, so that no two agents and no two runs of a folder
// share one. Whoever receives a name checks it again: it becomes a file's.
#ifndef LIBCOMMON_MODEL_ARTIFACT_H
#define LIBCOMMON_MODEL_ARTIFACT_H

#include "libcommon/base/rand.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    LL_ARTIFACT_NAME_MAX = 160,              // bytes of a name, with its terminator
    LL_ARTIFACT_LABEL_MAX = 101,             // bytes of what a scenario called it, likewise
    LL_ARTIFACT_NODE_MAX = 64,               // bytes of an agent's name, likewise
    LL_ARTIFACT_CHUNK_BYTES = 256 * 1024,    // of one piece
    LL_ARTIFACT_BYTES_MAX = 8 * 1024 * 1024, // of one file
    LL_ARTIFACTS_OF_AGENT_MAX = 300,         // files
    LL_ARTIFACT_AGENT_BYTES_MAX = 32 * 1024 * 1024,
    LL_ARTIFACTS_OF_RUN_MAX = 3000, // files; of a run with many agents the first to come are kept
    LL_ARTIFACT_RUN_BYTES_MAX = 256 * 1024 * 1024,
};

// In the order of the protocol's numbers.
enum ll_artifact_kind {
    LL_ARTIFACT_LOG,        // what scenarios logged on one agent
    LL_ARTIFACT_SCREENSHOT, // taken by a scenario
    LL_ARTIFACT_PICTURE,    // of a page whose iteration failed
    LL_ARTIFACT_PAGE,       // its HTML
    LL_ARTIFACT_NOTES,      // its URL, console and last requests
    LL_ARTIFACT_KINDS
};

struct ll_artifact {
    char name[LL_ARTIFACT_NAME_MAX]; // of the file
    enum ll_artifact_kind kind;
    uint64_t bytes;
    bool is_whole; // else its agent was lost, or its log goes on
    uint32_t user_id;
    uint64_t iteration;
    uint32_t step;
    char label[LL_ARTIFACT_LABEL_MAX]; // a screenshot's name in the scenario; "" else
    char node[LL_ARTIFACT_NODE_MAX];   // the agent that made it; set by the coordinator
};

// What every name of this agent's files in this run begins with, with its "-" at the end.
void ll_artifact_prefix(const char *run_id, uint32_t agent_id, const char *node, char out[LL_ARTIFACT_NAME_MAX]);
// The name of a file: `what` is cut and made safe; "" leaves it out. `extension` is one of those below, without its
// dot.
void ll_artifact_name(const char *prefix, const char *what, const char *extension, char out[LL_ARTIFACT_NAME_MAX]);

// Whether a name from elsewhere may become a file's: letters, digits, dots, dashes and underscores alone, beginning
// with a letter or digit, and ending in .log, .txt, .html, .jpg or .png.
bool ll_artifact_name_is_safe(const char *name);
// Whether it is besides a name as they are made here, for a run whose id is a token: in a folder, what is named
// otherwise is somebody's own.
bool ll_artifact_name_is_of_a_run(const char *name);

#endif
