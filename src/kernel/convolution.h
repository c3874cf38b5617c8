/* SPDX-License-Identifier: MIT */
/* What convolutions and their gradients have in common: how the work is cut, where a piece of it
 * works. */
#ifndef REELI_CONVOLUTION_H
#define REELI_CONVOLUTION_H

#include "kernels.h"
#include "spread.h"

enum {
    REELI_CONV_PIECES = 16, /* at most */
    REELI_CONV_OUTPUTS = 32 /* channels of a piece: a multiple of these, but in the last one */
};

static inline int64_t reeli_volume(const int64_t *size) { return size[0] * size[1] * size[2]; }

/* Elements of a channel of y. */
static inline int64_t reeli_y_volume(const reeli_convolution *c)
{
    return c->corners ? c->out[1] / 2 * (c->out[2] / 2) : reeli_volume(c->out);
}

/* Where a pooled y's channel `output` of image and group number `unit` has its corners. */
char *reeli_corners_of(const reeli_convolution *c, int64_t unit, int64_t output);

/* Tap number `number` of a channel's: its place k in each dim. */
static inline void reeli_tap_place(const reeli_convolution *c, int64_t number, int64_t *k)
{
    for (int d = REELI_CONV_DIMS - 1; d >= 0; d--) {
        k[d] = number % c->kernel[d];
        number /= c->kernel[d];
    }
}

/* x as a convolution reads it, and at which distances the taps of so many channels lie. */
reeli_spread reeli_strided_spread(const reeli_convolution *c);
void reeli_find_offsets(const reeli_convolution *c, const reeli_spread *s, int64_t channels,
                        int64_t *offset);

/* Into how many pieces so many multiply-adds are worth cutting. */
int64_t reeli_convolution_pieces(const reeli_convolution *c);

/* Where threads work: so much for each, of zeros at first, which stays in its cache from one piece
 * to the next. */
typedef struct reeli_room {
    char *at; /* NULL: memory is out */
    bool *begun;
    int64_t size;
} reeli_room;

reeli_room reeli_room_for(reel *r, int64_t pieces, int64_t size);
char *reeli_zeros_at(const reeli_room *room, int64_t place);

/* With corners: an image by positions, as sum_pooled_gradients reads it, and what of its sums is
 * the same for all. */
typedef struct reeli_positions {
    int64_t bytes, step;    /* of an element; elements of a position */
    int64_t size[2], image; /* with the padding; bytes */
    reeli_pooled_taps loop;
} reeli_positions;

/* For so many channels of x; false when memory is out. It uses the arena. */
bool reeli_begin_positions(reel *r, const reeli_convolution *c, int64_t inputs, reeli_positions *p);
/* Bytes to work in, of zeros at first. */
int64_t reeli_positions_bytes(const reeli_positions *p);
/* Adds what `outputs` from number `output` on of a group of an image get from `inputs` planes of
 * x. */
void reeli_add_positions(const reeli_convolution *c, int level, const reeli_positions *p,
                         int64_t unit, int64_t output, int64_t outputs, const char *y,
                         int64_t inputs, const char *x, char *room, char *sums);

#endif
