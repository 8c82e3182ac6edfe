// The clocks. Only shells read them: a core is told the time with each event.
#ifndef LIBCOMMON_BASE_CLOCK_H
#define LIBCOMMON_BASE_CLOCK_H

#include <stdint.h>

// Microseconds of a clock that never jumps (CLOCK_MONOTONIC). Any thread.
int64_t ll_clock_us(void);
// Unix time. Any thread.
int64_t ll_clock_wall_ms(void);
int64_t ll_clock_wall_us(void);
// Processor time this process has used, user and system, in microseconds. Any thread.
int64_t ll_clock_cpu_us(void);

#endif
