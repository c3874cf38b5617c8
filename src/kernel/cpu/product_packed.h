/* SPDX-License-Identifier: MIT */
/*
 * The same tiles for large products, where both operands are packed: the left one's rows a tile at
 * a time, so that its factors for each step of the depth lie side by side, wherever they were; the
 * right one's columns a panel at a time. A block of the depth goes on with the sums that the block
 * before it left in C: so it is still one chain for each element.
 */
#ifdef TILES

enum { LINE = 64 / sizeof(T) }; /* of a cache */

/* From two tiles on, rows cut into as few as there must be of one height, or one higher, make none
 * lower than two thirds of the highest. */
#define PACKED_TILE(rows)                                                                          \
    static void NAMED(packed, rows)(int64_t count, int64_t k, const T *a, const int64_t *a_stride, \
                                    const T *b, int64_t b_step, const tile_sums *to)               \
    {                                                                                              \
        (void)count, (void)a_stride;                                                               \
        tile(rows, TILE_VECTORS, k, a, (const int64_t[]){1, rows}, b, b_step, to);                 \
    }
#define PACKED_NAME(rows) NAMED(packed, rows),
#if VECTOR_BYTES == 64
#define EACH_PACKED(DO) DO(8) DO(9) DO(10) DO(11) DO(12)
#else
#define EACH_PACKED(DO) DO(4) DO(5) DO(6)
#endif
EACH_PACKED(PACKED_TILE)
static const tile_product packed_tiles[] = {EACH_PACKED(PACKED_NAME)};
enum { LEAST_PACKED = PACKED_ROWS + 1 - sizeof packed_tiles / sizeof *packed_tiles };

static int64_t row_of(const reeli_packed *b, int64_t tile) { return tile * b->p->m / b->tiles; }

/* Where a packed tile lies. Its last row may be written as a whole vector. */
static T *place_of(const reeli_packed *b, int64_t tile)
{
    return (T *)b->left + (row_of(b, tile) - row_of(b, b->first)) * b->depth +
           (tile - b->first) * VECTOR;
}

static void pack_left(const reeli_packed *b, int64_t from, int64_t to)
{
    LEAVE_VECTORS
    const int64_t *stride = b->p->a.stride;
    const T *a = (const T *)b->p->a.data + b->start * stride[1];
    for (int64_t t = from; t < to; t++) {
        const int64_t row = row_of(b, t), rows = row_of(b, t + 1) - row;
        pack(b->depth, rows, a + row * stride[0], (const int64_t[]){stride[1], stride[0]},
             place_of(b, t), rows);
    }
}

/* A packed tile times a panel. Where the last one's columns fill no more than a vector it is in
 * such tiles as are not packed, which have no more than TILE_ROWS rows. */
static void place_packed(int64_t rows, int64_t k, const T *a, const T *panel, int64_t width,
                         panel_place *to)
{
    const bool wide = width > VECTOR;
    const int64_t part = wide || rows <= TILE_ROWS ? rows : (rows + 1) / 2;
    for (int64_t i = 0, height; i < rows; i += height) {
        height = rows - i < part ? rows - i : part;
        place_tiles(wide ? packed_tiles[rows - LEAST_PACKED] : tiles[0][height - 1], 1, height, k,
                    a + i, (const int64_t[]){1, rows}, panel, width, to);
    }
}

static void pack_right(const reeli_packed *b, int64_t columns)
{
    const int64_t *stride = b->p->b.stride;
    const T *from = (const T *)b->p->b.data + b->start * stride[0] + b->column * stride[1];
    const int64_t whole = stride[1] == 1 ? columns / PANEL_COLUMNS : 0;
    pack_panels(b->depth, whole, from, stride[0], b->right);
    for (int64_t j = whole * PANEL_COLUMNS; j < columns; j += PANEL_COLUMNS) {
        const int64_t rest = columns - j;
        pack(b->depth, rest < PANEL_COLUMNS ? rest : PANEL_COLUMNS, from + j * stride[1], stride,
             (T *)b->right + j * b->depth, rest > VECTOR ? PANEL_COLUMNS : VECTOR);
    }
}

static void multiply_panel(const reeli_packed *b, int64_t column, const T *panel, int64_t to)
{
    const reeli_gemm *p = b->p;
    const int64_t rest = p->n - column, columns = rest < PANEL_COLUMNS ? rest : PANEL_COLUMNS;
    const int64_t width = columns > VECTOR ? PANEL_COLUMNS : VECTOR;
    panel_place place = place_in(p, column, columns, b->start, b->start + b->depth);
    int64_t row = row_of(b, b->first), rows; /* a division, which takes long */
    const T *left = b->left;
    go_down(&place, row);
    for (int64_t t = b->first; t < to; t++, row += rows, left += rows * b->depth + VECTOR) {
        rows = row_of(b, t + 1) - row;
        for (int64_t i = rows; i < 2 * rows && t + 1 < to; i++) { /* the next tile's */
            for (int64_t j = 0; j < columns; j += LINE) {
                REELI_PREFETCH(place.c + i * place.step + j);
            }
        }
        place_packed(rows, b->depth, left, panel, width, &place);
    }
}

static void multiply_columns(const reeli_packed *b, int64_t columns, int64_t to)
{
    LEAVE_VECTORS
    pack_right(b, columns);
    for (int64_t j = 0; j < columns; j += PANEL_COLUMNS) {
        multiply_panel(b, b->column + j, (const T *)b->right + j * b->depth, to);
    }
}

const reeli_packing *KERNEL(packing)(void)
{
    static const reeli_packing packing = {PACKED_ROWS, PANEL_COLUMNS, REELI_PACKED_DEPTH,
                                          VECTOR,      pack_left,     multiply_columns};
    return &packing;
}
#else
const reeli_packing *KERNEL(packing)(void) { return NULL; }
#endif
