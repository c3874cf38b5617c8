/* SPDX-License-Identifier: MIT */
/* Finding OpenBLAS, and calling it. */
#ifdef __linux__
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#endif
#include "blas.h"
#include "cpus.h"
#include "dtype.h"
#include "library.h"
#include "packed_product.h"

#include <stdio.h>

#if defined(REELI_OPENBLAS) || defined(REELI_LINK_BLAS)

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MAP_ANONYMOUS
#define MAP_ANONYMOUS MAP_ANON
#endif
#ifndef MAP_NORESERVE
#define MAP_NORESERVE 0
#endif

/* As in cblas.h, which nobody needs for this: it may be there without OpenBLAS, and the other way
 * round. */
enum { ROW_MAJOR = 101, NO_TRANSPOSE = 111, TRANSPOSE = 112 };
#define GEMM(T)                                                                                    \
    (int order, int how_a, int how_b, int m, int n, int k, T alpha, const T *a, int lda,           \
     const T *b, int ldb, T beta, T *c, int ldc)

enum { ABOUT = 400 }; /* characters of a sentence about it */
enum answer { ABSENT, UNUSABLE, USABLE };

/* Its functions; those that are missing are NULL. */
typedef struct openblas {
    void(*sgemm) GEMM(float);
    void(*dgemm) GEMM(double);
    char *(*config)(void);
    char *(*core)(void);
} openblas;

/*
 * Where there is no room OpenBLAS asks for it again for ever, and if its threads do not start it
 * ends the program. So room is tried for beforehand: what the library takes, while it is loaded a
 * stack and (since 0.3.22) a buffer for each thread of its own, and a buffer for each thread that
 * calls it.
 */
#ifdef __powerpc64__
enum { BUFFER = 256 << 20 };
#else
enum { BUFFER = sizeof(void *) == 8 ? 128 << 20 : 32 << 20 };
#endif
enum { ITSELF = 64 << 20, MOST_THREADS = 256 };

/* How many threads it starts: what the environment says, but not more than there are CPUs for. */
static size_t own_threads(void)
{
    static const char *const names[] = {"OPENBLAS_NUM_THREADS", "GOTO_NUM_THREADS",
                                        "OMP_NUM_THREADS"};
    const int there_are = reeli_cpus();
    const long cpus = there_are < 1 ? 1 : there_are > MOST_THREADS ? MOST_THREADS : there_are;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *text = getenv(names[i]);
        const long wanted = text ? strtol(text, NULL, 10) : 0;
        if (wanted > 0) {
            return (size_t)(wanted < cpus ? wanted : cpus);
        }
    }
    return (size_t)cpus;
}

static size_t stack_of_a_thread(void)
{
    pthread_attr_t attributes;
    size_t size = 8 << 20;
    if (pthread_attr_init(&attributes) == 0) {
        pthread_attr_getstacksize(&attributes, &size);
        pthread_attr_destroy(&attributes);
    }
    return size;
}

static bool is_room_for(size_t size)
{
    void *room = mmap(NULL, size, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return room != MAP_FAILED && munmap(room, size) == 0;
}

/* For loading it, or only for the threads that call it; otherwise a sentence that says so. */
static bool is_room(char *about, bool loading, int callers)
{
    size_t size = (size_t)callers * BUFFER;
    size += loading ? ITSELF + own_threads() * (stack_of_a_thread() + BUFFER) : 0;
    const bool room = is_room_for(size);
    if (!room) {
        snprintf(about, ABOUT,
                 "it needs %zu MB of address space for %d of the reel's threads and %zu of its own "
                 "(OPENBLAS_NUM_THREADS), more than a limit (ulimit -v) leaves",
                 size >> 20, callers, loading ? own_threads() : 0);
    }
    return room;
}

/* OpenBLAS believes what OPENBLAS_CORETYPE says, and a CPU that does not know the instructions ends
 * the program. */
#ifdef REELI_X86
static bool runs_here(const char *core)
{
    const bool now = reeli_cpu_has(REELI_CPU_3DNOW), fma4 = reeli_cpu_has(REELI_CPU_FMA4);
    const bool avx2 = reeli_cpu_has(REELI_CPU_AVX2), avx512 = reeli_cpu_has(REELI_CPU_AVX512);
    const struct {
        const char *core;
        bool runs;
    } cores[] = {
        {"Opteron", now},     {"Opteron_SSE3", now},  {"Sandybridge", reeli_cpu_has(REELI_CPU_AVX)},
        {"Bulldozer", fma4},  {"Piledriver", fma4},   {"Steamroller", fma4},
        {"Excavator", fma4},  {"Haswell", avx2},      {"Zen", avx2},
        {"SkylakeX", avx512}, {"Cooperlake", avx512}, {"SapphireRapids", avx512}};
    for (size_t i = 0; i < sizeof cores / sizeof *cores; i++) {
        if (strcmp(cores[i].core, core) == 0) {
            return cores[i].runs;
        }
    }
    return true;
}
#else
static bool runs_here(const char *core) { return (void)core, true; }
#endif

#ifdef REELI_LINK_BLAS
#define LIBRARY "the OpenBLAS that was linked"
void cblas_sgemm GEMM(float);
void cblas_dgemm GEMM(double);
char *openblas_get_config(void);
char *openblas_get_corename(void);
void openblas_set_num_threads(int threads);

static enum answer find_openblas(char *about, int callers, openblas *it)
{
    *it = (openblas){cblas_sgemm, cblas_dgemm, openblas_get_config, openblas_get_corename};
    openblas_set_num_threads(1);
    return is_room(about, false, callers) ? USABLE : UNUSABLE;
}
#else
#define LIBRARY REELI_OPENBLAS

/* Its own threads are off, as the reel's share its products; but where the program has loaded it
 * too, how many it uses is the program's to say. */
static enum answer find_openblas(char *about, int callers, openblas *it)
{
    void *library = reeli_library_present(LIBRARY);
    const bool loading = !library;
    if (!reeli_program_is_static() && !is_room(about, loading, callers)) {
        return UNUSABLE;
    }
    if (loading && !(library = reeli_library_open(LIBRARY))) {
        snprintf(about, ABOUT, "%s", reeli_library_error());
        return ABSENT;
    }
    reeli_library_find(library, "cblas_sgemm", &it->sgemm);
    reeli_library_find(library, "cblas_dgemm", &it->dgemm);
    reeli_library_find(library, "openblas_get_config", &it->config);
    reeli_library_find(library, "openblas_get_corename", &it->core);
    void (*set_num_threads)(int);
    if (reeli_library_find(library, "openblas_set_num_threads", &set_num_threads) && loading) {
        set_num_threads(1);
    }
    return USABLE;
}
#endif

/* Says what it is, or why it cannot be used. */
static enum answer look_at(char *about, const openblas *it)
{
    const char *config = it->config ? it->config() : "", *core = it->core ? it->core() : "";
    if (!it->sgemm || !it->dgemm || !it->config) {
        snprintf(about, ABOUT, "%s lacks OpenBLAS's functions", LIBRARY);
    } else if (strstr(config, "USE64BITINT")) {
        snprintf(about, ABOUT, "%s counts in integers of 64 bits", LIBRARY);
    } else if (getenv("OPENBLAS_CORETYPE") && !runs_here(core)) {
        snprintf(about, ABOUT, "OPENBLAS_CORETYPE is %s, which this CPU cannot run", core);
    } else {
        snprintf(about, ABOUT, "%s (%s)", config, reeli_library_of((void (*)(void))it->sgemm));
        return USABLE;
    }
    return UNUSABLE;
}

static void look_for(reel *r, int callers)
{
    reeli_blas *blas = &r->blas;
    openblas it = {0};
    char about[ABOUT];
    enum answer answer = find_openblas(about, callers, &it);
    answer = answer == USABLE ? look_at(about, &it) : answer;
    snprintf(blas->about, sizeof blas->about, "%s%s", answer == USABLE ? "" : "none: ", about);
    blas->callers = callers;
    blas->sgemm = answer == USABLE ? (void (*)(void))it.sgemm : NULL;
    blas->dgemm = answer == USABLE ? (void (*)(void))it.dgemm : NULL;
    if (answer == UNUSABLE) {
        reeli_warn(r, "OpenBLAS is not used: %s. Reel's own loops compute the products", about);
    }
}

/* It is looked for once, and again when more of the reel's threads are to call it. */
bool reeli_blas_ready(reel *r)
{
    const int callers = r->threads < REELI_BLAS_PIECES ? r->threads : REELI_BLAS_PIECES;
    if (!r->blas.callers || (r->blas.sgemm && callers > r->blas.callers)) {
        look_for(r, callers);
    }
    return r->blas.sgemm != NULL;
}

#define CALL(T, function)                                                                          \
    ((void(*) GEMM(T))(function))(ROW_MAJOR, a.transposed ? TRANSPOSE : NO_TRANSPOSE,              \
                                  b.transposed ? TRANSPOSE : NO_TRANSPOSE, m, n, k, 1, a.data,     \
                                  a.step, b.data, b.step, add ? 1 : 0, c, c_step)

void reeli_blas_product(const reeli_blas *blas, int dtype, int m, int n, int k, reeli_blas_matrix a,
                        reeli_blas_matrix b, bool add, void *c, int c_step)
{
    if (dtype == REEL_F32) {
        CALL(float, blas->sgemm);
    } else {
        CALL(double, blas->dgemm);
    }
}

#else

bool reeli_blas_ready(reel *r)
{
    snprintf(r->blas.about, sizeof r->blas.about, "none: built with REEL_WITH_BLAS=OFF");
    return false;
}

/* Never called. */
void reeli_blas_product(const reeli_blas *blas, int dtype, int m, int n, int k, reeli_blas_matrix a,
                        reeli_blas_matrix b, bool add, void *c, int c_step)
{
    (void)blas, (void)dtype, (void)m, (void)n, (void)k;
    (void)a, (void)b, (void)add, (void)c, (void)c_step;
}

#endif

const char *reel_blas_info(reel *r)
{
    if (!r) {
        return "none: there is no reel";
    }
    if (reeli_has_tiles(r, REEL_F32)) {
        return "none: Reel's own tiles compute them on this CPU";
    }
    reeli_blas_ready(r);
    return r->blas.about;
}
