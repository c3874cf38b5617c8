/* SPDX-License-Identifier: MIT */
/* Metrics of tensors, whose elements are converted to doubles. */
#include "kernels.h"
#include "regression_metrics.h"
#include "tensor.h"

#include <math.h>
#include <reel/metrics.h>

/* Predictions and targets of one shape. */
typedef struct both {
    const reel_tensor *prediction, *target;
} both;

/* Whether the two can be compared; records the error in `what`'s name if not. */
static bool may_compare(const char *what, const reel_tensor *prediction, const reel_tensor *target)
{
    if (!reeli_usable(what, prediction) ||
        !reeli_usable_as(prediction->r, what, "the target", target) ||
        REELI_REFUSE(prediction->r, what, "values cannot be read")) {
        return false;
    }
    if (!reeli_same_shape(prediction, target)) {
        reeli_error(prediction->r, REEL_ERR_SHAPE,
                    "%s: predictions of shape %s and targets of shape %s; they must be alike", what,
                    REELI_SHAPE_OF(prediction), REELI_SHAPE_OF(target));
        return false;
    }
    if (prediction->numel == 0) {
        reeli_error(prediction->r, REEL_ERR_VALUE, "%s: there are no predictions", what);
        return false;
    }
    return true;
}

/* The elements [from, from + n) of t, row by row. */
static void read_block(const reel_tensor *t, int64_t from, int64_t n, double *to)
{
    if (t->flags & REELI_CONTIGUOUS) {
        const char *data = t->data;
        reeli_move(n, to, REEL_F64, 1, data + (size_t)from * reeli_element_size(t->dtype), t->dtype,
                   1);
        return;
    }
    for (int64_t i = 0; i < n; i++) {
        to[i] = reeli_load(t, reeli_element_offset(t, from + i));
    }
}

static void read_both(void *of, int64_t first, int64_t count, double *p, double *t)
{
    const both *it = of;
    read_block(it->prediction, first, count, p);
    read_block(it->target, first, count, t);
}

/* A metric, in `what`'s name. */
static double metric(const char *what, double (*of)(reeli_pairs *it), const reel_tensor *prediction,
                     const reel_tensor *target)
{
    if (!may_compare(what, prediction, target)) {
        return (double)NAN;
    }
    both these = {prediction, target};
    reeli_pairs it = {.all = prediction->numel, .read = read_both, .of = &these};
    return of(&it);
}

double reel_mean_absolute_error(const reel_tensor *prediction, const reel_tensor *target)
{
    return metric("mean_absolute_error", reeli_mean_absolute_error, prediction, target);
}

double reel_root_mean_squared_error(const reel_tensor *prediction, const reel_tensor *target)
{
    return metric("root_mean_squared_error", reeli_root_mean_squared_error, prediction, target);
}

double reel_r2_score(const reel_tensor *prediction, const reel_tensor *target)
{
    return metric("r2_score", reeli_r2_score, prediction, target);
}

double reel_quantile_coverage(const reel_tensor *prediction, const reel_tensor *target)
{
    return metric("quantile_coverage", reeli_quantile_coverage, prediction, target);
}

double reel_median_absolute_error(const reel_tensor *prediction, const reel_tensor *target)
{
    return metric("median_absolute_error", reeli_median_absolute_error, prediction, target);
}
