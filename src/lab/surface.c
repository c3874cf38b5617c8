/* SPDX-License-Identifier: MIT */
/* A line's loss over weight and bias: one tensor (biases, weights, points) of residuals, its mean
 * or sum over the points. In double, as what is drawn there is the loss and not float32's
 * rounding. */
#include "surface.h"

#include <math.h>

enum { SIDE = 41 /* places of each of the two */ };

typedef struct bounds {
    double low[2], high[2]; /* weight, bias */
} bounds;

static void hold(bounds *it, double weight, double bias)
{
    const double at[2] = {weight, bias};
    for (int i = 0; i < 2; i++) {
        it->low[i] = fmin(it->low[i], at[i]);
        it->high[i] = fmax(it->high[i], at[i]);
    }
}

static double width(const bounds *it)
{
    return fmax(it->high[0] - it->low[0], it->high[1] - it->low[1]);
}

/* sum (x - mean x) (y - mean y) / sum (x - mean x)^2, and the line through both means. */
static void hold_least_squares(bounds *it, const lab_experiment *e)
{
    double x = 0, y = 0, xx = 0, xy = 0;
    for (int i = 0; i < e->points; i++) {
        x += e->point[i][0] / e->points;
        y += e->point[i][1] / e->points;
    }
    for (int i = 0; i < e->points; i++) {
        xx += (e->point[i][0] - x) * (e->point[i][0] - x);
        xy += (e->point[i][0] - x) * (e->point[i][1] - y);
    }
    const double weight = xx > 0 ? xy / xx : 0;
    hold(it, weight, y - weight * x);
}

/* A square with a margin. A way that runs away is followed for as far again as it began with. */
static bounds shown(const lab_experiment *e, const float *weight, const float *bias, int count)
{
    bounds it = {{(double)weight[0], (double)bias[0]}, {(double)weight[0], (double)bias[0]}};
    hold_least_squares(&it, e);
    const bounds first = it;
    const double far = width(&first);
    for (int i = 1; i < count; i++) {
        if (isfinite(weight[i]) && isfinite(bias[i])) {
            hold(&it, fmin(fmax((double)weight[i], first.low[0] - far), first.high[0] + far),
                 fmin(fmax((double)bias[i], first.low[1] - far), first.high[1] + far));
        }
    }
    const double half = width(&it) > 0 ? 0.65 * width(&it) : 1;
    for (int i = 0; i < 2; i++) {
        const double middle = (it.low[i] + it.high[i]) / 2;
        it.low[i] = middle - half;
        it.high[i] = middle + half;
    }
    return it;
}

static reel_tensor *points(const lab_training *t, int which)
{
    double values[LAB_POINTS];
    for (int i = 0; i < t->e->points; i++) {
        values[i] = t->e->point[i][which];
    }
    return reel_from_f64(t->r, values, REEL_SHAPE(t->e->points));
}

/* (SIDE of biases, SIDE of weights). Each of flat targets is compared with each prediction. */
static reel_tensor *losses(const lab_training *t, reel_tensor *weights, reel_tensor *biases)
{
    const lab_experiment *e = t->e;
    const int64_t dims[] = {2, 3}, shape[] = {SIDE, SIDE, e->points, e->points};
    const int ndim = e->flat ? 4 : 3;
    reel_tensor *across = reel_reshape(weights, REEL_SHAPE(1, SIDE, 1));
    reel_tensor *up = reel_reshape(biases, REEL_SHAPE(SIDE, 1, 1));
    reel_tensor *y_pred = reel_add(reel_mul(across, points(t, 0)), up);
    y_pred = reel_expand(e->flat ? reel_unsqueeze(y_pred, 3) : y_pred, ndim, shape);
    reel_tensor *y = reel_expand(points(t, 1), ndim, shape);
    reel_tensor *loss = lab_loss_of(e, y_pred, y, REEL_NONE);
    loss = (e->total ? reel_sum_dim : reel_mean_dim)(loss, dims, ndim - 2, false);
    reel_tensor *size = reel_abs(reel_reshape(weights, REEL_SHAPE(1, SIDE)));
    return reel_add(loss, reel_mul_scalar(size, e->penalty));
}

static void put(reeli_json_writer *w, const char *key, const double *values, int count)
{
    reeli_json_put_open(w, key, '[');
    for (int i = 0; i < count; i++) {
        reeli_json_put_number(w, NULL, values[i]);
    }
    reeli_json_put_close(w, ']');
}

void lab_put_surface(reeli_json_writer *w, const lab_training *t, const float *weight,
                     const float *bias, int count)
{
    const bounds it = shown(t->e, weight, bias, count);
    if (!isfinite(it.low[0] + it.high[0] + it.low[1] + it.high[1])) {
        return;
    }
    const uint64_t mark = reel_mark(t->r);
    const bool was = reel_set_grad_enabled(t->r, false);
    reel_tensor *weights = reel_linspace(t->r, REEL_F64, it.low[0], it.high[0], SIDE);
    reel_tensor *biases = reel_linspace(t->r, REEL_F64, it.low[1], it.high[1], SIDE);
    reel_tensor *loss = losses(t, weights, biases);
    double of_weights[SIDE], of_biases[SIDE], of_losses[SIDE * SIDE];
    if (reel_to_f64(weights, of_weights, SIDE) == REEL_OK &&
        reel_to_f64(biases, of_biases, SIDE) == REEL_OK &&
        reel_to_f64(loss, of_losses, SIDE * SIDE) == REEL_OK) {
        const int lowest = (int)reel_item(reel_argmin(loss));
        reeli_json_put_open(w, "surface", '{');
        put(w, "weight", of_weights, SIDE);
        put(w, "bias", of_biases, SIDE);
        put(w, "loss", of_losses, SIDE * SIDE);
        reeli_json_put_open(w, "lowest", '{');
        reeli_json_put_number(w, "weight", of_weights[lowest % SIDE]);
        reeli_json_put_number(w, "bias", of_biases[lowest / SIDE]);
        reeli_json_put_number(w, "loss", of_losses[lowest]);
        reeli_json_put_close(w, '}');
        reeli_json_put_close(w, '}');
    }
    reel_set_grad_enabled(t->r, was);
    reel_rewind_to(t->r, mark);
}
