/* SPDX-License-Identifier: MIT */
/*
 * Models and whole trainings in safetensors files: the tensors by PyTorch's names, so that what
 * PyTorch's and Hugging Face's tools write can be loaded here, and the other way round.
 *
 * A file is replaced whole, as any file that Reel writes. Loading reads and checks all of the
 * file before it changes anything: after an error everything is as it was. A library configured
 * with REEL_WITH_IO=OFF (REEL_HAS_IO is 0) has none of this.
 */
#ifndef REEL_CHECKPOINT_H
#define REEL_CHECKPOINT_H

#include <reel/early_stopping.h>
#include <reel/nn.h>
#include <reel/optim.h>
#include <reel/scheduler.h>

#if REEL_HAS_IO

#ifdef __cplusplus
extern "C" {
#endif

/** Names that a file and a module do not have in common. Owner: they live until `reel_rewind`. */
typedef struct reel_load_report {
    const char *const *missing;    /**< in the module, not in the file */
    size_t missing_count;          /**< how many */
    const char *const *unexpected; /**< in the file, not in the module */
    size_t unexpected_count;       /**< how many */
} reel_load_report;

/**
 * Saves all parameters and buffers of a module by their names, "0.weight".
 *
 * Fails: as `reel_safetensors_save`.
 * Source: safetensors.torch.save_file(module.state_dict(), path, {"format": "pt"}).
 */
REEL_API reel_status reel_save_state(reel_module *module, const char *path);

/**
 * Loads parameters and buffers by their names. Float16 and bfloat16 become float32, float32 becomes
 * float64 where the module has it; nothing that would lose digits is loaded.
 *
 * Not strict: what only one side has is left as it is. `report`, unless it is NULL, gets those
 * names, also when a strict load fails because of them.
 *
 * Fails: as `reel_safetensors_open`; strict: REEL_ERR_VALUE if a name is missing or unexpected;
 *        REEL_ERR_SHAPE and REEL_ERR_DTYPE for one that does not fit, strict or not.
 * Source: module.load_state_dict(safetensors.torch.load_file(path), strict).
 */
REEL_API reel_status reel_load_state(reel_module *module, const char *path, bool strict,
                                     reel_load_report *report);

/** What a training consists of; NULL for what it does not have. */
typedef struct reel_checkpoint {
    reel_module *model;            /**< its parameters and buffers */
    reel_optimizer *optimizer;     /**< what it remembers, and its settings */
    reel_scheduler *scheduler;     /**< where it stands */
    reel_ema *ema;                 /**< the running average */
    const reel_named_tensor *more; /**< tensors of yours: the epoch, the order of the samples */
    size_t more_count;             /**< how many */
    reel_early_stopping *early_stopping; /**< the best so far */
} reel_checkpoint;

/**
 * Saves all that a training needs to go on to the same bits: parameters and buffers
 * ("model.0.weight"), what optimizer, scheduler and average remember ("optimizer.state.0.exp_avg"),
 * where the reel's random numbers stand ("random") and your own ("more.epoch").
 *
 * Fails: as `reel_safetensors_save`; REEL_ERR_STATE while an average is applied.
 */
REEL_API reel_status reel_save_checkpoint(reel *r, const char *path,
                                          const reel_checkpoint *training);

/**
 * Goes on where `reel_save_checkpoint` stopped, in a training that was made by the same calls. All
 * of it, or nothing: every part is checked before the first changes. What is NULL here is left out,
 * also if the file has it. Hyperparameters that were changed since come back as they were saved.
 *
 * Fails: as `reel_safetensors_open`; REEL_ERR_FORMAT for a file that is no checkpoint,
 *        REEL_ERR_VALUE for another kind of optimizer or scheduler and for a name that is missing
 *        or unexpected, REEL_ERR_SHAPE, REEL_ERR_DTYPE.
 */
REEL_API reel_status reel_load_checkpoint(reel *r, const char *path,
                                          const reel_checkpoint *training);

#ifdef __cplusplus
}
#endif

#endif /* REEL_HAS_IO */
#endif
