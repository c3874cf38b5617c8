/* SPDX-License-Identifier: MIT */
/* What was decided when this library was built. */
#include <reel/base.h>

#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)

#if defined(__clang__)
#define COMPILER "clang " __clang_version__
#elif defined(__GNUC__)
#define COMPILER "gcc " __VERSION__
#else
#define COMPILER "unknown"
#endif

#ifdef REELI_X86
#define LEVELS "portable, avx2, avx512"
#else
#define LEVELS "portable"
#endif

#if defined(REELI_LINK_BLAS)
#define BLAS "OpenBLAS, linked"
#elif defined(REELI_OPENBLAS)
#define BLAS "OpenBLAS, loaded by the first product that needs it (" REELI_OPENBLAS ")"
#else
#define BLAS "none"
#endif

#if REEL_HAS_NPZ
#define FILES "yes, with .npz archives"
#elif REEL_HAS_IO
#define FILES "yes, without .npz archives"
#else
#define FILES "no"
#endif

#define VERSION TEXT(REEL_VERSION_MAJOR) "." TEXT(REEL_VERSION_MINOR) "." TEXT(REEL_VERSION_PATCH)

const char *reel_version(void) { return VERSION; }

const char *reel_build_info(void)
{
    return "reel " VERSION "\ncompiler: " COMPILER "\nCPU levels: " LEVELS "\nBLAS: " BLAS
           "\nfiles and tables: " FILES;
}
