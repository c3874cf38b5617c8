/* SPDX-License-Identifier: MIT */
/*
 * Elements chosen, and put, by index tensors.
 *
 * Owner: the result lives until `reel_rewind`.
 * Fails: poison and REEL_ERR_DTYPE for an index that is not int64, REEL_ERR_VALUE for an index
 *        outside its dim (negative ones are), REEL_ERR_SHAPE for shapes that do not fit.
 */
#ifndef REEL_INDEXING_H
#define REEL_INDEXING_H

#include <reel/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * y[i][j][k] = x[index[i][j][k]][j][k] for dim 0, and alike for the others.
 *
 * Shape:    index has x's dims, and is at most x's size in all but `dim`; the result has index's.
 * Gradient: g, added up where it was taken from.
 * Source:   torch.gather.
 */
REEL_API reel_tensor *reel_gather(reel_tensor *x, int64_t dim, reel_tensor *index);

/**
 * A copy of x with y[index[i][j][k]][j][k] += src[i][j][k] for dim 0, and alike for the others.
 *
 * Shape:    index has x's dims, at most src's sizes, and at most x's in all but `dim`.
 * Gradient: g to x; to src g where it was added, 0 where index does not reach.
 * Fails:    REEL_ERR_DTYPE too if src's dtype is not x's.
 * Source:   torch.scatter_add.
 */
REEL_API reel_tensor *reel_scatter_add(reel_tensor *x, int64_t dim, reel_tensor *index,
                                       reel_tensor *src);

/**
 * A copy of x with y[index[i][j][k]][j][k] = src[i][j][k] for dim 0, and alike for the others; of
 * several sources for one place the last one stays.
 *
 * Shape:    as of `reel_scatter_add`.
 * Gradient: g to x where nothing was put, to src where it was taken from.
 * Fails:    REEL_ERR_DTYPE too if src's dtype is not x's.
 * Source:   torch.scatter.
 */
REEL_API reel_tensor *reel_scatter(reel_tensor *x, int64_t dim, reel_tensor *index,
                                   reel_tensor *src);
/** `reel_scatter` of one value. Source: torch.scatter(x, dim, index, value). */
REEL_API reel_tensor *reel_scatter_value(reel_tensor *x, int64_t dim, reel_tensor *index,
                                         double value);

/** x's elements at index along a dim, where index and x broadcast in the other dims. Gradient: as
 *  of `reel_gather`. Source: torch.take_along_dim. */
REEL_API reel_tensor *reel_take_along_dim(reel_tensor *x, reel_tensor *index, int64_t dim);
/** The elements at index, of x and index row by row: 1 dim. Source: torch.take_along_dim(x,
 *  index). */
REEL_API reel_tensor *reel_take_along_all(reel_tensor *x, reel_tensor *index);

/**
 * The slices of a dim that a vector of indices names, in its order.
 *
 * Shape:    x's, but for `dim`, which gets index's length.
 * Gradient: g, added up where it was taken from.
 * Source:   torch.index_select.
 */
REEL_API reel_tensor *reel_index_select(reel_tensor *x, int64_t dim, reel_tensor *index);

/**
 * A copy of x with alpha times slice i of src added to slice index[i].
 *
 * Shape:    index a vector; src as x, but for `dim`, which has index's length.
 * Gradient: g to x; to src alpha times g's slices.
 * Fails:    REEL_ERR_DTYPE too if src's dtype is not x's, REEL_ERR_VALUE if x holds integers and
 *           alpha is not whole.
 * Source:   torch.index_add.
 */
REEL_API reel_tensor *reel_index_add(reel_tensor *x, int64_t dim, reel_tensor *index,
                                     reel_tensor *src, double alpha);

/** x where mask is false, else value. mask and x broadcast; the dtype is x's. Gradient: g where
 *  mask is false. Source: torch.masked_fill. */
REEL_API reel_tensor *reel_masked_fill(reel_tensor *x, reel_tensor *mask, double value);
/** The same with a value of no dims. Gradient: to value the sum of g where mask is true. Source:
 *  torch.masked_fill. */
REEL_API reel_tensor *reel_masked_fill_tensor(reel_tensor *x, reel_tensor *mask,
                                              reel_tensor *value);

/** 1 at the index's place in a new last dim of num_classes, else 0; int64. -1: as many classes as
 *  the largest index asks for. Source: torch.nn.functional.one_hot. */
REEL_API reel_tensor *reel_one_hot(reel_tensor *index, int64_t num_classes);

/** No padding_idx. */
#define REEL_NO_PADDING INT64_MIN

/**
 * The rows of weight that index names.
 *
 * Shape:    weight (n, d), index any; index's dims, then d.
 * Gradient: g, added up by row; 0 for row padding_idx (negative counts from the end).
 * Fails:    REEL_ERR_VALUE too for a padding_idx that is none of the rows.
 * Source:   torch.nn.functional.embedding.
 */
REEL_API reel_tensor *reel_embedding(reel_tensor *index, reel_tensor *weight, int64_t padding_idx);

/** What becomes of the rows of a bag. */
typedef enum reel_bag {
    REEL_BAG_MEAN, /**< their mean */
    REEL_BAG_SUM,  /**< their sum */
    REEL_BAG_MAX   /**< the largest of each column */
} reel_bag;

/**
 * The rows of weight that each row of index names, as one: their mean, sum or largest. Bags of
 * fewer are filled up with padding_idx, which no bag counts; a bag of nothing else is 0. PyTorch's
 * bags of different lengths, one behind the other with offsets, are not here.
 *
 * Shape:    weight (n, d), index (bags, most), weights as index, or NULL; (bags, d).
 * Gradient: as of the operations that it is made of: `reel_embedding`, then `reel_mul` by weights,
 *           then `reel_mean_dim`, `reel_sum_dim` or `reel_max_dim`.
 * Fails:    REEL_ERR_VALUE too for weights with another mode than REEL_BAG_SUM, and for a
 *           padding_idx that is none of the rows.
 * Source:   torch.nn.functional.embedding_bag; weights are its per_sample_weights.
 */
REEL_API reel_tensor *reel_embedding_bag(reel_tensor *index, reel_tensor *weight, reel_bag mode,
                                         int64_t padding_idx, reel_tensor *weights);

/** The kinds of things between the commas of x[…]. */
typedef enum reel_index_kind {
    REEL_INDEX_AT,       /**< a number */
    REEL_INDEX_SLICE,    /**< start:stop:step */
    REEL_INDEX_ELLIPSIS, /**< ... */
    REEL_INDEX_NEW_DIM,  /**< None */
    REEL_INDEX_BY        /**< a tensor */
} reel_index_kind;

/** What x is indexed with: one thing between the commas of x[…]. Made by the functions below. */
typedef struct reel_index_item {
    reel_index_kind kind; /**< which of the following count */
    int64_t start;        /**< where a slice starts; the number itself */
    int64_t stop;         /**< where a slice ends, itself not in it */
    int64_t step;         /**< from one index of a slice to the next */
    reel_tensor *tensor;  /**< indices, or a mask */
} reel_index_item;

/** The end of a dim, however long, as the stop of a slice. */
#define REEL_END INT64_MAX

/** x[index]: the dim goes. */
static inline reel_index_item reel_index_at(int64_t index)
{
    reel_index_item item = {REEL_INDEX_AT, index, 0, 1, NULL};
    return item;
}

/** x[start:stop:step], step at least 1; x[:] is 0, REEL_END, 1. */
static inline reel_index_item reel_index_slice(int64_t start, int64_t stop, int64_t step)
{
    reel_index_item item = {REEL_INDEX_SLICE, start, stop, step, NULL};
    return item;
}

/** x[:] */
static inline reel_index_item reel_index_all(void) { return reel_index_slice(0, REEL_END, 1); }

/** x[...]: all dims that the other items leave. */
static inline reel_index_item reel_index_ellipsis(void)
{
    reel_index_item item = {REEL_INDEX_ELLIPSIS, 0, 0, 1, NULL};
    return item;
}

/** x[None]: a new dim of size 1. */
static inline reel_index_item reel_index_new_dim(void)
{
    reel_index_item item = {REEL_INDEX_NEW_DIM, 0, 0, 1, NULL};
    return item;
}

/** x[tensor]: of int64, indices of one dim (negative count from the end); of bool, a mask over as
 *  many dims as it has. */
static inline reel_index_item reel_index_by(reel_tensor *tensor)
{
    reel_index_item item = {REEL_INDEX_BY, 0, 0, 1, tensor};
    return item;
}

/**
 * x[items[0], items[1], …]; dims that no item is for stay as they are.
 *
 * Shape:    a view of x where no item is a tensor (of dims, or bool). Else tensors broadcast, a
 *           mask counting as the indices of its trues, and their shape takes the place of their
 *           dims: of the first where they are neighbours, else in front.
 * Gradient: g, added up where it was taken from.
 * Fails:    REEL_ERR_SHAPE for too many items or a mask that does not fit, REEL_ERR_VALUE for an
 *           index outside its dim or a step below 1, REEL_ERR_DTYPE for a tensor of floats.
 * Source:   Tensor.__getitem__.
 */
REEL_API reel_tensor *reel_index(reel_tensor *x, const reel_index_item *items, int count);

#ifdef __cplusplus
}
#endif
#endif
