/* SPDX-License-Identifier: MIT */
/*
 * Recurrent nets: cells, which take one step, and layers of them over sequences.
 *
 * Owner:  modules are the reel's, or the module's that they become part of; results live until
 *         `reel_rewind`.
 * Fails:  modules: NULL and REEL_ERR_VALUE for a size or number out of range; REEL_ERR_MEMORY.
 *         Calls: poison; REEL_ERR_SHAPE where x or a state does not fit, REEL_ERR_DTYPE for another
 *                dtype
 *         than the weights', REEL_ERR_VALUE for a module that is none of these.
 */
#ifndef REEL_RECURRENT_H
#define REEL_RECURRENT_H

#include <reel/nn.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Options of recurrent modules; all zero is PyTorch's default. */
typedef struct reel_rnn_options {
    int64_t num_layers; /**< one upon the other; 1 */
    bool no_bias;       /**< only the products */
    bool batch_first;   /**< sequences (N, L, …) in place of (L, N, …) */
    bool bidirectional; /**< a second direction, from the end to the start */
    bool relu;          /**< RNN: in place of tanh (nonlinearity='relu') */
    double dropout;     /**< between layers, in training: of so many elements; 0 */
    int64_t proj_size;  /**< LSTM: h is made this small by a product; 0: it is not */
    reel_dtype dtype;   /**< of the weights, drawn in float32 */
} reel_rnn_options;

/** What goes from step to step. `{0}` stands for zeros. */
typedef struct reel_rnn_state {
    reel_tensor *h; /**< the hidden state */
    reel_tensor *c; /**< LSTM: the cell's; else NULL */
} reel_rnn_state;

/** What a recurrent layer makes of a sequence. */
typedef struct reel_rnn_result {
    reel_tensor *output;  /**< h of the last layer at each step; of two directions side by side */
    reel_rnn_state state; /**< after the last step: (layers × directions, N, H) */
} reel_rnn_result;

/**
 * h ← tanh(W x + b + V h + d) over a sequence. Weights weight_ih_l0 (W), weight_hh_l0 (V),
 * bias_ih_l0, bias_hh_l0, then those of the other direction (…_reverse) and of the layers above,
 * all drawn from U(-1/√H, 1/√H), to PyTorch's very bits. NULL options are the defaults.
 *
 * Source: torch.nn.RNN.
 */
REEL_API reel_module *reel_nn_rnn(reel *r, int64_t input_size, int64_t hidden_size,
                                  const reel_rnn_options *options);
/** i, f, g, o = W x + b + V h + d; c ← σ(f) c + σ(i) tanh(g); h ← σ(o) tanh(c), or P of that.
 *  Weights as `reel_nn_rnn`, each of four parts; weight_hr_l0 is P. Source: torch.nn.LSTM. */
REEL_API reel_module *reel_nn_lstm(reel *r, int64_t input_size, int64_t hidden_size,
                                   const reel_rnn_options *options);
/** r, z, n = W x + b and r', z', n' = V h + d; n ← tanh(n + σ(r + r') n'); h ← n + σ(z + z') (h -
 *  n). Weights as `reel_nn_rnn`, each of three parts. Source: torch.nn.GRU. */
REEL_API reel_module *reel_nn_gru(reel *r, int64_t input_size, int64_t hidden_size,
                                  const reel_rnn_options *options);
/** One step of `reel_nn_rnn`: weight_ih, weight_hh, bias_ih, bias_hh; of the options bias, relu and
 *  dtype count. Source: torch.nn.RNNCell. */
REEL_API reel_module *reel_nn_rnn_cell(reel *r, int64_t input_size, int64_t hidden_size,
                                       const reel_rnn_options *options);
/** One step of `reel_nn_lstm`. Source: torch.nn.LSTMCell. */
REEL_API reel_module *reel_nn_lstm_cell(reel *r, int64_t input_size, int64_t hidden_size,
                                        const reel_rnn_options *options);
/** One step of `reel_nn_gru`. Source: torch.nn.GRUCell. */
REEL_API reel_module *reel_nn_gru_cell(reel *r, int64_t input_size, int64_t hidden_size,
                                       const reel_rnn_options *options);

/**
 * A sequence, from a state on. `reel_forward` of such a module is this from zeros on, and its
 * output alone.
 *
 * Shape: x (L, N, I), (N, L, I) if batch_first, or (L, I) for a sequence alone; its states are then
 *        (layers × directions, H).
 */
REEL_API reel_rnn_result reel_forward_rnn(reel_module *module, reel_tensor *x,
                                          reel_rnn_state state);
/**
 * Sequences of different lengths in one batch, padded at their ends: each ends, or in the other
 * direction begins, at its own length. The output is as long as the longest, and 0 behind each.
 *
 * Fails:  REEL_ERR_VALUE for a length below 1 or above x's, or another count than there are
 *         sequences.
 * Source: torch.nn.utils.rnn.pack_padded_sequence, the module, and pad_packed_sequence.
 */
REEL_API reel_rnn_result reel_forward_packed(reel_module *module, reel_tensor *x,
                                             const int64_t *lengths, int count,
                                             reel_rnn_state state);
/** One step of a cell: x (N, I) or (I,), states (N, H) or (H,). `reel_forward` of a cell is this
 *  from zeros on, and h alone. */
REEL_API reel_rnn_state reel_forward_cell(reel_module *module, reel_tensor *x,
                                          reel_rnn_state state);

/**
 * What an LSTM does with its inputs' part of the gates, in one direction: of each step i, f, g, o =
 * gates + V h + d; c ← σ(f) c + σ(i) tanh(g); h ← σ(o) tanh(c). `reel_nn_lstm` is made of it.
 *
 * Shape:    gates (L, N, 4H), weight_hh (V) (4H, H), bias_hh (d) (4H,) or NULL, h and c (N, H); the
 *           output is (L, N, H). Of a single step h may have another size than c.
 * Gradient: of all of them.
 * Fails:    REEL_ERR_SHAPE, REEL_ERR_DTYPE where they do not fit one another.
 * Source:   the layers of torch.nn.LSTM.
 */
REEL_API reel_rnn_result reel_lstm_steps(reel_tensor *gates, reel_tensor *weight_hh,
                                         reel_tensor *bias_hh, reel_rnn_state start, bool reverse);

/** Sequences (L, …) as one batch (L, N, …), or (N, L, …) if batch_first, L being the longest; what
 *  is behind their ends is `padding_value`. Fails: REEL_ERR_SHAPE for other dims that differ.
 *  Source: torch.nn.utils.rnn.pad_sequence. */
REEL_API reel_tensor *reel_pad_sequence(reel_tensor *const *sequences, int count, bool batch_first,
                                        double padding_value);

#ifdef __cplusplus
}
#endif

#endif
