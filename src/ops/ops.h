/* SPDX-License-Identifier: MIT */
/* The catalogue: a row for each operation, and what operations share. */
#ifndef REELI_OPS_H
#define REELI_OPS_H

#include "checks.h"
#include "map.h"
#include "parameters.h"

#define DECLARE_OP(name) extern const reeli_op reeli_op_##name;
/* A formula's gradient for one input in operations. */
#define DECLARE_GRADIENT(name, part) reeli_recorded_gradient reeli_##name##_##part;
#define UNARY(name, ...) DECLARE_OP(name) DECLARE_GRADIENT(name, dx)
#define BINARY(name, ...) DECLARE_OP(name) DECLARE_GRADIENT(name, da) DECLARE_GRADIENT(name, db)
#define TERNARY(name, ...) BINARY(name, ) DECLARE_GRADIENT(name, dc)
#define LOSS(name, ...) BINARY(name, )
#define COMPARE(name, ...) DECLARE_OP(name)
#define PREDICATE(name, ...) DECLARE_OP(name)
#define SELECT(name, ...) BINARY(name, )
#define OP(name, ...)                                                                              \
    DECLARE_OP(name)                                                                               \
    bool reeli_##name##_forward(reeli_node *n);                                                    \
    reel_tensor *reeli_##name##_gradient(reeli_node *n, int input, reel_tensor *g);
#define PICK(name) FIXED(name, )
#define FIXED(name, ...)                                                                           \
    DECLARE_OP(name)                                                                               \
    bool reeli_##name##_forward(reeli_node *n);
#define VIEW(name, ...)                                                                            \
    DECLARE_OP(name)                                                                               \
    reel_tensor *reeli_##name##_gradient(reeli_node *n, int input, reel_tensor *g);
#include "ops.def"

/* The gradient of every PICK row. */
reel_tensor *reeli_pick_gradient(reeli_node *n, int input, reel_tensor *g);

/* y = op(in[0], …), elementwise, with broadcasting and promotion. */
reel_tensor *reeli_elementwise(const reeli_op *op, int inputs, reel_tensor *const *in,
                               const double *parameters);
bool reeli_elementwise_forward(reeli_node *n);
reel_tensor *reeli_elementwise_gradient(reeli_node *n, int input, reel_tensor *g);

/* An elementwise gradient in operations, which are recorded, at out's shape. */
reel_tensor *reeli_formula_gradient(reeli_node *n, int input, reel_tensor *g);
/* The same as one loop, unrecorded; of `like`'s shape, to which g broadcasts. */
reel_tensor *reeli_fused_gradient(reeli_node *n, int input, reel_tensor *g,
                                  const reel_tensor *like);

/* The dtype that the formula is computed in; -1, and an error, if the operation refuses it. */
int reeli_formula_dtype(const reeli_op *op, int inputs, reel_tensor *const *in);

/* Forward and gradient of every LOSS row. */
bool reeli_loss_forward(reeli_node *n);
reel_tensor *reeli_loss_gradient(reeli_node *n, int input, reel_tensor *g);

/* The sum over the dims in the set `dims` (bit d for dim d). */
reel_tensor *reeli_sum_dims(reel_tensor *x, unsigned dims, bool keepdim);

/* x in the given shape, which must hold as many elements; a view where that is possible. */
reel_tensor *reeli_reshape_like(reel_tensor *x, const reel_tensor *like);

/* x as so many rows, each to mean 0 and variance 1. `alone`: that is the caller's result, which the
 * user may change in place, and so no longer what the gradient reads. */
reel_tensor *reeli_standardize(reel_tensor *x, int64_t rows, double eps, bool alone);

/* All elements of `from` into the memory of `to`, of the same shape, unrecorded. False, and an
 * error, if that cannot be. */
bool reeli_overwrite(reel_tensor *to, reel_tensor *from);

/* y[…, i, …] = x[…, index[i], …] in dim `dim`, as the operation op; index is seen as a vector. Of
 * slice `padding` (-1: none) embedding's gradient is 0. */
reel_tensor *reeli_take(const reeli_op *op, reel_tensor *x, int64_t dim, reel_tensor *index,
                        int64_t padding);

/* Zeros of the given shape but for g at start… of dim. */
reel_tensor *reeli_narrow_backward(reel_tensor *g, int ndim, const int64_t *size, int64_t dim,
                                   int64_t start);

/* x[batch, channels, …], which has elements, normalized by its channels' means and variances, which
 * are returned as well; with weight and bias, if there are both. */
reel_tensor *reeli_batch_norm(reel_tensor *x, reel_tensor *weight, reel_tensor *bias, double eps,
                              reel_tensor **mean, reel_tensor **variance);

#endif
