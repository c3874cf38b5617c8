/* SPDX-License-Identifier: MIT */
/*
 * Convolutions in tiles of registers. An element of the result is a sum over taps, a tap being one
 * place of the kernel in one input channel: it reads the source at a fixed distance from the
 * result's own position. So a row of the source is a row of a matrix product's right operand that
 * nobody had to copy, and the rows of positions, one behind the other with what the source has
 * between them, fill whole vectors whatever the image's width.
 *
 * Each element is one chain over its taps, in order; rounded once a tap where the CPU can.
 */
/* How high tiles are: of outputs, of positions of some channels, and of taps. Fewer outputs are in
 * a tile that has some too many, for a lower one's sums would wait for one another as long. Where a
 * multiply-add takes four cycles those of four rows by two vectors do, too: five take no longer. */
#if VECTOR_BYTES == 64
#define EACH_TAP_ROW(DO) DO(2) DO(4) DO(8) DO(12)
#define EACH_CHANNEL_ROW(DO) DO(1) DO(2) DO(4) DO(6) DO(8) DO(12)
#define EACH_POSITION_ROW(DO) DO(1) DO(4) DO(8) DO(9) DO(12)
enum { TAP_ROWS = 12 };
#elif VECTOR_BYTES == 32 && LANES == 8
#define EACH_TAP_ROW(DO) DO(2) DO(5) DO(6)
#define EACH_CHANNEL_ROW(DO) DO(1) DO(2) DO(3) DO(4) DO(6)
#define EACH_POSITION_ROW EACH_CHANNEL_ROW
enum { TAP_ROWS = 6 };
#elif defined(REELI_FOR_SIZE)
#define EACH_TAP_ROW(DO) DO(1) DO(2)
#define EACH_CHANNEL_ROW EACH_TAP_ROW
#define EACH_POSITION_ROW EACH_TAP_ROW
enum { TAP_ROWS = 2 };
#else /* with AVX2 doubles, which few images are of; pooling needs the 2 */
#define EACH_TAP_ROW(DO) DO(2) DO(4)
#define EACH_CHANNEL_ROW(DO) DO(1) DO(2) DO(4)
#define EACH_POSITION_ROW EACH_CHANNEL_ROW
enum { TAP_ROWS = 4 };
#endif
enum { POSITIONS = 2 * VECTOR }; /* of a tile */

REELI_INLINE vector multiply_add(vector a, vector b, vector c)
{
#ifdef HAS_FMA
    return fused_vectors(a, b, c);
#else
    return a * b + c;
#endif
}

/* sums[i][q] = Σ_t weights[t][i] source[q + offset[t]], for `rows` i and one or two vectors of q,
 * which begin `apart` elements from one another. */
REELI_INLINE void sum_taps(const int rows, const int vectors, int64_t taps, const T *weights,
                           const T *source, int64_t apart, const int64_t *offset, T *sums)
{
    vector sum[TAP_ROWS][2] = {0};
    for (int64_t t = 0; t < taps; t++, weights += rows) {
        const T *x = source + offset[t];
        REELI_UNROLL(16)
        for (int i = 0; i < rows; i++) {
            const vector w = weights[i] - (vector){0};
            sum[i][0] = multiply_add(w, CONST_VECTOR_AT(x), sum[i][0]);
            if (vectors == 2) {
                sum[i][1] = multiply_add(w, CONST_VECTOR_AT(x + apart), sum[i][1]);
            }
        }
    }
    REELI_UNROLL(16)
    for (int i = 0; i < rows; i++) {
        VECTOR_AT(sums + i * POSITIONS) = sum[i][0];
        VECTOR_AT(sums + i * POSITIONS + VECTOR) = sum[i][1];
    }
}

/* sums[q][i] = bias[i] + Σ_t weights[t][i] source[q + offset[t]], for `positions` q and two vectors
 * of i; or one vector, and then for positions `apart` from those, too. The bias is behind the
 * weights. */
REELI_INLINE void sum_channels(const int positions, const int vectors, int64_t taps,
                               const T *weights, const T *source, int64_t apart,
                               const int64_t *offset, T *sums)
{
    vector sum[TAP_ROWS][2] = {0};
    for (int64_t t = 0; t < taps; t++, weights += vectors * VECTOR) {
        const T *x = source + offset[t];
        const vector w0 = CONST_VECTOR_AT(weights);
        const vector w1 = CONST_VECTOR_AT(weights + (vectors - 1) * VECTOR);
        REELI_UNROLL(16)
        for (int q = 0; q < positions; q++) {
            const vector first = x[q] - (vector){0};
            const vector second = vectors == 2 ? first : x[apart + q] - (vector){0};
            sum[q][0] = multiply_add(w0, first, sum[q][0]);
            sum[q][1] = multiply_add(w1, second, sum[q][1]);
        }
    }
    REELI_UNROLL(16)
    for (int q = 0; q < positions; q++) {
        VECTOR_AT(sums + q * POSITIONS) = sum[q][0] + CONST_VECTOR_AT(weights);
        VECTOR_AT(sums + q * POSITIONS + VECTOR) =
            sum[q][1] + CONST_VECTOR_AT(weights + (vectors - 1) * VECTOR);
    }
}

/* sums[t][o] += Σ over positions of source[position + offset[t]] g[position][o], for `rows` t and
 * one or two vectors of o. */
REELI_INLINE void sum_positions(const int rows, const int vectors, const reeli_tap_sums *c,
                                const int64_t *offset, const T *g, T *sums)
{
    vector sum[TAP_ROWS][2] = {0};
    int64_t at[TAP_ROWS] = {0};
    REELI_UNROLL(16)
    for (int i = 0; i < rows; i++) {
        at[i] = offset[i];
        sum[i][0] = CONST_VECTOR_AT(sums + i * c->step);
        sum[i][1] = CONST_VECTOR_AT(sums + i * c->step + (vectors - 1) * VECTOR);
    }
    for (int64_t y = 0; y < c->height; y++) {
        const T *x = (const T *)c->source + y * c->pitch;
        for (const T *end = x + c->width; x < end; x++, g += c->step) {
            const vector g0 = CONST_VECTOR_AT(g), g1 = CONST_VECTOR_AT(g + (vectors - 1) * VECTOR);
            REELI_UNROLL(16)
            for (int i = 0; i < rows; i++) {
                const vector value = x[at[i]] - (vector){0};
                sum[i][0] = multiply_add(value, g0, sum[i][0]);
                if (vectors == 2) {
                    sum[i][1] = multiply_add(value, g1, sum[i][1]);
                }
            }
        }
    }
    REELI_UNROLL(16)
    for (int i = 0; i < rows; i++) {
        VECTOR_AT(sums + i * c->step) = sum[i][0];
        if (vectors == 2) {
            VECTOR_AT(sums + i * c->step + VECTOR) = sum[i][1];
        }
    }
}

typedef void (*tap_tile)(int64_t taps, const T *weights, const T *source, int64_t apart,
                         const int64_t *offset, T *sums);
typedef void (*position_tile)(const reeli_tap_sums *c, const int64_t *offset, const T *g, T *sums);

#define TAP_TILE(rows, vectors)                                                                    \
    static void NAMED(sum_taps_##rows, vectors)(int64_t taps, const T *weights, const T *source,   \
                                                int64_t apart, const int64_t *offset, T *sums)     \
    {                                                                                              \
        sum_taps(rows, vectors, taps, weights, source, apart, offset, sums);                       \
    }
#define CHANNEL_TILE(rows, vectors)                                                                \
    static void NAMED(sum_channels_##rows, vectors)(int64_t taps, const T *weights,                \
                                                    const T *source, int64_t apart,                \
                                                    const int64_t *offset, T *sums)                \
    {                                                                                              \
        sum_channels(rows, vectors, taps, weights, source, apart, offset, sums);                   \
    }
#define POSITION_TILE(rows, vectors)                                                               \
    static void NAMED(sum_positions_##rows, vectors)(const reeli_tap_sums *c,                      \
                                                     const int64_t *offset, const T *g, T *sums)   \
    {                                                                                              \
        sum_positions(rows, vectors, c, offset, g, sums);                                          \
    }
#define TAP_TILES(rows) TAP_TILE(rows, 1) TAP_TILE(rows, 2)
#define CHANNEL_TILES(rows) CHANNEL_TILE(rows, 1) CHANNEL_TILE(rows, 2)
#define POSITION_TILES(rows) POSITION_TILE(rows, 1) POSITION_TILE(rows, 2)
#define TAPS_OF(rows) [rows] = {NAMED(sum_taps_##rows, 1), NAMED(sum_taps_##rows, 2)},
#define CHANNELS_OF(rows) [rows] = {NAMED(sum_channels_##rows, 1), NAMED(sum_channels_##rows, 2)},
#define POSITIONS_OF(rows)                                                                         \
    [rows] = {NAMED(sum_positions_##rows, 1), NAMED(sum_positions_##rows, 2)},
EACH_TAP_ROW(TAP_TILES)
EACH_CHANNEL_ROW(CHANNEL_TILES)
EACH_POSITION_ROW(POSITION_TILES)
static const tap_tile tap_tiles[TAP_ROWS + 1][2] = {EACH_TAP_ROW(TAPS_OF)};
static const tap_tile channel_tiles[TAP_ROWS + 1][2] = {EACH_CHANNEL_ROW(CHANNELS_OF)};
static const position_tile position_tiles[TAP_ROWS + 1][2] = {EACH_POSITION_ROW(POSITIONS_OF)};

/* Of these heights, by a bit for each. */
#define ROW_BIT(rows) | 1u << (rows)
enum {
    TAP_HEIGHTS = 0 EACH_TAP_ROW(ROW_BIT),
    CHANNEL_HEIGHTS = 0 EACH_CHANNEL_ROW(ROW_BIT),
    POSITION_HEIGHTS = 0 EACH_POSITION_ROW(ROW_BIT)
};

/* Rows in tiles of much the same height, of the heights that there are: how many the next one has,
 * of those that are left, and where `past` is true the last one may have more. */
static int64_t next_rows(unsigned heights, bool past, int64_t left)
{
    const int64_t count = (left + TAP_ROWS - 1) / TAP_ROWS;
    int64_t high = (left + count - 1) / count;
    while (!(heights >> high & 1)) {
        high += count > 1 || past ? 1 : -1;
    }
    return high;
}

static void pack_rows(int64_t rows, int64_t row_step, int64_t taps, const int64_t *tap,
                      const T *from, T *to)
{
    for (int64_t high; rows > 0; rows -= high, from += high * row_step) {
        high = next_rows(TAP_HEIGHTS, true, rows);
        for (int64_t t = 0; t < taps; t++) {
            for (int64_t i = 0; i < high; i++) {
                *to++ = i < rows ? from[i * row_step + tap[t]] : 0;
            }
        }
    }
}

#include "convolution_channels.h"

/* The weights of `rows` outputs, row_step apart, in the order in which tiles read them. */
void KERNEL(pack_taps)(int64_t rows, int64_t row_step, int64_t taps, const int64_t *tap,
                       const void *weights, const void *bias, bool by_channels, void *packed)
{
    if (by_channels) {
        pack_channels(rows, row_step, taps, tap, weights, bias, packed);
    } else {
        pack_rows(rows, row_step, taps, tap, weights, packed);
    }
}

/* A row of sums to where its positions lie in the result, from position x of row y on; what lies
 * between the rows is left out. */
static void place_sums(const reeli_taps *c, const T *sums, int64_t count, int64_t y, int64_t x,
                       T bias, T *out)
{
    for (; count > 0; y++, x = 0) {
        const int64_t here = c->width - x < count ? c->width - x : count;
        T *to = out + y * c->out_y + x * c->out_x;
        for (int64_t j = 0; j < here && c->out_x == 1; j += VECTOR) {
            store_part(to + j, CONST_VECTOR_AT(sums + j) + bias, here - j);
        }
        for (int64_t j = 0; j < here && c->out_x != 1; j++) {
            to[j * c->out_x] = sums[j] + bias;
        }
        sums += c->pitch - x;
        count -= c->pitch - x;
    }
}

/* Positions from q on, in one row of them behind the other. */
static void convolve_straight(const reeli_taps *c, int64_t q, int64_t count)
{
    const T *weights = c->weights, *bias = c->bias;
    T sums[TAP_ROWS * POSITIONS + VECTOR]; /* the last part of a row is read as a whole vector */
    for (int64_t row = 0, high; row < c->rows; row += high, weights += high * c->taps) {
        high = next_rows(TAP_HEIGHTS, true, c->rows - row);
        tap_tiles[high][count > VECTOR](c->taps, weights, (const T *)c->source + q, VECTOR,
                                        c->offset, sums);
        for (int64_t i = 0; i < high && row + i < c->rows; i++) {
            place_sums(c, sums + i * POSITIONS, count, q / c->pitch, q % c->pitch,
                       bias ? bias[row + i] : 0, (T *)c->out + (row + i) * c->out_row);
        }
    }
}

/* Two vectors of positions, of which `first` and `second` count, wherever they lie. */
static void convolve_pair(const reeli_taps *c, const T *source, int64_t apart, T *out,
                          int64_t out_apart, int64_t first, int64_t second)
{
    const T *weights = c->weights, *bias = c->bias;
    T sums[TAP_ROWS * POSITIONS];
    for (int64_t row = 0, high; row < c->rows; row += high, weights += high * c->taps) {
        high = next_rows(TAP_HEIGHTS, true, c->rows - row);
        tap_tiles[high][second > 0](c->taps, weights, source, apart, c->offset, sums);
        for (int64_t i = 0; i < high && row + i < c->rows; i++) {
            T *to = out + (row + i) * c->out_row;
            const T plus = bias ? bias[row + i] : 0;
            store_part(to, CONST_VECTOR_AT(sums + i * POSITIONS) + plus, first);
            if (second > 0) {
                store_part(to + out_apart, CONST_VECTOR_AT(sums + i * POSITIONS + VECTOR) + plus,
                           second);
            }
        }
    }
}

/* Row by row, in vectors that end with the rows; the last of a row goes with that of the next. */
static void convolve_rows(const reeli_taps *c)
{
    const int64_t parts = (c->width + VECTOR - 1) / VECTOR, last = (parts - 1) * VECTOR;
    for (int64_t y = 0; y < c->height; y++) {
        const T *source = (const T *)c->source + y * c->pitch;
        T *out = (T *)c->out + y * c->out_y;
        for (int64_t x = 0; x + POSITIONS <= parts * VECTOR; x += POSITIONS) {
            const int64_t rest = c->width - x - VECTOR;
            convolve_pair(c, source + x, VECTOR, out + x, VECTOR, VECTOR,
                          rest < VECTOR ? rest : VECTOR);
        }
        if (parts % 2 == 1 && y % 2 == 0) {
            convolve_pair(c, source + last, c->pitch, out + last, c->out_y, c->width - last,
                          y + 1 < c->height ? c->width - last : 0);
        }
    }
}

/* Rows leave vectors half empty; one behind the other they leave none, but then their ends are
 * found among them, which costs as much as some taps. */
static bool by_rows(const reeli_taps *c, int64_t rows, int64_t straight)
{
    enum { FEW_TAPS = 32 };
    return c->out_x == 1 && rows <= straight + straight / (c->taps < FEW_TAPS ? 4 : 16);
}

/* Vectors, with rows one by one and one behind the other. */
static int64_t vectors_by_row(const reeli_taps *c)
{
    return c->height * ((c->width + VECTOR - 1) / VECTOR);
}

static int64_t vectors_straight(const reeli_taps *c)
{
    return ((c->height - 1) * c->pitch + c->width + VECTOR - 1) / VECTOR;
}

/* A result by channels has to be turned round, which costs as much as some of its taps. And where
 * there is one vector of them, each multiply-add reads a number of its own, and the weights have to
 * be read besides. */
bool KERNEL(fits_channels)(const reeli_taps *c)
{
    enum { TO_TURN = 8 };
    const int64_t rows = vectors_by_row(c), straight = vectors_straight(c);
    const int64_t by_position = c->rows * (by_rows(c, rows, straight) ? rows : straight);
    const int64_t by_channel = c->rows > VECTOR
                                   ? c->height * c->width * ((c->rows + VECTOR - 1) / VECTOR)
                                   : c->height * c->width * 9 / 8;
    return VECTOR > 1 && c->out_x == 1 && by_channel * (c->taps + TO_TURN) < by_position * c->taps;
}

void KERNEL(convolve)(const reeli_taps *c)
{
    LEAVE_VECTORS
    const int64_t positions = (c->height - 1) * c->pitch + c->width;
    if (c->by_channels) {
        convolve_channels(c);
        return;
    }
    if (by_rows(c, vectors_by_row(c), vectors_straight(c))) {
        convolve_rows(c);
        return;
    }
    for (int64_t q = 0; q < positions; q += POSITIONS) {
        convolve_straight(c, q, positions - q < POSITIONS ? positions - q : POSITIONS);
    }
}

int64_t KERNEL(vector_length)(void) { return VECTOR; }

void KERNEL(sum_tap_gradients)(const reeli_tap_sums *c)
{
    LEAVE_VECTORS
    for (int64_t o = 0; o < c->step; o += POSITIONS) {
        for (int64_t t = 0, high; t < c->taps; t += high) {
            high = next_rows(POSITION_HEIGHTS, false, c->taps - t);
            position_tiles[high][c->step - o > VECTOR](c, c->offset + t, (const T *)c->gradient + o,
                                                       (T *)c->sums + t * c->step + o);
        }
    }
}
