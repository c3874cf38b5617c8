/* SPDX-License-Identifier: MIT */
/*
 * Products of large matrices with a vector, in pieces that read a part of the matrix once. Where
 * the vector weighs the rows, each piece adds up its rows by itself, and the pieces' sums are added
 * in their order: the bits depend on the sizes alone.
 */
#include "vector_product.h"

#include <string.h>

typedef struct product {
    reel *r;
    reeli_matrix_vector_loop *dot_rows;
    reeli_add_rows_loop *add_rows;
    const char *matrix, *vector, *bias;
    char *out, *sums;
    int64_t rows, columns, step; /* of the matrix; its rows lie side by side */
    int64_t vector_step, bias_step;
    int64_t piece; /* rows or columns of a piece */
    size_t element;
} product;

static int64_t pieces_of(int64_t all, int64_t piece) { return (all - 1) / piece + 1; }

static int64_t length_of(int64_t piece, int64_t index, int64_t all)
{
    const int64_t rest = all - index * piece;
    return rest < piece ? rest : piece;
}

static int64_t largest(int64_t a, int64_t b, int64_t c)
{
    const int64_t most = a > b ? a : b;
    return most > c ? most : c;
}

static void dot_rows(int64_t index, void *context)
{
    const product *p = context;
    const size_t first = (size_t)(index * p->piece);
    p->dot_rows(length_of(p->piece, index, p->rows), p->columns,
                p->matrix + first * (size_t)p->step * p->element, p->step, p->vector,
                p->bias ? p->bias + first * (size_t)p->bias_step * p->element : NULL, p->bias_step,
                p->out + first * p->element);
}

/* A sum begins with the bias, or with 0. */
static void begin(const product *p, char *to, int64_t first, int64_t columns)
{
    const size_t bytes = (size_t)columns * p->element;
    if (p->bias) {
        memcpy(to, p->bias + (size_t)first * p->element, bytes);
    } else {
        memset(to, 0, bytes);
    }
}

static void add_piece_of_rows(int64_t index, void *context)
{
    const product *p = context;
    const size_t first = (size_t)(index * p->piece);
    char *sums = p->sums + (size_t)(index * p->columns) * p->element;
    memset(sums, 0, (size_t)p->columns * p->element);
    p->add_rows(length_of(p->piece, index, p->rows), p->columns,
                p->vector + first * (size_t)p->vector_step * p->element, p->vector_step,
                p->matrix + first * (size_t)p->step * p->element, p->step, sums);
}

static void add_piece_of_columns(int64_t index, void *context)
{
    const product *p = context;
    const int64_t first = index * p->piece, columns = length_of(p->piece, index, p->columns);
    const size_t at = (size_t)first * p->element;
    begin(p, p->out + at, first, columns);
    p->add_rows(p->rows, columns, p->vector, p->vector_step, p->matrix + at, p->step, p->out + at);
}

static product product_of(reel *r, const reeli_gemm *row)
{
    return (product){.r = r,
                     .dot_rows = reeli_matrix_vector_loops[r->level][row->dtype],
                     .add_rows = reeli_add_rows_loops[r->level][row->dtype],
                     .matrix = row->b.data,
                     .vector = row->a.data,
                     .bias = row->bias,
                     .out = row->c,
                     .vector_step = row->a.stride[1],
                     .bias_step = !row->one_bias,
                     .element = reeli_element_size(row->dtype)};
}

/* c[j] = Σ_p a[p] b[p,j] + bias[j], where b's columns are the rows that lie side by side. */
void reeli_dot_rows(reel *r, const reeli_gemm *row)
{
    product p = product_of(r, row);
    p.rows = row->n, p.columns = row->k, p.step = row->b.stride[1];
    p.piece = REELI_PIECE / p.columns + 1;
    reeli_parallel(r, pieces_of(p.rows, p.piece), dot_rows, &p);
}

/* The same where b's rows do: in pieces of rows, or of columns where a row is long. */
bool reeli_add_rows_up(reel *r, const reeli_gemm *row)
{
    const double one_f64 = 1;
    const float one_f32 = 1;
    product p = product_of(r, row);
    p.rows = row->k, p.columns = row->n, p.step = row->b.stride[0];
    p.piece =
        largest(REELI_LEAST_ROWS, 8 * REELI_PIECE / p.columns, p.rows / REELI_MOST_ROW_PIECES + 1);
    if (p.rows < 4 * p.piece) {
        p.piece =
            p.rows < REELI_PIECE / REELI_LEAST_COLUMNS ? REELI_PIECE / p.rows : REELI_LEAST_COLUMNS;
        reeli_parallel(r, pieces_of(p.columns, p.piece), add_piece_of_columns, &p);
        return true;
    }
    const int64_t pieces = pieces_of(p.rows, p.piece);
    p.sums = reeli_arena_alloc(r, (size_t)(pieces * p.columns) * p.element);
    if (!p.sums) {
        return false;
    }
    reeli_parallel(r, pieces, add_piece_of_rows, &p);
    begin(&p, p.out, 0, p.columns);
    p.add_rows(pieces, p.columns, p.element == 4 ? (const void *)&one_f32 : &one_f64, 0, p.sums,
               p.columns, p.out);
    return true;
}
