/* SPDX-License-Identifier: MIT */
/*
 * Capture and replay: a training step is done once and written down, then done again with new data
 * in the same tensors, without checks of shapes, dispatch or memory from anywhere. The numbers are
 * those of the step itself, to the bit.
 *
 *     reel_capture_begin(r);
 *     reel_tensor *loss = reel_loss(l1_loss, reel_forward(model, x), y);
 *     reel_zero_grad(sgd);
 *     reel_backward(loss);
 *     reel_step(sgd);
 *     reel_graph *step = reel_capture_end(r);
 *     for (...) {
 *         reel_copy_(x, …);
 *         reel_replay(step);
 *         reel_item(loss);
 *     }
 *
 * A step is what operations, backward, optimizers, clipping and running averages do between begin
 * and end. What only a program can do is not part of it: reading a value (a branch on a loss), a
 * shape that depends on values, a hook or a closure, a seed; each is an error that says so.
 * Learning rates and random numbers are read and drawn anew by every replay. Tensors that are made
 * within the step keep the values that they were made with.
 */
#ifndef REEL_REPLAY_H
#define REEL_REPLAY_H

#include <reel/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A step that was captured. */
typedef struct reel_graph reel_graph;

/**
 * From now on operations are written down, as they are done. Tensors of the step must be made in
 * it, or be such as live until they are freed.
 *
 * Fails:  the reel's status if an error is recorded; REEL_ERR_STATE if a step is being captured
 *         already, from a callback, if operations are recorded that reel_rewind has not forgotten
 *         yet, or while anomalies are looked for.
 * Source: torch.cuda.CUDAGraph.capture_begin.
 */
REEL_API reel_status reel_capture_begin(reel *r);

/**
 * Ends it. The step has been done once by then, as always.
 *
 * Fails:  NULL if no step is being captured, if anything failed since it began, or if something
 *         that the step uses has been freed since. What the step returned is then gone. From a
 *         callback, too, and then the capture goes on.
 * Owner:  the graph is the reel's until it is freed or the reel is; and until then what the step
 *         returned can be read. It has no history.
 * Source: torch.cuda.CUDAGraph.capture_end.
 */
REEL_API reel_graph *reel_capture_end(reel *r);

/**
 * Does the step once more. Makes no allocation.
 *
 * Fails:  the reel's status if an error is recorded, and then does nothing; REEL_ERR_STATE if
 *         something that the step uses has been freed, if a gradient that the step adds to was not
 *         there when it was captured (or the other way round), from a callback or while a step is
 *         being captured; what an operation finds wrong with values, such as an index out of
 *         bounds: then what comes after that operation has not been done.
 * Source: torch.cuda.CUDAGraph.replay.
 */
REEL_API reel_status reel_replay(reel_graph *graph);

/** Frees the graph, and what the step returned, before the reel does. */
REEL_API void reel_graph_free(reel_graph *graph);

#ifdef __cplusplus
}
#endif

#endif
