/* SPDX-License-Identifier: MIT */
/*
 * Operations of your own. What can be composed from existing operations needs nothing of this: a C
 * function that calls them has its gradient. An operation of your own is for values that you
 * compute yourself, or for a gradient that is to be other than the composition's.
 */
#ifndef REEL_CUSTOM_H
#define REEL_CUSTOM_H

#include <reel/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

/** How much an operation of your own may have of each. */
enum {
    REEL_CUSTOM_INPUTS = 7,  /**< inputs */
    REEL_CUSTOM_OUTPUTS = 8, /**< outputs */
    REEL_CUSTOM_KEPT = 4     /**< tensors that forward keeps for the gradient */
};

/** One use of an operation, as its callbacks see it. All tensors lie row by row. */
typedef struct reel_call {
    void *context;            /**< as it was given to `reel_custom` */
    int inputs;               /**< how many there are */
    int outputs;              /**< how many there are */
    reel_tensor *const *in;   /**< the inputs */
    reel_tensor *const *out;  /**< for forward to fill, for a gradient to read */
    reel_tensor *const *g;    /**< in a gradient: dL/d(out), one for each */
    reel_tensor *const *kept; /**< in a gradient: what forward kept, by slot */
} reel_call;

/** The shape and dtype of an output. */
typedef struct reel_output_shape {
    reel_dtype dtype;            /**< of its elements */
    int ndim;                    /**< how many dims */
    int64_t size[REEL_MAX_DIMS]; /**< the size of each */
} reel_output_shape;

/** Beside a bit for each input, in `reel_custom_op.unread`. */
enum {
    REEL_UNREAD_OUTPUTS = 128 /**< stands for all outputs */
};

/**
 * An operation: a name, a way to compute, usually a gradient. The rest may be left out.
 *
 * Callbacks read and write elements through `reel_data_f32` and its kin, may call operations, and
 * return false after a failure, best by `return reel_call_fail(…)`. They must not call
 * `reel_rewind`, nor a gradient `reel_backward`. An error inside is reported in the operation's
 * name.
 */
typedef struct reel_custom_op {
    /** Names it in errors and on the tape. */
    const char *name;

    /** Computes call->out[…] from call->in[…], all of it: a replayed step calls it again.
     *  Operations that it calls are not recorded. */
    bool (*forward)(reel_call *call);

    /** dL/d(in[input]) from call->g[…], written in operations: so it can be differentiated again.
     *  A result that is larger by broadcasting is summed to the input's shape, as in PyTorch; NULL
     *  stands for zeros. While it is being recorded (create_graph) it cannot read the elements of
     *  tensors that require grad: what the tape does not see would be missing from the second
     *  derivative. */
    reel_tensor *(*gradient)(reel_call *call, int input);

    /** The same in plain loops: fills dx, of the input's shape and dtype. Its derivative is refused
     *  with an error. Beside `gradient` it is the quicker way for when nothing is recorded. */
    bool (*gradient_data)(reel_call *call, int input, reel_tensor *dx);

    /** Checks call->in and sets output number `output`'s shape and dtype, which come in as input
     *  0's. All outputs must have one dtype. Without it, outputs are like input 0. */
    bool (*shape)(reel_call *call, int output, reel_output_shape *shape);

    /** How many outputs; 0 stands for one. */
    int outputs;

    /** Inputs (bit i) and outputs (REEL_UNREAD_OUTPUTS) that the gradient does not read. The others
     *  must not change in place before backward, which is an error. */
    unsigned unread;

    /** Floating inputs become float64, and the outputs again what the inputs promote to: so the
     *  callbacks are written for doubles alone. */
    bool as_double;
} reel_custom_op;

/**
 * The first output of `op`, used on `count` inputs (1 to 7). Without any gradient, nothing is
 * recorded and the result requires none.
 *
 * Shape:    as op->shape says, else input 0's.
 * Gradient: as `op` says; `reel_gradcheck` tells whether it is right.
 * Owner:    the result lives until `reel_rewind`; `op` is copied, `context` must stay until then.
 * Fails:    REEL_ERR_VALUE without a name or forward, or for too many inputs or outputs; whatever
 *           the callbacks report.
 * Source:   torch.autograd.Function.
 */
REEL_API reel_tensor *reel_custom(const reel_custom_op *op, void *context,
                                  reel_tensor *const *inputs, int count);

/** As `reel_custom`, with all op->outputs outputs into `outputs`; after an error they are
 *  poison. */
REEL_API reel_status reel_custom_all(const reel_custom_op *op, void *context,
                                     reel_tensor *const *inputs, int count, reel_tensor **outputs);

/**
 * In forward: a tensor that is kept for the gradient as call->kept[slot] (0 to 3), not initialised.
 * A second derivative through it is refused with an error, as the tape does not know where its
 * elements came from; what is to be differentiated twice, compute from call->in in the gradient.
 *
 * Fails: poison, and an error.
 */
REEL_API reel_tensor *reel_call_keep(reel_call *call, int slot, reel_dtype dtype, int ndim,
                                     const int64_t *size);

/** Records an error, "name: …", for a callback to return: false. */
REEL_API bool reel_call_fail(reel_call *call, reel_status status, const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 3, 4)))
#endif
    ;

#ifdef __cplusplus
}
#endif
#endif
