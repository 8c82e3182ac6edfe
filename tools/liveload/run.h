// `liveload run`: from scenario files to a folder of reports.
#ifndef TOOLS_LIVELOAD_RUN_H
#define TOOLS_LIVELOAD_RUN_H

// Returns the exit code of docs/RESULTS.md.
int run_command(int argc, char **argv);

#endif
