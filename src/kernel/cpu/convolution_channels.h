/* SPDX-License-Identifier: MIT */
/*
 * Convolutions whose vectors are some channels of one position: no place of a vector is empty then,
 * however narrow the image. A block of channels is two vectors, or a last one, which goes over two
 * rows of the image at once. Positions wait in lines until they are turned round to where the
 * result has its channels; of a pooled result only the largest of four.
 */
#define TURN_(cpu) reeli_transpose_##cpu
#define TURN_OF(cpu) TURN_(cpu)
#define TURN TURN_OF(REELI_CPU)
reeli_transpose_loop TURN;

enum { CHANNEL_LINE = 64 };

/* Pooled positions that wait, each POSITIONS apart. */
typedef struct waiting {
    T value[CHANNEL_LINE * POSITIONS];
    int64_t count, done; /* how many, and how many have left */
} waiting;

/* Of these channels. */
typedef struct block {
    int64_t row, rows; /* of the result */
    int vectors;
    const T *weights;
} block;

/* Block after block, tap after tap; and the bias. */
static void pack_channels(int64_t rows, int64_t row_step, int64_t taps, const int64_t *tap,
                          const T *from, const T *bias, T *to)
{
    for (int64_t row = 0, wide; row < rows; row += wide) {
        wide = rows - row > VECTOR ? POSITIONS : VECTOR;
        const int64_t here = rows - row < wide ? rows - row : wide;
        memset(to, 0, (size_t)((taps + 1) * wide) * sizeof(T));
        for (int64_t t = 0; t < taps; t++, to += wide) {
            for (int64_t i = 0; i < here; i++) {
                to[i] = from[(row + i) * row_step + tap[t]];
            }
        }
        for (int64_t i = 0; i < here && bias; i++) {
            to[i] = bias[row + i];
        }
        to += wide;
    }
}

/* n waiting positions to the result from `at` on. */
static void turn_round(const reeli_taps *c, const block *b, int64_t n, const T *value, int64_t at)
{
    T *to = (T *)c->out + b->row * c->out_row + at;
    TURN(false, b->rows, n, sizeof(T), to, c->out_row, value, POSITIONS);
}

/* Row y, or rows y and y + 1 at once. */
static void convolve_line(const reeli_taps *c, const block *b, int64_t y)
{
    T line[CHANNEL_LINE * POSITIONS];
    const T *source = (const T *)c->source + y * c->pitch;
    const int64_t apart = y + 1 < c->height ? c->pitch : 0;
    for (int64_t x = 0, n; x < c->width; x += n) {
        n = 0;
        for (int64_t high; x + n < c->width && n + TAP_ROWS <= CHANNEL_LINE; n += high) {
            high = next_rows(CHANNEL_HEIGHTS, false, c->width - x - n);
            channel_tiles[high][b->vectors - 1](c->taps, b->weights, source + x + n, apart,
                                                c->offset, line + n * POSITIONS);
        }
        turn_round(c, b, n, line, y * c->out_y + x);
        if (b->vectors == 1 && apart > 0) {
            turn_round(c, b, n, line + VECTOR, (y + 1) * c->out_y + x);
        }
    }
}

/* The largest of four positions, of n channels; a NaN; the first of several. */
VECTORS_OF_512
static void keep_largest(int64_t n, const T *top, const T *low, int shift, T *most, PLACE *corner)
{
    const PLACE kept = shift > 0 ? -1 : 0; /* what other positions have */
    SELDOM_INDEPENDENT
    for (int64_t i = 0; i < n; i++) {
        const T b = top[i + POSITIONS], c = low[i], d = low[i + POSITIONS];
        T value = top[i];
        PLACE at = 0;
        const bool of_b = (b > value) | (b != b);
        value = of_b ? b : value;
        at = of_b ? 1 : at;
        const bool of_c = (c > value) | (c != c);
        value = of_c ? c : value;
        at = of_c ? 2 : at;
        const bool of_d = (d > value) | (d != d);
        most[i] = of_d ? d : value;
        at = of_d ? 3 : at;
        corner[i] = (corner[i] & kept) | at << shift;
    }
}

/* Positions from x on of rows y and y + 1, as many as a tile has; how many pooled ones they
 * made. */
VECTORS_OF_512
static int64_t pool_tile(const reeli_taps *c, const block *b, int64_t y, int64_t x, waiting *w)
{
    T sums[2][TAP_ROWS * POSITIONS];
    const T *source = (const T *)c->source + y * c->pitch + x;
    const int64_t high =
        next_rows(CHANNEL_HEIGHTS, false, c->width / 2 * 2 - x) / 2 * 2; /* of 3 rows 2 */
    const tap_tile sum = channel_tiles[high][b->vectors - 1];
    sum(c->taps, b->weights, source, c->pitch, c->offset, sums[0]);
    if (b->vectors == 2) {
        sum(c->taps, b->weights, source + c->pitch, 0, c->offset, sums[1]);
    }
    const T *low = b->vectors == 2 ? sums[1] : sums[0] + VECTOR;
    for (int64_t i = 0; i < high / 2; i++) {
        const int64_t at = 2 * i * POSITIONS, here = w->done + w->count + i;
        keep_largest(b->vectors * VECTOR, sums[0] + at, low + at,
                     2 * (int)(here % REELI_CORNERS_IN_ONE), w->value + (w->count + i) * POSITIONS,
                     (PLACE *)c->corners + here / REELI_CORNERS_IN_ONE * c->corner_step + b->row);
    }
    return high / 2;
}

VECTORS_OF_512
static void convolve_pooled(const reeli_taps *c, const block *b)
{
    waiting w;
    w.count = w.done = 0;
    for (int64_t y = 0; y + 2 <= c->height; y += 2) {
        for (int64_t x = 0, n; x + 2 <= c->width; x += 2 * n) {
            n = pool_tile(c, b, y, x, &w);
            w.count += n;
            const bool last = y + 4 > c->height && x + 2 * n + 2 > c->width;
            if (last || w.count + TAP_ROWS / 2 > CHANNEL_LINE) {
                turn_round(c, b, w.count, w.value, w.done);
                w.done += w.count;
                w.count = 0;
            }
        }
    }
}

static void convolve_channels(const reeli_taps *c)
{
    block b = {.weights = c->weights};
    for (; b.row < c->rows; b.row += b.rows) {
        b.vectors = c->rows - b.row > VECTOR ? 2 : 1;
        const int64_t wide = b.vectors * VECTOR;
        b.rows = c->rows - b.row < wide ? c->rows - b.row : wide;
        if (c->corners) {
            convolve_pooled(c, &b);
        }
        for (int64_t y = 0; y < c->height && !c->corners; y += b.vectors == 2 ? 1 : 2) {
            convolve_line(c, &b, y);
        }
        b.weights += (c->taps + 1) * wide;
    }
}

/* Of n channels at one position: to the corner of four that each came from, `below` the lower
 * two. */
VECTORS_OF_512
static void spread_four(int64_t n, const T *g, const PLACE *corner, int shift, T *to, int64_t step,
                        int64_t below)
{
    SELDOM_INDEPENDENT
    for (int64_t i = 0; i < n; i++) {
        const T value = g[i];
        const PLACE at = corner[i] >> shift & 3;
        to[i] = at == 0 ? value : 0;
        to[i + step] = at == 1 ? value : 0;
        to[i + below] = at == 2 ? value : 0;
        to[i + below + step] = at == 3 ? value : 0;
    }
}

/* Channels, a block of them at a time, and of those a line of positions. */
VECTORS_OF_512
void KERNEL(spread_corners)(int64_t channels, int64_t height, int64_t width, const void *g,
                            const void *corners, int64_t corner_step, void *to, int64_t step)
{
    T line[CHANNEL_LINE * POSITIONS];
    const int64_t wide = width / 2, volume = height / 2 * wide;
    for (int64_t c = 0; c < channels; c += POSITIONS) {
        const int64_t here = channels - c < POSITIONS ? channels - c : POSITIONS;
        const int64_t whole = (here + VECTOR - 1) / VECTOR * VECTOR;
        memset(line, 0, here < whole ? sizeof line : 0);
        for (int64_t at = 0; at < volume; at += CHANNEL_LINE) {
            const int64_t n = volume - at < CHANNEL_LINE ? volume - at : CHANNEL_LINE;
            TURN(false, n, here, sizeof(T), line, POSITIONS, (const T *)g + c * volume + at,
                 volume);
            for (int64_t i = 0; i < n; i++) {
                const int64_t q = at + i, y = q / wide, x = q % wide;
                const int64_t word = q / REELI_CORNERS_IN_ONE * corner_step + c;
                spread_four(whole, line + i * POSITIONS, (const PLACE *)corners + word,
                            2 * (int)(q % REELI_CORNERS_IN_ONE),
                            (T *)to + (2 * y * width + 2 * x) * step + c, step, width * step);
            }
        }
    }
}
