/* SPDX-License-Identifier: MIT */
/*
 * Attention: for each query a mean of values, weighted by how well the query agrees with their
 *            keys.
 *
 * Owner: results live until `reel_rewind`, modules are the reel's or the module's that they become
 *        part of.
 */
#ifndef REEL_ATTENTION_H
#define REEL_ATTENTION_H

#include <reel/nn.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What attention returns. */
typedef struct reel_attention {
    reel_tensor *output;  /**< the means */
    reel_tensor *weights; /**< by which they were weighted */
} reel_attention;

/** Options of `reel_scaled_dot_product_attention`; all zero is PyTorch's default. */
typedef struct reel_attention_options {
    reel_tensor
        *attn_mask;   /**< bool, true where a key counts; or added to the scores; NULL: none */
    bool is_causal;   /**< a query looks at the keys up to its own place, instead of a mask */
    double dropout_p; /**< so many weights become 0, the rest larger; 0 */
    double scale;     /**< 0: 1/√E */
} reel_attention_options;

/**
 * softmax(scale Q Kᵀ + mask) V.
 *
 * Shape:    query (…, L, E), key (…, S, E), value (…, S, V); output (…, L, V), weights (…, L, S),
 *           to which the mask broadcasts.
 * Gradient: to query, key, value and a floating mask.
 * Fails:    poison; REEL_ERR_SHAPE where shapes do not fit, REEL_ERR_DTYPE for different or integer
 *           dtypes, REEL_ERR_VALUE for both a mask and is_causal.
 * Source:   torch.nn.functional.scaled_dot_product_attention.
 */
REEL_API reel_attention reel_scaled_dot_product_attention(reel_tensor *query, reel_tensor *key,
                                                          reel_tensor *value,
                                                          reel_attention_options options);

/** Options of `reel_nn_multihead_attention`; all zero is PyTorch's default. */
typedef struct reel_multihead_options {
    double dropout;     /**< of the weights, in training; 0 */
    bool no_bias;       /**< products alone */
    bool add_bias_kv;   /**< one more key and value, which are learnt */
    bool add_zero_attn; /**< one more key and value of zeros */
    int64_t kdim;       /**< size of the keys; that of the queries */
    int64_t vdim;       /**< of the values; likewise */
    bool batch_first;   /**< (N, L, E) in place of (L, N, E) */
    reel_dtype dtype;   /**< of the weights, drawn in float32 */
} reel_multihead_options;

/**
 * Attention by `num_heads` heads, each on products of its own of query, key and value; their
 * results side by side, through one more product. Weights in_proj_weight (3E, E), or q_, k_ and
 * v_proj_weight where sizes differ, in_proj_bias, out_proj.weight, out_proj.bias, drawn to
 * PyTorch's very bits. `reel_forward` is attention of x to itself. NULL options are the defaults.
 *
 * Fails:  NULL and REEL_ERR_VALUE for a size or number out of range; REEL_ERR_MEMORY.
 * Source: torch.nn.MultiheadAttention.
 */
REEL_API reel_module *reel_nn_multihead_attention(reel *r, int64_t embed_dim, int64_t num_heads,
                                                  const reel_multihead_options *options);

/** Options of `reel_forward_attention`; all zero is PyTorch's default. */
typedef struct reel_multihead_call {
    reel_tensor
        *key_padding_mask;  /**< (N, S), or (S,): bool, true for keys that do not count; or added */
    reel_tensor *attn_mask; /**< (L, S) or (N heads, L, S), likewise */
    bool each_head;         /**< weights of each head (N, heads, L, S), not their mean (N, L, S) */
} reel_multihead_call;
/**
 * Attention of queries to keys and values.
 *
 * Shape: query (L, N, E), key (S, N, kdim), value (S, N, vdim), with batch_first (N, …) each, or
 *        all without N.
 * Fails: poison; REEL_ERR_SHAPE, REEL_ERR_DTYPE, and REEL_ERR_VALUE for another module.
 */
REEL_API reel_attention reel_forward_attention(reel_module *module, reel_tensor *query,
                                               reel_tensor *key, reel_tensor *value,
                                               reel_multihead_call options);

/** Options of `reel_nn_transformer_encoder_layer`; all zero is PyTorch's default. */
typedef struct reel_transformer_options {
    int64_t dim_feedforward; /**< elements between the two products; 2048 */
    double dropout;          /**< in training; 0: 0.1, REEL_ZERO: none */
    bool gelu;               /**< between the products, in place of ReLU */
    double eps;              /**< of the norms; 0: 1e-5 */
    bool batch_first;        /**< (N, L, E) in place of (L, N, E) */
    bool norm_first;         /**< norms before what they come after otherwise */
    reel_dtype dtype;        /**< of the weights, drawn in float32 */
} reel_transformer_options;

/**
 * x ← norm1(x + attention of x to itself); x ← norm2(x + W relu(V x)), with dropout in between.
 * Children self_attn, linear1 (V), linear2 (W), norm1 and norm2, drawn to PyTorch's very bits. NULL
 * options are the defaults.
 *
 * Fails:  NULL and REEL_ERR_VALUE for a size or number out of range; REEL_ERR_MEMORY.
 * Source: torch.nn.TransformerEncoderLayer.
 */
REEL_API reel_module *reel_nn_transformer_encoder_layer(reel *r, int64_t d_model, int64_t nhead,
                                                        const reel_transformer_options *options);
/** The same with masks, as `reel_forward_attention`; `reel_forward` is it without. */
REEL_API reel_tensor *reel_forward_encoder(reel_module *module, reel_tensor *x,
                                           reel_multihead_call masks);

#ifdef __cplusplus
}
#endif

#endif
