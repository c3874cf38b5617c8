/* SPDX-License-Identifier: MIT */
/* Stores that go past the caches, for results larger than they are. That other threads see them is
 * seen to once, where a thread has done its pieces: base/pool.c. A fence for each block would wait
 * for the memory each time. */
#include "kernels.h"
#include "level.h"

#include <string.h>

#define NAME_(cpu) reeli_stream_##cpu
#define NAME(cpu) NAME_(cpu)

reeli_stream_loop NAME(REELI_CPU);
void NAME(REELI_CPU)(void *to, const void *from, size_t bytes)
{
    char *target = to;
    const char *source = from;
#if defined(HAS_AVX512)
    for (; bytes >= 64; bytes -= 64, target += 64, source += 64) {
        _mm512_stream_si512((void *)target, _mm512_loadu_si512(source));
    }
#elif defined(HAS_AVX2)
    for (; bytes >= 32; bytes -= 32, target += 32, source += 32) {
        _mm256_stream_si256((void *)target, _mm256_loadu_si256((const void *)source));
    }
#endif
    memcpy(target, source, bytes);
}
