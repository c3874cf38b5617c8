/* SPDX-License-Identifier: MIT */
/* A training of a line, or a small network, on points. The same calls in the same order as the
 * programs that code.c writes: so the same digits. */
#include "training.h"

#include <math.h>
#include <stdio.h>

static reel_module *activation(reel *r, int which)
{
    return which == LAB_TANH   ? reel_nn_tanh(r)
           : which == LAB_RELU ? reel_nn_relu(r)
                               : reel_nn_sigmoid(r);
}

/* Each parameter full of one number: "zeros", "halves". */
static void fill(reel_tensor_list all, double value)
{
    for (size_t i = 0; i < all.count; i++) {
        reel_init_constant(all.tensors[i], value);
    }
}

/* Linear, activation, Linear, …: each layer draws its weights before the next. */
static reel_module *network(reel *r, const lab_experiment *e)
{
    reel_module *part[2 * LAB_LAYERS + 1];
    int parts = 0, width = 1;
    for (int i = 0; i < e->layers; i++) {
        part[parts++] = reel_nn_linear(r, width, e->hidden[i]);
        part[parts++] = activation(r, e->activation);
        width = e->hidden[i];
    }
    part[parts++] = reel_nn_linear(r, width, 1);
    return parts == 1 ? part[0] : reel_nn_sequential(r, part, parts);
}

static reel_optimizer *optimizer(const lab_experiment *e, reel_tensor_list parameters)
{
    switch (e->optimizer) {
    case LAB_ADAM:
        return reel_optim_adam(parameters,
                               (reel_adam_options){.lr = e->lr, .weight_decay = e->weight_decay});
    case LAB_RMSPROP:
        return reel_optim_rmsprop(
            parameters, (reel_rmsprop_options){
                            .lr = e->lr, .momentum = e->momentum, .weight_decay = e->weight_decay});
    default:
        return reel_optim_sgd(parameters, (reel_sgd_options){.lr = e->lr,
                                                             .momentum = e->momentum,
                                                             .weight_decay = e->weight_decay});
    }
}

/* x or y of all points: (n, 1), or (n,). */
static reel_tensor *column(reel *r, const lab_experiment *e, int which, bool flat)
{
    float values[LAB_POINTS];
    for (int i = 0; i < e->points; i++) {
        values[i] = (float)e->point[i][which];
    }
    return reel_from_f32(r, values, flat ? 1 : 2, (int64_t[]){e->points, 1});
}

static void note_warning(void *context, reel_level level, const char *message)
{
    if (level == REEL_WARNING) {
        snprintf(context, LAB_SENTENCE, "%s", message);
    }
}

bool lab_begin(lab_training *t, reel *r, const lab_experiment *e)
{
    *t = (lab_training){.r = r, .e = e};
    reel_set_message_handler(r, note_warning, t->warned);
    reel_manual_seed(r, e->seed);
    t->x = reel_set_name(column(r, e, 0, false), "x");
    t->y = reel_set_name(column(r, e, 1, e->flat), "y_true");
    t->model = network(r, e);
    if (e->init) {
        fill(reel_parameters(t->model), e->init == LAB_HALVES ? 0.5 : 0);
    }
    if (e->starts) {
        reel_init_constant(reel_parameter(t->model, "weight"), e->start[0]);
        reel_init_constant(reel_parameter(t->model, "bias"), e->start[1]);
    }
    t->optimizer = optimizer(e, reel_parameters(t->model));
    if (e->gamma != 1) {
        t->scheduler = reel_lr_exponential(t->optimizer, (reel_lr_exponential_options){e->gamma});
    }
    return !reel_failed(r);
}

reel_tensor *lab_loss_of(const lab_experiment *e, reel_tensor *y_pred, reel_tensor *y_true,
                         reel_reduction reduction)
{
    switch (e->loss) {
    case LAB_MSE:
        return reel_mse_loss(y_pred, y_true, reduction);
    case LAB_HUBER:
        return reel_huber_loss(y_pred, y_true, 1, reduction);
    case LAB_SMOOTH_L1:
        return reel_smooth_l1_loss(y_pred, y_true, 1, reduction);
    default:
        return reel_l1_loss(y_pred, y_true, reduction);
    }
}

reel_tensor *lab_loss(lab_training *t)
{
    const lab_experiment *e = t->e;
    reel_tensor *y_pred = reel_set_name(reel_forward(t->model, t->x), "y_pred");
    reel_tensor *loss = lab_loss_of(e, y_pred, t->y, e->total ? REEL_SUM : REEL_MEAN);
    if (e->penalty > 0) {
        reel_tensor *size = reel_sum(reel_abs(reel_parameter(t->model, "weight")));
        loss = reel_add(loss, reel_mul_scalar(size, e->penalty));
    }
    return loss;
}

bool lab_step(lab_training *t, char digits[LAB_LOSS], double *value)
{
    reel_tensor *loss = lab_loss(t);
    snprintf(digits, LAB_LOSS, "%s", reel_item_repr(loss));
    *value = reel_item(loss);
    if (!isfinite(*value)) {
        return false;
    }
    if (t->e->zero_grad) {
        reel_zero_grad(t->optimizer);
    }
    reel_backward(loss);
    if (t->e->clip > 0) {
        reel_clip_grad_norm(reel_parameters(t->model), t->e->clip, (reel_clip_options){0});
    }
    reel_step(t->optimizer);
    if (t->scheduler) {
        reel_scheduler_step(t->scheduler);
    }
    reel_rewind(t->r);
    t->done++;
    return !reel_failed(t->r);
}

bool lab_predict(lab_training *t, int n, const double *x, double *y)
{
    const uint64_t mark = reel_mark(t->r);
    const bool was = reel_set_grad_enabled(t->r, false);
    reel_tensor *in = reel_to(reel_from_f64(t->r, x, REEL_SHAPE(n, 1)), REEL_F32);
    reel_tensor *out = reel_to(reel_forward(t->model, in), REEL_F64);
    const bool done = reel_to_f64(out, y, n) == REEL_OK;
    reel_set_grad_enabled(t->r, was);
    reel_rewind_to(t->r, mark);
    return done;
}

double lab_weight(const lab_training *t) { return reel_item(reel_parameter(t->model, "weight")); }
double lab_bias(const lab_training *t) { return reel_item(reel_parameter(t->model, "bias")); }
