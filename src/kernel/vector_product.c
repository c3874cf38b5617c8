/* SPDX-License-Identifier: MIT */
/*
 * Products of large matrices with a vector, in pieces that read a part of the matrix once. Where
 * the vector weighs the rows, each piece adds up its rows by itself, and the pieces' sums are added
 * in their order: the bits depend on the sizes alone.
 */
#include "vector_product.h"

#include "pool.h"

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

enum { BLOCK_BYTES = 2400, LINE = 64 /* of a cache */ };

/* So many rows that lie apart are read side by side: more are more streams than a CPU fetches
 * ahead. */
enum { ROWS_APART = 16 };

/* Rows of a block, of so many columns: sums are read and written once for each. Fours, for dot
 * products take four rows at once. */
static int64_t rows_of_block(const product *p, int64_t columns)
{
    const int64_t fit = BLOCK_BYTES / (columns * (int64_t)p->element);
    return fit == 0 ? ROWS_APART : reeli_most(2, reeli_least(fit & ~(int64_t)3, REELI_BLOCK));
}

/* Adds up the rows of a block. What follows it is fetched meanwhile, for some CPUs do not read far
 * enough ahead by themselves. */
static void add_block(const product *p, int64_t rows, const char *weights, int64_t weight_step,
                      const char *matrix, char *sums)
{
    const char *next = matrix + (size_t)(rows * p->step) * p->element;
    for (int i = 0; i < BLOCK_BYTES; i += LINE) {
        REELI_PREFETCH(next + i);
    }
    p->add_rows(rows, p->columns, weights, weight_step, matrix, p->step, sums);
}

/* The sums of a piece of rows, which begin with 0. */
static char *begin_piece(const product *p, int64_t index)
{
    const size_t bytes = (size_t)p->columns * p->element;
    return memset(p->sums + (size_t)index * bytes, 0, bytes);
}

static void add_piece_of_rows(int64_t index, void *context)
{
    const product *p = context;
    const int64_t count = length_of(p->piece, index, p->rows);
    const int64_t block = rows_of_block(p, p->columns);
    char *const sums = begin_piece(p, index);
    for (int64_t i = 0; i < count; i += block) {
        const size_t row = (size_t)(index * p->piece + i);
        add_block(p, count - i < block ? count - i : block,
                  p->vector + row * (size_t)p->vector_step * p->element, p->vector_step,
                  p->matrix + row * (size_t)p->step * p->element, sums);
    }
}

static void add_piece_of_columns(int64_t index, void *context)
{
    const product *p = context;
    const int64_t first = index * p->piece, columns = length_of(p->piece, index, p->columns);
    const size_t at = (size_t)first * p->element;
    begin(p, p->out + at, first, columns);
    const int64_t block = reeli_most(ROWS_APART, rows_of_block(p, columns));
    for (int64_t i = 0; i < p->rows; i += block) {
        p->add_rows(p->rows - i < block ? p->rows - i : block, columns,
                    p->vector + (size_t)(i * p->vector_step) * p->element, p->vector_step,
                    p->matrix + (size_t)(i * p->step) * p->element + at, p->step, p->out + at);
    }
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

static int64_t rows_of_piece(int64_t rows, int64_t columns)
{
    return largest(REELI_LEAST_ROWS, 8 * REELI_PIECE / columns, rows / REELI_MOST_ROW_PIECES + 1);
}

/* Whether there are rows enough for pieces of them. */
static bool many_rows(int64_t rows, int64_t columns)
{
    return rows >= 4 * rows_of_piece(rows, columns);
}

/* Pieces of rows, each of which `job` adds up by itself, and their sums. */
static bool add_pieces_of_rows(product *p, reeli_job job, void *context)
{
    const double one_f64 = 1;
    const float one_f32 = 1;
    const int64_t pieces = pieces_of(p->rows, p->piece);
    p->sums = reeli_arena_alloc(p->r, (size_t)(pieces * p->columns) * p->element);
    if (!p->sums) {
        return false;
    }
    reeli_parallel(p->r, pieces, job, context);
    begin(p, p->out, 0, p->columns);
    p->add_rows(pieces, p->columns, p->element == 4 ? (const void *)&one_f32 : &one_f64, 0, p->sums,
                p->columns, p->out);
    return true;
}

/* The same where b's rows do: in pieces of rows, or of columns where a row is long. */
bool reeli_add_rows_up(reel *r, const reeli_gemm *row)
{
    product p = product_of(r, row);
    p.rows = row->k, p.columns = row->n, p.step = row->b.stride[0];
    p.piece = rows_of_piece(p.rows, p.columns);
    if (!many_rows(p.rows, p.columns)) {
        /* Each column's sum is its own: the fewer pieces, the longer what is read of a row. */
        const int64_t least =
            p.rows < REELI_PIECE / REELI_LEAST_COLUMNS ? REELI_PIECE / p.rows : REELI_LEAST_COLUMNS;
        p.piece = largest(least, pieces_of(p.columns, r->threads), REELI_LEAST_COLUMNS);
        reeli_parallel(r, pieces_of(p.columns, p.piece), add_piece_of_columns, &p);
        return true;
    }
    return add_pieces_of_rows(&p, add_piece_of_rows, &p);
}

bool reeli_may_go_as_line(const reeli_line *l)
{
    const reeli_gemm *y = &l->values, *dw = &l->gradient;
    const int64_t rows = y->m, columns = y->k;
    return columns > 1 && rows <= INT32_MAX && columns <= INT32_MAX && y->a.stride[1] == 1 &&
           y->b.stride[0] == 1 && dw->b.stride[1] == 1 && dw->b.data == y->a.data &&
           dw->b.stride[0] == y->a.stride[0] && rows >= REELI_SHARED_FROM / columns &&
           many_rows(rows, columns);
}

typedef struct line {
    product values, gradient;
    const reeli_line *it;
    const void *g; /* repeated */
} line;

static void line_piece(int64_t index, void *context)
{
    const line *l = context;
    const product *y = &l->values, *dw = &l->gradient;
    const size_t element = y->element;
    const int64_t count = length_of(dw->piece, index, dw->rows),
                  block = rows_of_block(dw, dw->columns);
    char *const sums = begin_piece(dw, index);
    for (int64_t i = 0; i < count; i += block) {
        const int64_t rows = count - i < block ? count - i : block;
        const size_t row = (size_t)(index * dw->piece + i), at = row * element;
        const char *x = y->matrix + row * (size_t)y->step * element;
        char *dy = (char *)l->it->dy + at;
        y->dot_rows(rows, y->columns, x, y->step, y->vector, y->bias, 0, y->out + at);
        l->it->map(rows, dy,
                   (const void *[]){l->g, (const char *)l->it->in[0] + at,
                                    (const char *)l->it->in[1] + at, l->g},
                   l->it->parameters);
        add_block(dw, rows, dy, 1, x, sums);
    }
}

bool reeli_go_as_line(reel *r, const reeli_line *l)
{
    _Alignas(64) unsigned char g[REELI_BLOCK * sizeof(double)];
    const reeli_gemm row = reeli_as_row(&l->values);
    line all = {product_of(r, &row), product_of(r, &l->gradient), l, g};
    product *y = &all.values, *dw = &all.gradient;
    y->rows = dw->rows = row.n;
    y->columns = dw->columns = row.k;
    y->step = dw->step = row.b.stride[1];
    dw->piece = rows_of_piece(dw->rows, dw->columns);
    reeli_move(rows_of_block(dw, dw->columns), g, row.dtype, 1, l->g, row.dtype, 0);
    return add_pieces_of_rows(dw, line_piece, &all);
}
