// `liveload attach`, `fetch`, `stop` and `status`: a standing coordinator and its runs, whoever submitted them.
//
// Each returns the exit code of docs/RESULTS.md. `argv[0]` is the verb.
#ifndef TOOLS_LIVELOAD_CONTROL_H
#define TOOLS_LIVELOAD_CONTROL_H

int attach_command(int argc, char **argv);
int fetch_command(int argc, char **argv);
int stop_command(int argc, char **argv);
int status_command(int argc, char **argv);

#endif
