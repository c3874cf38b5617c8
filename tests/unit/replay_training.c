/* SPDX-License-Identifier: MIT */
/*
 * Trainings replayed beside the same ones done step by step: every optimizer, schedules, dropout,
 * batch norm, clipping, running averages, in-place changes, second derivatives. Every loss and
 * parameter must have the same bits, whatever comes with the data.
 */
#include "check_reel.h"

#include <reel/reel.h>
#include <stdio.h>

enum { STEPS = 9, ROWS = 12, FEATURES = 5, NUMBERS = 8192 };

typedef struct training {
    reel *r;
    reel_tensor *x, *y, *loss, *extra;
    reel_module *model, *criterion;
    reel_optimizer *optimizer;
    reel_scheduler *scheduler;
    reel_ema *ema;
} training;

/* What is special about a training; NULL: nothing. */
typedef struct kind {
    const char *name;
    reel_module *(*model)(reel *r);
    reel_optimizer *(*optimizer)(reel_tensor_list parameters);
    void (*set_up)(training *t);
    reel_tensor *(*loss)(training *t); /* what is minimised */
    void (*before_step)(training *t);
    void (*after_step)(training *t);
    void (*between)(training *t, int i); /* outside of the step */
} kind;

static reel_module *mlp(reel *r)
{
    return reel_nn_sequential(
        r,
        (reel_module *[]){reel_nn_linear(r, FEATURES, 7), reel_nn_tanh(r), reel_nn_linear(r, 7, 1)},
        3);
}

static reel_module *regularised(reel *r)
{
    return reel_nn_sequential(r,
                              (reel_module *[]){reel_nn_linear(r, FEATURES, 7),
                                                reel_nn_batch_norm1d(r, 7, NULL), reel_nn_relu(r),
                                                reel_nn_dropout(r, 0.3), reel_nn_linear(r, 7, 6),
                                                reel_nn_layer_norm(r, 1, (int64_t[]){6}, NULL),
                                                reel_nn_softmax(r, 1), reel_nn_linear(r, 6, 1)},
                              8);
}

static reel_module *wide(reel *r)
{
    return reel_nn_sequential(r,
                              (reel_module *[]){reel_nn_linear(r, FEATURES, 40), reel_nn_gelu(r),
                                                reel_nn_linear(r, 40, 40),
                                                reel_nn_softplus(r, 1, 20),
                                                reel_nn_linear(r, 40, 1)},
                              5);
}

#define OPTIMIZER(name, rule, ...)                                                                 \
    static reel_optimizer *name(reel_tensor_list p)                                                \
    {                                                                                              \
        return reel_optim_##rule(p, (reel_##rule##_options){__VA_ARGS__});                         \
    }
OPTIMIZER(sgd, sgd, .lr = 0.05)
OPTIMIZER(nesterov, sgd, .lr = 0.05, .momentum = 0.9, .nesterov = true, .weight_decay = 0.01)
OPTIMIZER(adam, adam, .lr = 0.01)
OPTIMIZER(amsgrad, adam, .lr = 0.01, .amsgrad = true)
OPTIMIZER(adamw, adamw, .lr = 0.01)
OPTIMIZER(adamax, adamax, .lr = 0.01)
OPTIMIZER(nadam, nadam, .lr = 0.01)
OPTIMIZER(radam, radam, .lr = 0.01)
OPTIMIZER(rmsprop, rmsprop, .lr = 0.01, .momentum = 0.5, .centered = true)
OPTIMIZER(adagrad, adagrad, .lr = 0.01)
OPTIMIZER(adadelta, adadelta, .lr = 0.5)
OPTIMIZER(asgd, asgd, .lr = 0.01)
OPTIMIZER(rprop, rprop, .lr = 0.01)

static void clip_norm(training *t)
{
    reel_clip_grad_norm(reel_parameters(t->model), 0.3, (reel_clip_options){0});
}

static void clip_value(training *t) { reel_clip_grad_value(reel_parameters(t->model), 0.05); }

static void with_average(training *t)
{
    t->ema = reel_ema_new(reel_parameters(t->model), (reel_ema_options){.decay = 0.8});
}

static void average(training *t) { reel_ema_update(t->ema); }

static void with_schedule(training *t)
{
    t->scheduler =
        reel_lr_cosine_annealing(t->optimizer, (reel_lr_cosine_annealing_options){.T_max = 6});
}

static void advance(training *t, int i)
{
    (void)i;
    reel_scheduler_step(t->scheduler);
}

static void with_state(training *t) { t->extra = reel_zeros(t->r, REEL_F32, REEL_SHAPE(ROWS, 1)); }

/* A decaying sum of outputs that is kept past the tape. */
static reel_tensor *stateful_loss(training *t)
{
    reel_tensor *y = reel_forward(t->model, t->x);
    reel_mul_(t->extra, reel_scalar(t->r, REEL_F32, 0.5));
    reel_add_(t->extra, reel_detach(y));
    return reel_mse_loss(reel_add(y, t->extra), t->y, REEL_MEAN);
}

/* The loss and the size of its own gradient. */
static reel_tensor *penalty_loss(training *t)
{
    reel_tensor *w = reel_parameter(t->model, "0.weight"), *g;
    reel_tensor *loss = reel_loss(t->criterion, reel_forward(t->model, t->x), t->y);
    reel_gradients(loss, &w, 1, &(reel_backward_options){.create_graph = true}, &g);
    return reel_add(loss, reel_sum(reel_square(g)));
}

/* A tensor that is created, changed on the tape and used. */
static reel_tensor *in_place_loss(training *t)
{
    reel_tensor *sum = reel_zeros(t->r, REEL_F32, REEL_SHAPE(ROWS, 1));
    reel_add_(sum, reel_forward(t->model, t->x));
    reel_sub_(sum, t->y);
    return reel_mean(reel_square(sum));
}

static reel_tensor *noisy_loss(training *t)
{
    reel_tensor *noise = reel_randn_like(t->x);
    reel_tensor *order = reel_randperm(t->r, ROWS);
    reel_tensor *rows = reel_index_select(reel_add(t->x, reel_mul_scalar(noise, 0.1)), 0, order);
    return reel_l1_loss(reel_forward(t->model, rows), reel_index_select(t->y, 0, order), REEL_MEAN);
}

static reel_tensor *sorted_loss(training *t)
{
    reel_tensor *e = reel_abs(reel_sub(reel_forward(t->model, t->x), t->y));
    reel_tensor *largest = reel_topk(reel_reshape(e, 1, (int64_t[]){ROWS}), 5, 0, false).values;
    return reel_add(reel_mean(largest), reel_median(e));
}

/* What is special about each, so that it need not be said what is not. */
#define KIND(title, model_, optimizer_, ...)                                                       \
    {                                                                                              \
        .name = title, .model = model_, .optimizer = optimizer_, __VA_ARGS__                       \
    }
static const kind kinds[] = {
    KIND("SGD", mlp, sgd, .loss = NULL),
    KIND("SGD with momentum", mlp, nesterov, .loss = NULL),
    KIND("Adam", mlp, adam, .loss = NULL),
    KIND("AMSGrad", mlp, amsgrad, .loss = NULL),
    KIND("AdamW", wide, adamw, .loss = NULL),
    KIND("Adamax", mlp, adamax, .loss = NULL),
    KIND("NAdam", mlp, nadam, .loss = NULL),
    KIND("RAdam", mlp, radam, .loss = NULL),
    KIND("RMSprop", mlp, rmsprop, .loss = NULL),
    KIND("Adagrad", mlp, adagrad, .loss = NULL),
    KIND("Adadelta", mlp, adadelta, .loss = NULL),
    KIND("ASGD", mlp, asgd, .loss = NULL),
    KIND("Rprop", mlp, rprop, .loss = NULL),
    KIND("batch norm, dropout, layer norm", regularised, adam, .loss = NULL),
    KIND("clipped norm", mlp, sgd, .before_step = clip_norm),
    KIND("clipped values", wide, nesterov, .before_step = clip_value),
    KIND("running average", mlp, sgd, .set_up = with_average, .after_step = average),
    KIND("schedule", mlp, nesterov, .set_up = with_schedule, .between = advance),
    KIND("state of the caller's", mlp, sgd, .set_up = with_state, .loss = stateful_loss),
    KIND("gradient penalty", mlp, adam, .loss = penalty_loss),
    KIND("in place on the tape", mlp, sgd, .loss = in_place_loss),
    KIND("random numbers", mlp, sgd, .loss = noisy_loss),
    KIND("sorting", mlp, sgd, .loss = sorted_loss),
};
enum { KINDS = sizeof kinds / sizeof *kinds };

static training set_up(const kind *k)
{
    reel *r = quiet_reel();
    reel_manual_seed(r, 7);
    training t = {.r = r,
                  .x = reel_zeros(r, REEL_F32, REEL_SHAPE(ROWS, FEATURES)),
                  .y = reel_zeros(r, REEL_F32, REEL_SHAPE(ROWS, 1)),
                  .model = k->model(r),
                  .criterion = reel_nn_smooth_l1_loss(r, 0.5, REEL_MEAN)};
    t.optimizer = k->optimizer(reel_parameters(t.model));
    if (k->set_up) {
        k->set_up(&t);
    }
    return t;
}

/* Another batch in the same tensors. */
static void next_batch(training *t, int i)
{
    float *x = reel_data_f32(t->x), *y = reel_data_f32(t->y);
    for (int row = 0; row < ROWS; row++) {
        y[row] = 0;
        for (int k = 0; k < FEATURES; k++) {
            const int at = row * FEATURES + k;
            x[at] = (float)((at * 37 + i * 101) % 64) / 32.0F - 1.0F;
            y[row] += x[at] * (float)(k - 2);
        }
    }
}

static void step(training *t, const kind *k)
{
    t->loss = k->loss ? k->loss(t) : reel_loss(t->criterion, reel_forward(t->model, t->x), t->y);
    reel_zero_grad(t->optimizer);
    reel_backward(t->loss);
    if (k->before_step) {
        k->before_step(t);
    }
    reel_step(t->optimizer);
    if (k->after_step) {
        k->after_step(t);
    }
}

static size_t note(float *numbers, size_t count, const reel_tensor *t)
{
    ck_assert_uint_lt(count + (size_t)reel_numel(t), NUMBERS);
    ck_assert_int_eq(reel_to_f32(t, numbers + count, reel_numel(t)), REEL_OK);
    return count + (size_t)reel_numel(t);
}

/* All that the training ended with. */
static size_t note_all(float *numbers, size_t count, const training *t)
{
    for (size_t i = 0; i < reel_state_count(t->model); i++) {
        count = note(numbers, count, reel_state_at(t->model, i).tensor);
    }
    reel_named_tensors all = reel_optimizer_state_dict(t->optimizer);
    for (size_t i = 0; i < all.count; i++) {
        count = note(numbers, count, all.entries[i].tensor);
    }
    all = t->ema ? reel_ema_state_dict(t->ema) : (reel_named_tensors){NULL, 0};
    for (size_t i = 0; i < all.count; i++) {
        count = note(numbers, count, all.entries[i].tensor);
    }
    return count;
}

/* Steps done one by one, or, from the one numbered `from` on, replayed. */
static size_t train(const kind *k, int from, float *numbers)
{
    size_t count = 0;
    training t = set_up(k);
    reel_graph *graph = NULL;
    for (int i = 0; i < STEPS; i++) {
        next_batch(&t, i);
        if (graph) {
            ck_assert_msg(reel_replay(graph) == REEL_OK, "%s: %s", k->name, reel_error(t.r));
        } else if (i == from) {
            ck_assert_int_eq(reel_capture_begin(t.r), REEL_OK);
            step(&t, k);
            graph = reel_capture_end(t.r);
            ck_assert_msg(graph != NULL, "%s: %s", k->name, reel_error(t.r));
        } else {
            step(&t, k);
        }
        count = note(numbers, count, t.loss);
        reel_rewind(t.r);
        if (k->between) {
            k->between(&t, i);
        }
    }
    count = note_all(numbers, count, &t);
    ck_assert_msg(!reel_failed(t.r), "%s: %s", k->name, reel_error(t.r));
    reel_free(t.r);
    return count;
}

START_TEST(same_bits)
{
    static float eager[NUMBERS], replayed[NUMBERS];
    const size_t count = train(&kinds[_i], STEPS, eager);
    for (int from = 0; from < 3; from += 2) { /* with a first step done by itself, and without */
        ck_assert_uint_eq(train(&kinds[_i], from, replayed), count);
        for (size_t i = 0; i < count; i++) {
            ck_assert_msg(memcmp(&eager[i], &replayed[i], sizeof *eager) == 0,
                          "%s from step %d: number %zu is %.9g, not %.9g", kinds[_i].name, from, i,
                          (double)replayed[i], (double)eager[i]);
        }
    }
}
END_TEST

static void add_cases(TCase *cases) { tcase_add_loop_test(cases, same_bits, 0, KINDS); }

int main(void) { return run_suite("replayed trainings", add_cases); }
