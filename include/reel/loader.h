/* SPDX-License-Identifier: MIT */
/*
 * Rows: which of a table's go into which part, and a part's in batches. Rows are whole numbers from
 * 0, in int64 tensors of one dim. A library configured with REEL_WITH_IO=OFF has all of this, too.
 */
#ifndef REEL_LOADER_H
#define REEL_LOADER_H

#include <reel/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Deals the rows out at random into `count` parts of the given lengths, which add up to `rows`:
 * the rows of PyTorch's subsets, in their order, from the same seed.
 *
 * Fails: REEL_ERR_VALUE for lengths that are negative or add up to something else; REEL_ERR_MEMORY.
 *        Then `parts`, and the random numbers, are as they were.
 * Owner: the parts are the reel's until you free them.
 * Source: torch.utils.data.random_split.
 */
REEL_API reel_status reel_random_split(reel *r, int64_t rows, const int64_t *lengths, size_t count,
                                       reel_tensor **parts);

/**
 * k parts that are each to be tested once, by what was trained on the others (`reel_split_rows`).
 * The first rows % k have a row more than the rest. Rows are ascending in each; parts are runs of
 * rows, or, if `shuffle`, dealt out at random.
 *
 * Fails: REEL_ERR_VALUE for k below 2 or above `rows`; REEL_ERR_MEMORY. As above.
 * Owner: the parts are the reel's until you free them.
 * Source: sklearn.model_selection.KFold, whose random numbers are others.
 */
REEL_API reel_status reel_k_fold(reel *r, int64_t rows, int64_t k, bool shuffle,
                                 reel_tensor **parts);

/**
 * The rows to train on where those to test on are given: all the others, ascending, in *train.
 *
 * Fails: REEL_ERR_VALUE for a row that is not in [0, rows) or comes twice; REEL_ERR_DTYPE and
 *        REEL_ERR_SHAPE for a tensor that is not int64 of one dim; REEL_ERR_MEMORY.
 * Owner: *train is the reel's until you free it.
 */
REEL_API reel_status reel_split_rows(reel *r, int64_t rows, const reel_tensor *test,
                                     reel_tensor **train);

/** Hands out rows in batches. */
typedef struct reel_loader reel_loader;

/** Options of a loader; all zero is PyTorch's default. */
typedef struct reel_loader_options {
    int64_t batch_size;      /**< 1 */
    bool shuffle;            /**< a new order in each epoch */
    bool drop_last;          /**< leave out a last batch that is not full */
    const reel_tensor *rows; /**< NULL: all; else these only, in this order: Subset. Copied */
} reel_loader_options;

/**
 * Hands out the rows of tensors in batches: row i of a batch is one row of the first tensor, and
 * the same row of each of the others.
 *
 * Shape:    the tensors agree in their first dim, the rows; a batch has batch_size instead.
 * Gradient: none; batches are copies. A tensor that wants a gradient is refused.
 * Fails:    NULL, and REEL_ERR_SHAPE for tensors of no dims or of different numbers of rows,
 *           REEL_ERR_VALUE for a result that `reel_rewind` would take, a negative batch_size, rows
 *           that are not there, nothing to shuffle; REEL_ERR_DTYPE for rows that are not int64;
 *           REEL_ERR_MEMORY.
 * Owner:    the reel's until `reel_loader_free`. The tensors stay yours, and must outlive it.
 * Source:   torch.utils.data.DataLoader(TensorDataset(…), batch_size, shuffle, drop_last=…) with no
 *           workers.
 */
REEL_API reel_loader *reel_loader_new(reel *r, reel_tensor *const *tensors, size_t count,
                                      reel_loader_options options);

/**
 * The next batch, a tensor for each of the loader's, in `batch`; false at the end of an epoch. The
 * call after that begins the next: `while (reel_loader_next(loader, batch))` is an epoch's loop.
 *
 * The order follows from the reel's random numbers as PyTorch's follows from its default generator:
 * an epoch draws two seeds (one, if it is not shuffled). Between epochs a loader remembers nothing,
 * so a checkpoint that is made there needs nothing of it.
 *
 * Fails: false while an error is recorded; then nothing has changed.
 * Owner: the tensors are the loader's own, and the same ones each time: each call fills them anew,
 *        and they want no gradient again. They live as long as it does, `reel_rewind` or not. What
 *        was computed from the batch before has no backward any more. A smaller last batch is a
 *        tensor of its own in the same memory.
 */
REEL_API bool reel_loader_next(reel_loader *loader, reel_tensor **batch);

/** Gives up the rest of an epoch: the next call of `reel_loader_next` begins a new one. */
REEL_API void reel_loader_reset(reel_loader *loader);

/** How many batches an epoch has. Source: len(loader). */
REEL_API int64_t reel_loader_batches(const reel_loader *loader);

/** Frees the loader and its batches before the reel does. */
REEL_API void reel_loader_free(reel_loader *loader);

#ifdef __cplusplus
}
#endif
#endif
