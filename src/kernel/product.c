/* SPDX-License-Identifier: MIT */
/* Matrix products, through BLAS where a call costs less than it saves. The one file that knows
 * BLAS.
 *
 * OpenBLAS is loaded when the first such product comes: loading it takes longer, and more memory,
 * than training many a small model. Where REELI_OPENBLAS does not name it, there is none. */
#include "kernels.h"
#include "pool.h"

#include <limits.h>
#include <string.h>
#ifdef REELI_OPENBLAS
#include <cblas.h>
#include <dlfcn.h>
#endif

/* Multiply-adds. */
enum {
    SMALL = 512,           /* below which there is nothing to choose */
    VECTORS_FROM = 4096,   /* from which on a product with a vector is a sum of its own */
    SHARED_FROM = 1 << 20, /* from which on threads share a product, and of a piece of it */
    BLAS_PIECE = 1 << 28   /* of a piece that BLAS does, which packs its operands anew */
};
enum {
    MOST = 16, /* pieces */
    ALIGN = 64 /* rows or columns of a piece: whole tiles, here and in BLAS */
};

/* How BLAS sees a matrix: row by row, transposed, or neither. */
static bool layout(int64_t rows, int64_t columns, const int64_t *stride, bool *transposed,
                   int64_t *leading)
{
    if ((stride[1] == 1 || columns == 1) && (stride[0] >= columns || rows == 1)) {
        *transposed = false;
        *leading = rows == 1 ? columns : stride[0];
        return true;
    }
    if ((stride[0] == 1 || rows == 1) && (stride[1] >= rows || columns == 1)) {
        *transposed = true;
        *leading = columns == 1 ? rows : stride[1];
        return true;
    }
    return false;
}

typedef struct matrix {
    const void *data;
    int64_t stride[2];
    bool transposed;
    int64_t leading;
} matrix;

/* BLAS's view of a matrix; one that BLAS cannot read is packed first. */
static bool prepare(reel *r, matrix *x, int dtype, int64_t rows, int64_t columns,
                    void *(*scratch)(void *, size_t), void *context)
{
    if (layout(rows, columns, x->stride, &x->transposed, &x->leading)) {
        return true;
    }
    void *packed = scratch(context, (size_t)(rows * columns) * reeli_element_size(dtype));
    if (!packed) {
        return false;
    }
    int64_t size[2] = {rows, columns}, row_major[2] = {columns, 1};
    reeli_move_strided(r, 2, size, (reeli_operand){packed, row_major, dtype},
                       (reeli_operand){(void *)(uintptr_t)x->data, x->stride, dtype});
    *x = (matrix){packed, {columns, 1}, false, columns};
    return true;
}

/* A bias starts out as C, so that BLAS adds the product to it. */
static void start_with(int dtype, int64_t m, int64_t n, const void *bias, char *c, int64_t c_step)
{
    const size_t size = reeli_element_size(dtype);
    for (int64_t i = 0; bias && i < m; i++) {
        memcpy(c + (size_t)(i * c_step) * size, bias, (size_t)n * size);
    }
}

#ifdef REELI_OPENBLAS
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

static bool load_blas(reeli_blas *blas)
{
    if (!blas->tried) {
        void *library = open_blas();
        find(library, "cblas_sgemm", &blas->sgemm);
        find(library, "cblas_dgemm", &blas->dgemm);
        blas->tried = true;
    }
    return blas->sgemm && blas->dgemm;
}

static void gemm(const reeli_blas *blas, int dtype, int m, int n, int k, const matrix *a,
                 const matrix *b, bool add, void *c, int c_step)
{
    const int lda = (int)a->leading, ldb = (int)b->leading;
    const CBLAS_TRANSPOSE ta = a->transposed ? CblasTrans : CblasNoTrans;
    const CBLAS_TRANSPOSE tb = b->transposed ? CblasTrans : CblasNoTrans;
    if (dtype == REEL_F32) {
        __typeof__(cblas_sgemm) *sgemm = (__typeof__(cblas_sgemm) *)blas->sgemm;
        sgemm(CblasRowMajor, ta, tb, m, n, k, 1, a->data, lda, b->data, ldb, add ? 1 : 0, c,
              c_step);
    } else {
        __typeof__(cblas_dgemm) *dgemm = (__typeof__(cblas_dgemm) *)blas->dgemm;
        dgemm(CblasRowMajor, ta, tb, m, n, k, 1, a->data, lda, b->data, ldb, add ? 1 : 0, c,
              c_step);
    }
}

#else
static bool load_blas(reeli_blas *blas) { return blas->sgemm && blas->dgemm; }

/* Without a library this is never called. */
static void gemm(const reeli_blas *blas, int dtype, int m, int n, int k, const matrix *a,
                 const matrix *b, bool add, void *c, int c_step)
{
    (void)blas, (void)dtype, (void)m, (void)n, (void)k, (void)a, (void)b, (void)add, (void)c,
        (void)c_step;
}
#endif

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
static bool with_vector(reeli_small_product_loop *product, int64_t m, int64_t n, int64_t k,
                        const void *a, const int64_t *a_stride, const void *b,
                        const int64_t *b_stride, const void *bias, void *c, bool *done)
{
    *done = true;
    if (m == 1 && b_stride[1] == 1) {
        product(1, n, k, a, a_stride, b, b_stride, bias, c, n);
        return true;
    }
    if (n == 1 && !bias && a_stride[0] == 1) {
        product(1, m, k, b, (int64_t[]){0, b_stride[0]}, a, (int64_t[]){a_stride[1], 1}, NULL, c,
                m);
        return true;
    }
    return false;
}

/* A product that threads share. A piece has `columns` of its columns, or `rows` of its rows; the
 * last one may have fewer. */
typedef struct shared_product {
    reeli_small_product_loop *product;
    const reeli_blas *blas; /* NULL where our own loops do it */
    int dtype;
    int64_t m, n, k, rows, columns;
    matrix a, b;
    const char *bias;
    char *c;
} shared_product;

/* How it is cut depends on the shape alone, for BLAS may round a part as it would not the whole. */
static int64_t cut(shared_product *s, double piece)
{
    const double work = (double)s->m * (double)s->n * (double)s->k;
    const int64_t pieces = work < 2 * piece              ? 1
                           : work < (double)MOST * piece ? (int64_t)(work / piece)
                                                         : MOST;
    const int64_t longer = s->n >= s->m ? s->n : s->m;
    const int64_t length = ((longer - 1) / pieces / ALIGN + 1) * ALIGN;
    s->rows = s->n >= s->m ? s->m : length;
    s->columns = s->n >= s->m ? length : s->n;
    return (longer - 1) / length + 1;
}

static matrix moved(const matrix *x, int dtype, int64_t row, int64_t column)
{
    matrix part = *x;
    const int64_t by = row * x->stride[0] + column * x->stride[1];
    part.data = (const char *)x->data + by * (int64_t)reeli_element_size(dtype);
    return part;
}

static void multiply_piece(int64_t piece, void *context)
{
    const shared_product *s = context;
    const int64_t i = s->n >= s->m ? 0 : piece * s->rows, j = s->n >= s->m ? piece * s->columns : 0;
    const int64_t rows = s->m - i < s->rows ? s->m - i : s->rows;
    const int64_t columns = s->n - j < s->columns ? s->n - j : s->columns;
    const size_t size = reeli_element_size(s->dtype);
    const matrix a = moved(&s->a, s->dtype, i, 0), b = moved(&s->b, s->dtype, 0, j);
    const char *bias = s->bias ? s->bias + (size_t)j * size : NULL;
    char *c = s->c + (size_t)(i * s->n + j) * size;
    if (s->blas) {
        start_with(s->dtype, rows, columns, bias, c, s->n);
        gemm(s->blas, s->dtype, (int)rows, (int)columns, (int)s->k, &a, &b, bias != NULL, c,
             (int)s->n);
    } else {
        s->product(rows, columns, s->k, a.data, a.stride, b.data, b.stride, bias, c, s->n);
    }
}

bool reeli_product(reel *r, int dtype, int64_t m, int64_t n, int64_t k, const void *a,
                   const int64_t *a_stride, const void *b, const int64_t *b_stride,
                   const void *bias, void *c, void *(*scratch)(void *, size_t), void *context)
{
    reeli_small_product_loop *const product = reeli_small_product_loops[r->level][dtype];
    if (fewer(m, n, k, SMALL)) {
        product(m, n, k, a, a_stride, b, b_stride, bias, c, n);
        return true;
    }
    const bool for_blas = reeli_is_float(dtype) && fits_blas(m, n, k, a_stride, b_stride);
    bool done;
    if (for_blas && !fewer(m, n, k, VECTORS_FROM) &&
        (reeli_vector_product(r, dtype, m, n, k, a, a_stride, b, b_stride, bias, c, scratch,
                              context, &done) ||
         with_vector(product, m, n, k, a, a_stride, b, b_stride, bias, c, &done))) {
        return done;
    }
    const bool by_blas = for_blas && !fewer(m, n, k, reeli_blas_from_loops[r->level][dtype]()) &&
                         load_blas(&r->blas);
    if (!by_blas && (fewer(m, n, k, SHARED_FROM) || m == 1 || n == 1)) {
        product(m, n, k, a, a_stride, b, b_stride, bias, c, n);
        return true;
    }
    shared_product s = {.product = product,
                        .blas = by_blas ? &r->blas : NULL,
                        .dtype = dtype,
                        .m = m,
                        .n = n,
                        .k = k,
                        .a = {.data = a, .stride = {a_stride[0], a_stride[1]}},
                        .b = {.data = b, .stride = {b_stride[0], b_stride[1]}},
                        .bias = bias,
                        .c = c};
    if (by_blas && (!prepare(r, &s.a, dtype, m, k, scratch, context) ||
                    !prepare(r, &s.b, dtype, k, n, scratch, context))) {
        return false;
    }
    reeli_parallel(r, cut(&s, s.blas ? BLAS_PIECE : SHARED_FROM), multiply_piece, &s);
    return true;
}
