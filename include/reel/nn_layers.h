/* SPDX-License-Identifier: MIT */
/*
 * Layers beside Linear, activations, and modules made of modules.
 *
 * Owner: the reel's, or the module's that they become part of; a module's parameters, buffers and
 *        children go with it.
 * Fails: NULL and REEL_ERR_VALUE for a size or number out of range; REEL_ERR_MEMORY.
 */
#ifndef REEL_NN_LAYERS_H
#define REEL_NN_LAYERS_H

#include <reel/indexing.h>
#include <reel/nn.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * A list of modules in place of the two arguments (modules, count).
 *
 * They are made from first to last, so that the first draws its weights first, as in PyTorch. The
 * C++ standard says so; C leaves the order to the compiler, and every one that the tests have met
 * takes this one (a test watches). To depend on no compiler, make each in a statement of its own.
 */
#ifdef __cplusplus
#define REEL_MODULES(...)                                                                          \
    reeli_array<reel_module *, sizeof(reeli_counted(__VA_ARGS__))>{{__VA_ARGS__}}.data(),          \
        static_cast<int>(sizeof(reeli_counted(__VA_ARGS__)))
#else
#define REEL_MODULES(...)                                                                          \
    (reel_module *const[]){__VA_ARGS__},                                                           \
        (int)(sizeof((reel_module *const[]){__VA_ARGS__}) / sizeof(reel_module *))
#endif

/**
 * One module after the other, named "0", "1", …; it owns them from then on. An MLP is a line or
 * two: `reel_nn_sequential(r, REEL_MODULES(reel_nn_linear(r, 13, 64), reel_nn_relu(r),
 * reel_nn_linear(r, 64, 1)))`.
 *
 * Fails:  NULL, if one of them could not be made, and as `reel_module_add_child`; then they are the
 *         caller's as before, all of them.
 * Source: torch.nn.Sequential.
 */
REEL_API reel_module *reel_nn_sequential(reel *r, reel_module *const *modules, int count);
/** x as it is. Source: torch.nn.Identity. */
REEL_API reel_module *reel_nn_identity(reel *r);
/** Dims start to end as one; 1 and -1 in PyTorch if not given. Source: torch.nn.Flatten. */
REEL_API reel_module *reel_nn_flatten(reel *r, int64_t start_dim, int64_t end_dim);

/** y = x1ᵀ W x2 + b, called by `reel_forward2`; NULL options are the defaults. Source:
 *  torch.nn.Bilinear. */
REEL_API reel_module *reel_nn_bilinear(reel *r, int64_t in1_features, int64_t in2_features,
                                       int64_t out_features, const reel_linear_options *options);
/**
 * `count` rows of `size`, drawn from N(0, 1), looked up by index. Row padding_idx (negative: from
 * the end; REEL_NO_PADDING of reel/indexing.h: none) is zeros and gets no gradient, so that it
 * stays so.
 *
 * Fails:  REEL_ERR_VALUE too for a padding_idx that is none of the rows.
 * Source: torch.nn.Embedding.
 */
REEL_API reel_module *reel_nn_embedding(reel *r, int64_t count, int64_t size, int64_t padding_idx,
                                        reel_dtype dtype);

/**
 * The same, called with a matrix of indices: the mean, sum or largest of the rows that each row of
 * it names, by `reel_embedding_bag`.
 *
 * Fails:  REEL_ERR_VALUE too for a mode that there is not.
 * Source: torch.nn.EmbeddingBag.
 */
REEL_API reel_module *reel_nn_embedding_bag(reel *r, int64_t count, int64_t size, reel_bag mode,
                                            int64_t padding_idx, reel_dtype dtype);

/** Options of the normalizations; all zero is PyTorch's default. */
typedef struct reel_norm_options {
    double eps;            /**< 0: 1e-5 */
    double momentum;       /**< of running statistics; 0: 0.1 */
    bool no_affine;        /**< no weight and bias */
    bool no_running_stats; /**< in evaluation, too, the batch's own statistics */
    bool affine;           /**< InstanceNorm, which has none otherwise: a weight and a bias */
    bool running_stats;    /**< the same: running statistics (track_running_stats) */
    reel_dtype dtype;      /**< of the weight and bias: REEL_F32 or REEL_F64 */
} reel_norm_options;

/** Each sample over its last dims; NULL options are the defaults. Source: torch.nn.LayerNorm. */
REEL_API reel_module *reel_nn_layer_norm(reel *r, int ndim, const int64_t *normalized_shape,
                                         const reel_norm_options *options);
/** The same without a shift and a bias; eps 0: the dtype's spacing at 1. Source:
 *  torch.nn.RMSNorm. */
REEL_API reel_module *reel_nn_rms_norm(reel *r, int ndim, const int64_t *normalized_shape,
                                       const reel_norm_options *options);
/** Each feature of (N, C) or (N, C, L) over the batch, in training; by the running statistics after
 *  `reel_eval`. Source: torch.nn.BatchNorm1d. */
REEL_API reel_module *reel_nn_batch_norm1d(reel *r, int64_t features,
                                           const reel_norm_options *options);
/** In training each element is 0 with probability p, else divided by 1 - p; drawn as PyTorch draws.
 *  Source: torch.nn.Dropout. */
REEL_API reel_module *reel_nn_dropout(reel *r, double p);

/* Activations. What each computes is said at the function of the same name. */

/** `reel_relu` as a module. Source: torch.nn.ReLU. */
REEL_API reel_module *reel_nn_relu(reel *r);
/** `reel_relu6` as a module. Source: torch.nn.ReLU6. */
REEL_API reel_module *reel_nn_relu6(reel *r);
/** `reel_tanh` as a module. Source: torch.nn.Tanh. */
REEL_API reel_module *reel_nn_tanh(reel *r);
/** `reel_sigmoid` as a module. Source: torch.nn.Sigmoid. */
REEL_API reel_module *reel_nn_sigmoid(reel *r);
/** `reel_selu` as a module. Source: torch.nn.SELU. */
REEL_API reel_module *reel_nn_selu(reel *r);
/** `reel_gelu` as a module. Source: torch.nn.GELU. */
REEL_API reel_module *reel_nn_gelu(reel *r);
/** `reel_gelu_tanh` as a module. Source: torch.nn.GELU(approximate='tanh'). */
REEL_API reel_module *reel_nn_gelu_tanh(reel *r);
/** `reel_silu` as a module. Source: torch.nn.SiLU. */
REEL_API reel_module *reel_nn_silu(reel *r);
/** `reel_mish` as a module. Source: torch.nn.Mish. */
REEL_API reel_module *reel_nn_mish(reel *r);
/** `reel_softsign` as a module. Source: torch.nn.Softsign. */
REEL_API reel_module *reel_nn_softsign(reel *r);
/** `reel_hardsigmoid` as a module. Source: torch.nn.Hardsigmoid. */
REEL_API reel_module *reel_nn_hardsigmoid(reel *r);
/** `reel_hardswish` as a module. Source: torch.nn.Hardswish. */
REEL_API reel_module *reel_nn_hardswish(reel *r);
/** `reel_logsigmoid` as a module. Source: torch.nn.LogSigmoid. */
REEL_API reel_module *reel_nn_logsigmoid(reel *r);
/** `reel_tanhshrink` as a module. Source: torch.nn.Tanhshrink. */
REEL_API reel_module *reel_nn_tanhshrink(reel *r);
/** `reel_leaky_relu` as a module; 0.01 in PyTorch if not given. Source: torch.nn.LeakyReLU. */
REEL_API reel_module *reel_nn_leaky_relu(reel *r, double negative_slope);
/** `reel_elu` as a module; 1 in PyTorch if not given. Source: torch.nn.ELU. */
REEL_API reel_module *reel_nn_elu(reel *r, double alpha);
/** `reel_celu` as a module; 1 in PyTorch if not given. Source: torch.nn.CELU. */
REEL_API reel_module *reel_nn_celu(reel *r, double alpha);
/** `reel_softshrink` as a module; 0.5 in PyTorch if not given. Source: torch.nn.Softshrink. */
REEL_API reel_module *reel_nn_softshrink(reel *r, double lambd);
/** `reel_hardshrink` as a module; 0.5 in PyTorch if not given. Source: torch.nn.Hardshrink. */
REEL_API reel_module *reel_nn_hardshrink(reel *r, double lambd);
/** `reel_hardtanh` as a module; -1 and 1 in PyTorch if not given. Source: torch.nn.Hardtanh. */
REEL_API reel_module *reel_nn_hardtanh(reel *r, double min_val, double max_val);
/** `reel_softplus` as a module; 1 and 20 in PyTorch if not given. Source: torch.nn.Softplus. */
REEL_API reel_module *reel_nn_softplus(reel *r, double beta, double threshold);
/** `reel_threshold` as a module, with bound as the threshold. Source: torch.nn.Threshold. */
REEL_API reel_module *reel_nn_threshold(reel *r, double bound, double value);
/** `reel_softmax` as a module. Source: torch.nn.Softmax. */
REEL_API reel_module *reel_nn_softmax(reel *r, int64_t dim);
/** `reel_log_softmax` as a module. Source: torch.nn.LogSoftmax. */
REEL_API reel_module *reel_nn_log_softmax(reel *r, int64_t dim);
/** `reel_softmin` as a module. Source: torch.nn.Softmin. */
REEL_API reel_module *reel_nn_softmin(reel *r, int64_t dim);
/** `reel_glu` as a module; -1 in PyTorch if not given. Source: torch.nn.GLU. */
REEL_API reel_module *reel_nn_glu(reel *r, int64_t dim);
/** `reel_prelu` as a module, with a slope for each of `parameters` channels (1: one for all), which
 *  is 0.25 at first in PyTorch if not given. Source: torch.nn.PReLU. */
REEL_API reel_module *reel_nn_prelu(reel *r, int64_t parameters, double initial);

#ifdef __cplusplus
}
#endif
#endif
