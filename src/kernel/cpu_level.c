/* SPDX-License-Identifier: MIT */
/* The choice of a CPU level. */
#include "kernels.h"

#include <stdlib.h>
#include <string.h>

#ifdef REELI_X86
#define FOR_EACH_LEVEL(DO) DO(portable) DO(avx2) DO(avx512)
#else
#define FOR_EACH_LEVEL(DO) DO(portable)
#endif

/* Doubles gain nothing from the third level, integers are no training's cost. */
#define F64_portable reeli_f64_portable
#define F64_avx2 reeli_f64_avx2
#define F64_avx512 reeli_f64_avx2

#define DECLARE(level)                                                                             \
    extern const reeli_loops reeli_f32_##level, F64_##level;                                       \
    void reeli_stream_##level(void *to, const void *from, size_t bytes);                           \
    void reeli_transpose_##level(bool stream, int64_t rows, int64_t columns, size_t element,       \
                                 void *to, int64_t to_stride, const void *from,                    \
                                 int64_t from_stride);                                             \
    void reeli_normal_f32_##level(int64_t n, float *x, float mean, float std);
FOR_EACH_LEVEL(DECLARE)
extern const reeli_loops reeli_i64_portable;

#define TABLE(level)                                                                               \
    {#level,                                                                                       \
     {&reeli_f32_##level, &F64_##level, &reeli_i64_portable},                                      \
     reeli_stream_##level,                                                                         \
     reeli_transpose_##level,                                                                      \
     reeli_normal_f32_##level},
static const reeli_kernels levels[] = {FOR_EACH_LEVEL(TABLE)};

/* How many of the levels this CPU can run, from the first on. */
static size_t runnable(void)
{
#ifdef REELI_X86
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) {
        return 1;
    }
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                   __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")
               ? 3
               : 2;
#else
    return 1;
#endif
}

const reeli_kernels *reeli_kernels_for_this_cpu(void)
{
    size_t best = runnable();
    const char *wanted = getenv("REEL_CPU");
    for (size_t i = 0; wanted && i < best; i++) {
        if (strcmp(levels[i].name, wanted) == 0) {
            return &levels[i];
        }
    }
    return &levels[best - 1];
}
