/* SPDX-License-Identifier: MIT */
/* A column's features of one row are those of another, and the predictions are compared. */
#include "importance.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SHUFFLES = 5 };

/* The mean absolute error of the net on features x; NaN after an error. */
static double error_on(const model *m, reel_tensor *x, const double *truth, double *predicted)
{
    int64_t n = reel_size(x, 0);
    double sum = 0;
    if (!network_predict(m->net, x, predicted)) {
        return (double)NAN;
    }
    for (int64_t i = 0; i < n; i++) {
        sum += fabs(reel_encoder_decode(m->encoder, predicted[i]) - truth[i]);
    }
    return sum / (double)n;
}

/* x with a column's features of the rows that `order` names, kept. */
static reel_tensor *shuffled(reel_tensor *x, const exported_column *column)
{
    int64_t first = (int64_t)column->first, count = (int64_t)column->count;
    reel_tensor *made = reel_keep(x);
    reel_tensor *order = reel_randperm(reel_of(x), reel_size(x, 0));
    reel_tensor *part = reel_index_select(reel_narrow(x, 1, first, count), 0, order);
    reel_copy_(reel_narrow(made, 1, first, count), part);
    reel_tensor_free(order);
    reel_rewind(reel_of(x));
    return made;
}

static bool measure(const model *m, reel_tensor *x, const double *truth, double *predicted,
                    const exported_column *columns, size_t count, double *importance)
{
    double whole = error_on(m, x, truth, predicted);
    for (size_t c = 0; c < count && isfinite(whole); c++) {
        for (int i = 0; i < SHUFFLES; i++) {
            reel_tensor *other = shuffled(x, &columns[c]);
            if (reel_is_poison(other)) {
                return false;
            }
            importance[c] += (error_on(m, other, truth, predicted) - whole) / SHUFFLES;
            reel_tensor_free(other);
        }
    }
    return isfinite(whole) && !reel_failed(reel_of(x));
}

double *importance_of(session *s, const model *m, reel_table *table, reel_tensor *rows,
                      const double *truth, const exported_column *columns, size_t count)
{
    reel_tensor *x = model_features(m, table, rows);
    if (reel_is_poison(x)) {
        return NULL;
    }
    double *importance = calloc(count + 1, sizeof *importance);
    double *predicted = calloc((size_t)reel_size(x, 0) + 1, sizeof *predicted);
    bool done = importance && predicted
                    ? measure(m, x, truth, predicted, columns, count, importance)
                    : complain(s, "there is no memory for the importances");
    reel_tensor_free(x);
    free(predicted);
    if (!done) {
        free(importance);
    }
    return done ? importance : NULL;
}
