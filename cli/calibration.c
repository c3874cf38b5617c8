/* SPDX-License-Identifier: MIT */
/* Residuals of rows that were held out, in their order. */
#include "calibration.h"
#include "counted.h"

#include <math.h>
#include <stdlib.h>

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Rows that the net was not trained on, standardised: their targets, and its outputs, of which each
 * row's are in order. All from one malloc. */
typedef struct unseen {
    int64_t n, outputs;
    double *target, *predicted, *off;
} unseen;

static bool look_at(unseen *it, session *s, const model *m, reel_table *table, reel_tensor *rows)
{
    *it = (unseen){.n = reel_numel(rows), .outputs = m->shape.outputs ? m->shape.outputs : 1};
    matrix *x = model_matrix(s, m, table, rows);
    reel_tensor *y = model_targets(m, table, rows);
    it->target = malloc((size_t)(it->n * (2 + it->outputs)) * sizeof *it->target);
    it->off = it->target + it->n;
    it->predicted = it->off + it->n;
    bool done = x && it->target && network_predict_rows(m->net, x, it->predicted) &&
                reel_to_f64(y, it->target, it->n) == REEL_OK;
    for (int64_t i = 0; done && i < it->n; i++) {
        qsort(it->predicted + i * it->outputs, (size_t)it->outputs, sizeof(double), by_size);
    }
    matrix_free(x);
    reel_tensor_free(y);
    if (!it->target) {
        complain(s, "there is no memory for the residuals");
    }
    if (!done) {
        free(it->target);
    }
    return done;
}

/* Adds to what the net gives for an output. */
static void move_output(const model *m, int64_t output, double by)
{
    reel_tensor_list all = reel_parameters(m->net);
    reel_tensor *bias = reel_detach(all.tensors[all.count - 1]);
    reel_set(bias, &output, reel_get(bias, &output) + by);
}

/* The residual of rank ⌈q (n + 1)⌉, or the largest. Sorts them. */
static double rank_of(double *off, int64_t n, double q)
{
    int64_t rank = (int64_t)ceil(q * (double)(n + 1) - 1e-9);
    qsort(off, (size_t)n, sizeof *off, by_size);
    return off[(rank < n ? rank : n) - 1];
}

bool calibrate_quantiles(session *s, const model *m, reel_table *table, reel_tensor *rows,
                         const options *o)
{
    unseen it;
    if (!rows) {
        return true;
    }
    if (!look_at(&it, s, m, table, rows)) {
        return false;
    }
    bool interval = !isnan(o->interval);
    for (int64_t k = interval; k < it.outputs - interval; k++) {
        for (int64_t i = 0; i < it.n; i++) {
            it.off[i] = it.target[i] - it.predicted[i * it.outputs + k];
        }
        double q = it.outputs > 1 ? o->quantiles[k] : o->quantile;
        move_output(m, k, rank_of(it.off, it.n, q));
    }
    free(it.target);
    reel_rewind(s->r);
    return !reel_failed(s->r);
}

bool calibrate_interval(session *s, model *m, reel_table *table, reel_tensor *rows, double share)
{
    unseen it;
    int64_t n = rows ? reel_numel(rows) : 0;
    if (ceil(share * (double)(n + 1) - 1e-9) > (double)n) {
        return complain(s,
                        "--interval %g: %s to learn its width on %s too few for that probability",
                        share, REELI_COUNTED(n, "row"), reeli_one_or_many(n, "is", "are"));
    }
    if (!look_at(&it, s, m, table, rows)) {
        return false;
    }
    int64_t last = it.outputs - 1;
    for (int64_t i = 0; i < n; i++) {
        const double *all = it.predicted + i * it.outputs;
        it.off[i] = last ? fmax(all[0] - it.target[i], it.target[i] - all[last])
                         : fabs(it.target[i] - all[0]);
    }
    double by = rank_of(it.off, n, share);
    m->interval = share;
    m->half_width = last ? 0 : by * reel_encoder_target_scale(m->encoder);
    if (last) {
        move_output(m, 0, -by);
        move_output(m, last, by);
    }
    free(it.target);
    reel_rewind(s->r);
    return !reel_failed(s->r);
}
