/* SPDX-License-Identifier: MIT */
/*
 * Convolutions of three dims: y[n,o,p] = bias[o] + Σ_{c,k} w[o,c,k] x[n,c, p stride + k dilation -
 * padding], where what lies outside of x is 0. Each of x, y and w is such a sum over the other two,
 * and so there are three functions, which are each other's gradients.
 *
 * An image is spread before it is read (spread.c), so that every tap, a place k of the kernel in
 * one channel, lies at a fixed distance from the position that it belongs to. Work is cut by images
 * and by outputs; an element is one chain over its taps, whatever the cut.
 */
#include "convolution.h"

#include <string.h>

enum { PIECE = 1 << 20 /* multiply-adds that are worth one */ };

/* Into how many pieces so many multiply-adds are worth cutting. */
int64_t reeli_convolution_pieces(const reeli_convolution *c)
{
    const double work = (double)c->batch * (double)c->groups * (double)c->inputs *
                        (double)c->outputs * (double)reeli_volume(c->kernel) *
                        (double)reeli_volume(c->out);
    return work < 2.0 * (double)PIECE                         ? 1
           : work < (double)REELI_CONV_PIECES * (double)PIECE ? (int64_t)(work / (double)PIECE)
                                                              : REELI_CONV_PIECES;
}

reeli_room reeli_room_for(reel *r, int64_t pieces, int64_t size)
{
    const size_t places = (size_t)reeli_working_places(r, pieces), bytes = (size_t)size;
    reeli_room new = {.at = reeli_arena_alloc(r, places * (bytes + sizeof(bool))), .size = size};
    if (new.at) {
        new.begun = (bool *)(new.at + places *bytes);
        memset(new.begun, 0, places * sizeof(bool));
    }
    return new;
}

char *reeli_zeros_at(const reeli_room *r, int64_t place)
{
    char *at = r->at + place * r->size;
    if (!r->begun[place]) {
        memset(at, 0, (size_t)r->size);
        r->begun[place] = true;
    }
    return at;
}

/* Positions of the result that are computed alike: all of them, or in a transposed convolution
 * those of one residue. */
typedef struct places {
    int64_t taps;
    bool by_channels;
    int64_t *offset, *tap;                /* in the spread source, and in the weights */
    char *weights;                        /* packed, for each group and part */
    int64_t size[REELI_CONV_DIMS];        /* of positions */
    int64_t start, step[REELI_CONV_DIMS]; /* in the result's channel */
} places;

/* A convolution, or a transposed one, of images and weights. */
typedef struct layer {
    const reeli_convolution *c;
    int level;
    reeli_spread spread;
    int64_t bytes;                /* of an element */
    int64_t inputs, rows, volume; /* channels of a group, in and out; elements of a result's */
    const char *from, *bias;
    char *to;
    int64_t *corner; /* of a pooled y that is read: find_corners */
    reeli_room room;
    int64_t packed; /* rows, up to whole vectors, and what a last tile has too many */
    int64_t source_size, pieces, parts, part_rows;
    places *places;
    int64_t count;
} layer;

static int64_t rows_of_part(const layer *l, int64_t part)
{
    return reeli_least(l->part_rows, l->rows - part * l->part_rows);
}

/* Where the weights of a group's part begin, which are followed by a tap for the bias. */
static char *weights_of(const layer *l, const places *p, int64_t group, int64_t part)
{
    return p->weights + (group * l->packed + part * l->part_rows) * (p->taps + 1) * l->bytes;
}

/* The positions `p` of an image's group: `part` of its channels. */
static void convolve_places(const layer *l, const places *p, int64_t unit, int64_t part,
                            const char *source)
{
    const int64_t group = unit % l->c->groups, row = group * l->rows + part * l->part_rows;
    const int64_t channel = unit * l->rows + part * l->part_rows;
    reeli_taps t = {.rows = rows_of_part(l, part),
                    .taps = p->taps,
                    .height = p->size[1],
                    .width = p->size[2],
                    .pitch = l->spread.size[2],
                    .by_channels = p->by_channels,
                    .weights = weights_of(l, p, group, part),
                    .bias = l->bias ? l->bias + row * l->bytes : NULL,
                    .offset = p->offset,
                    .corner_step = reeli_corner_step(l->c->outputs),
                    .out_row = l->volume,
                    .out_y = p->step[1],
                    .out_x = p->step[2]};
    if (l->c->corners && !l->corner) {
        t.corners = reeli_corners_of(l->c, unit, part * l->part_rows);
    }
    for (int64_t z = 0; z < p->size[0]; z++) {
        const int64_t at = channel * l->volume + p->start + z * p->step[0];
        t.source = source + z * l->spread.size[1] * l->spread.size[2] * l->bytes;
        t.out = l->to + at * l->bytes;
        reeli_convolve_loops[l->level][l->c->dtype](&t);
    }
}

/* Of a pooled y: where in a channel of the source the corners of each 2 x 2 lie. */
static void find_corners(const layer *l, int64_t *corner)
{
    const int64_t *shift = l->spread.shift, pitch = l->spread.size[2];
    for (int64_t q = 0; q < reeli_y_volume(l->c); q++, corner += 4) {
        const int64_t wide = l->c->out[2] / 2;
        corner[0] = (q / wide * 2 - shift[1]) * pitch + q % wide * 2 - shift[2];
        corner[1] = corner[0] + 1;
        corner[2] = corner[0] + pitch;
        corner[3] = corner[2] + 1;
    }
}

/* Each element of a channel to the corner that it came from, among zeros. */
#define UNPOOL(name, T, PLACE)                                                                     \
    static void name(int64_t count, const T *y, const PLACE *words, int64_t step,                  \
                     const int64_t *corner, T *to)                                                 \
    {                                                                                              \
        for (int64_t q = 0; q < count; words += step) {                                            \
            PLACE word = *words;                                                                   \
            for (int i = 0; i < REELI_CORNERS_IN_ONE && q < count; i++, q++, word >>= 2) {         \
                to[corner[4 * q + (word & 3)]] = y[q];                                             \
            }                                                                                      \
        }                                                                                          \
    }
UNPOOL(unpool_f32, float, int32_t)
UNPOOL(unpool_f64, double, int64_t)

static void unpool_unit(const layer *l, int64_t unit, char *source)
{
    const reeli_convolution *c = l->c;
    const int64_t volume = reeli_y_volume(c), step = reeli_corner_step(c->outputs);
    memset(source, 0, (size_t)l->source_size);
    for (int64_t i = 0; i < c->outputs; i++) {
        const void *y = l->from + (unit * c->outputs + i) * volume * l->bytes;
        const void *words = reeli_corners_of(c, unit, i);
        void *to = source + i * reeli_spread_channel(&l->spread) * l->bytes;
        if (c->dtype == REEL_F32) {
            unpool_f32(volume, y, words, step, l->corner, to);
        } else {
            unpool_f64(volume, y, words, step, l->corner, to);
        }
    }
}

static void run_piece(int64_t piece, int64_t place, void *context)
{
    const layer *l = context;
    const int64_t items = l->c->batch * l->c->groups * l->parts;
    char *source = reeli_zeros_at(&l->room, place);
    for (int64_t item = piece * items / l->pieces, last = -1;
         item < (piece + 1) * items / l->pieces; item++) {
        const int64_t unit = item / l->parts;
        if (unit != last && l->corner) {
            unpool_unit(l, unit, source);
        } else if (unit != last) {
            reeli_spread_channels(&l->spread, l->inputs, l->from, unit * l->inputs, source);
        }
        last = unit;
        for (int64_t i = 0; i < l->count; i++) {
            if (reeli_volume(l->places[i].size) > 0) {
                convolve_places(l, &l->places[i], unit, item % l->parts, source);
            }
        }
    }
}

/* The weights in the order in which they are read: group by group, and in each part by part. A
 * group's begin `group_step` after the last one's, a row's `row_step`. */
static void pack_weights(const layer *l, places *p, const char *weights, int64_t group_step,
                         int64_t row_step)
{
    const int level = l->level, dtype = l->c->dtype;
    const reeli_taps whole = {.rows = l->part_rows < l->rows ? l->part_rows : l->rows,
                              .taps = p->taps,
                              .height = p->size[1],
                              .width = p->size[2],
                              .pitch = l->spread.size[2],
                              .out_x = p->step[2]};
    p->by_channels =
        (l->c->corners && !l->corner) || reeli_fits_channels_loops[level][dtype](&whole);
    for (int64_t group = 0; group < l->c->groups; group++) {
        for (int64_t part = 0; part < l->parts; part++) {
            const int64_t row = part * l->part_rows;
            reeli_pack_taps_loops[level][dtype](
                rows_of_part(l, part), row_step, p->taps, p->tap,
                weights + (group * group_step + row * row_step) * l->bytes,
                l->bias ? l->bias + (group * l->rows + row) * l->bytes : NULL, p->by_channels,
                weights_of(l, p, group, part));
        }
    }
}

/* Cuts the work, and finds room: for the pieces' sources, and the `taps` of all places. */
static bool prepare(layer *l, reel *r, int64_t taps)
{
    const reeli_convolution *c = l->c;
    const int64_t units = c->batch * c->groups;
    const int64_t vector = reeli_vector_length_loops[r->level][c->dtype]();
    l->level = r->level;
    l->packed = (reeli_parts(l->rows, vector) + 1) * vector;
    l->bytes = (int64_t)reeli_element_size(c->dtype);
    l->pieces = reeli_convolution_pieces(c);
    l->parts = units >= l->pieces ? 1
                                  : reeli_least(reeli_parts(l->rows, REELI_CONV_OUTPUTS),
                                                reeli_parts(l->pieces, units));
    l->part_rows =
        reeli_parts(reeli_parts(l->rows, l->parts), REELI_CONV_OUTPUTS) * REELI_CONV_OUTPUTS;
    l->parts = reeli_parts(l->rows, l->part_rows);
    l->pieces = r->threads > 1 ? reeli_least(l->pieces, units * l->parts) : 1;
    l->source_size = reeli_spread_bytes(&l->spread, l->inputs);
    l->room = reeli_room_for(r, l->pieces, l->source_size);
    l->places[0].offset = reeli_arena_alloc(r, 2 * (size_t)taps * sizeof(int64_t));
    l->places[0].tap = l->places[0].offset + taps;
    l->places[0].weights =
        reeli_arena_alloc(r, (size_t)(c->groups * l->packed * (taps + l->count) * l->bytes));
    return l->room.at && l->places[0].offset && l->places[0].weights;
}

/* The places after `p` keep their tables behind its. */
static void begin_after(const layer *l, const places *p, places *next)
{
    next->offset = p->offset + p->taps;
    next->tap = p->tap + p->taps;
    next->weights = p->weights + l->c->groups * l->packed * (p->taps + 1) * l->bytes;
}

bool reeli_convolve(reel *r, const reeli_convolution *c, const void *x, const void *w,
                    const void *bias, void *y)
{
    places all = {.size = {c->out[0], c->out[1], c->out[2]},
                  .step = {c->out[1] * c->out[2], c->out[2], 1}};
    layer l = {.c = c,
               .spread = reeli_strided_spread(c),
               .inputs = c->inputs,
               .rows = c->outputs,
               .volume = reeli_y_volume(c),
               .from = x,
               .bias = bias,
               .to = y,
               .places = &all,
               .count = 1};
    all.taps = c->inputs * reeli_volume(c->kernel);
    if (!prepare(&l, r, all.taps)) {
        return false;
    }
    reeli_find_offsets(c, &l.spread, c->inputs, all.offset);
    for (int64_t t = 0; t < all.taps; t++) {
        all.tap[t] = t;
    }
    pack_weights(&l, &all, w, c->outputs * all.taps, all.taps);
    reeli_parallel_placed(r, l.pieces, run_piece, &l);
    return true;
}

/*
 * The other way round: x[i] gets something of y[(i + padding - k dilation) / stride] from each tap
 * k for which that is whole. So elements of x that are a stride apart have their taps in common,
 * and are one of `places`; for them y lies as it is, spread by its padding alone.
 */

/* Where the spread y begins: the least index that a tap leads to, if that is below 0. */
static int64_t least_index(const reeli_convolution *c, int d)
{
    return -reeli_parts(reeli_most((c->kernel[d] - 1) * c->dilation[d] - c->padding[d], 0),
                        c->stride[d]);
}

static reeli_spread gradient_spread(const reeli_convolution *c)
{
    reeli_spread s = {.dtype = c->dtype};
    for (int d = 0; d < REELI_CONV_DIMS; d++) {
        const int64_t from = least_index(c, d);
        const int64_t reached = (c->in[d] - 1 + c->padding[d]) / c->stride[d];
        const int64_t last = reeli_most(reached, c->out[d] - 1); /* where a pooled y is put, too */
        const int64_t positions = (c->in[d] - 1) / c->stride[d] + 1;
        reeli_spread_dim(&s, d, c->out[d], last - from + 1, positions, from, 1, 1, 1);
    }
    return s;
}

/* Where tap number `number` finds y for the elements first, first + stride, …; false: nowhere. */
static bool leads(const reeli_convolution *c, int64_t number, const int64_t *first, int64_t *at)
{
    bool whole = true;
    int64_t k[REELI_CONV_DIMS];
    reeli_tap_place(c, number, k);
    for (int d = 0; d < REELI_CONV_DIMS; d++) {
        const int64_t from = first[d] + c->padding[d] - k[d] * c->dilation[d];
        whole = whole && from % c->stride[d] == 0;
        at[d] = from / c->stride[d] - least_index(c, d);
    }
    return whole;
}

/* The taps that lead to those elements, channel by channel of a group, as a convolution has
 * them. */
static void find_taps(const layer *l, const int64_t *first, places *p)
{
    const reeli_convolution *c = l->c;
    const int64_t volume = reeli_volume(c->kernel), channel = reeli_spread_channel(&l->spread);
    int64_t at[REELI_CONV_DIMS];
    for (int64_t t = 0; t < volume; t++) {
        if (leads(c, t, first, at)) {
            p->offset[p->taps] = reeli_spread_index(&l->spread, at);
            p->tap[p->taps++] = t;
        }
    }
    const int64_t each = p->taps;
    for (; p->taps < c->outputs * each; p->taps++) {
        p->offset[p->taps] = p->offset[p->taps - each] + channel;
        p->tap[p->taps] = p->tap[p->taps - each] + c->inputs * volume;
    }
}

static void find_places(const layer *l, const int64_t *first, places *p)
{
    const reeli_convolution *c = l->c;
    int64_t inner = 1;
    p->taps = p->start = 0;
    for (int d = REELI_CONV_DIMS - 1; d >= 0; d--) {
        p->size[d] = (c->in[d] - 1 - first[d]) / c->stride[d] + 1;
        p->start += first[d] * inner;
        p->step[d] = c->stride[d] * inner;
        inner *= c->in[d];
    }
    find_taps(l, first, p);
}

bool reeli_convolve_transposed(reel *r, const reeli_convolution *c, const void *y, const void *w,
                               const void *bias, void *x)
{
    const int64_t volume = reeli_volume(c->kernel), taps = c->outputs * volume;
    int64_t residues[REELI_CONV_DIMS];
    for (int d = 0; d < REELI_CONV_DIMS; d++) {
        residues[d] = reeli_least(c->stride[d], c->in[d]);
    }
    layer l = {.c = c,
               .spread = gradient_spread(c),
               .inputs = c->outputs,
               .rows = c->inputs,
               .volume = reeli_volume(c->in),
               .from = y,
               .bias = bias,
               .to = x,
               .count = reeli_volume(residues)};
    l.places = reeli_arena_alloc(r, (size_t)l.count * sizeof *l.places);
    if (c->corners) {
        l.corner = reeli_arena_alloc(r, (size_t)(4 * reeli_y_volume(c)) * sizeof *l.corner);
    }
    if (!l.places || (c->corners && !l.corner) || !prepare(&l, r, taps)) {
        return false;
    }
    if (l.corner) {
        find_corners(&l, l.corner);
    }
    for (int64_t i = 0; i < l.count; i++) {
        const int64_t first[] = {i / residues[2] / residues[1], i / residues[2] % residues[1],
                                 i % residues[2]};
        if (i > 0) {
            begin_after(&l, &l.places[i - 1], &l.places[i]);
        }
        find_places(&l, first, &l.places[i]);
        pack_weights(&l, &l.places[i], w, taps * c->inputs, volume);
    }
    reeli_parallel_placed(r, l.pieces, run_piece, &l);
    return true;
}
