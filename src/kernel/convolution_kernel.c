/* SPDX-License-Identifier: MIT */
/*
 * The weights as sums over the images: x spread, and of y a row of channels at each position. An
 * item of the work has some of the images, some of a group's outputs and some of its inputs; what
 * items of the same weights make is added up in the images' order.
 */
#include "convolution.h"
#include "pool.h"

#include <math.h>
#include <string.h>

enum {
    BAND = 16 << 10 /* bytes of gradient that one tile after another reads: half a small cache */
};

typedef struct kernel_sums {
    const reeli_convolution *c;
    int level;
    reeli_spread spread;
    int64_t bytes, volume, pieces, items;
    int64_t images, image_parts; /* of a part, and parts; and so for the others */
    int64_t inputs, input_parts, outputs, output_parts;
    int64_t step; /* a row of outputs and what fills it up to whole vectors */
    bool sparse;  /* with corners: by the places that have some gradient, if that is less */
    reeli_positions at;
    const char *x, *y;
    char *w, *sums;
    reeli_room room;
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
    i.inputs = reeli_least(k->inputs, k->c->inputs - i.input);
    i.outputs = reeli_least(k->outputs, k->c->outputs - i.output);
    return i;
}

/* One image's part, a band of rows after another: so much of y as stays in the first cache. */
static void add_image(const kernel_sums *k, const item *i, const char *source, const char *gradient,
                      char *sums)
{
    const reeli_convolution *c = k->c;
    const int64_t row = c->out[2] * k->step * k->bytes, rows = reeli_most(BAND / row, 1);
    const int64_t plane = k->spread.size[1] * k->spread.size[2];
    for (int64_t z = 0; z < c->out[0]; z++) {
        for (int64_t y = 0; y < c->out[1]; y += rows) {
            reeli_sum_tap_gradients_loops[k->level][c->dtype](
                &(reeli_tap_sums){.taps = i->inputs * reeli_volume(c->kernel),
                                  .height = reeli_least(rows, c->out[1] - y),
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
        const char *x = k->x + (image * c->inputs + i->input) * reeli_volume(c->in) * k->bytes;
        const char *y = k->y + (image * c->outputs + i->output) * reeli_y_volume(c) * k->bytes;
        if (k->sparse) {
            reeli_add_positions(c, k->level, &k->at, image, i->output, i->outputs, y, i->inputs, x,
                                scratch, sums);
            continue;
        }
        reeli_spread_channels(&k->spread, i->inputs, k->x, image * c->inputs + i->input, scratch);
        if (c->corners) {
            reeli_spread_corners_loops[k->level][c->dtype](
                i->outputs, c->out[1], c->out[2], y, reeli_corners_of(c, image, i->output),
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
    char *scratch = reeli_zeros_at(&k->room, place);
    for (int64_t number = piece * k->items / k->pieces; number < (piece + 1) * k->items / k->pieces;
         number++) {
        const item i = find_item(k, number / k->image_parts);
        const int64_t first = number % k->image_parts * k->images;
        sum_images(k, &i, first, reeli_least(first + k->images, k->c->batch), scratch,
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
    const int64_t volume = reeli_volume(c->kernel), row = c->inputs * volume;
    const int64_t at = (i.group * c->outputs + i.output) * row + i.input * volume;
    for (int64_t o = 0; k->sparse && o < i.outputs; o++) {
        reeli_transpose_loops[k->level](false, i.inputs, volume, (size_t)k->bytes,
                                        k->w + (at + o * row) * k->bytes, volume,
                                        sums + o * volume * k->at.step * k->bytes, k->at.step);
    }
    if (k->sparse) {
        return;
    }
    reeli_transpose_loops[k->level](false, i.outputs, i.inputs * volume, (size_t)k->bytes,
                                    k->w + at * k->bytes, row, sums, k->step);
}

/* How many sums of all weights take at most twice the room of the images and their results. */
static int64_t sums_for(const reeli_convolution *c)
{
    const double images = (double)c->batch * ((double)c->inputs * (double)reeli_volume(c->in) +
                                              (double)c->outputs * (double)reeli_volume(c->out));
    const double weights = (double)c->inputs * (double)c->outputs * (double)reeli_volume(c->kernel);
    return 2 * images < weights ? 1
                                : reeli_least(REELI_CONV_PIECES, (int64_t)(2 * images / weights));
}

/* Into parts by images, then by outputs, then by inputs: each of the first reads its own, each of
 * the others all images again. */
static void cut_kernel(kernel_sums *k)
{
    const reeli_convolution *c = k->c;
    const int64_t wanted = reeli_convolution_pieces(c), groups = c->groups;
    const int64_t vector = reeli_vector_length_loops[k->level][c->dtype]();
    k->images = reeli_parts(
        c->batch, reeli_least(reeli_least(reeli_parts(wanted, groups), c->batch), sums_for(c)));
    k->image_parts = reeli_parts(c->batch, k->images);
    const int64_t apart = groups * k->image_parts;
    const int64_t outputs =
        reeli_least(reeli_parts(wanted, apart), reeli_parts(c->outputs, REELI_CONV_OUTPUTS));
    k->outputs =
        reeli_parts(reeli_parts(c->outputs, outputs), REELI_CONV_OUTPUTS) * REELI_CONV_OUTPUTS;
    k->output_parts = reeli_parts(c->outputs, k->outputs);
    const int64_t inputs = reeli_least(reeli_parts(wanted, apart * k->output_parts), c->inputs);
    k->inputs = reeli_parts(c->inputs, inputs);
    k->input_parts = reeli_parts(c->inputs, k->inputs);
    k->items = apart * k->input_parts * k->output_parts;
    k->pieces = reeli_least(wanted, k->items);
    k->step = reeli_parts(reeli_least(k->outputs, c->outputs), vector) * vector;
}

/* Whether fewer vectors are multiplied where only the places are visited that have a gradient; and
 * whether that comes to the same, which products of 0 with what is not finite would not. */
static bool is_sparse(const kernel_sums *k)
{
    const reeli_convolution *c = k->c;
    const int64_t vector = reeli_vector_length_loops[k->level][c->dtype]();
    const int64_t dense = reeli_volume(c->out) * c->inputs * reeli_parts(c->outputs, vector);
    const int64_t sparse = reeli_y_volume(c) * c->outputs * reeli_parts(c->inputs, vector);
    float sum = NAN;
    if (c->corners && c->dtype == REEL_F32 && sparse <= dense) {
        reeli_sum_loops[k->level][c->dtype](
            k->x, 1, c->batch * c->groups * c->inputs * reeli_volume(c->in), &sum);
    }
    return isfinite(sum);
}

bool reeli_convolve_kernel(reel *r, const reeli_convolution *c, const void *x, const void *y,
                           void *w)
{
    kernel_sums k = {.c = c,
                     .level = r->level,
                     .spread = reeli_strided_spread(c),
                     .bytes = (int64_t)reeli_element_size(c->dtype),
                     .volume = reeli_volume(c->out),
                     .x = x,
                     .y = y,
                     .w = w};
    cut_kernel(&k);
    k.sparse = is_sparse(&k);
    const bool room = !k.sparse || reeli_begin_positions(r, c, k.inputs, &k.at);
    k.sparse = k.sparse && k.at.loop.size <= INT32_MAX; /* to which it counts */
    const int64_t volume = reeli_volume(c->kernel), taps = k.inputs * volume;
    const int64_t sums = k.sparse ? k.outputs * volume * k.at.step : taps * k.step;
    k.source_size = reeli_spread_bytes(&k.spread, k.inputs);
    k.sums_size = reeli_parts(sums * k.bytes, 64) * 64;
    k.pieces = r->threads > 1 ? k.pieces : 1;
    k.room = reeli_room_for(r, k.pieces,
                            k.sparse ? reeli_positions_bytes(&k.at)
                                     : k.source_size +
                                           reeli_parts(k.volume * k.step * k.bytes, 64) * 64);
    k.sums = reeli_arena_alloc(r, (size_t)(k.items * k.sums_size));
    k.offset = reeli_arena_alloc(r, (size_t)taps * sizeof *k.offset);
    if (!room || !k.room.at || !k.offset || !k.sums) {
        return false;
    }
    reeli_find_offsets(c, &k.spread, k.inputs, k.offset);
    reeli_parallel_placed(r, k.pieces, sum_piece, &k);
    reeli_parallel(r, k.items / k.image_parts, join_sums, &k);
    return true;
}
