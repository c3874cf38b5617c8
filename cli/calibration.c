/* SPDX-License-Identifier: MIT */
/* Residuals of rows that were held out, in their order. */
#include "calibration.h"

#include <math.h>
#include <stdlib.h>

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* target - predicted of the rows, standardised, from malloc; NULL, and a message. */
static double *residuals(session *s, const model *m, reel_table *table, reel_tensor *rows)
{
    int64_t n = reel_numel(rows);
    matrix *x = model_matrix(s, m, table, rows);
    reel_tensor *y = model_targets(m, table, rows);
    double *off = malloc(2 * (size_t)n * sizeof *off);
    bool done =
        x && off && network_predict_rows(m->net, x, off + n) && reel_to_f64(y, off, n) == REEL_OK;
    for (int64_t i = 0; done && i < n; i++) {
        off[i] -= off[n + i];
    }
    matrix_free(x);
    reel_tensor_free(y);
    if (!off) {
        complain(s, "there is no memory for the residuals");
    }
    if (!done) {
        free(off);
    }
    return done ? off : NULL;
}

/* The residual of rank ⌈q (n + 1)⌉, or the largest. Sorts them. */
static double rank_of(double *off, int64_t n, double q)
{
    int64_t rank = (int64_t)ceil(q * (double)(n + 1) - 1e-9);
    qsort(off, (size_t)n, sizeof *off, by_size);
    return off[(rank < n ? rank : n) - 1];
}

bool calibrate_quantile(session *s, const model *m, reel_table *table, reel_tensor *rows, double q)
{
    if (!rows) {
        return true;
    }
    double *off = residuals(s, m, table, rows);
    if (!off) {
        return false;
    }
    double shift = rank_of(off, reel_numel(rows), q);
    reel_tensor_list all = reel_parameters(m->net);
    reel_tensor *bias = reel_detach(all.tensors[all.count - 1]);
    reel_set(bias, (int64_t[]){0}, reel_get(bias, (int64_t[]){0}) + shift);
    free(off);
    reel_rewind(s->r);
    return !reel_failed(s->r);
}

bool calibrate_interval(session *s, model *m, reel_table *table, reel_tensor *rows, double share)
{
    int64_t n = rows ? reel_numel(rows) : 0;
    if (ceil(share * (double)(n + 1) - 1e-9) > (double)n) {
        return complain(s,
                        "--interval %g: %lld rows to learn its width on are too few for that "
                        "probability",
                        share, (long long)n);
    }
    double *off = residuals(s, m, table, rows);
    for (int64_t i = 0; off && i < n; i++) {
        off[i] = fabs(off[i]);
    }
    if (off) {
        m->interval = share;
        m->half_width = rank_of(off, n, share) * reel_encoder_target_scale(m->encoder);
    }
    free(off);
    reel_rewind(s->r);
    return off && !reel_failed(s->r);
}
