// Running the real programs from tests: start, wait for a line, signal, read all they said.
//
// Programs are found in the folder of LIVELOAD_BIN, or in the build's bin folder. Every wait has a limit that is far
// above what is needed; passing it fails the test with all that the program said.
#ifndef TESTS_SUPPORT_PROGRAM_H
#define TESTS_SUPPORT_PROGRAM_H

#include <stdbool.h>
#include <sys/types.h>

enum { PROGRAM_TIMEOUT_MS = 90 * 1000 };

struct program {
    pid_t pid;
    int out, err;     // pipes, non-blocking
    char *said;       // stdout so far, NUL-terminated
    char *complained; // stderr so far, NUL-terminated
    int exit_code;    // -signal when it was killed; valid once ended
    bool has_ended;
};

// Starts bin/`name` with arguments up to NULL.
struct program *program_start(const char *name, ...) __attribute__((sentinel));
// Reads until `text` stands in what it said on stdout or stderr. Fails the test at its end or the time limit.
void program_await(struct program *program, const char *text);
// Waits for its end; fails the test at the time limit. Returns exit_code.
int program_wait(struct program *program);
void program_signal(struct program *program, int signal);
// Ends it if it still runs, and frees.
void program_free(struct program **program);

// Starts, waits for the end: for programs that end by themselves.
#define program_run(...)                                                                                               \
    ({                                                                                                                 \
        struct program *run_ = program_start(__VA_ARGS__, NULL);                                                       \
        program_wait(run_);                                                                                            \
        run_;                                                                                                          \
    })

// True when `part` stands in `text`.
bool has(const char *text, const char *part);

// The demo shop on a free port, with `knob` (or NULL); its URL is in `url`.
struct shop {
    struct program *program;
    char url[64];
};
struct shop shop_start(const char *knob);
void shop_stop(struct shop *shop);

// A new folder for a test, removed with all in it by folder_remove.
char *folder_make(void);
void folder_remove(char **folder);
// Writes a file in it; returns its path, for the caller to free.
char *folder_write(const char *folder, const char *name, const char *content);
// A whole file, for the caller to free; NULL when there is none.
char *file_read(const char *path);
// Waits until the file is at least so long; fails the test at the time limit.
void await_file_of(const char *path, long bytes);
// "folder/name", for the caller to free.
char *path_in(const char *folder, const char *name);

// How many processes have `text` in their command line: to see that nothing stays behind.
int processes_with(const char *text);
// Waits until that many have it; fails the test at the time limit.
void await_processes_with(const char *text, int count);
// The first process whose command line has `text` and whose parent is `parent` (0: any); 0 when there is none.
pid_t process_with(const char *text, pid_t parent);

#endif
