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

static void add_bias(const reeli_gemm *p); /* product.h */

/* What follows a product that is there, with its bias. */
static void finish(const reeli_gemm *p)
{
    const T *gate = p->gate;
    T *c = p->c;
    for (int64_t i = 0; i < p->m && (p->rectify || gate); i++, c += p->c_step) {
        INDEPENDENT for (int64_t j = 0; j < p->n; j++) { c[j] = p->rectify && c[j] < 0 ? 0 : c[j]; }
        if (gate) {
            INDEPENDENT for (int64_t j = 0; j < p->n; j++) { c[j] = gate[j] <= 0 ? 0 : c[j]; }
            gate += p->c_step;
        }
    }
}

#if defined(HAS_AVX2) || defined(HAS_NEON)
#define TILES

/* The more vectors a tile has, the fewer factors are loaded for each. ARM's 32 registers hold the
 * sums of 5 rows by 4, a vector of factors for each row and the right operand's; wide vectors are
 * two, for few results have the columns for more. Those that have take broad tiles of 5 or 6 rows,
 * where there are 32 registers for them. */
#if VECTOR_BYTES == 16
#define TILE_VECTORS 4
#else
#define TILE_VECTORS 2
#endif
#if VECTOR_BYTES == 64
#define BROAD_VECTORS 4
#else
#define BROAD_VECTORS TILE_VECTORS
#endif
enum {
    TILE_ROWS = VECTOR_BYTES == 64   ? 8
                : VECTOR_BYTES == 16 ? 5
                                     : 6,
    PACKED_ROWS = VECTOR_BYTES == 64 ? 12 : 6, /* where the left operand is packed, too */
    BROAD_ROWS = 6,
    PANEL_COLUMNS = TILE_VECTORS * VECTOR,
    BROAD_COLUMNS = BROAD_VECTORS * VECTOR,
    PANEL_ELEMENTS = REELI_PANEL_BYTES / sizeof(T)
};

/* One tile's sums over the depth: they go on from `start`, whose rows are start_step apart, and end
 * up in c with the bias, if there is one, rectified or gated. */
typedef struct tile_sums {
    const T *start, *bias;
    T *c;
    int64_t start_step, c_step;
    const T *gate;
    int64_t columns; /* where parts of vectors are cheap a tile of one vector may have fewer */
    bool rectify;
} tile_sums;

/* The vector v of a row of a tile. */
REELI_INLINE vector load_of(const int vectors, const T *row, int v, int64_t columns)
{
    if (vectors == 1) {
        return load_first(row, columns);
    }
    return CONST_VECTOR_AT(row + v * VECTOR);
}

/* What follows a tile's sums, while they are in the first cache: one loop for doubles and for
 * low tiles. High ones' of floats are still in registers, which saves a twentieth of a small step,
 * and takes its bytes. */
REELI_APART static void finish_tile(int64_t rows, int64_t columns, const tile_sums *to)
{
    for (int64_t i = 0; i < rows; i++) {
        T *const row = to->c + i * to->c_step;
        for (int64_t j = 0; j < columns; j += VECTOR) {
            const int64_t rest = columns - j;
            vector sum = load_part(row + j, rest);
            sum = to->bias ? sum + load_part(to->bias + j, rest) : sum;
            sum = to->rectify ? rectified(sum) : sum;
            if (to->gate) {
                sum = gated(sum, load_part(to->gate + i * to->c_step + j, rest));
            }
            store_part(row + j, sum, rest);
        }
    }
}

typedef vector tile_row[BROAD_VECTORS];

#if VECTOR_BYTES == 16
/* A row of a tile goes on by a row of b and a factor, which is a lane: ARM multiplies by these, so
 * that factors are loaded by the vector. */
REELI_INLINE void add_row(const int vectors, vector factors, const int lane, const T *b,
                          vector *sum)
{
    REELI_UNROLL(4)
    for (int v = 0; v < vectors; v++) {
        sum[v] =
            fused_vectors(factors[lane] - (vector){0}, CONST_VECTOR_AT(b + v * VECTOR), sum[v]);
    }
}

/* A vector's length of steps of the depth, where those of each row of a lie side by side. */
REELI_INLINE void add_along(const int rows, const int vectors, const T *a, int64_t next_row,
                            const T *b, int64_t b_step, tile_row *sum)
{
    vector factors[PACKED_ROWS];
    REELI_UNROLL(8)
    for (int i = 0; i < rows; i++) {
        factors[i] = CONST_VECTOR_AT(a + i * next_row);
    }
    REELI_UNROLL(4)
    for (int p = 0; p < VECTOR; p++, b += b_step) {
        REELI_UNROLL(8)
        for (int i = 0; i < rows; i++) {
            add_row(vectors, factors[i], p, b, sum[i]);
        }
    }
}

/* A step of the depth, where the factors of all rows lie side by side. */
REELI_INLINE void add_across(const int rows, const int vectors, const T *a, const T *b,
                             tile_row *sum)
{
    const int whole = rows / VECTOR * VECTOR;
    REELI_UNROLL(8)
    for (int i = 0; i < rows; i++) {
        if (i < whole) {
            add_row(vectors, CONST_VECTOR_AT(a + i / VECTOR * VECTOR), i % VECTOR, b, sum[i]);
        } else {
            add_row(vectors, (vector){a[i]}, 0, b, sum[i]);
        }
    }
}
#endif

/* What the depth adds to a tile's sums. */
REELI_INLINE void add_depth(const int rows, const int vectors, int64_t k, const T *a,
                            const int64_t *a_stride, const T *b, int64_t b_step, int64_t columns,
                            tile_row *sum)
{
    const int64_t next_row = a_stride[0], next = a_stride[1];
#if VECTOR_BYTES == 16
    for (; next_row == 1 && k > 0; k--, a += next, b += b_step) {
        add_across(rows, vectors, a, b, sum);
    }
    const int64_t along = next == 1 ? k / VECTOR : 0;
    k -= along * VECTOR;
#endif
    for (int64_t p = 0; p < k; p++, a += next, b += b_step) {
        REELI_UNROLL(32)
        for (int i = 0; i < rows * vectors; i++) {
            vector *const to = &sum[i / vectors][i % vectors];
            *to = fused_vectors(a[i / vectors * next_row] - (vector){0},
                                load_of(vectors, b, i % vectors, columns), *to);
        }
    }
#if VECTOR_BYTES == 16
    for (int64_t p = 0; p < along; p++, a += VECTOR, b += VECTOR * b_step) {
        add_along(rows, vectors, a, next_row, b, b_step, sum);
    }
#endif
}

REELI_INLINE void tile(const int rows, const int vectors, int64_t k, const T *a,
                       const int64_t *a_stride, const T *b, int64_t b_step, const tile_sums *to)
{
    const bool finish_now = sizeof(T) == 4 && rows * vectors >= 10; /* else see finish_tile */
    tile_row sum[PACKED_ROWS];
    const int64_t start_step = to->start_step, c_step = to->c_step;
    const T *start = to->start, *const bias = to->bias, *gate = to->gate;
    const int64_t columns = to->columns;
    T *c = to->c;
    REELI_UNROLL(16)
    for (int i = 0; i < rows; i++, start += start_step) {
        REELI_UNROLL(4)
        for (int v = 0; v < vectors; v++) {
            sum[i][v] = load_of(vectors, start, v, columns);
        }
    }
    add_depth(rows, vectors, k, a, a_stride, b, b_step, columns, sum);
    if (finish_now && bias) {
        REELI_UNROLL(32)
        for (int i = 0; i < rows * vectors; i++) {
            sum[i / vectors][i % vectors] += load_of(vectors, bias, i % vectors, columns);
        }
    }
    if (finish_now && to->rectify) {
        REELI_UNROLL(32)
        for (int i = 0; i < rows * vectors; i++) {
            sum[i / vectors][i % vectors] = rectified(sum[i / vectors][i % vectors]);
        }
    }
    if (finish_now && gate) {
        REELI_UNROLL(16)
        for (int i = 0; i < rows; i++, gate += c_step) {
            REELI_UNROLL(4)
            for (int v = 0; v < vectors; v++) {
                sum[i][v] = gated(sum[i][v], load_of(vectors, gate, v, columns));
            }
        }
    }
    REELI_UNROLL(16)
    for (int i = 0; i < rows; i++, c += c_step) {
        REELI_UNROLL(4)
        for (int v = 0; v < vectors; v++) {
            if (vectors == 1) {
                store_first(c, sum[i][v], columns);
            } else {
                VECTOR_AT(c + v * VECTOR) = sum[i][v];
            }
        }
    }
    if (!finish_now && (bias || to->rectify || gate)) {
        finish_tile(rows, vectors == 1 && PARTS_ARE_CHEAP ? columns : vectors * VECTOR, to);
    }
}

/* So many tiles, one below the other. */
typedef void (*tile_product)(int64_t count, int64_t k, const T *a, const int64_t *a_stride,
                             const T *b, int64_t b_step, const tile_sums *to);

REELI_INLINE void column_of_tiles(const int rows, const int vectors, int64_t count, int64_t k,
                                  const T *a, const int64_t *a_stride, const T *b, int64_t b_step,
                                  const tile_sums *to)
{
    tile_sums at = *to;
    for (; count > 0; count--, a += rows * a_stride[0]) {
        tile(rows, vectors, k, a, a_stride, b, b_step, &at);
        at.start += rows * at.start_step;
        at.c += rows * at.c_step;
        at.gate = at.gate ? at.gate + rows * at.c_step : NULL;
    }
}

#define TILE(rows, vectors)                                                                        \
    static void NAMED(tile_##rows, vectors)(int64_t count, int64_t k, const T *a,                  \
                                            const int64_t *a_stride, const T *b, int64_t b_step,   \
                                            const tile_sums *to)                                   \
    {                                                                                              \
        column_of_tiles(rows, vectors, count, k, a, a_stride, b, b_step, to);                      \
    }
#define TILES_OF(rows) TILE(rows, 1) TILE(rows, TILE_VECTORS)
#define NARROW_OF(rows) NAMED(tile_##rows, 1),
#define WIDE_OF(rows) NAMED(tile_##rows, TILE_VECTORS),
#if VECTOR_BYTES == 64
#define EACH_HEIGHT(DO) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7) DO(8)
#elif VECTOR_BYTES == 16
#define EACH_HEIGHT(DO) DO(1) DO(2) DO(3) DO(4) DO(5)
#else
#define EACH_HEIGHT(DO) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6)
#endif
EACH_HEIGHT(TILES_OF)
#if VECTOR_BYTES == 64
TILE(5, BROAD_VECTORS)
TILE(6, BROAD_VECTORS)
#endif
static const tile_product tiles[][TILE_ROWS] = {
    {EACH_HEIGHT(NARROW_OF)},
    {EACH_HEIGHT(WIDE_OF)},
#if VECTOR_BYTES == 64
    {[BROAD_ROWS - 2] = NAMED(tile_5, BROAD_VECTORS), NAMED(tile_6, BROAD_VECTORS)}
#endif
};

#define TRANSPOSE_(cpu) reeli_transpose_##cpu
#define TRANSPOSE(cpu) TRANSPOSE_(cpu)
reeli_transpose_loop TRANSPOSE(REELI_CPU);

/* Rows that lie side by side into so many panels of PANEL_COLUMNS each: they are read through, for
 * the next one may lie in another page, or where this one does in a cache. */
REELI_APART static void pack_panels(int64_t k, int64_t panels, const T *b, int64_t b_step, T *panel)
{
    const int64_t ahead = (panels > 1 ? 2 : 8) * b_step;
    for (int64_t p = 0; p < k; p++, b += b_step, panel += PANEL_COLUMNS) {
        for (int64_t i = 0; i < panels; i++) {
            REELI_UNROLL(4)
            for (int v = 0; v < TILE_VECTORS; v++) {
                const T *from = b + i * PANEL_COLUMNS + v * VECTOR;
                REELI_PREFETCH(from + ahead);
                VECTOR_AT(panel + i * k * PANEL_COLUMNS + v * VECTOR) = CONST_VECTOR_AT(from);
            }
        }
    }
}

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
        pack_panels(k, 1, b, b_stride[0], panel);
        return;
    }
    for (int64_t p = 0; p < k; p++, b += b_stride[0], panel += width) {
        if (rows_together) {
            for (int64_t j = 0; j < width; j += VECTOR) {
                VECTOR_AT(panel + j) = j < columns ? load_part(b + j, columns - j) : (vector){0};
            }
            continue;
        }
        for (int64_t j = 0; j < columns; j++) {
            panel[j] = b[j * b_stride[1]];
        }
    }
}

static const T zeros[BROAD_COLUMNS];

/* Columns of the result and what their sums start from: c itself where sums go on, else zeros. */
typedef struct panel_place {
    T *c;
    int64_t step, columns;
    const T *bias, *gate;
    bool more, rectify;
} panel_place;

/* Where the columns of p from `column` on go, of a block of the depth that begins at `from` and
 * ends at `to`: what follows a sum does so at its end. */
static inline panel_place place_in(const reeli_gemm *p, int64_t column, int64_t columns,
                                   int64_t from, int64_t to)
{
    const bool last = to == p->k;
    return (panel_place){.c = (T *)p->c + column,
                         .step = p->c_step,
                         .columns = columns,
                         .bias = last && p->bias ? (const T *)p->bias + column : NULL,
                         .gate = last && p->gate ? (const T *)p->gate + column : NULL,
                         .more = from > 0,
                         .rectify = last && p->rectify};
}

/* Rows of sums from aside to where they go. What a row's last vector would have too much it has in
 * common with the one before; only a first one may be a part. */
static inline void place_aside(int64_t rows, const T *sums, const panel_place *to)
{
    const int64_t columns = to->columns, last = columns - VECTOR;
    T *c = to->c;
    for (int64_t i = 0; i < rows; i++, sums += PANEL_COLUMNS, c += to->step) {
        store_part(c, CONST_VECTOR_AT(sums), columns);
        for (int64_t j = VECTOR; TILE_VECTORS > 2 && j < last; j += VECTOR) {
            VECTOR_AT(c + j) = CONST_VECTOR_AT(sums + j);
        }
        if (last > 0) {
            VECTOR_AT(c + last) = CONST_VECTOR_AT(sums + last);
        }
    }
}

enum { ASIDE_ROWS = 48 };

/* Tiles of ASIDE_ROWS rows together at most. */
static void tiles_aside(tile_product product, int64_t count, int64_t rows, int64_t k, const T *a,
                        const int64_t *a_stride, const T *b, int64_t b_step, const panel_place *to)
{
    T aside[ASIDE_ROWS * PANEL_COLUMNS], bias[PANEL_COLUMNS] = {0};
    const size_t bytes = (size_t)to->columns * sizeof(T);
    if (to->more) {
        memset(aside, 0, sizeof aside);
        for (int64_t i = 0; i < count * rows; i++) {
            memcpy(aside + i * PANEL_COLUMNS, to->c + i * to->step, bytes);
        }
    }
    if (to->bias) {
        memcpy(bias, to->bias, bytes);
    }
    product(count, k, a, a_stride, b, b_step,
            &(tile_sums){.start = to->more ? aside : zeros,
                         .bias = to->bias ? bias : NULL,
                         .c = aside,
                         .start_step = to->more ? PANEL_COLUMNS : 0,
                         .c_step = PANEL_COLUMNS,
                         .columns = VECTOR,
                         .rectify = to->rectify});
    place_aside(count * rows, aside, to);
    if (to->gate) {
        finish(&(reeli_gemm){
            .m = count * rows, .n = to->columns, .gate = to->gate, .c = to->c, .c_step = to->step});
    }
}

/* Whether so many columns are no tile's. */
static inline bool have_edge(int64_t columns)
{
    return columns != VECTOR && columns != PANEL_COLUMNS && columns != BROAD_COLUMNS &&
           !(PARTS_ARE_CHEAP && columns < VECTOR);
}

static inline void go_down(panel_place *to, int64_t rows)
{
    to->c += rows * to->step;
    to->gate = to->gate ? to->gate + rows * to->step : NULL;
}

/* Tiles whose last vector is not full are computed aside, some at a time. */
REELI_APART static void edge_tiles(tile_product product, int64_t count, int64_t rows, int64_t k,
                                   const T *a, const int64_t *a_stride, const T *b, int64_t b_step,
                                   panel_place *to)
{
    const int64_t most = ASIDE_ROWS / rows;
    for (int64_t some; count > 0; count -= some, a += some * rows * a_stride[0]) {
        some = count < most ? count : most;
        tiles_aside(product, some, rows, k, a, a_stride, b, b_step, to);
        go_down(to, some * rows);
    }
}

/* Tiles of so many rows, the first of the place's, which goes on below them. */
static inline void place_tiles(tile_product product, int64_t count, int64_t rows, int64_t k,
                               const T *a, const int64_t *a_stride, const T *b, int64_t b_step,
                               panel_place *to)
{
    if (have_edge(to->columns)) {
        edge_tiles(product, count, rows, k, a, a_stride, b, b_step, to);
        return;
    }
    product(count, k, a, a_stride, b, b_step,
            &(tile_sums){to->more ? to->c : zeros, to->bias, to->c, to->more ? to->step : 0,
                         to->step, to->gate, to->columns, to->rectify});
    go_down(to, count * rows);
}

/* All rows of a panel's columns, in as few tiles as there must be, of much the same height: the
 * first of them may have one row more than the others. */
static void panel_product(int64_t m, int64_t k, const T *a, const int64_t *a_stride, const T *b,
                          int64_t b_step, panel_place to)
{
    const int breadth = (to.columns > VECTOR) + (to.columns > PANEL_COLUMNS);
    const int64_t most = breadth > 1 ? BROAD_ROWS : TILE_ROWS, count = (m + most - 1) / most;
    int64_t rows = m / count + 1, some = m % count;
    for (int i = 0; i < 2; i++, rows--, some = count - some) {
        if (some > 0) {
            place_tiles(tiles[breadth][rows - 1], some, rows, k, a, a_stride, b, b_step, &to);
            a += some * rows * a_stride[0];
        }
    }
}

/* Whether m rows are whole broad tiles, of which there are none of fewer rows. */
static inline bool may_be_broad(int64_t m)
{
    return BROAD_COLUMNS > PANEL_COLUMNS &&
           m >= (m + BROAD_ROWS - 1) / BROAD_ROWS * (BROAD_ROWS - 1);
}

/* What a block of the depth adds to some columns: as much of it at a time as a panel holds. */
static inline void add_block(const reeli_gemm *it, int64_t column, int64_t columns, int64_t from,
                             int64_t to, T *panel)
{
    const int64_t *const a_stride = it->a.stride, *const b_stride = it->b.stride;
    const int64_t width = columns > PANEL_COLUMNS ? BROAD_COLUMNS
                          : columns > VECTOR      ? PANEL_COLUMNS
                          : PARTS_ARE_CHEAP       ? columns
                                                  : VECTOR;
    const bool packed =
        b_stride[1] != 1 || have_edge(columns) || (it->m >= 4 * TILE_ROWS && b_stride[0] >= 256);
    const int64_t most = packed && columns > PANEL_COLUMNS ? PANEL_ELEMENTS / BROAD_COLUMNS : to;
    int64_t p = from;
    do {
        const int64_t end = to - p > most ? p + most : to;
        const T *right = (const T *)it->b.data + p * b_stride[0] + column * b_stride[1];
        if (packed) {
            pack(end - p, columns, right, b_stride, panel, width);
        }
        panel_product(it->m, end - p, (const T *)it->a.data + p * a_stride[1], a_stride,
                      packed ? panel : right, packed ? width : b_stride[0],
                      place_in(it, column, columns, p, end));
        p = end;
    } while (p < to);
}

static void wide_product(const reeli_gemm *it)
{
    _Alignas(64) T panel[PANEL_ELEMENTS];
    const int64_t m = it->m, n = it->n, k = it->k;
    const bool broad = n >= BROAD_COLUMNS && may_be_broad(m);
    const bool far = m < 4 * TILE_ROWS && it->b.stride[0] >= REELI_FAR / (int64_t)sizeof(T);
    const int64_t most = far ? REELI_FAR_DEPTH : PANEL_ELEMENTS / PANEL_COLUMNS;
    for (int64_t p = 0; p < k || p == 0; p += most) {
        for (int64_t j = 0, columns; j < n; j += columns) {
            columns = broad && n - j >= BROAD_COLUMNS ? BROAD_COLUMNS : PANEL_COLUMNS;
            columns = n - j < columns ? n - j : columns;
            add_block(it, j, columns, p, k - p < most ? k : p + most, panel);
        }
    }
}

/* A narrow C as its transpose, cᵀ = bᵀ aᵀ, whose rows fill vectors: some of C's rows at a time. */
static void narrow_product(const reeli_gemm *it)
{
    enum { SOME = 64 }; /* of C's rows */
    T block[2 * VECTOR * SOME], *c = it->c;
    const T *a = it->a.data;
    const int64_t *down = it->a.stride, *right = it->b.stride;
    for (int64_t i = 0; i < it->m; i += SOME) {
        const int64_t rows = it->m - i < SOME ? it->m - i : SOME;
        wide_product(&(reeli_gemm){.dtype = it->dtype,
                                   .m = it->n,
                                   .n = rows,
                                   .k = it->k,
                                   .a = {it->b.data, {right[1], right[0]}},
                                   .b = {a + i * down[0], {down[1], down[0]}},
                                   .c = block,
                                   .c_step = SOME});
        TRANSPOSE(REELI_CPU)(false, rows, it->n, sizeof(T), c, it->c_step, block, SOME);
        c += rows * it->c_step;
    }
}

/* Whether few columns go as rows: the fewest always; more, where the left operand need not be
 * turned round for it, if vectors can turn the result round and its last ones would not be full. */
static inline bool is_narrow(const reeli_gemm *it)
{
    const int64_t m = it->m, n = it->n, k = it->k;
    const bool few = n <= (k < 32 ? VECTOR / 4 : VECTOR / 2);
    const bool turned = it->a.stride[0] == 1 && m >= 2 * VECTOR && n > 8 && n < 2 * VECTOR;
    return m >= VECTOR && (few || (turned && k >= 16));
}

static void tiled_product(const reeli_gemm *it)
{
    if (is_narrow(it)) {
        narrow_product(it);
        add_bias(it);
        finish(it);
    } else {
        wide_product(it);
    }
}
#endif
