/* SPDX-License-Identifier: MIT */
/* Covariances in coordinates in which the columns are uncorrelated, brought back to the table's. */
#include "line_statistics.h"
#include "cholesky.h"
#include "distributions.h"
#include "line_errors.h"
#include "series.h"
#include "softmax_solver.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool is_quantile(const options *o) { return o->loss == LOSS_L1 || o->loss == LOSS_QUANTILE; }

static bool is_likelihood(const options *o)
{
    return o->loss == LOSS_BCE || o->loss == LOSS_POISSON;
}

/* slope_j = (scale / scale_j) Σ_b T[j, b] v_b, and the intercept from what the columns were moved
 * by; its constant part is not in `back`. */
static void find_way_back(solved_line *s)
{
    const coordinates *c = s->c;
    int64_t k = s->k, m = s->m;
    double scale = reel_encoder_target_scale(s->encoder);
    memset(s->back, 0, (size_t)((k + 1) * m) * sizeof *s->back);
    for (int64_t j = 0; j < k; j++) {
        double feature_scale = reel_encoder_scale(s->encoder, (size_t)j);
        double mean = reel_encoder_mean(s->encoder, (size_t)j) - c->shift[j] * feature_scale;
        for (int64_t b = j; b < k; b++) {
            double slope = scale / feature_scale * c->triangle[j * k + b];
            s->back[(j + 1) * m + b] = slope;
            s->back[b] -= mean * slope;
        }
    }
    if (s->bias) {
        s->back[k] = scale;
    } else {
        memset(s->back, 0, (size_t)m * sizeof *s->back);
    }
}

/* The rows' weights: those of the training have the mean 1, R's are the table's. */
static void read_row_weights(solved_line *s)
{
    s->weighted = s->training->y->columns == 2;
    for (int64_t i = 0; i < s->n; i++) {
        const double w = solved_weight(s, i);
        s->counted += w > 0;
        s->weights += w;
    }
}

/* y ln(y / p), which is 0 for 0. */
static double y_log(double y, double p) { return y > 0 ? y * log(y / p) : 0; }

/* What a row adds to the deviance if its mean is `mean`. */
static double deviance_of(const options *o, double y, double mean)
{
    return o->loss == LOSS_POISSON ? 2 * (y_log(y, mean) - (y - mean))
                                   : 2 * (y_log(y, mean) + y_log(1 - y, 1 - mean));
}

static double mean_of(const options *o, double at)
{
    return o->loss == LOSS_POISSON ? exp(at) : 1 / (1 + exp(-at));
}

static void find_quantiles(series *residuals, line_statistics *it)
{
    for (int q = 0; q < 5; q++) {
        it->residuals[q] = series_quantile(residuals, q / 4.0);
    }
}

/* Residuals in the table's units, times the roots of weights, into `residuals`; the sum of their
 * squares, and that of the targets around their mean. */
static double look_at_residuals(solved_line *s, series *residuals, double *total)
{
    double scale = reel_encoder_target_scale(s->encoder), sum = 0, mean = 0, weights = 0;
    int64_t place = 0;
    for (int64_t i = 0; i < s->n; i++) {
        const double w = solved_weight(s, i);
        weights += w;
        mean += w * scale * solved_target(s, i);
    }
    mean = s->bias ? mean / weights : 0;
    *total = 0;
    for (int64_t i = 0; i < s->n; i++) {
        solved_take_row(s, i);
        double target = solved_target(s, i), w = solved_weight(s, i);
        double off = sqrt(w) * scale * (target - solved_at_row(s, s->v));
        sum += off * off;
        *total += w * (scale * target - mean) * (scale * target - mean);
        if (w > 0) {
            series_set(residuals, place++, off);
        }
    }
    return sum;
}

/* Adds w z zᵀ of a row z to the lower triangle of a, (m, m). */
static void add_curvature(const solved_line *s, double w, double *a)
{
    for (int64_t j = 0; j < s->m; j++) {
        for (int64_t l = 0; l <= j; l++) {
            a[j * s->m + l] += w * s->row[j] * s->row[l];
        }
    }
}

static double *curvature_new(const solved_line *s)
{
    double *a = calloc((size_t)(s->m * s->m), sizeof *a);
    if (!a) {
        complain(s->training->session, "there is no memory for the standard errors");
    }
    return a;
}

/* (zᵀ W z)⁻¹ into `covariance`, of the rows' weights. */
static bool invert_weighted(const solved_line *s)
{
    double *a = curvature_new(s);
    for (int64_t i = 0; a && i < s->n; i++) {
        solved_take_row(s, i);
        add_curvature(s, solved_weight(s, i), a);
    }
    if (a) {
        cholesky_curvature_inverse(s->m, a, s->weights, s->covariance);
    }
    free(a);
    return a != NULL;
}

static bool least_squares(const solved_line *s, line_statistics *it, double sum, double total)
{
    int64_t coefficients = s->c->qr.rank + s->bias;
    double freedom = (double)it->freedom, scale = reel_encoder_target_scale(s->encoder);
    it->sigma = sqrt(sum / freedom);
    it->r2 = 1 - sum / total;
    it->adjusted_r2 = 1 - (1 - it->r2) * (double)(s->counted - s->bias) / freedom;
    it->f_freedom = coefficients - s->bias;
    it->f = (total - sum) / (double)it->f_freedom / (it->sigma * it->sigma);
    it->f_p = fisher_upper(it->f, (double)it->f_freedom, freedom);
    double variance = it->sigma * it->sigma / (scale * scale);
    if (s->weighted && !invert_weighted(s)) {
        return false;
    }
    for (int64_t a = 0; a < s->m * s->m; a++) {
        bool diagonal = a / s->m == a % s->m;
        double z = s->weighted ? s->covariance[a] : diagonal ? 1 / (double)s->n : 0; /* zᵀz = n */
        s->covariance[a] = variance * z;
    }
    return true;
}

/* The mean without any column, which with an intercept is that of the targets. */
static double null_mean(const solved_line *s)
{
    double sum = 0, weights = 0;
    for (int64_t i = 0; i < s->n; i++) {
        const double w = solved_weight(s, i);
        sum += w * solved_target(s, i);
        weights += w;
    }
    return s->bias ? sum / weights : mean_of(s->training->o, 0);
}

/* What a row adds to -2 ln of its likelihood besides its part of the deviance. */
static double beside_deviance(const options *o, double y)
{
    return o->loss == LOSS_POISSON ? 2 * (lgamma(y + 1) + y - (y > 0 ? y * log(y) : 0))
           : y > 0 && y < 1        ? (double)NAN
                                   : 0;
}

/* Deviances, Akaike's criterion, the residuals' parts of the deviance, the curvature's inverse. */
static bool likelihood(const solved_line *s, line_statistics *it, series *residuals)
{
    const options *o = s->training->o;
    double *a = curvature_new(s), none = null_mean(s), more = 0;
    int64_t place = 0;
    it->deviance = it->null_deviance = 0;
    for (int64_t i = 0; a && i < s->n; i++) {
        solved_take_row(s, i);
        double y = solved_target(s, i), mean = mean_of(o, solved_at_row(s, s->v));
        double weight = solved_weight(s, i), part = weight * deviance_of(o, y, mean);
        it->deviance += part;
        it->null_deviance += weight * deviance_of(o, y, none);
        more += weight * beside_deviance(o, y);
        add_curvature(s, weight * (o->loss == LOSS_POISSON ? mean : mean * (1 - mean)), a);
        if (weight > 0) {
            series_set(residuals, place++, copysign(sqrt(fmax(part, 0)), y - mean));
        }
    }
    it->aic = it->deviance + more + 2 * (double)(s->c->qr.rank + s->bias);
    if (a) {
        cholesky_curvature_inverse(s->m, a, s->weights, s->covariance);
    }
    free(a);
    return a != NULL;
}

/* Whether a likelihood goes on growing with a coefficient, of which it then says nothing: as if
 * less than a hundred-millionth of each row were there to say it. */
static bool is_endless(const solved_line *s, const line_statistics *it, const double *way,
                       double variance)
{
    double length = 0;
    for (int64_t a = 0; a < s->m; a++) {
        length += way[a] * way[a];
    }
    return it->source == ERRORS_BY_CURVATURE && variance * s->weights > 1e8 * length;
}

/* Coefficients and their standard errors in the table's units, and what follows from them. */
static void bring_back(const solved_line *s, line_statistics *it)
{
    double mean = reel_encoder_target_mean(s->encoder),
           scale = reel_encoder_target_scale(s->encoder);
    bool z = it->source == ERRORS_BY_CURVATURE;
    double reach = z ? normal_quantile(0.975) : student_quantile(0.05, (double)it->freedom);
    for (int64_t j = 0; j <= s->k; j++) {
        const double *way = s->back + j * s->m;
        double variance = 0;
        it->estimate[j] = j || !s->bias ? 0 : mean - scale * s->c->target_shift;
        for (int64_t a = 0; a < s->m; a++) {
            it->estimate[j] += way[a] * s->v[a];
            for (int64_t b = 0; b < s->m && way[a] != 0; b++) {
                variance += way[b] == 0 ? 0 : way[a] * s->covariance[a * s->m + b] * way[b];
            }
        }
        bool there = j ? s->c->qr.rank_of[j - 1] >= 0 : s->bias;
        bool endless = there && is_endless(s, it, way, variance);
        it->endless += endless;
        it->error[j] = there && !endless ? sqrt(variance) : (double)NAN;
        it->t[j] = it->estimate[j] / it->error[j];
        it->p[j] = isnan(it->t[j]) ? (double)NAN
                   : z             ? erfc(fabs(it->t[j]) / sqrt(2))
                                   : student_two_sided(it->t[j], (double)it->freedom);
        it->low[j] = it->estimate[j] - reach * it->error[j];
        it->high[j] = it->estimate[j] + reach * it->error[j];
    }
}

/* 1 / (1 - R²_j) of each column on the others: |x_j|² Σ_b T[j, b]² / n. */
static void inflations(const solved_line *s, line_statistics *it)
{
    const column_qr *qr = &s->c->qr;
    it->inflation[0] = (double)NAN;
    for (int64_t j = 0; j < s->k; j++) {
        double length = 0, sum = 0;
        for (int64_t a = 0; a < qr->rank; a++) {
            length += qr->r[j * s->k + a] * qr->r[j * s->k + a];
        }
        for (int64_t b = j; b < s->k; b++) {
            sum += s->c->triangle[j * s->k + b] * s->c->triangle[j * s->k + b];
        }
        it->inflation[j + 1] = qr->rank_of[j] < 0 ? (double)NAN : length * sum / (double)s->n;
    }
}

/* The errors of one line; its residuals are there. */
static bool find_errors(solved_line *s, line_statistics *it, series *residuals, double sum,
                        double total)
{
    const options *o = s->training->o;
    it->source = o->loss == LOSS_MSE ? ERRORS_OF_SQUARES
                 : is_likelihood(o)  ? ERRORS_BY_CURVATURE
                                     : ERRORS_BY_SANDWICH;
    bool done = o->loss == LOSS_MSE ? least_squares(s, it, sum, total)
                : is_likelihood(o)  ? likelihood(s, it, residuals)
                : o->bootstrap      ? true
                                    : quantile_errors(s);
    if (done && o->bootstrap) {
        it->source = ERRORS_BY_BOOTSTRAP;
        it->samples = o->bootstrap;
        done = bootstrap_errors(s);
    }
    return done;
}

/* Of one of the net's outputs. */
static bool fill(solved_line *s, line_statistics *it, int64_t output)
{
    series *residuals = series_new(s->training->session, s->counted, 1);
    double total = 0, sum = 0;
    solved_read_weights(s->training->net, output, s->k, s->v);
    if (residuals) {
        sum = look_at_residuals(s, residuals, &total);
    }
    it->freedom = s->counted - s->c->qr.rank - s->bias;
    bool done = residuals && find_errors(s, it, residuals, sum, total);
    if (done) {
        find_quantiles(residuals, it);
        bring_back(s, it);
        inflations(s, it);
    }
    series_free(residuals);
    return done;
}

/* The place of line a's figures. */
static line_statistics line_of(const line_statistics *it, int64_t a)
{
    line_statistics one = *it;
    double **parts[] = {&one.estimate, &one.error, &one.t,        &one.p,
                        &one.low,      &one.high,  &one.inflation};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        *parts[i] += a * (it->features + 1);
    }
    return one;
}

/* Of several quantiles each line is as if it were the only one. */
static bool fill_quantiles(solved_line *s, line_statistics *it)
{
    const training *all = s->training;
    options o = *all->o;
    training one = *all;
    bool done = true;
    one.o = &o;
    s->training = &one;
    for (int64_t k = 0; done && k < it->lines; k++) {
        line_statistics line = line_of(it, k);
        o.quantile = all->o->quantiles[k];
        done = fill(s, &line, k);
        it->source = line.source;
        it->freedom = line.freedom;
        it->samples = line.samples;
    }
    s->training = all;
    return done;
}

/* The deviance of the classes' shares alone, and Akaike's criterion. `of` has room for the weight
 * of each class's rows. */
static void compare_with_shares(const solved_line *s, line_statistics *it, double *of)
{
    double all = 0;
    memset(of, 0, (size_t)(it->lines + 1) * sizeof *of);
    for (int64_t i = 0; i < s->n; i++) {
        const double w = solved_weight(s, i);
        of[(int64_t)solved_target(s, i)] += w;
        all += w;
    }
    it->null_deviance = 0;
    for (int64_t a = 0; a <= it->lines; a++) {
        it->null_deviance += 2 * of[a] * log(all / fmax(of[a], 1e-300));
    }
    it->aic = it->deviance + 2 * (double)(it->lines * (s->c->qr.rank + 1));
}

/* Of classes, a line for each but the first. */
static bool fill_classes(solved_line *s, line_statistics *it)
{
    int64_t m = s->m, size = it->lines * m;
    double *all = malloc((size_t)(size * size + it->lines + 1) * sizeof *all);
    if (!all) {
        return complain(s->training->session, "there is no memory for the standard errors");
    }
    bool done = softmax_covariance(s->training, all, &it->deviance);
    it->source = ERRORS_BY_CURVATURE;
    it->freedom = s->counted - it->lines * (s->c->qr.rank + 1);
    for (int64_t a = 0; done && a < it->lines; a++) {
        line_statistics one = line_of(it, a);
        solved_read_weights(s->training->net, a + 1, s->k, s->v);
        for (int64_t j = 0; j < m; j++) {
            memcpy(s->covariance + j * m, all + (a * m + j) * size + a * m,
                   (size_t)m * sizeof *all);
        }
        bring_back(s, &one);
        inflations(s, &one);
        it->endless = one.endless;
    }
    if (done) {
        compare_with_shares(s, it, all + size * size);
    }
    free(all);
    return done;
}

bool line_statistics_of(line_statistics *it, training *t, const coordinates *c,
                        reel_encoder *encoder)
{
    const options *o = t->o;
    *it = (line_statistics){0};
    solved_line s = {.training = t, .c = c, .encoder = encoder, .n = t->x->rows};
    s.k = t->x->columns;
    s.bias = reel_parameter(t->net, "0.bias") != NULL;
    s.m = s.k + s.bias;
    int64_t freedom = s.n - c->qr.rank - s.bias;
    bool known = o->loss == LOSS_MSE || is_quantile(o) || is_likelihood(o) || o->bootstrap;
    bool classes = o->loss == LOSS_CROSS_ENTROPY && softmax_is_due(t);
    int64_t outputs = reel_size(reel_parameter(t->net, "0.weight"), 0);
    if (!c->triangle || t->validation_x || t->interrupted || freedom < 1 || c->qr.rank < 1 ||
        !(classes || (known && (outputs == 1 || o->loss == LOSS_QUANTILE)))) {
        return true;
    }
    it->lines = classes ? outputs - 1 : outputs;
    it->sigma = it->r2 = it->adjusted_r2 = it->f = it->f_p = (double)NAN;
    it->deviance = it->null_deviance = it->aic = (double)NAN;
    size_t k = (size_t)s.k + 1, m = (size_t)s.m, lines = (size_t)it->lines;
    double *memory = calloc(2 * k + k * m + m * m, sizeof *memory);
    it->estimate = calloc(7 * k * lines, sizeof *memory);
    bool done = memory && it->estimate;
    if (!done) {
        complain(t->session, "there is no memory for the standard errors");
    } else {
        double **parts[] = {&it->error, &it->t, &it->p, &it->low, &it->high, &it->inflation};
        for (size_t i = 0; i < 6; i++) {
            *parts[i] = it->estimate + (i + 1) * k * lines;
        }
        s.v = memory;
        s.row = s.v + k;
        s.back = s.row + k;
        s.covariance = s.back + k * m;
        it->features = s.k;
        find_way_back(&s);
        read_row_weights(&s);
        done = classes       ? fill_classes(&s, it)
               : outputs > 1 ? fill_quantiles(&s, it)
                             : fill(&s, it, 0);
        it->condition = column_qr_condition(&c->qr, t->session->r);
        it->features = done && !training_interrupted(t) ? s.k : 0; /* not by half the samples */
    }
    free(memory);
    return done;
}

void line_statistics_free(line_statistics *it) { free(it->estimate); }
