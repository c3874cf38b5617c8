/* SPDX-License-Identifier: MIT */
/* Looking into a backward pass: hooks on gradients, and a mode that finds the first NaN. */
#ifndef REEL_HOOKS_H
#define REEL_HOOKS_H

#include <reel/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Called with a tensor's gradient during backward. Returns the gradient to go on with, of the same
 * shape and dtype, or NULL to leave it as it is. It must not change `gradient` itself, and must not
 * call backward or rewind. A poison result makes the backward fail.
 */
typedef reel_tensor *(*reel_hook)(reel_tensor *gradient, void *context);

/**
 * Has `hook` called with dL/dt in every backward that reaches t, as soon as that is complete;
 * returns a handle, or 0 after an error. Hooks on one tensor run in the order of their
 * registration, each with what the one before it returned.
 *
 * On a leaf it sees this backward's gradient, before that is added to `reel_grad`. On the result of
 * an operation it sees the gradient before it goes on to that operation's inputs; `reel_grad` of
 * such a tensor (with `reel_retain_grad`) is what the last hook returned. In-place changes of t
 * come after: the hook stays with the value that t had. `reel_gradients` returns gradients as they
 * were before their own tensor's hooks; a leaf's hooks it does not call.
 *
 * Owner: t's. On a tensor that you created, hooks stay until they are removed or t is freed; on a
 *        result, until `reel_rewind`. A gradient that a hook was given lives until `reel_rewind`.
 * Fails: REEL_ERR_STATE if t requires no gradient; REEL_ERR_VALUE if hook is NULL; REEL_ERR_MEMORY.
 * Source: Tensor.register_hook.
 */
REEL_API uint64_t reel_register_hook(reel_tensor *t, reel_hook hook, void *context);

/** Removes a hook from t; nothing if t has none of that handle. Source: handle.remove. */
REEL_API void reel_remove_hook(reel_tensor *t, uint64_t handle);

/**
 * From now on (or no longer) looks through the result of every operation, and every gradient in
 * backward, for a NaN or infinity that came from finite inputs. The first is an error,
 * REEL_ERR_VALUE, that names the operation, its step on the tape, the shape and the element; the
 * result is poison. What is not finite from the start, a mask of -inf, passes. It costs a pass over
 * everything; off, it costs nothing. Returns what was set before.
 *
 * Source: torch.autograd.set_detect_anomaly, which looks at gradients alone.
 */
REEL_API bool reel_set_anomaly_mode(reel *r, bool enabled);

/**
 * From now on (or no longer) has every backward note what comes to each value along each edge:
 * which operation sent it, how much, what had come before and what the sum is. `reel_tape_json`
 * writes it, `reel_tape_print` adds it up. The notes are copies and live until `reel_rewind`;
 * off, it costs nothing. Returns what was set before.
 *
 * Fails: REEL_ERR_STATE while a step is being captured.
 */
REEL_API bool reel_set_trace(reel *r, bool enabled);

#ifdef __cplusplus
}
#endif
#endif
