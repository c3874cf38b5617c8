/* SPDX-License-Identifier: MIT */
/* What there is to know of this CPU: its level, its second cache. */
#include "kernels.h"

#include <stdlib.h>
#include <string.h>
#if defined(__unix__)
#include <unistd.h>
#endif
#ifdef REELI_X86
#include <cpuid.h>
#endif

const char *const reeli_level_names[REELI_LEVELS] = {
    "portable",
#ifdef REELI_X86
    "avx2",
    "avx512",
#endif
};

#ifdef REELI_X86
/* What cpuid says, where the system keeps such registers for each thread (xgetbv). The compiler's
 * own question asks for all that there ever was, in 4 KB. */
bool reeli_cpu_has(reeli_cpu_feature feature)
{
    enum { AVX_STATE = 0x6, AVX512_STATE = 0xe6 };
    const unsigned parts = bit_AVX512F | bit_AVX512DQ | bit_AVX512BW | bit_AVX512VL;
    unsigned a, b, c, d, kept = 0, first = 0, seventh = 0, extended = 0, oldest = 0;
    __get_cpuid(1, &a, &b, &first, &d); /* what there is not stays 0 */
    __get_cpuid_count(7, 0, &a, &seventh, &c, &d);
    __get_cpuid(0x80000001, &a, &b, &extended, &oldest);
    if (first & bit_OSXSAVE) {
        __asm__("xgetbv" : "=a"(kept), "=d"(d) : "c"(0));
    }
    const bool avx = first & bit_AVX && (kept & AVX_STATE) == AVX_STATE;
    const bool avx2 = avx && first & bit_FMA && seventh & bit_AVX2;
    switch (feature) {
    case REELI_CPU_3DNOW:
        return oldest & bit_3DNOW;
    case REELI_CPU_AVX:
        return avx;
    case REELI_CPU_FMA4:
        return avx && extended & bit_FMA4;
    case REELI_CPU_AVX2:
        return avx2;
    default:
        return avx2 && (seventh & parts) == parts && (kept & AVX512_STATE) == AVX512_STATE;
    }
}
#endif

/* How many of the levels this CPU can run, from the first on. */
static int runnable(void)
{
#ifdef REELI_X86
    return reeli_cpu_has(REELI_CPU_AVX512) ? 3 : reeli_cpu_has(REELI_CPU_AVX2) ? 2 : 1;
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

#ifdef _SC_LEVEL1_DCACHE_SIZE
#define CACHE_BYTES(level) sysconf(_SC_LEVEL##level##CACHE_SIZE)
#else
#define CACHE_BYTES(level) 0L
#endif

/* What the C library says of a cache, at most `most`; where it says nothing, `otherwise`. */
static int cache_of(long bytes, int least, int most, int otherwise)
{
    return bytes < least || otherwise < least ? otherwise : bytes > most ? most : (int)bytes;
}

int reeli_first_cache_of_this_cpu(void)
{
    return cache_of(CACHE_BYTES(1_D), 8 << 10, 256 << 10, REELI_FIRST_CACHE);
}

int reeli_second_cache_of_this_cpu(void)
{
    return cache_of(CACHE_BYTES(2_), 128 << 10, 4 << 20, REELI_SECOND_CACHE);
}
