/* SPDX-License-Identifier: MIT */
/* Running a map over operands of any layout. */
#include "kernels.h"

#include <string.h>

enum { OPERANDS = 6, TRANSPOSED_ROWS = 64 /* whole panels of the kernel */, CACHE_LINE = 64 };

typedef struct buffers {
    _Alignas(64) unsigned char of[OPERANDS][REELI_BLOCK * sizeof(double)];
} buffers;

/* A map over contiguous operands, or single elements that repeat. */
typedef struct span {
    int level;
    reeli_map map;
    const double *parameters;
    int64_t n;
    char *y;
    const void *const *x;
    int inputs, dtype;
    size_t in_size, out_size;
    unsigned repeat;
    bool stream;
} span;

/* Streaming a result costs a pass through a small buffer, and saves reading the result's memory
 * before it is overwritten: a third of the traffic once it does not fit the caches. Reading and
 * streaming take turns: short ones, and what is read next is asked for before a result goes. */
static void map_blocks(const span *s, int64_t from, int64_t to)
{
    buffers b;
    const void *at[OPERANDS];
    const int64_t block = s->stream ? REELI_BLOCK / 2 : REELI_BLOCK;
    for (int o = 0; o < s->inputs; o++) {
        const bool repeats = s->repeat >> o & 1;
        if (repeats) {
            reeli_move(to - from < block ? to - from : block, b.of[o + 1], s->dtype, 1, s->x[o],
                       s->dtype, 0);
        }
        at[o] = repeats ? b.of[o + 1] : (const unsigned char *)s->x[o] + (size_t)from * s->in_size;
    }
    for (int64_t i = from; i < to; i += block) {
        const int64_t count = to - i < block ? to - i : block;
        char *y = s->y + (size_t)i * s->out_size;
        s->map(count, s->stream ? (char *)b.of[0] : y, at, s->parameters);
        for (int o = 0; o < s->inputs; o++) {
            const size_t bytes = s->repeat >> o & 1 ? 0 : (size_t)count * s->in_size;
            at[o] = (const char *)at[o] + bytes;
            for (size_t next = 0; s->stream && next < bytes; next += CACHE_LINE) {
                REELI_PREFETCH((const char *)at[o] + next);
            }
        }
        if (s->stream) {
            reeli_stream_loops[s->level](y, b.of[0], (size_t)count * s->out_size);
        }
    }
}

static void map_span(const span *s, int64_t from, int64_t to)
{
    if (s->repeat || s->stream) {
        map_blocks(s, from, to);
        return;
    }
    const void *at[OPERANDS];
    for (int o = 0; o < s->inputs; o++) {
        at[o] = (const char *)s->x[o] + (size_t)from * s->in_size;
    }
    s->map(to - from, s->y + (size_t)from * s->out_size, at, s->parameters);
}

static void map_piece(int64_t piece, void *context)
{
    const span *s = context;
    const int64_t from = piece * REELI_PIECE, rest = s->n - from;
    map_span(s, from, from + (rest < REELI_PIECE ? rest : REELI_PIECE));
}

void reeli_map_contiguous(reel *r, reeli_map map, int dtype, int result, int64_t n, void *y,
                          int inputs, const void *const *x, unsigned repeat,
                          const double *parameters)
{
    const size_t out_size = reeli_element_size(result);
    const bool stream = (size_t)n * out_size >= REELI_STREAM_FROM && ((uintptr_t)y & 63) == 0;
    if (n == 1 || (!repeat && !stream && n < REELI_SHARED_FROM)) {
        map(n, y, x, parameters);
        return;
    }
    span s = {r->level, map,    parameters, n, y, x, inputs, dtype, reeli_element_size(dtype),
              out_size, repeat, stream};
    if (n < REELI_SHARED_FROM) {
        map_span(&s, 0, n);
    } else {
        reeli_parallel(r, (n - 1) / REELI_PIECE + 1, map_piece, &s);
    }
}

/* The loop's dims with neighbours merged wherever every operand allows it. */
typedef struct loop {
    int ndim, operands;
    int64_t size[8];
    int64_t stride[OPERANDS][8];
    char *data[OPERANDS];
    int dtype[OPERANDS];
} loop;

static bool mergeable(const loop *l, int64_t inner_size, const reeli_operand *operands, int d)
{
    for (int o = 0; o < l->operands; o++) {
        if (l->stride[o][l->ndim - 1] != operands[o].stride[d] * inner_size) {
            return false;
        }
    }
    return true;
}

static void collapse(loop *l, int ndim, const int64_t *size, const reeli_operand *operands)
{
    l->ndim = 0;
    for (int d = 0; d < ndim; d++) {
        if (size[d] == 1) {
            continue;
        }
        bool merge = l->ndim > 0 && mergeable(l, size[d], operands, d);
        int at = merge ? l->ndim - 1 : l->ndim++;
        l->size[at] = merge ? l->size[at] * size[d] : size[d];
        for (int o = 0; o < l->operands; o++) {
            l->stride[o][at] = operands[o].stride[d];
        }
    }
    if (l->ndim == 0) {
        l->ndim = 1;
        l->size[0] = 1;
        for (int o = 0; o < l->operands; o++) {
            l->stride[o][0] = 0;
        }
    }
}

/* Moves every operand to the next row; false after the last. */
static bool advance(loop *l, int64_t *index)
{
    for (int d = l->ndim - 2; d >= 0; d--) {
        index[d]++;
        bool wrap = index[d] == l->size[d];
        for (int o = 0; o < l->operands; o++) {
            int64_t steps = wrap ? 1 - l->size[d] : 1;
            l->data[o] += steps * l->stride[o][d] * (int64_t)reeli_element_size(l->dtype[o]);
        }
        if (!wrap) {
            return true;
        }
        index[d] = 0;
    }
    return false;
}

static loop make_loop(int ndim, const int64_t *size, int operands, const reeli_operand *operand)
{
    loop l = {.operands = operands};
    for (int o = 0; o < operands; o++) {
        l.data[o] = operand[o].data;
        l.dtype[o] = operand[o].dtype;
    }
    collapse(&l, ndim, size, operand);
    return l;
}

static bool empty(int ndim, const int64_t *size)
{
    for (int d = 0; d < ndim; d++) {
        if (size[d] == 0) {
            return true;
        }
    }
    return false;
}

/* One row: operands that the map cannot read or write where they lie go through a buffer. */
static void map_row(reeli_map map, int dtype, int result, const loop *l, buffers *b,
                    const double *parameters)
{
    const int inner = l->ndim - 1;
    for (int64_t i = 0; i < l->size[inner]; i += REELI_BLOCK) {
        int64_t n = l->size[inner] - i < REELI_BLOCK ? l->size[inner] - i : REELI_BLOCK;
        const void *x[OPERANDS];
        for (int o = 1; o < l->operands; o++) {
            int64_t stride = l->stride[o][inner];
            const char *at = l->data[o] + i * stride * (int64_t)reeli_element_size(l->dtype[o]);
            bool direct = l->dtype[o] == dtype && (stride == 1 || n == 1);
            if (!direct) {
                reeli_move(n, b->of[o], dtype, 1, at, l->dtype[o], stride);
            }
            x[o - 1] = direct ? at : (const char *)b->of[o];
        }
        int64_t stride = l->stride[0][inner];
        char *y = l->data[0] + i * stride * (int64_t)reeli_element_size(l->dtype[0]);
        bool direct = l->dtype[0] == result && (stride == 1 || n == 1);
        map(n, direct ? y : (char *)b->of[0], x, parameters);
        if (!direct) {
            reeli_move(n, y, l->dtype[0], stride, b->of[0], result, 1);
        }
    }
}

/* A strided map, or a move where there is no map, and what each piece takes of its first dim. */
typedef struct row_range {
    const loop *loop;
    reeli_map map;
    const double *parameters;
    int dtype, result;
    int64_t piece;
} row_range;

static void map_rows(const row_range *s, loop *l)
{
    buffers b;
    int64_t index[8] = {0};
    do {
        map_row(s->map, s->dtype, s->result, l, &b, s->parameters);
    } while (advance(l, index));
}

static void move_rows(loop *l)
{
    const int inner = l->ndim - 1;
    int64_t index[8] = {0};
    do {
        reeli_move(l->size[inner], l->data[0], l->dtype[0], l->stride[0][inner], l->data[1],
                   l->dtype[1], l->stride[1][inner]);
    } while (advance(l, index));
}

static void rows_piece(int64_t index, void *context)
{
    const row_range *s = context;
    loop l = *s->loop;
    const int64_t first = index * s->piece, rest = l.size[0] - first;
    for (int o = 0; o < l.operands; o++) {
        l.data[o] += first * l.stride[o][0] * (int64_t)reeli_element_size(l.dtype[o]);
    }
    l.size[0] = rest < s->piece ? rest : s->piece;
    if (s->map) {
        map_rows(s, &l);
    } else {
        move_rows(&l);
    }
}

/* Pieces of whole blocks, so that each element is computed where it would be in one go. */
static void share_rows(reel *r, row_range *s)
{
    const loop *l = s->loop;
    int64_t below = 1;
    for (int d = 1; d < l->ndim; d++) {
        below *= l->size[d];
    }
    const bool shared = below * l->size[0] >= REELI_SHARED_FROM;
    s->piece = !shared ? l->size[0] : l->ndim == 1 ? REELI_PIECE : REELI_PIECE / below + 1;
    reeli_parallel(r, (l->size[0] - 1) / s->piece + 1, rows_piece, s);
}

void reeli_map_strided(reel *r, reeli_map map, int dtype, int result, int ndim, const int64_t *size,
                       int inputs, const reeli_operand *operands, const double *parameters)
{
    if (!empty(ndim, size)) {
        const loop l = make_loop(ndim, size, inputs + 1, operands);
        share_rows(r, &(row_range){&l, map, parameters, dtype, result, 0});
    }
}

/* The dims in an order in which the result is written front to back. */
static void in_memory_order(int ndim, const int64_t *size, const reeli_operand *to,
                            const reeli_operand *from, int64_t sorted[3][8])
{
    for (int d = 0; d < ndim; d++) {
        int at = d;
        for (; at > 0 && sorted[1][at - 1] < to->stride[d]; at--) {
            for (int o = 0; o < 3; o++) {
                sorted[o][at] = sorted[o][at - 1];
            }
        }
        sorted[0][at] = size[d];
        sorted[1][at] = to->stride[d];
        sorted[2][at] = from->stride[d];
    }
}

/* Whether rows are written that lie as columns: then the dim that is contiguous in what is read
 * becomes the last but one. */
static bool is_transposition(loop *l)
{
    const int last = l->ndim - 1;
    const size_t element = reeli_element_size(l->dtype[0]);
    if (l->dtype[0] != l->dtype[1] || element < 4 || l->stride[0][last] != 1 ||
        l->stride[1][last] == 1 || l->stride[1][last] == 0 || l->size[last] < 4) {
        return false;
    }
    for (int d = 0; d < last; d++) {
        if (l->stride[1][d] == 1 && l->size[d] >= 4) {
            int64_t *values[] = {l->size, l->stride[0], l->stride[1]};
            for (int v = 0; v < 3; v++) {
                int64_t value = values[v][d];
                memmove(values[v] + d, values[v] + d + 1, (size_t)(last - 1 - d) * sizeof value);
                values[v][last - 1] = value;
            }
            return true;
        }
    }
    return false;
}

typedef struct matrix {
    int level;
    size_t element;
    int64_t rows, columns, to_stride, from_stride, piece;
    bool stream;
    char *to;
    const char *from;
} matrix;

static void transpose_piece(int64_t index, void *context)
{
    const matrix *m = context;
    const int64_t first = index * m->piece, rest = m->rows - first;
    reeli_transpose_loops[m->level](m->stream, rest < m->piece ? rest : m->piece, m->columns,
                                    m->element, m->to + (size_t)(first * m->to_stride) * m->element,
                                    m->to_stride, m->from + (size_t)first * m->element,
                                    m->from_stride);
}

static void transpose_all(reel *r, loop *l)
{
    const int rows = l->ndim - 2, columns = l->ndim - 1;
    int64_t index[8] = {0};
    matrix m = {.level = r->level,
                .element = reeli_element_size(l->dtype[0]),
                .rows = l->size[rows],
                .columns = l->size[columns],
                .to_stride = l->stride[0][rows],
                .from_stride = l->stride[1][columns],
                .piece = l->size[rows]};
    m.stream = (size_t)(m.rows * m.columns) * m.element >= REELI_STREAM_FROM;
    if (m.rows * m.columns >= REELI_SHARED_FROM) {
        m.piece = (8 * REELI_PIECE / m.columns / TRANSPOSED_ROWS + 1) * TRANSPOSED_ROWS;
    }
    l->ndim--; /* so that `advance` leaves both dims of a matrix to the kernel */
    do {
        m.to = l->data[0], m.from = l->data[1];
        reeli_parallel(r, (m.rows - 1) / m.piece + 1, transpose_piece, &m);
    } while (advance(l, index));
}

void reeli_move_strided(reel *r, int ndim, const int64_t *size, reeli_operand to,
                        reeli_operand from)
{
    if (empty(ndim, size)) {
        return;
    }
    int64_t sorted[3][8];
    in_memory_order(ndim, size, &to, &from, sorted);
    to.stride = sorted[1];
    from.stride = sorted[2];
    loop l = make_loop(ndim, sorted[0], 2, (reeli_operand[2]){to, from});
    if (is_transposition(&l)) {
        transpose_all(r, &l);
        return;
    }
    share_rows(r, &(row_range){.loop = &l});
}
