/* SPDX-License-Identifier: MIT */
/* Reductions and scans see a tensor as lines: `outer` blocks of n rows of `inner` columns, of which
 * the rows are worked along. Element (o, i, k) lies at (o n + i) inner + k. */
#ifndef REELI_REDUCTION_H
#define REELI_REDUCTION_H

#include "ops.h"

#include <reel/reduce.h>

typedef struct reeli_lines {
    const char *data;
    int64_t outer, n, inner;
} reeli_lines;

/* The set (bit d for dim d) that a list of dims names, none named: all; false, and an error, for a
 * dim that there is not or that is named twice, or an x that cannot be used. */
bool reeli_dim_set(const char *what, const reel_tensor *x, const int64_t *dims, int count,
                   unsigned *set);

/* op over some dims of x; the result is of the given dtype. */
reel_tensor *reeli_reduce(const reeli_op *op, reel_tensor *x, int dtype, reeli_reduction how);
/* The result of a reduction over `dims`, empty. */
reel_tensor *reeli_reduced(const reel_tensor *x, const char *what, int dtype, unsigned dims,
                           bool keepdim);
/* A reduction's result, or its gradient, with the dims that went back at size 1. */
reel_tensor *reeli_restore(reel_tensor *t, const reel_tensor *x, unsigned dims);
/* The number of elements that each result of a reduction is made of. */
int64_t reeli_terms(const reel_tensor *x, unsigned dims);

/* x's lines along the set of dims, in `dtype`; of a copy where it lies otherwise. False: no
 * memory. */
bool reeli_lines_of(reel_tensor *x, unsigned dims, int dtype, reeli_lines *l);
/* The same with one column: rows, each of which makes one result. */
bool reeli_rows_of(reel_tensor *x, unsigned dims, int dtype, reeli_lines *l);
/* The lines of a contiguous tensor along one dim. */
reeli_lines reeli_lines_along(const reel_tensor *t, int64_t dim);

/* The products of x's elements before each one along `dim` (behind it, if `reverse`). */
reel_tensor *reeli_product_before(reel_tensor *x, int64_t dim, bool reverse);
/* An operation that picks elements of x along `dim`, PICK in ops.def; its result's shape is given,
 * and sort's and topk's order. */
reel_values reeli_pick(const reeli_op *op, reel_tensor *x, reeli_choice how, int ndim,
                       const int64_t *size);
/* The same for one element of each line. */
reel_values reeli_pick_one(const reeli_op *op, reel_tensor *x, int64_t dim, bool keepdim);
/* What picking from such a tensor gives after an error. */
reel_values reeli_poison_pick(reel_tensor *x);

/* Where block o of a result begins that has `rows` rows of l->inner columns for each. */
static inline void *reeli_block_of(void *data, const reeli_lines *l, int64_t o, int64_t rows,
                                   int dtype)
{
    return (char *)data + (size_t)(o * rows * l->inner) * reeli_element_size(dtype);
}

/* Where block o of the lines begins. */
static inline const void *reeli_lines_at(const reeli_lines *l, int64_t o, int dtype)
{
    return l->data + (size_t)(o * l->n * l->inner) * reeli_element_size(dtype);
}

#endif
