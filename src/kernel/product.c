/* SPDX-License-Identifier: MIT */
/* Matrix products, through BLAS where a call costs less than it saves. The one file that knows
 * BLAS.
 *
 * OpenBLAS is loaded when the first such product comes: loading it takes longer, and more memory,
 * than training many a small model. */
#include "kernels.h"

#include <cblas.h>
#include <dlfcn.h>
#include <limits.h>
#include <string.h>

enum {
    VECTORS_FROM = 4096 /* multiply-adds of a product with a vector that is a sum of its own */
};

/* How BLAS sees a matrix: row by row, transposed, or neither. */
static bool layout(int64_t rows, int64_t columns, const int64_t *stride, CBLAS_TRANSPOSE *how,
                   int64_t *leading)
{
    if ((stride[1] == 1 || columns == 1) && (stride[0] >= columns || rows == 1)) {
        *how = CblasNoTrans;
        *leading = rows == 1 ? columns : stride[0];
        return true;
    }
    if ((stride[0] == 1 || rows == 1) && (stride[1] >= rows || columns == 1)) {
        *how = CblasTrans;
        *leading = columns == 1 ? rows : stride[1];
        return true;
    }
    return false;
}

typedef struct matrix {
    const void *data;
    CBLAS_TRANSPOSE how;
    int64_t leading;
} matrix;

static const size_t element_size[] = {4, 8};

/* BLAS's view of a matrix; one that BLAS cannot read is packed first. */
static bool prepare(reel *r, matrix *x, int dtype, int64_t rows, int64_t columns, const void *data,
                    const int64_t *stride, void *(*scratch)(void *, size_t), void *context)
{
    x->data = data;
    if (layout(rows, columns, stride, &x->how, &x->leading)) {
        return true;
    }
    void *packed = scratch(context, (size_t)(rows * columns) * element_size[dtype]);
    if (!packed) {
        return false;
    }
    int64_t size[2] = {rows, columns}, row_major[2] = {columns, 1};
    reeli_move_strided(r, 2, size, (reeli_operand){packed, row_major, dtype},
                       (reeli_operand){(void *)(uintptr_t)data, stride, dtype});
    *x = (matrix){packed, CblasNoTrans, columns};
    return true;
}

/* A bias starts out as C, so that BLAS adds the product to it. */
static void start_with(int dtype, int64_t m, int64_t n, const void *bias, void *c)
{
    size_t row = (size_t)n * element_size[dtype];
    for (int64_t i = 0; bias && i < m; i++) {
        memcpy((char *)c + (size_t)i * row, bias, row);
    }
}

/* A function of the library; ISO C has no conversion from what dlsym returns. */
static void find(void *library, const char *name, void (**function)(void))
{
    void *symbol = library ? dlsym(library, name) : NULL;
    memcpy(function, &symbol, sizeof symbol);
}

static bool load_blas(reeli_blas *blas)
{
    if (!blas->tried) {
        void *library = dlopen(REELI_OPENBLAS, RTLD_NOW | RTLD_LOCAL);
        find(library, "cblas_sgemm", &blas->sgemm);
        find(library, "cblas_dgemm", &blas->dgemm);
        blas->tried = true;
    }
    return blas->sgemm && blas->dgemm;
}

static void gemm(const reeli_blas *blas, int dtype, int m, int n, int k, const matrix *a,
                 const matrix *b, bool add, void *c)
{
    int lda = (int)a->leading, ldb = (int)b->leading;
    if (dtype == 0) {
        __typeof__(cblas_sgemm) *sgemm = (__typeof__(cblas_sgemm) *)blas->sgemm;
        sgemm(CblasRowMajor, a->how, b->how, m, n, k, 1, a->data, lda, b->data, ldb, add ? 1 : 0, c,
              n);
    } else {
        __typeof__(cblas_dgemm) *dgemm = (__typeof__(cblas_dgemm) *)blas->dgemm;
        dgemm(CblasRowMajor, a->how, b->how, m, n, k, 1, a->data, lda, b->data, ldb, add ? 1 : 0, c,
              n);
    }
}

static bool fits_blas(int64_t m, int64_t n, int64_t k, const int64_t *a_stride,
                      const int64_t *b_stride)
{
    const int64_t values[] = {m, n, k, a_stride[0], a_stride[1], b_stride[0], b_stride[1]};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        if (values[i] > INT_MAX) {
            return false;
        }
    }
    return m > 0 && n > 0 && k > 0;
}

/* Whether there are fewer than `limit` multiply-adds. */
static bool fewer(int64_t m, int64_t n, int64_t k, int64_t limit)
{
    return m < limit && n < limit && k < limit && m * n < limit && m * n * k < limit;
}

/* Smaller products with a vector, which BLAS would pack before it multiplies: true if this was one.
 * A row times a matrix, and a column times one that lies transposed, add up the matrix's rows. */
static bool with_vector(const reeli_loops *loops, int64_t m, int64_t n, int64_t k, const void *a,
                        const int64_t *a_stride, const void *b, const int64_t *b_stride,
                        const void *bias, void *c, bool *done)
{
    *done = true;
    if (m == 1 && b_stride[1] == 1) {
        loops->small_product(1, n, k, a, a_stride, b, b_stride, bias, c);
        return true;
    }
    if (n == 1 && !bias && a_stride[0] == 1) {
        loops->small_product(1, m, k, b, (int64_t[]){0, b_stride[0]}, a,
                             (int64_t[]){a_stride[1], 1}, NULL, c);
        return true;
    }
    return false;
}

bool reeli_product(reel *r, int dtype, int64_t m, int64_t n, int64_t k, const void *a,
                   const int64_t *a_stride, const void *b, const int64_t *b_stride,
                   const void *bias, void *c, void *(*scratch)(void *, size_t), void *context)
{
    const reeli_loops *loops = r->kernels->of[dtype];
    const bool for_blas = dtype <= 1 && fits_blas(m, n, k, a_stride, b_stride);
    bool done;
    if (for_blas && !fewer(m, n, k, VECTORS_FROM) &&
        (reeli_vector_product(r, dtype, m, n, k, a, a_stride, b, b_stride, bias, c, scratch,
                              context, &done) ||
         with_vector(loops, m, n, k, a, a_stride, b, b_stride, bias, c, &done))) {
        return done;
    }
    if (!for_blas || fewer(m, n, k, loops->blas_from) || !load_blas(&r->blas)) {
        loops->small_product(m, n, k, a, a_stride, b, b_stride, bias, c);
        return true;
    }
    matrix left, right;
    if (!prepare(r, &left, dtype, m, k, a, a_stride, scratch, context) ||
        !prepare(r, &right, dtype, k, n, b, b_stride, scratch, context)) {
        return false;
    }
    start_with(dtype, m, n, bias, c);
    gemm(&r->blas, dtype, (int)m, (int)n, (int)k, &left, &right, bias != NULL, c);
    return true;
}
