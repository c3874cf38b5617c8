/* SPDX-License-Identifier: MIT */
/* The choice of a CPU level. */
#include "kernels.h"

#include <stdlib.h>
#include <string.h>

const char *const reeli_level_names[REELI_LEVELS] = {
    "portable",
#ifdef REELI_X86
    "avx2",
    "avx512",
#endif
};

/* How many of the levels this CPU can run, from the first on. */
static int runnable(void)
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

int reeli_level_of_this_cpu(void)
{
    const int levels = runnable();
    const char *wanted = getenv("REEL_CPU");
    for (int i = 0; wanted && i < levels; i++) {
        if (strcmp(reeli_level_names[i], wanted) == 0) {
            return i;
        }
    }
    return levels - 1;
}
