
/* What may be defined for the compiler, as in -D REEL_NO_THREADS:
 *   REEL_NO_THREADS  one thread does all the work, whatever reel_set_num_threads asks for
 *   REEL_NO_LEVELS   x86-64: no kernels for AVX2 and AVX-512 beside the portable ones
 *   REEL_WITH_BLAS   on CPUs without fused multiply-adds large products go to OpenBLAS, loaded then;
 *                    needs -ldl where the C library has no dlopen
 */
#if !defined(_POSIX_C_SOURCE) && !defined(__FreeBSD__)
#define _POSIX_C_SOURCE 200809L
#endif
#if defined(__linux__) && !defined(_DEFAULT_SOURCE)
#define _DEFAULT_SOURCE
#endif
#if defined(REEL_WITH_BLAS) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE
#endif
#if defined(__APPLE__) && !defined(_DARWIN_C_SOURCE)
#define _DARWIN_C_SOURCE
#endif

/* What the build passes as flags: no a * b + c is contracted, integers wrap round, and 32-bit x86 computes
 * floats in SSE's registers. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("fp-contract=off", "wrapv", "no-tree-loop-distribute-patterns")
#if defined(__i386__) && !defined(__SSE2_MATH__)
#pragma GCC target("sse2,fpmath=sse")
#endif
#endif

#ifdef __clang__ /* some levels of CPU use what others do not */
#pragma clang diagnostic ignored "-Wunused-function"
#endif

#if defined(__GNUC__) && defined(__x86_64__) && !defined(REEL_NO_LEVELS)
#define REELI_X86 1
#include <immintrin.h>
#endif
#ifdef REEL_WITH_BLAS
#define REELI_LOADS
#ifndef REELI_OPENBLAS
#define REELI_OPENBLAS "libopenblas.so.0"
#endif
#endif

#include "reel.h"
