/* SPDX-License-Identifier: MIT */
/*
 * Matrix products in tiles of registers: m rows, n columns, k the depth. Each element of the result
 * is one chain of fused multiply-adds over the depth, in order, whatever the tiles: so its bits
 * depend neither on the other sizes nor on how the work is divided.
 *
 * A tile of TILE_ROWS rows and TILE_VECTORS vectors of columns stays in registers while the depth
 * runs. It reads a row of the right operand at each step, so these lie side by side, either in
 * place or, where they do not or fill no vector, in a panel that is packed on the stack.
 */
#if defined(HAS_AVX2) || defined(__aarch64__)
#define TILES

enum {
    TILE_ROWS = VECTOR_BYTES == 32 ? 6 : 8,
    PACKED_ROWS = VECTOR_BYTES == 64 ? 12 : TILE_ROWS, /* where the left operand is packed, too */
    TILE_VECTORS = 2,
    PACK_AHEAD = 8, /* rows */
    PANEL_COLUMNS = TILE_VECTORS * VECTOR,
    PANEL_DEPTH = REELI_PANEL_BYTES / (PANEL_COLUMNS * sizeof(T))
};

/* One tile's sums over the depth: they go on from `start`, whose rows are start_step apart, and end
 * up in c with the bias, if there is one. */
typedef struct tile_sums {
    const T *start, *bias;
    T *c;
    int64_t start_step, c_step;
} tile_sums;

REELI_INLINE void tile(const int rows, const int vectors, int64_t k, const T *a,
                       const int64_t *a_stride, const T *b, int64_t b_step, const tile_sums *to)
{
    vector sum[PACKED_ROWS][TILE_VECTORS];
    const int64_t next_row = a_stride[0], next = a_stride[1];
    const int64_t start_step = to->start_step, c_step = to->c_step;
    const T *const start = to->start, *const bias = to->bias;
    T *const c = to->c;
    REELI_UNROLL(32)
    for (int i = 0; i < rows * vectors; i++) {
        sum[i / vectors][i % vectors] =
            CONST_VECTOR_AT(start + i / vectors * start_step + i % vectors * VECTOR);
    }
    for (int64_t p = 0; p < k; p++, a += next, b += b_step) {
        REELI_UNROLL(32)
        for (int i = 0; i < rows * vectors; i++) {
            sum[i / vectors][i % vectors] = fused_vectors(a[i / vectors * next_row] - (vector){0},
                                                          CONST_VECTOR_AT(b + i % vectors * VECTOR),
                                                          sum[i / vectors][i % vectors]);
        }
    }
    if (bias) {
        REELI_UNROLL(32)
        for (int i = 0; i < rows * vectors; i++) {
            sum[i / vectors][i % vectors] += CONST_VECTOR_AT(bias + i % vectors * VECTOR);
        }
    }
    REELI_UNROLL(32)
    for (int i = 0; i < rows * vectors; i++) {
        VECTOR_AT(c + i / vectors * c_step + i % vectors * VECTOR) = sum[i / vectors][i % vectors];
    }
}

typedef void (*tile_product)(int64_t k, const T *a, const int64_t *a_stride, const T *b,
                             int64_t b_step, const tile_sums *to);

#define TILE(rows, vectors)                                                                        \
    static void NAMED(tile_##rows, vectors)(int64_t k, const T *a, const int64_t *a_stride,        \
                                            const T *b, int64_t b_step, const tile_sums *to)       \
    {                                                                                              \
        tile(rows, vectors, k, a, a_stride, b, b_step, to);                                        \
    }
#define TILES_OF(rows) TILE(rows, 1) TILE(rows, 2)
#define BOTH(rows) {NAMED(tile_##rows, 1), NAMED(tile_##rows, 2)},
#if VECTOR_BYTES == 32
#define EACH_HEIGHT(DO) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6)
#else
#define EACH_HEIGHT(DO) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7) DO(8)
#endif
EACH_HEIGHT(TILES_OF)
static const tile_product tiles[TILE_ROWS][TILE_VECTORS] = {EACH_HEIGHT(BOTH)};

#define TRANSPOSE_(cpu) reeli_transpose_##cpu
#define TRANSPOSE(cpu) TRANSPOSE_(cpu)
reeli_transpose_loop TRANSPOSE(REELI_CPU);

/* b[k,columns] into a panel, whose rows of `width` elements are filled up with 0. */
static void pack(int64_t k, int64_t columns, const T *b, const int64_t *b_stride, T *panel,
                 int64_t width)
{
    const bool rows_together = b_stride[1] == 1;
    if (columns < width && !rows_together) {
        memset(panel, 0, (size_t)(k * width) * sizeof(T));
    }
    if (b_stride[0] == 1 && !rows_together) {
        TRANSPOSE(REELI_CPU)(false, k, columns, sizeof(T), panel, width, b, b_stride[1]);
        return;
    }
    if (rows_together && columns == PANEL_COLUMNS) {
        for (int64_t p = 0; p < k; p++, b += b_stride[0], panel += PANEL_COLUMNS) {
            REELI_PREFETCH(b + PACK_AHEAD * b_stride[0]);
            REELI_PREFETCH(b + PACK_AHEAD * b_stride[0] + VECTOR);
            REELI_UNROLL(4)
            for (int v = 0; v < TILE_VECTORS; v++) {
                VECTOR_AT(panel + v * VECTOR) = CONST_VECTOR_AT(b + v * VECTOR);
            }
        }
        return;
    }
    for (int64_t p = 0; p < k; p++, b += b_stride[0], panel += width) {
        if (rows_together) {
            for (int64_t j = 0; j < width; j += VECTOR) {
                VECTOR_AT(panel + j) = load_part(b + j, columns - j);
            }
            continue;
        }
        for (int64_t j = 0; j < columns; j++) {
            panel[j] = b[j * b_stride[1]];
        }
    }
}

static const T zeros[PANEL_COLUMNS];

/* Columns of the result and what their sums start from: c itself where sums go on, else zeros. */
typedef struct panel_place {
    T *c;
    int64_t step, columns;
    const T *bias;
    bool more;
} panel_place;

/* A tile whose last vector is not full: computed aside. */
static void edge_tile(tile_product product, int64_t rows, int64_t k, const T *a,
                      const int64_t *a_stride, const T *b, int64_t b_step, const panel_place *to)
{
    T aside[PACKED_ROWS * PANEL_COLUMNS], bias[PANEL_COLUMNS];
    for (int64_t j = 0; j < to->columns; j += VECTOR) {
        const int64_t count = to->columns - j;
        for (int64_t i = 0; i < rows && to->more; i++) {
            VECTOR_AT(aside + i * PANEL_COLUMNS + j) = load_part(to->c + i * to->step + j, count);
        }
        if (to->bias) {
            VECTOR_AT(bias + j) = load_part(to->bias + j, count);
        }
    }
    product(k, a, a_stride, b, b_step,
            &(tile_sums){to->more ? aside : zeros, to->bias ? bias : NULL, aside,
                         to->more ? PANEL_COLUMNS : 0, PANEL_COLUMNS});
    for (int64_t j = 0; j < to->columns; j += VECTOR) {
        T *c = to->c + j;
        const T *sums = aside + j;
        for (int64_t i = 0; i < rows; i++, c += to->step, sums += PANEL_COLUMNS) {
            store_part(c, CONST_VECTOR_AT(sums), to->columns - j);
        }
    }
}

/* All rows of a panel's columns, in tiles of much the same height. */
static void panel_product(int64_t m, int64_t k, const T *a, const int64_t *a_stride, const T *b,
                          int64_t b_step, panel_place to)
{
    for (int64_t blocks = (m + TILE_ROWS - 1) / TILE_ROWS; blocks > 0; blocks--) {
        const int64_t rows = (m + blocks - 1) / blocks;
        const tile_product product = tiles[rows - 1][to.columns > VECTOR];
        if (to.columns % VECTOR != 0) {
            edge_tile(product, rows, k, a, a_stride, b, b_step, &to);
        } else {
            product(k, a, a_stride, b, b_step,
                    &(tile_sums){to.more ? to.c : zeros, to.bias, to.c, to.more ? to.step : 0,
                                 to.step});
        }
        a += rows * a_stride[0];
        to.c += rows * to.step;
        m -= rows;
    }
}

static void wide_product(const reeli_gemm *it)
{
    _Alignas(64) T panel[PANEL_DEPTH * PANEL_COLUMNS];
    const int64_t m = it->m, n = it->n, k = it->k, *b_stride = it->b.stride;
    const T *a = it->a.data, *b = it->b.data, *bias = it->bias;
    for (int64_t p = 0; p < k || p == 0; p += PANEL_DEPTH) {
        const int64_t depth = k - p < PANEL_DEPTH ? k - p : PANEL_DEPTH;
        for (int64_t j = 0; j < n; j += PANEL_COLUMNS) {
            const int64_t columns = n - j < PANEL_COLUMNS ? n - j : PANEL_COLUMNS;
            const int64_t width = columns > VECTOR ? PANEL_COLUMNS : VECTOR;
            const T *right = b + p * b_stride[0] + j * b_stride[1];
            const bool packed = b_stride[1] != 1 || columns % VECTOR != 0 ||
                                (m >= 4 * TILE_ROWS && b_stride[0] >= 256);
            if (packed) {
                pack(depth, columns, right, b_stride, panel, width);
            }
            panel_product(m, depth, a + p * it->a.stride[1], it->a.stride, packed ? panel : right,
                          packed ? width : b_stride[0],
                          (panel_place){(T *)it->c + j, it->c_step, columns,
                                        bias && p + depth == k ? bias + j : NULL, p > 0});
        }
    }
}

/* A narrow C as its transpose, cᵀ = bᵀ aᵀ, whose rows fill vectors: some of C's rows at a time. */
static void narrow_product(const reeli_gemm *it)
{
    T block[VECTOR / 2 * PANEL_COLUMNS], *c = it->c;
    const T *a = it->a.data, *bias = it->bias;
    const int64_t *down = it->a.stride, *right = it->b.stride;
    for (int64_t i = 0; i < it->m; i += PANEL_COLUMNS) {
        const int64_t rows = it->m - i < PANEL_COLUMNS ? it->m - i : PANEL_COLUMNS;
        wide_product(&(reeli_gemm){.dtype = it->dtype,
                                   .m = it->n,
                                   .n = rows,
                                   .k = it->k,
                                   .a = {it->b.data, {right[1], right[0]}},
                                   .b = {a + i * down[0], {down[1], down[0]}},
                                   .c = block,
                                   .c_step = PANEL_COLUMNS});
        for (int64_t row = 0; row < rows; row++, c += it->c_step) {
            for (int64_t j = 0; j < it->n; j++) {
                const T sum = block[j * PANEL_COLUMNS + row];
                c[j] = bias ? sum + bias[j] : sum;
            }
        }
    }
}

static void tiled_product(const reeli_gemm *it)
{
    if (it->m >= VECTOR && (it->n <= VECTOR / 4 || (it->n <= VECTOR / 2 && it->k >= 32))) {
        narrow_product(it);
    } else {
        wide_product(it);
    }
}
#endif
