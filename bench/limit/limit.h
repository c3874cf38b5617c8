/* SPDX-License-Identifier: MIT */
/*
 * The hand-written limit of each benchmark workload: the fastest C that we could derive for that
 * one model, with nothing general left in it. The benchmark runs it beside the library in the same
 * process and compares losses before it believes a time.
 *
 * In every workload the loss returned is that of the weights before the step, arrays given to
 * `create` with data are borrowed until `destroy` while weights are copied, weights have the layout
 * (out, in), and `create` returns NULL when memory or threads are short. After `create` nothing
 * allocates. One state, one calling thread; `threads` is 1 or 2 where it is asked for.
 *
 * Vectors have 64 bytes: on a machine without AVX-512 all of it is right, but W2 is far from a
 * limit.
 */
#ifndef LIMIT_H
#define LIMIT_H

#include <stdint.h>

/* W1: y = 2x at x = 1..5, Linear(1, 1), mean |pred - y|, SGD with lr 0.01. */
typedef struct limit_w1 limit_w1;
limit_w1 *limit_w1_create(float weight, float bias);
float limit_w1_epoch(limit_w1 *state);
/* The loss of the last of `epochs` epochs; the weights stay in registers in between. */
float limit_w1_run(limit_w1 *state, int64_t epochs);
void limit_w1_weights(const limit_w1 *state, float *weight, float *bias);
void limit_w1_destroy(limit_w1 *state);

/* A multilayer perceptron with two hidden layers: w1 (h, in), w2 (h, h), w3 (1, h) and biases. */
typedef struct {
    float *w1, *b1, *w2, *b2, *w3, *b3;
} limit_mlp;

/* W2: 13-64-64-1 with ReLU, mean |pred - target| over 32 rows gathered from (n, 13). */
typedef enum { LIMIT_SGD_MOMENTUM, LIMIT_ADAM } limit_optimizer;
typedef struct limit_w2 limit_w2;
/* Momentum is 0.9; Adam has betas 0.9 and 0.999 and eps 1e-8. `initial` is only read. */
limit_w2 *limit_w2_create(const float *data, const float *targets, const limit_mlp *initial,
                          limit_optimizer optimizer, float lr);
/* `rows` names the batch's 32 rows: a window of the shuffled order. */
float limit_w2_step(limit_w2 *state, const int64_t *rows);
/* Writes to the arrays of `out`. */
void limit_w2_weights(const limit_w2 *state, const limit_mlp *out);
void limit_w2_destroy(limit_w2 *state);

/* W3: 512-1024-1024-1 with ReLU, batch 256, mean squared error, SGD. */
typedef struct limit_w3 limit_w3;
/* `x` is (256, 512), `targets` 256 values; OpenBLAS gets `threads` threads at each step. */
limit_w3 *limit_w3_create(const float *x, const float *targets, const limit_mlp *initial, float lr,
                          int threads);
float limit_w3_step(limit_w3 *state);
void limit_w3_weights(const limit_w3 *state, const limit_mlp *out);
void limit_w3_destroy(limit_w3 *state);

/* W4, W4h: a mean loss over n values, forward and backward: L1, or Huber with delta 1. */
typedef enum { LIMIT_L1, LIMIT_HUBER } limit_loss;
typedef struct limit_w4 limit_w4;
/* grad: n values for d loss / dx, on 64 bytes. */
limit_w4 *limit_w4_create(const float *x, const float *t, float *grad, int64_t n, limit_loss loss,
                          int threads);
/* Two passes: the loss, then its gradient. */
float limit_w4_forward(limit_w4 *state);
void limit_w4_backward(limit_w4 *state);
/* Both in one pass over x and t. */
float limit_w4_fused(limit_w4 *state);
void limit_w4_destroy(limit_w4 *state);

/* W5: mean |X w + b - t| over `rows` rows of 100 columns, full batch, SGD. */
typedef struct limit_w5 limit_w5;
limit_w5 *limit_w5_create(const float *x, const float *t, int64_t rows, const float *weight,
                          float bias, float lr, int threads);
float limit_w5_epoch_two_pass(limit_w5 *state);
float limit_w5_epoch_one_pass(limit_w5 *state);
void limit_w5_weights(const limit_w5 *state, float *weight, float *bias);
void limit_w5_destroy(limit_w5 *state);

/*
 * W6: x = x w, x = x + b, x = tanh(x), repeated to 1,000 operations, all of size 1 or 16; the loss
 * is the sum of the last x. tanh is either libm's (libmvec's for 16), or a rational approximation
 * that errs by at most 6 ulp.
 */
typedef enum { LIMIT_TANH_LIBM, LIMIT_TANH_RATIONAL } limit_tanh;
typedef struct limit_w6 limit_w6;
limit_w6 *limit_w6_create(int size, const float *x, const float *w, const float *b,
                          limit_tanh kind);
float limit_w6_run(limit_w6 *state);
/* The last x, and the loss's gradients for x, w and b: `size` values each. */
void limit_w6_results(const limit_w6 *state, float *last, float *grad_x, float *grad_w,
                      float *grad_b);
void limit_w6_destroy(limit_w6 *state);

/*
 * W7, W8, W9: nets of convolutions and an LSTM, Adam with PyTorch's defaults. `weights` are arrays
 * of a model's parameters in PyTorch's order and layout.
 *
 * W7: 1 x 28 x 28, batch 32: convolution to 16, ReLU, pooling, to 32, ReLU, pooling, linear to 10;
 * cross entropy. x is (32, 1, 28, 28).
 */
typedef struct limit_w7 limit_w7;
limit_w7 *limit_w7_create(const float *x, const int64_t *classes, const float *const *weights,
                          int threads);
float limit_w7_step(limit_w7 *state);
void limit_w7_destroy(limit_w7 *state);

/* W8: a U-Net of 16, 32 and 64 channels on 3 x 64 x 64, batch 8; L1. x and t are (8, 3, 64, 64). */
typedef struct limit_w8 limit_w8;
limit_w8 *limit_w8_create(const float *x, const float *t, const float *const *weights, int threads);
float limit_w8_step(limit_w8 *state);
void limit_w8_destroy(limit_w8 *state);

/* W9: an LSTM of 16 to 64 over 50 steps, batch 32, a linear layer on its last h; mean squared
 * error. x is (32, 50, 16), t 32 values. On one thread. */
typedef struct limit_w9 limit_w9;
limit_w9 *limit_w9_create(const float *x, const float *t, const float *const *weights);
float limit_w9_step(limit_w9 *state);
void limit_w9_destroy(limit_w9 *state);

/* What the files of this folder share: a team of threads, and memory on cache-line boundaries. */
enum { LIMIT_MAX_THREADS = 2 };
typedef struct limit_team limit_team;
limit_team *limit_team_create(int threads);
/* Calls job(state, worker) for worker = 0..threads-1, 0 on the calling thread; returns when all
 * have. */
void limit_team_run(limit_team *team, void (*job)(void *state, int worker), void *state);
void limit_team_destroy(limit_team *team);
/* Zeroed, aligned to 64 bytes, or NULL; free() frees it. */
void *limit_alloc(int64_t bytes);

#endif
