/* SPDX-License-Identifier: MIT */
/* The layers of a net by their sizes, and the loss and its words by their names. */
#include "network.h"

reel_model_options shape_options(const network_shape *shape)
{
    return (reel_model_options){.hidden = shape->hidden,
                                .hidden_count = shape->hidden_count,
                                .activation = activation_names[shape->activation],
                                .dropout = shape->dropout,
                                .outputs = shape->outputs,
                                .quantiles = shape->quantiles,
                                .quantile_count = shape->quantile_count,
                                .dtype = shape->dtype};
}

/* A line through the origin of coordinates of its own. */
static reel_module *line_without_bias(reel *r, const network_shape *shape)
{
    reel_linear_options last = {.dtype = shape->dtype, .no_bias = true};
    reel_module *layer = reel_nn_linear_with(r, shape->features, 1, &last);
    reel_module *net = reel_nn_sequential(r, &layer, 1);
    if (net) {
        reel_init_constant(reel_parameter(net, "0.weight"), 0);
    }
    return net;
}

reel_module *network_new(reel *r, const network_shape *shape)
{
    return shape->no_bias ? line_without_bias(r, shape)
                          : reel_model_network(r, shape->features, shape_options(shape));
}

/* q (t - p) where p is too low, (1 - q) (p - t) where it is too high, is half of |p - t| and
 * (q - ½) (t - p): only the first half has a corner. */
static reel_tensor *smooth_quantile_loss(double q, reel_tensor *predicted, reel_tensor *target,
                                         double smoothing, reel_reduction how)
{
    reel_tensor *distance = reel_smooth_l1_loss(predicted, target, smoothing, how);
    reel_tensor *off = reel_sub(target, predicted);
    reel_tensor *tilt = how == REEL_NONE ? off : reel_mean(off);
    return reel_add(reel_mul_scalar(distance, 0.5), reel_mul_scalar(tilt, q - 0.5));
}

/* The mean over the quantiles, each of which has a column. */
static reel_tensor *quantiles_loss(const options *o, reel_tensor *predicted, reel_tensor *target,
                                   double smoothing, reel_reduction how)
{
    int64_t outputs = reel_size(predicted, 1);
    reel_tensor *sum = NULL;
    for (int64_t k = 0; k < outputs; k++) {
        double q = outputs > 1 ? o->quantiles[k] : o->quantile;
        reel_tensor *one = outputs > 1 ? reel_narrow(predicted, 1, k, 1) : predicted;
        reel_tensor *loss = smoothing > 0 ? smooth_quantile_loss(q, one, target, smoothing, how)
                                          : reel_quantile_loss(one, target, q, how);
        sum = sum ? reel_add(sum, loss) : loss;
    }
    return outputs > 1 ? reel_mul_scalar(sum, 1 / (double)outputs) : sum;
}

/* Of class numbers (rows, 1). */
static reel_tensor *class_loss(reel_tensor *predicted, reel_tensor *target, reel_reduction how)
{
    reel_tensor *classes = reel_to(reel_squeeze(target, 1), REEL_I64);
    reel_tensor *loss =
        reel_cross_entropy(predicted, classes, &(reel_cross_entropy_options){.reduction = how});
    return how == REEL_NONE ? reel_unsqueeze(loss, 1) : loss;
}

static reel_tensor *loss_of(const options *o, reel_tensor *predicted, reel_tensor *target,
                            double smoothing, reel_reduction how)
{
    switch ((loss_kind)o->loss) {
    case LOSS_L1:
        return smoothing > 0 ? reel_smooth_l1_loss(predicted, target, smoothing, how)
                             : reel_l1_loss(predicted, target, how);
    case LOSS_MSE:
        return reel_mse_loss(predicted, target, how);
    case LOSS_HUBER:
        return reel_huber_loss(predicted, target, o->delta, how);
    case LOSS_SMOOTH_L1:
        return reel_smooth_l1_loss(predicted, target, o->delta, how);
    case LOSS_QUANTILE:
        return quantiles_loss(o, predicted, target, smoothing, how);
    case LOSS_LOG_COSH:
        return reel_log_cosh_loss(predicted, target, how);
    case LOSS_BCE:
        return reel_binary_cross_entropy_with_logits(predicted, target, NULL, NULL, how);
    case LOSS_POISSON:
        return reel_poisson_nll_loss(predicted, target,
                                     &(reel_poisson_nll_loss_options){.reduction = how});
    case LOSS_CROSS_ENTROPY:
        return class_loss(predicted, target, how);
    }
    return NULL;
}

/* (rows, 1), each times the row's weight if there are weights. */
static reel_tensor *row_losses(const options *o, reel_tensor *predicted, reel_tensor *target,
                               double smoothing)
{
    reel_tensor *losses = loss_of(o, predicted, reel_narrow(target, 1, 0, 1), smoothing, REEL_NONE);
    return reel_size(target, 1) == 1 ? losses : reel_mul(losses, reel_narrow(target, 1, 1, 1));
}

reel_tensor *network_loss(const options *o, reel_tensor *predicted, reel_tensor *target,
                          double smoothing)
{
    return reel_size(target, 1) == 1 ? loss_of(o, predicted, target, smoothing, REEL_MEAN)
                                     : reel_mean(row_losses(o, predicted, target, smoothing));
}

/* How many rows from `first` on are looked at at once. */
static int64_t at_once(const matrix *x, int64_t first)
{
    return x->rows - first < MATRIX_ROWS ? x->rows - first : MATRIX_ROWS;
}

/* Evaluation: without dropout, and without a tape. */
static bool begin_evaluation(reel_module *net, reel *r)
{
    reel_eval(net);
    reel_rewind(r);
    return reel_set_grad_enabled(r, false);
}

static void end_evaluation(reel_module *net, reel *r, bool was_enabled)
{
    reel_rewind(r);
    reel_set_grad_enabled(r, was_enabled);
    reel_train(net);
}

bool network_predict_rows(reel_module *net, matrix *x, double *predicted)
{
    reel *r = x->r;
    bool was_enabled = begin_evaluation(net, r);
    for (int64_t i = 0; i < x->rows && !reel_failed(r); i += MATRIX_ROWS) {
        reel_tensor *part = reel_forward(net, matrix_rows(x, i, at_once(x, i)));
        reel_to_f64(part, predicted, reel_numel(part));
        predicted += reel_numel(part);
        reel_rewind(r);
    }
    end_evaluation(net, r, was_enabled);
    return !reel_failed(r);
}

bool network_predict(reel_module *net, reel_tensor *x, double *predicted)
{
    matrix all = matrix_around(x);
    return network_predict_rows(net, &all, predicted);
}

int64_t network_blocks(const matrix *x) { return (x->rows + MATRIX_ROWS - 1) / MATRIX_ROWS; }

double network_block_loss(const options *o, reel_module *net, matrix *x, matrix *y, int64_t block)
{
    reel *r = x->r;
    bool was_enabled = begin_evaluation(net, r);
    int64_t first = block * MATRIX_ROWS, count = at_once(x, first);
    reel_tensor *out = reel_forward(net, matrix_rows(x, first, count));
    reel_tensor *targets = matrix_rows(y, first, count);
    double sum = reel_item(network_loss(o, out, targets, 0)) * (double)count;
    end_evaluation(net, r, was_enabled);
    return sum;
}

bool network_row_losses(const options *o, reel_module *net, matrix *x, matrix *y, double *losses)
{
    reel *r = x->r;
    bool was_enabled = begin_evaluation(net, r);
    for (int64_t i = 0; i < x->rows && !reel_failed(r); i += MATRIX_ROWS) {
        int64_t count = at_once(x, i);
        reel_tensor *out = reel_forward(net, matrix_rows(x, i, count));
        reel_to_f64(row_losses(o, out, matrix_rows(y, i, count), 0), losses + i, count);
        reel_rewind(r);
    }
    end_evaluation(net, r, was_enabled);
    return !reel_failed(r);
}

double network_mean_loss(const options *o, reel_module *net, matrix *x, matrix *y)
{
    double sum = 0;
    for (int64_t i = 0; i < network_blocks(x) && !reel_failed(x->r); i++) {
        sum += network_block_loss(o, net, x, y, i);
    }
    return sum / (double)x->rows;
}
