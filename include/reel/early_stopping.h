/* SPDX-License-Identifier: MIT */
/* Early stopping: a training ends when the validation loss gets no better, and goes back to its
 * best. */
#ifndef REEL_EARLY_STOPPING_H
#define REEL_EARLY_STOPPING_H

#include <reel/nn.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Watches a training for the point where it gets no better. */
typedef struct reel_early_stopping reel_early_stopping;

/** Options of early stopping; a 0 is the default, given beside each. */
typedef struct reel_early_stopping_options {
    int64_t patience; /**< 10: as many losses in a row that are no better end the training */
    double min_delta; /**< 0: better is what is smaller than the best by more than this */
} reel_early_stopping_options;

/**
 * Watches a module's training and keeps a copy of its best parameters and buffers, for which there
 * is memory from the start.
 *
 * Fails: NULL, and REEL_ERR_VALUE for an option that is negative or NaN, or a module without
 *        parameters and buffers; REEL_ERR_MEMORY.
 * Owner: the reel's; it goes with it, or by `reel_early_stopping_free`. It needs its module.
 * Source: EarlyStopping of Keras (restore_best_weights) and of PyTorch Lightning.
 */
REEL_API reel_early_stopping *reel_early_stopping_new(reel_module *module,
                                                      reel_early_stopping_options options);

/**
 * Takes the loss of an epoch; true: it is time to stop. If the loss is the best so far, what the
 * module holds is copied. A loss that is NaN or infinite is a reason to stop at once.
 *
 * Fails: true while an error is recorded; then nothing has changed.
 */
REEL_API bool reel_early_stopping_step(reel_early_stopping *stopping, double loss);

/**
 * Gives the module back what it held at the best loss.
 *
 * Fails: the reel's status if an error is recorded; REEL_ERR_STATE before any finite loss.
 */
REEL_API reel_status reel_early_stopping_restore(reel_early_stopping *stopping);

/** The best loss; infinity before the first. */
REEL_API double reel_early_stopping_best(const reel_early_stopping *stopping);
/** Which it was, counted from 0; -1 before the first. */
REEL_API int64_t reel_early_stopping_best_step(const reel_early_stopping *stopping);

/** What it remembers, for a checkpoint, as an optimizer's: "best", "best_step", "module.0". */
REEL_API reel_named_tensors reel_early_stopping_state_dict(reel_early_stopping *stopping);
/** Takes that over, all or nothing; the options stay as they are. */
REEL_API reel_status reel_early_stopping_load_state_dict(reel_early_stopping *stopping,
                                                         const reel_named_tensor *entries,
                                                         size_t count);
/** Frees it, and its copies, before the reel does. */
REEL_API void reel_early_stopping_free(reel_early_stopping *stopping);

#ifdef __cplusplus
}
#endif
#endif
