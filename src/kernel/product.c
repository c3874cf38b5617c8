/* SPDX-License-Identifier: MIT */
/*
 * Matrix products. Which way one is computed is decided in `choose`, by its shape and the sizes of
 * thresholds.h, and nowhere else; who makes a way faster, or adds one, begins there.
 */
#include "blas.h"
#include "kernels.h"
#include "packed_product.h"
#include "pool.h"
#include "vector_product.h"

#include <limits.h>
#include <string.h>

typedef enum way {
    LOOPS,    /* the CPU level's, in one go: plain chains, lanes or tiles, see cpu/product.h */
    AS_ROW,   /* the same, of a column as a row: cᵀ = bᵀ aᵀ */
    DOT_ROWS, /* a large matrix with a vector, vector_product.c: each element is a row's sum */
    ADD_ROWS, /* or rows are added up */
    SHARED,   /* the loops in pieces, on threads */
    PACKED,   /* in blocks with both operands packed, packed_product.c, on threads too */
    BLAS      /* OpenBLAS, in pieces too */
} way;

/* Whether there are fewer than `limit` multiply-adds. */
static inline bool fewer(const reeli_gemm *p, int64_t limit)
{
    const int64_t m = p->m, n = p->n, k = p->k;
    return m < limit && n < limit && k < limit && m * n < limit && m * n * k < limit;
}

static double work_of(const reeli_gemm *p) { return (double)p->m * (double)p->n * (double)p->k; }

/* BLAS counts in int. */
static bool fits_blas(const reeli_gemm *p)
{
    const int64_t strides = p->a.stride[0] | p->a.stride[1] | p->b.stride[0] | p->b.stride[1];
    return p->m > 0 && p->n > 0 && p->k > 0 && (p->m | p->n | p->k | strides) <= INT_MAX;
}

/* Of a product of floats with a vector: BLAS would pack the matrix before it multiplies, where it
 * is enough to read it once, front to back. */
static way choose_with_vector(const reeli_gemm *p, way otherwise)
{
    const reeli_gemm v = p->m == 1 ? *p : reeli_as_row(p);
    if (v.b.stride[0] == 1 && v.a.stride[1] == 1) {
        return DOT_ROWS;
    }
    if (v.b.stride[1] != 1 || (p->bias && p->m != 1)) {
        return otherwise;
    }
    return v.k >= REELI_SHARED_FROM / v.n ? ADD_ROWS : p->m == 1 ? LOOPS : AS_ROW;
}

static way choose(reel *r, const reeli_gemm *p)
{
    const bool with_vector = p->m == 1 || p->n == 1, tiles = reeli_has_tiles(r, p->dtype);
    if (tiles && !with_vector &&
        fewer(p, REELI_SHARED_PRODUCT)) { /* as below, with no more asked */
        return LOOPS;
    }
    const double work = work_of(p);
    const bool fits = reeli_is_float(p->dtype) && fits_blas(p);
    if (with_vector && fits && work >= REELI_VECTORS_FROM) {
        const way found = choose_with_vector(p, BLAS);
        if (found != BLAS) {
            return found;
        }
    }
    const double blas_from = p->dtype == REEL_F32 ? REELI_BLAS_FROM_F32 : REELI_BLAS_FROM_F64;
    if (fits && work >= blas_from && !tiles && reeli_blas_ready(r)) {
        return BLAS;
    }
    return with_vector || work < REELI_SHARED_PRODUCT ? LOOPS
           : reeli_may_pack(r, p)                     ? PACKED
                                                      : SHARED;
}

/* A product in pieces: of so many rows, or columns. */
typedef struct pieces {
    const reeli_gemm *whole;
    reeli_small_product_loop *loop;
    const reeli_blas *blas; /* NULL: the loop does it */
    reeli_blas_matrix a, b; /* for that */
    bool of_columns;        /* the longer side is cut */
    int64_t length;
} pieces;

/* How it is cut depends on the shape alone, for BLAS may round a part as it would not the whole. */
static int64_t cut(pieces *s, double piece)
{
    enum { ALIGN = 64 }; /* rows or columns: whole tiles, in our loops and in BLAS */
    const reeli_gemm *p = s->whole;
    const double work = work_of(p);
    const int64_t most = REELI_BLAS_PIECES;
    const int64_t count = work < 2 * piece              ? 1
                          : work < (double)most * piece ? (int64_t)(work / piece)
                                                        : most;
    s->of_columns = p->n >= p->m;
    const int64_t longer = s->of_columns ? p->n : p->m;
    s->length = ((longer - 1) / count / ALIGN + 1) * ALIGN;
    return (longer - 1) / s->length + 1;
}

static const void *moved(const void *data, int64_t elements, int dtype)
{
    return (const char *)data + elements * (int64_t)reeli_element_size(dtype);
}

static reeli_gemm part_of(const pieces *s, int64_t piece)
{
    reeli_gemm p = *s->whole;
    const int64_t first = piece * s->length, rest = (s->of_columns ? p.n : p.m) - first;
    const int64_t length = rest < s->length ? rest : s->length;
    if (s->of_columns) {
        p.n = length;
        p.b.data = moved(p.b.data, first * p.b.stride[1], p.dtype);
        p.bias = p.bias ? moved(p.bias, first, p.dtype) : NULL;
        p.gate = p.gate ? moved(p.gate, first, p.dtype) : NULL;
        p.c = (char *)p.c + (size_t)first * reeli_element_size(p.dtype);
    } else {
        p.m = length;
        p.a.data = moved(p.a.data, first * p.a.stride[0], p.dtype);
        p.gate = p.gate ? moved(p.gate, first * p.c_step, p.dtype) : NULL;
        p.c = (char *)p.c + (size_t)(first * p.c_step) * reeli_element_size(p.dtype);
    }
    return p;
}

/* A bias starts out as C, so that BLAS adds the product to it. */
static void start_with_bias(const reeli_gemm *p)
{
    const size_t size = reeli_element_size(p->dtype);
    for (int64_t i = 0; p->bias && i < p->m; i++) {
        memcpy((char *)p->c + (size_t)(i * p->c_step) * size, p->bias, (size_t)p->n * size);
    }
}

REELI_RARE static void multiply_piece(int64_t piece, void *context)
{
    const pieces *s = context;
    const reeli_gemm p = part_of(s, piece);
    if (!s->blas) {
        s->loop(&p);
        return;
    }
    reeli_blas_matrix a = s->a, b = s->b;
    a.data = p.a.data;
    b.data = p.b.data;
    start_with_bias(&p);
    reeli_blas_product(s->blas, p.dtype, (int)p.m, (int)p.n, (int)p.k, a, b, p.bias != NULL, p.c,
                       (int)p.c_step);
}

/* How BLAS sees a matrix: row by row, or transposed; false: neither. */
static bool seen_by_blas(const reeli_matrix *x, int64_t rows, int64_t columns,
                         reeli_blas_matrix *seen)
{
    const int64_t down = x->stride[0], right = x->stride[1];
    if ((right == 1 || columns == 1) && (down >= columns || rows == 1)) {
        *seen = (reeli_blas_matrix){NULL, false, (int)(rows == 1 ? columns : down)};
        return true;
    }
    if ((down == 1 || rows == 1) && (right >= rows || columns == 1)) {
        *seen = (reeli_blas_matrix){NULL, true, (int)(columns == 1 ? rows : right)};
        return true;
    }
    return false;
}

/* A matrix that BLAS cannot read is packed first. */
static bool prepare(reel *r, int dtype, reeli_matrix *x, int64_t rows, int64_t columns,
                    reeli_blas_matrix *seen)
{
    if (seen_by_blas(x, rows, columns, seen)) {
        return true;
    }
    void *packed = reeli_arena_alloc(r, (size_t)(rows * columns) * reeli_element_size(dtype));
    if (!packed) {
        return false;
    }
    int64_t size[2] = {rows, columns}, row_major[2] = {columns, 1};
    reeli_move_strided(r, 2, size, (reeli_operand){packed, row_major, dtype},
                       (reeli_operand){(void *)(uintptr_t)x->data, x->stride, dtype});
    *x = (reeli_matrix){packed, {columns, 1}};
    *seen = (reeli_blas_matrix){NULL, false, (int)columns};
    return true;
}

REELI_RARE static bool by_blas(reel *r, reeli_gemm p)
{
    pieces s = {.whole = &p, .blas = &r->blas};
    if (!prepare(r, p.dtype, &p.a, p.m, p.k, &s.a) || !prepare(r, p.dtype, &p.b, p.k, p.n, &s.b)) {
        return false;
    }
    reeli_parallel(r, cut(&s, REELI_BLAS_PIECE), multiply_piece, &s);
    return true;
}

static void shared(reel *r, const reeli_gemm *p, reeli_small_product_loop *loop)
{
    pieces s = {.whole = p, .loop = loop};
    reeli_parallel(r, cut(&s, REELI_SHARED_PRODUCT), multiply_piece, &s);
}

/* What follows a product that the loops have not computed. */
static void finish(reel *r, const reeli_gemm *p)
{
    const reeli_map relu = reeli_value_map(&reeli_formula_relu, r->level, p->dtype);
    const reeli_map gate = reeli_gradient_map(&reeli_formula_relu, 0, r->level, p->dtype);
    const bool in_a_row = p->c_step == p->n;
    const int64_t n = in_a_row ? p->m * p->n : p->n;
    const size_t row = (size_t)p->c_step * reeli_element_size(p->dtype);
    for (int64_t i = 0; i < (in_a_row ? 1 : p->m); i++) {
        char *c = (char *)p->c + (size_t)i * row;
        if (p->rectify) {
            reeli_map_contiguous(r, relu, p->dtype, p->dtype, n, c, 1, (const void *[]){c}, 0,
                                 NULL);
        }
        if (p->gate) {
            const void *y = (const char *)p->gate + (size_t)i * row;
            reeli_map_contiguous(r, gate, p->dtype, p->dtype, n, c, 3, (const void *[]){c, c, y}, 0,
                                 NULL); /* the second is not read */
        }
    }
}

bool reeli_is_small_product(const reeli_gemm *p) { return fewer(p, REELI_SMALL_PRODUCT); }

bool reeli_is_one_loop(reel *r, const reeli_gemm *p)
{
    return p->m > 0 && p->n > 0 && (fewer(p, REELI_SMALL_PRODUCT) || choose(r, p) == LOOPS);
}

/* The ways that are more than a loop: what they call takes so long that their own code is for size,
 * as a piece's is. */
REELI_RARE static bool by_way(reel *r, const reeli_gemm *p, way how, reeli_small_product_loop *loop)
{
    const reeli_gemm row = p->m == 1 ? *p : reeli_as_row(p);
    switch (how) {
    case AS_ROW:
        loop(&row);
        return true;
    case DOT_ROWS:
        reeli_dot_rows(r, &row);
        return true;
    case ADD_ROWS:
        return reeli_add_rows_up(r, &row);
    case BLAS:
        return by_blas(r, *p);
    case PACKED: /* of which a lack of memory, too, leaves the bits as they are */
        if (reeli_packed_product(r, p)) {
            return true;
        } /* fall through */
    case SHARED:
    case LOOPS: /* which never come here */
        break;
    }
    shared(r, p, loop);
    return true;
}

bool reeli_product(reel *r, const reeli_gemm *p)
{
    reeli_small_product_loop *const loop = reeli_small_product_loops[r->level][p->dtype];
    if (p->m == 0 || p->n == 0) {
        return true; /* however deep it is */
    }
    const way how = fewer(p, REELI_SMALL_PRODUCT) ? LOOPS : choose(r, p);
    if (how == LOOPS) {
        loop(p);
        return true;
    }
    const reeli_mark mark = reeli_arena_mark(&r->arena);
    const bool done = by_way(r, p, how, loop);
    if ((p->rectify || p->gate) && done && how != PACKED && how != SHARED) {
        finish(r, p);
    }
    reeli_arena_release(&r->arena, &mark);
    return done;
}
