/* SPDX-License-Identifier: MIT */
/* Transposition of elements of one size: transpose.c defines T, EDGE (a tile's side: as many
 * elements as a 32-byte vector has), NAMED and tile for each; where that is quicker WIDE_TILE for
 * WIDE_SIDE columns of up to as many rows, and LOW_TILE and NARROW_TILE, half as high, or wide, as
 * a tile. to[i,j] = from[j,i] for i < rows, j < columns. */
#ifdef WIDE_TILE
enum { NAMED(LEAST) = WIDE_SIDE };
#else
enum { NAMED(LEAST) = INT_MAX };
#endif

/* From tiles, two rows of them at a time: their elements fill a line of what is read, which in a
 * matrix of 4,096 bytes a row would not stay in the cache. Rows and columns are at least EDGE,
 * or columns as many as a wide tile's. Tiles at the end overlap others. */
static void NAMED(tiles)(int64_t rows, int64_t columns, T *to, int64_t to_stride, const T *from,
                         int64_t from_stride)
{
#ifdef WIDE_TILE
    for (int64_t i = 0; i < rows && columns >= WIDE_SIDE; i += WIDE_SIDE) {
        for (int64_t j = 0; j < columns; j += WIDE_SIDE) {
            const int64_t column = j + WIDE_SIDE <= columns ? j : columns - WIDE_SIDE;
            WIDE_TILE(rows - i < WIDE_SIDE ? rows - i : WIDE_SIDE, to + i * to_stride + column,
                      to_stride, from + column * from_stride + i, from_stride);
        }
    }
    if (columns >= WIDE_SIDE) {
        return;
    }
#endif
    for (int64_t i = 0; i < rows; i += 2 * EDGE) {
        for (int64_t j = 0; j < columns; j += EDGE) {
            const int64_t column = j + EDGE <= columns ? j : columns - EDGE;
            for (int64_t half = i; half < rows && half < i + 2 * EDGE; half += EDGE) {
                const int64_t row = half + EDGE <= rows ? half : rows - EDGE;
                NAMED(tile)
                (to + row * to_stride + column, to_stride, from + column * from_stride + row,
                 from_stride);
            }
        }
    }
}

#ifdef LOW_TILE
/* Fewer rows than a tile has, or columns, but half of them at least. Tiles at the end overlap
 * others. */
static void NAMED(half_tiles)(int64_t rows, int64_t columns, T *to, int64_t to_stride,
                              const T *from, int64_t from_stride)
{
    const bool low = rows < EDGE;
    const int64_t high = low ? EDGE / 2 : EDGE, wide = low ? EDGE : EDGE / 2;
    for (int64_t i = 0; i < rows; i += high) {
        const int64_t row = i + high <= rows ? i : rows - high;
        for (int64_t j = 0; j < columns; j += wide) {
            const int64_t column = j + wide <= columns ? j : columns - wide;
            (low ? LOW_TILE : NARROW_TILE)(to + row * to_stride + column, to_stride,
                                           from + column * from_stride + row, from_stride);
        }
    }
}
#endif

/* In blocks that stay in the first cache. */
static void NAMED(blocks)(int64_t rows, int64_t columns, T *to, int64_t to_stride, const T *from,
                          int64_t from_stride)
{
    enum { BLOCK = 8 * EDGE, FEW = 4 };
    const bool by_wide = columns >= NAMED(LEAST);
    const int64_t least_rows = by_wide ? FEW : EDGE, least = by_wide ? NAMED(LEAST) : EDGE;
    const bool none = rows < least_rows || columns < least;
#ifdef LOW_TILE
    if (none && rows >= EDGE / 2 && columns >= EDGE / 2 && (rows >= EDGE || columns >= EDGE)) {
        NAMED(half_tiles)(rows, columns, to, to_stride, from, from_stride);
        return;
    }
#endif
    if (none) {
        for (int64_t i = 0; i < rows; i++) {
            for (int64_t j = 0; j < columns; j++) {
                to[i * to_stride + j] = from[j * from_stride + i];
            }
        }
        return;
    }
    for (int64_t j = 0; j < columns; j += BLOCK) {
        const int64_t left = columns - j < BLOCK ? columns - j : BLOCK;
        const int64_t wide = left < least ? least : left;
        const int64_t column = j + left - wide;
        for (int64_t i = 0; i < rows; i += BLOCK) {
            const int64_t rest = rows - i < BLOCK ? rows - i : BLOCK;
            const int64_t high = rest < least_rows ? least_rows : rest;
            const int64_t row = i + rest - high;
            NAMED(tiles)
            (high, wide, to + row * to_stride + column, to_stride,
             from + column * from_stride + row, from_stride);
        }
    }
}

#ifdef HAS_AVX2
enum {
    NAMED(LINE) = 64 / sizeof(T),
    NAMED(HIGH) = 16 * EDGE,                 /* rows of the result at a time, */
    NAMED(WIDE) = 4 * EDGE,                  /* and columns of them */
    NAMED(PITCH) = NAMED(WIDE) + NAMED(LINE) /* a row of the buffer */
};

/* What has been transposed and waits to be streamed. A row starts with the columns, fewer than a
 * line, that the lines written so far have left. */
typedef struct NAMED(waiting) {
    _Alignas(64) T row[NAMED(HIGH) + EDGE][NAMED(PITCH)];
    int left[NAMED(HIGH)];
} NAMED(waiting);

/* Writes the whole lines of one row that are there: its columns before `at`, of which `fresh` are
 * new. A row's first and last elements, where they do not fill a line, are written as they are. */
static void NAMED(write_lines)(NAMED(waiting) * w, int64_t i, T *to, int64_t at, int64_t fresh,
                               bool last)
{
    T *end = w->row[EDGE + i] + NAMED(LINE) + fresh;
    int64_t n = fresh + w->left[i];
    T *target = to + at - n;
    while (n > 0 && ((uintptr_t)target & 63) != 0) {
        *target++ = end[-n--];
    }
    for (; n >= NAMED(LINE); n -= NAMED(LINE), target += NAMED(LINE)) {
        stream_line(target, end - n);
    }
    if (!last) {
        w->left[i] = (int)n;
        memcpy(w->row[EDGE + i], end - NAMED(LINE), 64);
        return;
    }
    for (; n > 0; n--) {
        *target++ = end[-n];
    }
}

/* One panel of `high` rows of the result, from left to right. While its lines are on their way to
 * memory, the elements that come next are fetched. */
static void NAMED(panel)(NAMED(waiting) * w, int64_t high, int64_t columns, T *to,
                         int64_t to_stride, const T *from, int64_t from_stride)
{
    memset(w->left, 0, sizeof w->left);
    for (int64_t j = 0; j < columns; j += NAMED(WIDE)) {
        const int64_t wide = columns - j < NAMED(WIDE) ? columns - j : NAMED(WIDE), next = j + wide;
        const int64_t back =
            wide < EDGE ? EDGE - wide : 0; /* tiles may reach into what was before */
        const int64_t up = high < EDGE ? EDGE - high : 0;
        NAMED(tiles)
        (high + up, wide + back, w->row[EDGE - up] + NAMED(LINE) - back, NAMED(PITCH),
         from + (j - back) * from_stride - up, from_stride);
        for (int64_t i = 0; i < high; i++) {
            const int64_t coming = next + i / (NAMED(HIGH) / NAMED(WIDE));
            if (i % (NAMED(HIGH) / NAMED(WIDE)) == 0 && coming < columns) {
                fetch(from + coming * from_stride, (size_t)high * sizeof(T));
            }
            NAMED(write_lines)(w, i, to + i * to_stride, next, wide, next == columns);
        }
    }
}

static void NAMED(stream)(int64_t rows, int64_t columns, T *to, int64_t to_stride, const T *from,
                          int64_t from_stride)
{
    NAMED(waiting) w;
    for (int64_t i = 0; i < rows; i += NAMED(HIGH)) {
        const int64_t high = rows - i < NAMED(HIGH) ? rows - i : NAMED(HIGH);
        NAMED(panel)(&w, high, columns, to + i * to_stride, to_stride, from + i, from_stride);
    }
}
#endif
