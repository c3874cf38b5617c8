/* SPDX-License-Identifier: MIT */
/*
 * An image spread out for a convolution: with its padding, and where positions are `step` elements
 * apart as one plane for each residue of that step, so that in each plane what neighbouring
 * positions read lies side by side. Then tap k of a kernel is at a fixed distance from the position
 * it belongs to.
 */
#ifndef REELI_SPREAD_H
#define REELI_SPREAD_H

#include "kernels.h"

/* Of dim d: element j of phase f is the image's element j step + shift + (f dilation mod step),
 * and 0 outside of it. */
typedef struct reeli_spread {
    int dtype;
    int64_t from[REELI_CONV_DIMS]; /* the image's sizes */
    int64_t size[REELI_CONV_DIMS]; /* a plane's */
    int64_t phases[REELI_CONV_DIMS], step[REELI_CONV_DIMS], shift[REELI_CONV_DIMS];
    int64_t dilation[REELI_CONV_DIMS];
} reeli_spread;

/* Where so many positions are `step` apart and taps `dilation`: as many phases as that has
 * residues. */
void reeli_spread_dim(reeli_spread *s, int d, int64_t from, int64_t size, int64_t positions,
                      int64_t shift, int64_t step, int64_t kernel, int64_t dilation);

/* Elements of a channel, all phases. */
int64_t reeli_spread_channel(const reeli_spread *s);
/* Bytes of so many channels, and what is read behind them. */
int64_t reeli_spread_bytes(const reeli_spread *s, int64_t channels);

/* The distance in elements of tap k from its position. */
int64_t reeli_spread_index(const reeli_spread *s, const int64_t *k);

/* Channels from number `first` of a row of them on, to memory that is zeros, but for such
 * channels. */
void reeli_spread_channels(const reeli_spread *s, int64_t channels, const char *images,
                           int64_t first, char *to);

#endif
