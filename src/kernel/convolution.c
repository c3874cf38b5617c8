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
#include "spread.h"

#include <string.h>

enum {
    MOST = 16,       /* pieces */
    PIECE = 1 << 20, /* multiply-adds that are worth one */
    OUTPUTS = 32,    /* channels of a piece: a multiple of these, but in the last one */
    BAND = 16 << 10  /* bytes of gradient that one tile after another reads: half a small cache */
};

static int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }
static int64_t most(int64_t a, int64_t b) { return a > b ? a : b; }
static int64_t parts_of(int64_t whole, int64_t part) { return (whole + part - 1) / part; }

static int64_t product_of(const int64_t *size) { return size[0] * size[1] * size[2]; }

/* Into how many pieces so many multiply-adds are worth cutting. */
static int64_t pieces_for(const reeli_convolution *c)
{
    const double work = (double)c->batch * (double)c->groups * (double)c->inputs *
                        (double)c->outputs * (double)product_of(c->kernel) *
                        (double)product_of(c->out);
    return work < 2.0 * (double)PIECE            ? 1
           : work < (double)MOST * (double)PIECE ? (int64_t)(work / (double)PIECE)
                                                 : MOST;
}

/* Where threads work: so much for each, of zeros at first, which stays in its cache from one piece
 * to the next. */
typedef struct room {
    char *at;
    bool *begun;
    int64_t size;
} room;

static room room_for(reel *r, int64_t pieces, int64_t size)
{
    const size_t places = (size_t)reeli_working_places(r, pieces), bytes = (size_t)size;
    room new = {.at = reeli_arena_alloc(r, places * (bytes + sizeof(bool))), .size = size};
    if (new.at) {
        new.begun = (bool *)(new.at + places *bytes);
        memset(new.begun, 0, places * sizeof(bool));
    }
    return new;
}

static char *zeros_at(const room *r, int64_t place)
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
    bool transposed;
    int level;
    reeli_spread spread;
    int64_t bytes;                /* of an element */
    int64_t inputs, rows, volume; /* channels of a group, in and out; elements of a result's */
    const char *from, *bias;
    char *to;
    room room;
    int64_t packed; /* rows, up to whole vectors */
    int64_t source_size, pieces, parts, part_rows;
    places *places;
    int64_t count;
} layer;

static int64_t rows_of_part(const layer *l, int64_t part)
{
    return least(l->part_rows, l->rows - part * l->part_rows);
}

/* Elements of a channel of y. */
static int64_t y_volume(const reeli_convolution *c)
{
    return c->corners ? c->out[1] / 2 * (c->out[2] / 2) : product_of(c->out);
}

static char *corners_of(const reeli_convolution *c, int64_t unit, int64_t output)
{
    const int64_t rows = unit * reeli_corner_rows(y_volume(c));
    const int64_t at = rows * reeli_corner_step(c->outputs) + output;
    return (char *)c->corners + at * (int64_t)reeli_element_size(c->dtype);
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
    if (l->c->corners && !l->transposed) {
        t.corners = corners_of(l->c, unit, part * l->part_rows);
    }
    for (int64_t z = 0; z < p->size[0]; z++) {
        const int64_t at = channel * l->volume + p->start + z * p->step[0];
        t.source = source + z * l->spread.size[1] * l->spread.size[2] * l->bytes;
        t.out = l->to + at * l->bytes;
        reeli_convolve_loops[l->level][l->c->dtype](&t);
    }
}

/* The channels of one unit that is read, spread. Of a pooled y each element first comes to its
 * corner, where the channels of a position lie side by side; then row by row to planes. */
static void spread_unit(const layer *l, int64_t unit, char *source)
{
    const reeli_convolution *c = l->c;
    if (!c->corners || !l->transposed) {
        reeli_spread_channels(&l->spread, l->inputs, l->from, unit * l->inputs, source);
        return;
    }
    const int64_t step = reeli_corner_step(c->outputs), *shift = l->spread.shift;
    const int64_t *size = l->spread.size;
    char *rows = source + l->source_size;
    reeli_spread_corners_loops[l->level][c->dtype](
        c->outputs, c->out[1], c->out[2], l->from + unit * c->outputs * y_volume(c) * l->bytes,
        corners_of(c, unit, 0), step, rows, step);
    for (int64_t y = 0; y < least(c->out[1], size[1] + shift[1]); y++) {
        reeli_transpose_loops[l->level](
            false, c->outputs, least(c->out[2], size[2] + shift[2]), (size_t)l->bytes,
            source + ((y - shift[1]) * size[2] - shift[2]) * l->bytes,
            reeli_spread_channel(&l->spread), rows + y * c->out[2] * step * l->bytes, step);
    }
}

static void run_piece(int64_t piece, int64_t place, void *context)
{
    const layer *l = context;
    const int64_t items = l->c->batch * l->c->groups * l->parts;
    char *source = zeros_at(&l->room, place);
    for (int64_t item = piece * items / l->pieces, last = -1;
         item < (piece + 1) * items / l->pieces; item++) {
        const int64_t unit = item / l->parts;
        if (unit != last) {
            spread_unit(l, unit, source);
        }
        last = unit;
        for (int64_t i = 0; i < l->count; i++) {
            if (product_of(l->places[i].size) > 0) {
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
        (l->c->corners && !l->transposed) || reeli_fits_channels_loops[level][dtype](&whole);
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
    l->packed = parts_of(l->rows, vector) * vector;
    l->bytes = (int64_t)reeli_element_size(c->dtype);
    l->pieces = pieces_for(c);
    l->parts =
        units >= l->pieces ? 1 : least(parts_of(l->rows, OUTPUTS), parts_of(l->pieces, units));
    l->part_rows = parts_of(parts_of(l->rows, l->parts), OUTPUTS) * OUTPUTS;
    l->parts = parts_of(l->rows, l->part_rows);
    l->pieces = r->threads > 1 ? least(l->pieces, units * l->parts) : 1;
    l->source_size = reeli_spread_bytes(&l->spread, l->inputs);
    const int64_t rows = c->corners && l->transposed
                             ? product_of(c->out) * reeli_corner_step(c->outputs) * l->bytes
                             : 0;
    l->room = room_for(r, l->pieces, l->source_size + rows);
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

/* Tap number `number` of a channel's: its place k in each dim. */
static void tap_place(const reeli_convolution *c, int64_t number, int64_t *k)
{
    for (int d = REELI_CONV_DIMS - 1; d >= 0; d--) {
        k[d] = number % c->kernel[d];
        number /= c->kernel[d];
    }
}

/* Of an image whose positions are `stride` apart: offset[t] for the taps of `channels`. */
static void find_offsets(const reeli_convolution *c, const reeli_spread *s, int64_t channels,
                         int64_t *offset)
{
    const int64_t volume = product_of(c->kernel);
    for (int64_t t = 0; t < volume; t++) {
        int64_t k[REELI_CONV_DIMS];
        tap_place(c, t, k);
        const int64_t at = reeli_spread_index(s, k);
        for (int64_t channel = 0; channel < channels; channel++) {
            offset[channel * volume + t] = at + channel * reeli_spread_channel(s);
        }
    }
}

static reeli_spread strided_spread(const reeli_convolution *c)
{
    reeli_spread s = {.dtype = c->dtype};
    for (int d = 0; d < REELI_CONV_DIMS; d++) {
        const int64_t size = c->out[d] + (c->kernel[d] - 1) * c->dilation[d] / c->stride[d];
        reeli_spread_dim(&s, d, c->in[d], size, c->out[d], -c->padding[d], c->stride[d],
                         c->kernel[d], c->dilation[d]);
    }
    return s;
}

bool reeli_convolve(reel *r, const reeli_convolution *c, const void *x, const void *w,
                    const void *bias, void *y)
{
    places all = {.size = {c->out[0], c->out[1], c->out[2]},
                  .step = {c->out[1] * c->out[2], c->out[2], 1}};
    layer l = {.c = c,
               .spread = strided_spread(c),
               .inputs = c->inputs,
               .rows = c->outputs,
               .volume = y_volume(c),
               .from = x,
               .bias = bias,
               .to = y,
               .places = &all,
               .count = 1};
    all.taps = c->inputs * product_of(c->kernel);
    if (!prepare(&l, r, all.taps)) {
        return false;
    }
    find_offsets(c, &l.spread, c->inputs, all.offset);
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
    return -parts_of(most((c->kernel[d] - 1) * c->dilation[d] - c->padding[d], 0), c->stride[d]);
}

static reeli_spread gradient_spread(const reeli_convolution *c)
{
    reeli_spread s = {.dtype = c->dtype};
    for (int d = 0; d < REELI_CONV_DIMS; d++) {
        const int64_t from = least_index(c, d);
        const int64_t last = (c->in[d] - 1 + c->padding[d]) / c->stride[d];
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
    tap_place(c, number, k);
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
    const int64_t volume = product_of(c->kernel), channel = reeli_spread_channel(&l->spread);
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
    const int64_t volume = product_of(c->kernel), taps = c->outputs * volume;
    int64_t residues[REELI_CONV_DIMS];
    for (int d = 0; d < REELI_CONV_DIMS; d++) {
        residues[d] = least(c->stride[d], c->in[d]);
    }
    layer l = {.c = c,
               .transposed = true,
               .spread = gradient_spread(c),
               .inputs = c->outputs,
               .rows = c->inputs,
               .volume = product_of(c->in),
               .from = y,
               .bias = bias,
               .to = x,
               .count = product_of(residues)};
    l.places = reeli_arena_alloc(r, (size_t)l.count * sizeof *l.places);
    if (!l.places || !prepare(&l, r, taps)) {
        return false;
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

/*
 * The weights as sums over the images: x spread, and of y a row of channels at each position. An
 * item of the work has some of the images, some of a group's outputs and some of its inputs; what
 * items of the same weights make is added up in the images' order.
 */
typedef struct kernel_sums {
    const reeli_convolution *c;
    int level;
    reeli_spread spread;
    int64_t bytes, volume, pieces, items;
    int64_t images, image_parts; /* of a part, and parts; and so for the others */
    int64_t inputs, input_parts, outputs, output_parts;
    int64_t step; /* a row of outputs and what fills it up to whole vectors */
    const char *x, *y;
    char *w, *sums;
    room room;
    int64_t source_size, sums_size;
    int64_t *offset;
} kernel_sums;

/* Which weights one item has. */
typedef struct item {
    int64_t group, input, inputs, output, outputs;
} item;

static item find_item(const kernel_sums *k, int64_t number)
{
    item i = {.group = number / k->output_parts / k->input_parts,
              .input = number / k->output_parts % k->input_parts * k->inputs,
              .output = number % k->output_parts * k->outputs};
    i.inputs = least(k->inputs, k->c->inputs - i.input);
    i.outputs = least(k->outputs, k->c->outputs - i.output);
    return i;
}

/* One image's part, a band of rows after another: so much of y as stays in the first cache. */
static void add_image(const kernel_sums *k, const item *i, const char *source, const char *gradient,
                      char *sums)
{
    const reeli_convolution *c = k->c;
    const int64_t row = c->out[2] * k->step * k->bytes, rows = most(BAND / row, 1);
    const int64_t plane = k->spread.size[1] * k->spread.size[2];
    for (int64_t z = 0; z < c->out[0]; z++) {
        for (int64_t y = 0; y < c->out[1]; y += rows) {
            reeli_sum_tap_gradients_loops[k->level][c->dtype](
                &(reeli_tap_sums){.taps = i->inputs * product_of(c->kernel),
                                  .height = least(rows, c->out[1] - y),
                                  .width = c->out[2],
                                  .pitch = k->spread.size[2],
                                  .step = k->step,
                                  .source = source + (z * plane + y * k->spread.size[2]) * k->bytes,
                                  .gradient = gradient + (z * c->out[1] + y) * row,
                                  .offset = k->offset,
                                  .sums = sums});
        }
    }
}

/* The images from `first` to `past`. */
static void sum_images(const kernel_sums *k, const item *i, int64_t first, int64_t past,
                       char *scratch, char *sums)
{
    const reeli_convolution *c = k->c;
    char *gradient = scratch + k->source_size;
    memset(sums, 0, (size_t)k->sums_size);
    for (int64_t n = first; n < past; n++) {
        const int64_t image = n * c->groups + i->group;
        const char *y = k->y + (image * c->outputs + i->output) * y_volume(c) * k->bytes;
        reeli_spread_channels(&k->spread, i->inputs, k->x, image * c->inputs + i->input, scratch);
        if (c->corners) {
            reeli_spread_corners_loops[k->level][c->dtype](
                i->outputs, c->out[1], c->out[2], y, corners_of(c, image, i->output),
                reeli_corner_step(c->outputs), gradient, k->step);
        } else {
            reeli_transpose_loops[k->level](false, k->volume, i->outputs, (size_t)k->bytes,
                                            gradient, k->step, y, k->volume);
        }
        add_image(k, i, scratch, gradient, sums);
    }
}

static void sum_piece(int64_t piece, int64_t place, void *context)
{
    const kernel_sums *k = context;
    char *scratch = zeros_at(&k->room, place);
    for (int64_t number = piece * k->items / k->pieces; number < (piece + 1) * k->items / k->pieces;
         number++) {
        const item i = find_item(k, number / k->image_parts);
        const int64_t first = number % k->image_parts * k->images;
        sum_images(k, &i, first, least(first + k->images, k->c->batch), scratch,
                   k->sums + number * k->sums_size);
    }
}

/* The sums of all parts of the images, and where the weights are. */
static void join_sums(int64_t number, void *context)
{
    const kernel_sums *k = context;
    const reeli_convolution *c = k->c;
    const item i = find_item(k, number);
    char *sums = k->sums + number * k->image_parts * k->sums_size;
    for (int64_t part = 1; part < k->image_parts; part++) {
        const void *both[] = {sums, sums + part * k->sums_size};
        reeli_value_map(&reeli_formula_add, k->level, c->dtype)(k->sums_size / k->bytes, sums, both,
                                                                NULL);
    }
    const int64_t volume = product_of(c->kernel), row = c->inputs * volume;
    const int64_t at = (i.group * c->outputs + i.output) * row + i.input * volume;
    reeli_transpose_loops[k->level](false, i.outputs, i.inputs * volume, (size_t)k->bytes,
                                    k->w + at * k->bytes, row, sums, k->step);
}

/* How many sums of all weights take at most twice the room of the images and their results. */
static int64_t sums_for(const reeli_convolution *c)
{
    const double images = (double)c->batch * ((double)c->inputs * (double)product_of(c->in) +
                                              (double)c->outputs * (double)product_of(c->out));
    const double weights = (double)c->inputs * (double)c->outputs * (double)product_of(c->kernel);
    return 2 * images < weights ? 1 : least(MOST, (int64_t)(2 * images / weights));
}

/* Into parts by images, then by outputs, then by inputs: each of the first reads its own, each of
 * the others all images again. */
static void cut_kernel(kernel_sums *k)
{
    const reeli_convolution *c = k->c;
    const int64_t wanted = pieces_for(c), groups = c->groups;
    const int64_t vector = reeli_vector_length_loops[k->level][c->dtype]();
    k->images = parts_of(c->batch, least(least(parts_of(wanted, groups), c->batch), sums_for(c)));
    k->image_parts = parts_of(c->batch, k->images);
    const int64_t apart = groups * k->image_parts;
    const int64_t outputs = least(parts_of(wanted, apart), parts_of(c->outputs, OUTPUTS));
    k->outputs = parts_of(parts_of(c->outputs, outputs), OUTPUTS) * OUTPUTS;
    k->output_parts = parts_of(c->outputs, k->outputs);
    const int64_t inputs = least(parts_of(wanted, apart * k->output_parts), c->inputs);
    k->inputs = parts_of(c->inputs, inputs);
    k->input_parts = parts_of(c->inputs, k->inputs);
    k->items = apart * k->input_parts * k->output_parts;
    k->pieces = least(wanted, k->items);
    k->step = parts_of(least(k->outputs, c->outputs), vector) * vector;
}

bool reeli_convolve_kernel(reel *r, const reeli_convolution *c, const void *x, const void *y,
                           void *w)
{
    kernel_sums k = {.c = c,
                     .level = r->level,
                     .spread = strided_spread(c),
                     .bytes = (int64_t)reeli_element_size(c->dtype),
                     .volume = product_of(c->out),
                     .x = x,
                     .y = y,
                     .w = w};
    cut_kernel(&k);
    const int64_t taps = k.inputs * product_of(c->kernel);
    k.source_size = reeli_spread_bytes(&k.spread, k.inputs);
    k.sums_size = parts_of(taps * k.step * k.bytes, 64) * 64;
    k.pieces = r->threads > 1 ? k.pieces : 1;
    k.room = room_for(r, k.pieces, k.source_size + parts_of(k.volume * k.step * k.bytes, 64) * 64);
    k.sums = reeli_arena_alloc(r, (size_t)(k.items * k.sums_size));
    k.offset = reeli_arena_alloc(r, (size_t)taps * sizeof *k.offset);
    if (!k.room.at || !k.offset || !k.sums) {
        return false;
    }
    find_offsets(c, &k.spread, k.inputs, k.offset);
    reeli_parallel_placed(r, k.pieces, sum_piece, &k);
    reeli_parallel(r, k.items / k.image_parts, join_sums, &k);
    return true;
}
