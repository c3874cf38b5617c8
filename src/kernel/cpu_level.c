/* SPDX-License-Identifier: MIT */
/* What there is to know of this CPU: its level, its second cache. */
#include "kernels.h"

#include <stdlib.h>
#include <string.h>
#if defined(__unix__)
#include <unistd.h>
#endif

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

int reeli_second_cache_of_this_cpu(void)
{
    const int least = 128 << 10, most = 4 << 20;
    long bytes = 0;
#ifdef _SC_LEVEL2_CACHE_SIZE
    bytes = sysconf(_SC_LEVEL2_CACHE_SIZE);
#endif
    if (bytes < least || REELI_SECOND_CACHE < least) {
        return REELI_SECOND_CACHE;
    }
    return bytes > most ? most : (int)bytes;
}
