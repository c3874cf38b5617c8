/* SPDX-License-Identifier: MIT */
/* What moves windows over images, resizes them or pads them has in common. */
#ifndef REELI_WINDOWS_H
#define REELI_WINDOWS_H

#include "ops.h"

#include <reel/convolution.h>

enum { REELI_SPATIAL = 3 /* the most dims that an image has beside batch and channels */ };

/* One number for each of an image's `dims` dims, at the end of to[3], before them `otherwise`,
 * which is also what nobody gave. False, and an error, for another count and for numbers below
 * `least`. */
bool reeli_read_dims(reel *r, const char *what, const char *name, reel_dims given, int dims,
                     int64_t otherwise, int64_t least, int64_t *to);

/* x can be used, is floating, and has `dims` dims behind one or two others. */
bool reeli_is_image(const char *what, const reel_tensor *x, int dims);

/* y = op(a, b), one of the three convolutions, with a bias or NULL; y's size. */
reel_tensor *reeli_convolve_tensors(const reeli_op *op, const char *what, const reeli_window *v,
                                    reel_tensor *a, reel_tensor *b, reel_tensor *bias,
                                    const int64_t *size);

/* Along how.dim, which has size in, or out if how.back; to the other. */
reel_tensor *reeli_resample_dim(const char *what, reel_tensor *x, reeli_resampling how);

/* The windows that fit in dim d, or with `round_up` begin in it, and an error if none does. */
int64_t reeli_count_windows(const char *what, const reel_tensor *x, const reeli_pooling *p, int d,
                            bool round_up);

/* x as a matrix: a row for each of its planes, which have `dims` dims. */
reel_tensor *reeli_planes(reel_tensor *x, int dims);

/* y, made of x, as a result of its own: a copy if it still is a view of x. */
reel_tensor *reeli_made_of(const reel_tensor *x, reel_tensor *y);

#endif
