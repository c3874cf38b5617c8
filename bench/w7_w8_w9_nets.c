/* SPDX-License-Identifier: MIT */
/* W7, W8, W9: a convolutional net, a U-Net and an LSTM, each with Adam on one batch. */
#include "inputs.h"
#include "models.h"

#include "bench.h"

#include <stdlib.h>

/* A net: its model, its loss of what it was given and its limit. */
typedef struct net {
    const char *workload;
    reel_module *(*make)(reel *r);
    reel_tensor *(*loss)(reel_module *model, reel_tensor *x, reel_tensor *t);
    reel_tensor *(*x)(reel *r), *(*t)(reel *r);
    void *(*limit)(reel_tensor *x, reel_tensor *t, const float *const *weights, int threads);
    double (*run_limit)(void *state);
    void (*destroy_limit)(void *state);
} net;

typedef struct training {
    const net *net;
    reel *r;
    reel_tensor *x, *t;
    reel_module *model;
    reel_optimizer *adam;
} training;

static training make_training(const net *n, int threads)
{
    reel *r = reel_new();
    training s = {.net = n, .r = r, .x = n->x(r), .t = n->t(r), .model = n->make(r)};
    require_success(r);
    const reel_tensor_list parameters = reel_parameters(s.model);
    for (size_t i = 0; i < parameters.count; i++) {
        reel_tensor *p = parameters.tensors[i];
        fill_parameter(reel_data_f32(p), reel_numel(p), (int)i);
    }
    reel_set_num_threads(r, threads);
    s.adam = reel_optim_adam(parameters, (reel_adam_options){.lr = 1e-3});
    require_success(r);
    return s;
}

static reel_tensor *step(void *state)
{
    training *s = state;
    reel_tensor *loss = s->net->loss(s->model, s->x, s->t);
    reel_zero_grad(s->adam);
    reel_backward(loss);
    reel_step(s->adam);
    return loss;
}

static double run_eager(void *state)
{
    training *s = state;
    const double loss = reel_item(step(s));
    reel_rewind(s->r);
    return loss;
}

static void *make_limit(const training *s, int threads)
{
    enum { MOST_PARAMETERS = 32 };
    const float *weights[MOST_PARAMETERS];
    const reel_tensor_list parameters = reel_parameters(s->model);
    for (size_t i = 0; i < parameters.count; i++) {
        weights[i] = reel_data_f32(parameters.tensors[i]);
    }
    return s->net->limit(s->x, s->t, weights, threads);
}

static void bench_net(const net *n, int threads)
{
    training s = make_training(n, threads), other = make_training(n, threads);
    replayed_step replayed = {.r = other.r, .run = step, .state = &other};
    void *limit = make_limit(&s, threads);
    compare(&(comparison){.workload = n->workload,
                          .unit = "ms",
                          .scale = 1e3,
                          .threads = threads,
                          .eager = {run_eager, &s},
                          .replayed = {run_replayed, &replayed},
                          .limit = {limit ? n->run_limit : NULL, limit},
                          .steps = 5,
                          .tolerance = 1e-4});
    require_success(s.r);
    require_success(other.r);
    n->destroy_limit(limit);
    reel_free(s.r);
    reel_free(other.r);
}

static reel_tensor *uniform(reel *r, int ndim, const int64_t *size, uint64_t seed)
{
    reel_tensor *x = reel_zeros(r, REEL_F32, ndim, size);
    fill_uniform(reel_data_f32(x), reel_numel(x), 1, seed);
    return x;
}

static reel_module *convolution(reel *r, int64_t inputs, int64_t outputs)
{
    return reel_nn_conv2d(r, inputs, outputs, REEL_DIMS(3),
                          (reel_conv_options){.padding = REEL_DIMS(1)});
}

static reel_module *pooling(reel *r)
{
    return reel_nn_max_pool2d(r, REEL_DIMS(2), (reel_pool_options){0});
}

/* W7 */

static reel_module *make_convolutional(reel *r)
{
    return reel_nn_sequential(r, REEL_MODULES(convolution(r, 1, 16), reel_nn_relu(r), pooling(r),
                                              convolution(r, 16, 32), reel_nn_relu(r), pooling(r),
                                              reel_nn_flatten(r, 1, -1),
                                              reel_nn_linear(r, 1568, W7_CLASSES)));
}

static reel_tensor *convolutional_loss(reel_module *model, reel_tensor *x, reel_tensor *t)
{
    return reel_cross_entropy(reel_forward(model, x), t, NULL);
}

static reel_tensor *digits(reel *r)
{
    return uniform(r, REEL_SHAPE(W7_BATCH, 1, W7_SIDE, W7_SIDE), 1);
}

static reel_tensor *classes(reel *r)
{
    reel_tensor *t = reel_zeros(r, REEL_I64, REEL_SHAPE(W7_BATCH));
    fill_classes(reel_data_i64(t), W7_BATCH, W7_CLASSES, 2);
    return t;
}

static void *w7_limit(reel_tensor *x, reel_tensor *t, const float *const *weights, int threads)
{
    return limit_w7_create(reel_data_f32(x), reel_data_i64(t), weights, threads);
}

static double run_w7(void *state) { return (double)limit_w7_step(state); }
static void destroy_w7(void *state) { limit_w7_destroy(state); }

static void bench_convolutional(int threads)
{
    bench_net(&(net){"W7", make_convolutional, convolutional_loss, digits, classes, w7_limit,
                     run_w7, destroy_w7},
              threads);
}

void bench_w7_convolutional(void) { for_each_thread_count(bench_convolutional); }

/* W8 */

static reel_module *twice(reel *r, int64_t inputs, int64_t outputs)
{
    return reel_nn_sequential(r, REEL_MODULES(convolution(r, inputs, outputs), reel_nn_relu(r),
                                              convolution(r, outputs, outputs), reel_nn_relu(r)));
}

static reel_module *up(reel *r, int64_t inputs, int64_t outputs)
{
    return reel_nn_conv_transpose2d(r, inputs, outputs, REEL_DIMS(2),
                                    (reel_conv_options){.stride = REEL_DIMS(2)});
}

enum { DOWN_1, DOWN_2, MIDDLE, UP_2, AFTER_2, UP_1, AFTER_1, OUT }; /* the list's */

static reel_module *make_unet(reel *r)
{
    const reel_conv_options plain = {.stride = REEL_DIMS(1)};
    return reel_nn_module_list(
        r, REEL_MODULES(twice(r, W8_COLOURS, 16), twice(r, 16, 32), twice(r, 32, 64), up(r, 64, 32),
                        twice(r, 64, 32), up(r, 32, 16), twice(r, 32, 16),
                        reel_nn_conv2d(r, 16, W8_COLOURS, REEL_DIMS(1), plain)));
}

static reel_tensor *run(reel_module *list, int i, reel_tensor *x)
{
    return reel_forward(reel_module_at(list, i), x);
}

static reel_tensor *half(reel_tensor *x)
{
    return reel_max_pool2d(x, REEL_DIMS(2), (reel_pool_options){0});
}

static reel_tensor *unet_loss(reel_module *m, reel_tensor *x, reel_tensor *t)
{
    reel_tensor *a = run(m, DOWN_1, x), *b = run(m, DOWN_2, half(a));
    reel_tensor *c = run(m, MIDDLE, half(b));
    b = run(m, AFTER_2, reel_cat((reel_tensor *[]){b, run(m, UP_2, c)}, 2, 1));
    a = run(m, AFTER_1, reel_cat((reel_tensor *[]){a, run(m, UP_1, b)}, 2, 1));
    return reel_l1_loss(run(m, OUT, a), t, REEL_MEAN);
}

static reel_tensor *pictures(reel *r)
{
    return uniform(r, REEL_SHAPE(W8_BATCH, W8_COLOURS, W8_SIDE, W8_SIDE), 1);
}

static reel_tensor *other_pictures(reel *r)
{
    return uniform(r, REEL_SHAPE(W8_BATCH, W8_COLOURS, W8_SIDE, W8_SIDE), 2);
}

static void *w8_limit(reel_tensor *x, reel_tensor *t, const float *const *weights, int threads)
{
    return limit_w8_create(reel_data_f32(x), reel_data_f32(t), weights, threads);
}

static double run_w8(void *state) { return (double)limit_w8_step(state); }
static void destroy_w8(void *state) { limit_w8_destroy(state); }

static void bench_unet(int threads)
{
    bench_net(
        &(net){"W8", make_unet, unet_loss, pictures, other_pictures, w8_limit, run_w8, destroy_w8},
        threads);
}

void bench_w8_unet(void) { for_each_thread_count(bench_unet); }

/* W9 */

static reel_module *make_recurrent(reel *r)
{
    return reel_nn_module_list(r,
                               REEL_MODULES(reel_nn_lstm(r, W9_INPUTS, W9_HIDDEN,
                                                         &(reel_rnn_options){.batch_first = true}),
                                            reel_nn_linear(r, W9_HIDDEN, 1)));
}

static reel_tensor *recurrent_loss(reel_module *m, reel_tensor *x, reel_tensor *t)
{
    reel_tensor *h = reel_forward_rnn(reel_module_at(m, 0), x, (reel_rnn_state){0}).output;
    return reel_mse_loss(run(m, 1, reel_select(h, 1, -1)), t, REEL_MEAN);
}

static reel_tensor *sequences(reel *r)
{
    return uniform(r, REEL_SHAPE(W9_BATCH, W9_STEPS, W9_INPUTS), 1);
}

static reel_tensor *values(reel *r) { return uniform(r, REEL_SHAPE(W9_BATCH, 1), 2); }

static void *w9_limit(reel_tensor *x, reel_tensor *t, const float *const *weights, int threads)
{
    (void)threads;
    return limit_w9_create(reel_data_f32(x), reel_data_f32(t), weights);
}

static double run_w9(void *state) { return (double)limit_w9_step(state); }
static void destroy_w9(void *state) { limit_w9_destroy(state); }

void bench_w9_lstm(void)
{
    bench_net(&(net){"W9", make_recurrent, recurrent_loss, sequences, values, w9_limit, run_w9,
                     destroy_w9},
              1);
}
