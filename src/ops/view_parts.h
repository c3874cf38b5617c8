/* SPDX-License-Identifier: MIT */
/* Parts of tensors that strides can show. */
#ifndef REELI_VIEW_PARTS_H
#define REELI_VIEW_PARTS_H

#include "ops.h"

/* All of x. */
reeli_part reeli_whole(const reel_tensor *x);
/* Takes a dim out of the part, which stays where it starts. */
void reeli_drop_dim(reeli_part *p, int dim);

/* The part of x as a view. */
reel_tensor *reeli_slice(reel_tensor *x, const reeli_part *p);
/* Zeros of the given shape, but g in the part. */
reel_tensor *reeli_unslice(reel_tensor *g, int ndim, const int64_t *size, const reeli_part *p);
/* `from` into the part of a whole. */
void reeli_copy_into(reel_tensor *whole, const reeli_part *p, const reel_tensor *from);
void reeli_move_into(reel_tensor *whole, const reeli_part *p, reeli_operand from);

/* The length of a matrix's diagonal, `offset` above the main one, and where it starts. */
int64_t reeli_diagonal(int64_t rows, int64_t columns, int64_t offset, int64_t *row,
                       int64_t *column);

#endif
