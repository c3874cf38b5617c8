/* SPDX-License-Identifier: MIT */
/* The one file that knows BLAS. */
#include "blas.h"

#include "dtype.h"

#ifdef REELI_OPENBLAS
#include <cblas.h>
#include <dlfcn.h>
#include <string.h>

/* A function of the library; ISO C has no conversion from what dlsym returns. */
static void find(void *library, const char *name, void (**function)(void))
{
    void *symbol = library ? dlsym(library, name) : NULL;
    memcpy(function, &symbol, sizeof symbol);
}

/* The library, with its own threads off: the reel's share its products. Where the program has it
 * too, how many threads it uses is the program's to say. */
static void *open_blas(void)
{
    void *library = dlopen(REELI_OPENBLAS, RTLD_NOW | RTLD_LOCAL | RTLD_NOLOAD);
    if (library) {
        return library;
    }
    void (*set_num_threads)(void);
    library = dlopen(REELI_OPENBLAS, RTLD_NOW | RTLD_LOCAL);
    find(library, "openblas_set_num_threads", &set_num_threads);
    if (set_num_threads) {
        ((void (*)(int))set_num_threads)(1);
    }
    return library;
}

bool reeli_blas_ready(reel *r)
{
    reeli_blas *blas = &r->blas;
    if (!blas->tried) {
        void *library = open_blas();
        find(library, "cblas_sgemm", &blas->sgemm);
        find(library, "cblas_dgemm", &blas->dgemm);
        blas->tried = true;
    }
    return blas->sgemm && blas->dgemm;
}

void reeli_blas_product(const reeli_blas *blas, int dtype, int m, int n, int k, reeli_blas_matrix a,
                        reeli_blas_matrix b, bool add, void *c, int c_step)
{
    const CBLAS_TRANSPOSE ta = a.transposed ? CblasTrans : CblasNoTrans;
    const CBLAS_TRANSPOSE tb = b.transposed ? CblasTrans : CblasNoTrans;
    if (dtype == REEL_F32) {
        __typeof__(cblas_sgemm) *sgemm = (__typeof__(cblas_sgemm) *)blas->sgemm;
        sgemm(CblasRowMajor, ta, tb, m, n, k, 1, a.data, a.step, b.data, b.step, add ? 1 : 0, c,
              c_step);
    } else {
        __typeof__(cblas_dgemm) *dgemm = (__typeof__(cblas_dgemm) *)blas->dgemm;
        dgemm(CblasRowMajor, ta, tb, m, n, k, 1, a.data, a.step, b.data, b.step, add ? 1 : 0, c,
              c_step);
    }
}

#else
bool reeli_blas_ready(reel *r)
{
    (void)r;
    return false;
}

/* Without a library this is never called. */
void reeli_blas_product(const reeli_blas *blas, int dtype, int m, int n, int k, reeli_blas_matrix a,
                        reeli_blas_matrix b, bool add, void *c, int c_step)
{
    (void)blas, (void)dtype, (void)m, (void)n, (void)k, (void)a, (void)b, (void)add, (void)c,
        (void)c_step;
}
#endif
