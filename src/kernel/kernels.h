/* SPDX-License-Identifier: MIT */
/* Work on raw memory, of any size and layout, by the loops of loops.h. */
#ifndef REELI_KERNELS_H
#define REELI_KERNELS_H

#include "dtype.h"
#include "loops.h"
#include "state.h"
#include "thresholds.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline int64_t reeli_least(int64_t a, int64_t b) { return a < b ? a : b; }
static inline int64_t reeli_most(int64_t a, int64_t b) { return a > b ? a : b; }
static inline int64_t reeli_parts(int64_t whole, int64_t part) { return (whole + part - 1) / part; }

/* One operand of a strided loop: strides in elements, 0 where it repeats. */
typedef struct reeli_operand {
    void *data;
    const int64_t *stride;
    int dtype;
} reeli_operand;

/* out[…] = map(in[0][…], …) over `size`. The map computes in `dtype` and yields `result`; operands
 * of other dtypes or strides are converted block by block. out is operand 0, `inputs` follow (at
 * most 5). */
void reeli_map_strided(reel *r, reeli_map map, int dtype, int result, int ndim, const int64_t *size,
                       int inputs, const reeli_operand *operands, const double *parameters);

/* As above where every operand is contiguous and of the map's dtype, or (its bit in `repeat`) a
 * single element that repeats. Large results stream past the caches, and are shared among the
 * reel's threads. */
void reeli_map_contiguous(reel *r, reeli_map map, int dtype, int result, int64_t n, void *y,
                          int inputs, const void *const *x, unsigned repeat,
                          const double *parameters);

/* n elements from one place to another, converted; strides in elements, a stride of 0 repeats. */
void reeli_move(int64_t n, void *to, int to_dtype, int64_t to_stride, const void *from,
                int from_dtype, int64_t from_stride);

/* The same where to_stride is 1 and from_stride 1 or 0: large ones are shared among the threads,
 * and stream past the caches. */
void reeli_move_all(reel *r, int64_t n, void *to, int to_dtype, const void *from, int from_dtype,
                    int64_t from_stride);

/* The same over ndim dims. */
void reeli_move_strided(reel *r, int ndim, const int64_t *size, reeli_operand to,
                        reeli_operand from);

/* *sum = Σ map(x[0], …), of n terms, in PyTorch's order whatever the number of threads; the terms
 * are never written to memory. A NULL map: Σ x[0]. */
void reeli_sum(reel *r, int dtype, reeli_map map, int64_t n, int inputs, const void *const *x,
               const double *parameters, void *sum);

/* What is computed beside a sum's terms, from each block of their inputs while it is in the first
 * cache: y = map(g, x[0], …, g), g being one element. */
typedef struct reeli_beside {
    reeli_map map;
    const void *g; /* NULL: nothing of that */
    void *y;
    uint32_t *signs;       /* or, of two inputs, the signs of their difference; NULL: not */
    reeli_loss_pass *pass; /* all but signs in one loop with the sum; NULL: there is none */
} reeli_beside;
/* The same sum with that, or with NULL. */
void reeli_sum_beside(reel *r, int dtype, reeli_map map, int64_t n, int inputs,
                      const void *const *x, const double *parameters, const reeli_beside *beside,
                      void *sum);

/* y's elements by such signs: values[0] where one is above 0, values[1] where below, values[2]. */
void reeli_spread_signs(reel *r, int dtype, int64_t n, const uint32_t *signs, const void *values,
                        void *y);

/* sums[o,k] = Σ_i x[o,i,k] over `outer` blocks of n rows of `inner` columns. */
void reeli_sum_lines(reel *r, int dtype, int64_t outer, int64_t n, int64_t inner, const void *x,
                     void *sums);

/* sums[k] = Σ_ij x[i,k,j] over `batch` images of channels of `inner` floats, as if a channel's lay
 * side by side. False: no memory. */
bool reeli_sum_channels(reel *r, int dtype, int64_t batch, int64_t channels, int64_t inner,
                        const void *x, void *sums);

/* Whether its loop does it in one go, for it is small; or whatever it is, there being no quicker
 * way. */
bool reeli_is_small_product(const reeli_gemm *p);
bool reeli_is_one_loop(reel *r, const reeli_gemm *p);
/* The product, by the quickest way for its shape. False: there is no memory to pack an operand. */
bool reeli_product(reel *r, const reeli_gemm *p);

/* Convolutions of three dims; fewer have a size of 1. x[n, groups inputs, in], w[groups outputs,
 * inputs, kernel], y[n, groups outputs, out], all dense; of floats, and none of the sizes 0. */
enum { REELI_CONV_DIMS = 3 };
typedef struct reeli_convolution {
    int dtype;
    int64_t batch, groups, inputs, outputs; /* channels of one group */
    int64_t in[REELI_CONV_DIMS], kernel[REELI_CONV_DIMS], out[REELI_CONV_DIMS];
    int64_t stride[REELI_CONV_DIMS], padding[REELI_CONV_DIMS], dilation[REELI_CONV_DIMS];
    /* In two dims: of each 2 x 2 of out y has but the largest, and these say which it was; see
     * reeli_taps in loops.h. A row has reeli_corner_step(outputs) integers, and a group of an image
     * reeli_corner_rows(…) rows. NULL: y is all of out. */
    void *corners;
} reeli_convolution;
enum { REELI_CORNERS = 16 }; /* a row has a multiple of these */
static inline int64_t reeli_corner_step(int64_t outputs)
{
    return (outputs + REELI_CORNERS - 1) / REELI_CORNERS * REELI_CORNERS;
}
static inline int64_t reeli_corner_rows(int64_t positions)
{
    return (positions + REELI_CORNERS_IN_ONE - 1) / REELI_CORNERS_IN_ONE;
}

/* Each of the three of the other two: y = x * w + bias, and the sums that are its gradients. False
 * when memory is out. They use the arena. */
bool reeli_convolve(reel *r, const reeli_convolution *c, const void *x, const void *w,
                    const void *bias, void *y);
bool reeli_convolve_transposed(reel *r, const reeli_convolution *c, const void *y, const void *w,
                               const void *bias, void *x);
bool reeli_convolve_kernel(reel *r, const reeli_convolution *c, const void *x, const void *y,
                           void *w);

/* x[batch, channels, inner], dense, and a channel's weight and bias (NULL: 1 and 0). Of stats,
 * which normalizing fills, the first `channels` elements are means, then come variances, then
 * factors 1 / √(variance + eps). */
typedef struct reeli_channels {
    int dtype;
    int64_t batch, channels, inner;
    const void *x, *w, *b;
    void *stats;
    double eps;
} reeli_channels;
/* y = (x - mean) factor w + b; and the gradients of x (NULL: not wanted), w and b, of g = dL/dy. */
void reeli_normalize_channels(reel *r, const reeli_channels *c, void *y);
void reeli_channel_gradients(reel *r, const reeli_channels *c, const void *g, void *dx, void *dw,
                             void *db);

/* Over `size`, the index tensor's (at least 1 dim): to[…] = from[…], or += if `add`, where one of
 * the two is moved along a dim by step * (the index there). Its stride in that dim is 0, and the
 * other's step. An index outside [0, bound) ends it: false, and the index in *bad. */
bool reeli_move_indexed(bool add, int ndim, const int64_t *size, reeli_operand to, int64_t to_step,
                        reeli_operand from, int64_t from_step, reeli_operand index, int64_t bound,
                        int64_t *bad);

/* n rows of `bytes` bytes, packed: those of `from` that index names. The index has `known`
 * elements, of which those behind the n-th say what will be asked for next. */
void reeli_gather_rows(void *to, const void *from, size_t bytes, const int64_t *index, int64_t n,
                       int64_t known);

/* An element to be sorted: a key in the elements' order, and where the element lies in its line. */
typedef struct reeli_item {
    uint64_t key;
    int64_t index;
} reeli_item;

enum reeli_order { REELI_ASCENDING, REELI_DESCENDING };

/* The line x as items. NaNs are alike and larger than all else: UINT64_MAX ascending; -0 equals
 * 0. */
void reeli_make_items(reeli_item *items, int64_t n, const void *x, int dtype, int64_t stride,
                      enum reeli_order order);
/* Sorts by key, items of one key by index, in O(n log n); `work` has room for n. */
void reeli_sort_items(reeli_item *items, int64_t n, reeli_item *work);
/* Brings the k least to the front, the largest of them last; O(n), at worst O(n log n). */
void reeli_select_items(reeli_item *items, int64_t n, int64_t k, reeli_item *work);
/* The items' elements of x to values, their indices to indices. */
void reeli_place_items(const reeli_item *items, int64_t n, const void *x, int dtype,
                       int64_t x_stride, void *values, int64_t *indices, int64_t stride);

#endif
