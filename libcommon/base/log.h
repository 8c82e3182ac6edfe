// What a program says on stderr while it works: one line per event.
//
// The owner's thread, as redact.h, through which each line passes; a line is written whole. Errors that end a program
// are not logged but returned, and main says them once.
#ifndef LIBCOMMON_BASE_LOG_H
#define LIBCOMMON_BASE_LOG_H

enum ll_log_level {
    LL_LOG_DEBUG,
    LL_LOG_INFO,
    LL_LOG_WARNING,
    LL_LOG_ERROR,
};

enum { LL_LOG_TAIL_BYTES = 64 * 1024 };

// `program` stands before every line; lines below `level` are dropped. LIVELOAD_LOG in the environment (debug, info,
// warning or error) goes before `level`. Where LIVELOAD_LOG_TAIL names a file, all lines, with their time, go there
// too; at LL_LOG_TAIL_BYTES it begins again: it is for the program that started this one, and tells what was said last.
// Call first thing in main.
void ll_log_init(const char *program, enum ll_log_level level);
// The sentence a program ends with, as "PROGRAM: sentence", whatever the level is.
void ll_log_last(const char *sentence);

void ll_log(enum ll_log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define ll_debug(...) ll_log(LL_LOG_DEBUG, __VA_ARGS__)
#define ll_info(...) ll_log(LL_LOG_INFO, __VA_ARGS__)
#define ll_warn(...) ll_log(LL_LOG_WARNING, __VA_ARGS__)
#define ll_error(...) ll_log(LL_LOG_ERROR, __VA_ARGS__)

#endif
