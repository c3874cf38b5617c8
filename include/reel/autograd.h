/* SPDX-License-Identifier: MIT */
/* The tape: which tensors want gradients, the backward pass, and looking at what was recorded. */
#ifndef REEL_AUTOGRAD_H
#define REEL_AUTOGRAD_H

#include <reel/tensor.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Asks for gradients with respect to a leaf (a tensor that you created), or no longer; returns t.
 *
 * Fails: REEL_ERR_DTYPE for integers and bools, REEL_ERR_STATE for the result of an operation.
 * Source: Tensor.requires_grad_.
 */
REEL_API reel_tensor *reel_requires_grad_(reel_tensor *t, bool requires_grad);
/** Whether operations on t are recorded. Source: Tensor.requires_grad. */
REEL_API bool reel_requires_grad(const reel_tensor *t);
/** Whether t was not made by a recorded operation. Source: Tensor.is_leaf. */
REEL_API bool reel_is_leaf(const reel_tensor *t);

/** t's gradient; NULL while it has none (as None in PyTorch). Owner: t. Source: Tensor.grad. */
REEL_API reel_tensor *reel_grad(const reel_tensor *t);
/** Forgets t's gradient, so that the next backward starts from nothing. Source: t.grad = None. */
REEL_API void reel_zero_grad_of(reel_tensor *t);
/** Makes backward leave the gradient of this result of an operation in `reel_grad`. Source:
 *  Tensor.retain_grad. */
REEL_API void reel_retain_grad(reel_tensor *t);
/** The same for every result from now on, or no longer; for looking at a whole tape. */
REEL_API void reel_retain_all_grads(reel *r, bool retain);

/** The same memory without the history; a view. Source: Tensor.detach. */
REEL_API reel_tensor *reel_detach(reel_tensor *t);

/**
 * Stops (false) or goes on (true) recording; returns what was so before, to be restored:
 * `bool was = reel_set_grad_enabled(r, false); …; reel_set_grad_enabled(r, was);`
 *
 * Source: torch.set_grad_enabled, torch.no_grad.
 */
REEL_API bool reel_set_grad_enabled(reel *r, bool enabled);
/** Whether operations are being recorded. Source: torch.is_grad_enabled. */
REEL_API bool reel_grad_enabled(const reel *r);

/** How to go backward; all zero is PyTorch's default. */
typedef struct reel_backward_options {
    reel_tensor *gradient; /**< dL/d(tensor) to start from; NULL: 1, for a tensor of one element */
    bool retain_graph;     /**< keep what was saved, so that backward can run again */
    bool create_graph;     /**< record the gradients too, so that they can be differentiated */
} reel_backward_options;

/**
 * Adds dL/dx to the gradient of every leaf x that `loss` came from.
 *
 * Fails: REEL_ERR_STATE if loss requires no gradient, if the graph has been used by a backward
 *        before (without retain_graph), if a saved tensor has been changed in place since;
 *        REEL_ERR_SHAPE if loss has more than one element and no gradient was given, or one of
 *        another shape, REEL_ERR_DTYPE for one of another dtype. After an error, this one's or an
 *        earlier one's, no gradient has changed.
 * Source: Tensor.backward.
 */
REEL_API reel_status reel_backward(reel_tensor *loss);
/**
 * As `reel_backward`, from a tensor of any shape, by options; NULL stands for the defaults.
 *
 * Fails:  as `reel_backward`.
 * Source: Tensor.backward(gradient, retain_graph, create_graph).
 */
REEL_API reel_status reel_backward_with(reel_tensor *tensor, const reel_backward_options *options);

/**
 * dL/d(input) for each of `count` inputs, into `gradients`; leaves keep theirs. NULL for an input
 * that `output` does not depend on.
 *
 * Owner: the gradients live until `reel_rewind`.
 * Fails: as `reel_backward`; then every gradient is poison.
 * Source: torch.autograd.grad(allow_unused=True).
 */
REEL_API reel_status reel_gradients(reel_tensor *output, reel_tensor *const *inputs, size_t count,
                                    const reel_backward_options *options, reel_tensor **gradients);

/**
 * Prints the tape as a table, a line for each recorded operation: step, operation, inputs, shape,
 * value, gradient g (after backward, under `reel_retain_all_grads`), and what backward sends to
 * each input, as `w += g * x`. After a backward under `reel_set_trace` it goes on with what the
 * gradient of each value that was used more than once is the sum of.
 */
REEL_API void reel_tape_print(const reel *r, FILE *stream);

/**
 * Writes what `root` came from as a Graphviz graph: a box `data | grad` for each value, an ellipse
 * for each operation. Draw it with `dot -Tsvg`.
 */
REEL_API void reel_tape_dot(const reel_tensor *root, FILE *stream);

/**
 * Writes what `root` came from as JSON, an object with `format`, `version`, `root` (an id) and
 *
 * - `values`: id, name, kind (leaf, constant, result), shape, text and grad_text (numbers as a
 *   reader sees them; null: no gradient), step, dtype, data, grad. Of more than 64 elements there
 *   are the first and last eight.
 * - `ops`, the last first: step, op, out (an id), and `in`: value (an id), wanted (whether it gets
 *   a gradient), rule (what backward sends it, as `g * x`).
 * - `backward`, after one under `reel_set_trace`, in its order: what came along each edge. step and
 *   in say which; value (an id), upstream (the result's gradient), local (the slope), amount (what
 *   came), before and after (the value's gradient), reduced (whether broadcasting was undone).
 *
 * Fails: REEL_ERR_MEMORY, REEL_ERR_FILE; REEL_ERR_STATE while a backward is under way.
 */
REEL_API reel_status reel_tape_json(const reel_tensor *root, FILE *stream);

/**
 * Writes a page of HTML, which needs nothing else, to step forward and back through the forward and
 * the backward pass in any browser: best after a backward under `reel_set_trace`. A long tape is
 * shown in parts. A NULL title stands for one.
 *
 * Fails: as `reel_tape_json`.
 */
REEL_API reel_status reel_tape_html(const reel_tensor *root, const char *title, FILE *stream);

/**
 * Says in sentences what `root` came from and, after a backward under `reel_set_trace`, what each
 * operation sent back to each of its inputs: the rule, the rule with its numbers put in, and the
 * sum where something had come before.
 */
REEL_API void reel_tape_explain(const reel_tensor *root, FILE *stream);

/** The number of operations on the tape. */
REEL_API size_t reel_tape_length(const reel *r);

/** A name for t, shown by the tape's printers; copied, up to 31 characters. Returns t. */
REEL_API reel_tensor *reel_set_name(reel_tensor *t, const char *name);

#ifdef __cplusplus
}
#endif
#endif
