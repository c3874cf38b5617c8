/* SPDX-License-Identifier: MIT */
/* The gradients of a convolution whose result was pooled: of three of four places nothing comes
 * back, and those are not visited; see cpu/convolution_pooled.h. */
#include "convolution.h"

#include <string.h>

enum { DOWN = REELI_CONV_DIMS - 2, RIGHT = REELI_CONV_DIMS - 1, LINE = 64 };

char *reeli_corners_of(const reeli_convolution *c, int64_t unit, int64_t output)
{
    const int64_t rows = unit * reeli_corner_rows(reeli_y_volume(c));
    const int64_t at = rows * reeli_corner_step(c->outputs) + output;
    return (char *)c->corners + at * (int64_t)reeli_element_size(c->dtype);
}

static int64_t in_lines(int64_t bytes) { return reeli_parts(bytes, LINE) * LINE; }

/* Vector i of a kernel: of one tap some inputs. */
static int64_t *find_vectors(reel *r, const reeli_convolution *c, const reeli_positions *p,
                             int64_t vector)
{
    int64_t *offset = reeli_arena_alloc(r, (size_t)p->loop.taps * sizeof *offset);
    for (int64_t i = 0; offset && i < p->loop.taps; i++) {
        int64_t k[REELI_CONV_DIMS];
        reeli_tap_place(c, i * vector / p->step, k);
        const int64_t position =
            k[DOWN] * c->dilation[DOWN] * p->size[1] + k[RIGHT] * c->dilation[RIGHT];
        offset[i] = position * p->step + i * vector % p->step;
    }
    return offset;
}

bool reeli_begin_positions(reel *r, const reeli_convolution *c, int64_t inputs, reeli_positions *p)
{
    const int64_t vector = reeli_vector_length_loops[r->level][c->dtype]();
    *p = (reeli_positions){.bytes = (int64_t)reeli_element_size(c->dtype),
                           .step = reeli_parts(inputs, vector) * vector};
    for (int i = 0, d = DOWN; i < 2; i++, d++) {
        const int64_t read =
            (c->out[d] - 1) * c->stride[d] + (c->kernel[d] - 1) * c->dilation[d] + 1;
        p->size[i] = reeli_most(read, c->in[d] + 2 * c->padding[d]);
    }
    p->loop = (reeli_pooled_taps){.height = c->out[DOWN],
                                  .width = c->out[RIGHT],
                                  .corner_step = reeli_corner_step(c->outputs),
                                  .down = c->stride[DOWN] * p->size[1] * p->step,
                                  .right = c->stride[RIGHT] * p->step,
                                  .taps = reeli_volume(c->kernel) * p->step / vector,
                                  .size = p->size[0] * p->size[1] * p->step};
    p->image = in_lines(p->loop.size * p->bytes);
    p->loop.offset = find_vectors(r, c, p, vector);
    return p->loop.offset != NULL;
}

int64_t reeli_positions_bytes(const reeli_positions *p)
{
    const int64_t listed = p->loop.height / 2 * (p->loop.width / 2) + REELI_LISTED_BEHIND;
    return p->image + in_lines(5 * listed * p->bytes);
}

void reeli_add_positions(const reeli_convolution *c, int level, const reeli_positions *p,
                         int64_t unit, int64_t output, int64_t outputs, const char *y,
                         int64_t inputs, const char *x, char *room, char *sums)
{
    const int64_t wide = c->in[RIGHT], plane = c->in[DOWN] * wide;
    for (int64_t row = 0; row < c->in[DOWN]; row++) {
        const int64_t at = (row + c->padding[DOWN]) * p->size[1] + c->padding[RIGHT];
        reeli_transpose_loops[level](false, wide, inputs, (size_t)p->bytes,
                                     room + at * p->step * p->bytes, p->step,
                                     x + row * wide * p->bytes, plane);
    }
    reeli_pooled_taps t = p->loop;
    t.outputs = outputs;
    t.gradient = y;
    t.corners = reeli_corners_of(c, unit, output);
    t.image = room;
    t.lists = room + p->image;
    t.sums = sums;
    reeli_sum_pooled_gradients_loops[level](&t);
}
