/* SPDX-License-Identifier: MIT */
/* Covariances in coordinates in which the columns are uncorrelated, brought back to the table's. */
#include "line_statistics.h"
#include "distributions.h"
#include "line_solver.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A line y = z v + b in the coordinates it was solved in; m of them with the bias, which is
 * last. */
typedef struct solved {
    const training *training;
    const coordinates *c;
    reel_encoder *encoder;
    int64_t n, k, m;
    bool bias;
    double *v, *row, *residual;
    double *back; /* (k + 1, m): the table's coefficients, the intercept first, from v and b */
    double *covariance; /* (m, m) */
} solved;

static bool is_quantile(const options *o) { return o->loss == LOSS_L1 || o->loss == LOSS_QUANTILE; }

static double quantile_of(const options *o) { return o->loss == LOSS_L1 ? 0.5 : o->quantile; }

static void read_weights(reel_module *net, int64_t k, double *v)
{
    reel_tensor *bias = reel_parameter(net, "0.bias");
    reel_to_f64(reel_parameter(net, "0.weight"), v, k);
    v[k] = bias ? reel_item(bias) : 0;
    reel_rewind(reel_of(reel_parameter(net, "0.weight")));
}

static void take_row(const solved *s, int64_t i)
{
    matrix_row(s->training->x, i, s->row);
    s->row[s->k] = 1;
}

static double at_row(const solved *s, const double *v)
{
    double sum = 0;
    for (int64_t j = 0; j < s->m; j++) {
        sum += s->row[j] * v[j];
    }
    return sum;
}

/* slope_j = (scale / scale_j) Σ_b T[j, b] v_b, and the intercept from what the columns were moved
 * by; its constant part is not in `back`. */
static void find_way_back(solved *s)
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

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* R's default quantiles: between the values in order, number (n - 1) q of them. */
static double quantile_in(const double *sorted, int64_t n, double q)
{
    double at = q * (double)(n - 1), below = floor(at);
    int64_t i = (int64_t)below;
    return i + 1 < n ? sorted[i] + (at - below) * (sorted[i + 1] - sorted[i]) : sorted[i];
}

/* Residuals in the table's units, and what is made of them; their sum of squares. */
static double look_at_residuals(solved *s, line_statistics *it, double *total)
{
    double scale = reel_encoder_target_scale(s->encoder), sum = 0, mean = 0;
    double *y = reel_dtype_of(s->training->y) == REEL_F64 ? reel_data_f64(s->training->y) : NULL;
    for (int64_t i = 0; i < s->n; i++) {
        take_row(s, i);
        double target = y ? y[i] : (double)reel_data_f32(s->training->y)[i];
        s->residual[i] = scale * (target - at_row(s, s->v));
        mean += scale * target / (double)s->n;
    }
    *total = 0;
    for (int64_t i = 0; i < s->n; i++) {
        double target = scale * (y ? y[i] : (double)reel_data_f32(s->training->y)[i]);
        sum += s->residual[i] * s->residual[i];
        *total += (target - s->bias * mean) * (target - s->bias * mean);
    }
    qsort(s->residual, (size_t)s->n, sizeof *s->residual, by_size);
    for (int q = 0; q < 5; q++) {
        it->residuals[q] = quantile_in(s->residual, s->n, q / 4.0);
    }
    return sum;
}

static void least_squares(const solved *s, line_statistics *it, double sum, double total)
{
    int64_t coefficients = s->c->qr.rank + s->bias;
    double freedom = (double)it->freedom, scale = reel_encoder_target_scale(s->encoder);
    it->sigma = sqrt(sum / freedom);
    it->r2 = 1 - sum / total;
    it->adjusted_r2 = 1 - (1 - it->r2) * (double)(s->n - s->bias) / freedom;
    it->f_freedom = coefficients - s->bias;
    it->f = (total - sum) / (double)it->f_freedom / (it->sigma * it->sigma);
    it->f_p = fisher_upper(it->f, (double)it->f_freedom, freedom);
    double variance = it->sigma * it->sigma / (scale * scale) / (double)s->n;
    for (int64_t a = 0; a < s->m; a++) {
        s->covariance[a * s->m + a] = variance; /* zᵀz = n */
    }
}

static double density(double z) { return exp(-z * z / 2) / sqrt(2 * acos(-1)); }

/* Φ⁻¹(p), by halves: it is wanted once. */
static double normal_quantile(double p)
{
    double low = -40, high = 40;
    for (int i = 0; i < 100; i++) {
        double middle = (low + high) / 2;
        erfc(-middle / sqrt(2)) / 2 < p ? (low = middle) : (high = middle);
    }
    return (low + high) / 2;
}

static double bandwidth(double q, int64_t n)
{
    double z = normal_quantile(q), f = density(z), level = normal_quantile(0.975);
    double h = pow((double)n, -1.0 / 3) * pow(level, 2.0 / 3) * cbrt(1.5 * f * f / (2 * z * z + 1));
    while (q - h < 0 || q + h > 1) {
        h /= 2;
    }
    return h;
}

/* The weights of another quantile. */
static bool other_quantile(const solved *s, double q, double *v)
{
    options o = *s->training->o;
    o.loss = LOSS_QUANTILE;
    o.quantile = q;
    training other = *s->training;
    network_shape shape = {.features = s->k, .no_bias = !s->bias};
    shape.dtype = s->training->x->dtype;
    other.o = &o;
    other.net = network_new(s->training->session->r, &shape);
    bool done = other.net && line_solve(&other);
    if (done) {
        read_weights(other.net, s->k, v);
    }
    reel_module_free(other.net);
    return done;
}

/* Solves A X = B in place of B, both (m, m), A symmetric; rows without a pivot become 0. */
static void solve_symmetric(int64_t m, double *a, double *b)
{
    for (int64_t j = 0; j < m; j++) {
        double pivot = a[j * m + j];
        bool lost = !(fabs(pivot) > 0);
        for (int64_t i = 0; i < m; i++) {
            double factor = i == j || lost ? 0 : a[i * m + j] / pivot;
            for (int64_t c = 0; c < m && factor != 0; c++) {
                a[i * m + c] -= factor * a[j * m + c];
                b[i * m + c] -= factor * b[j * m + c];
            }
        }
        for (int64_t c = 0; c < m; c++) {
            b[j * m + c] = lost ? 0 : b[j * m + c] / pivot;
            a[j * m + c] = lost ? 0 : a[j * m + c] / pivot;
        }
    }
}

static void transpose(int64_t m, double *a)
{
    for (int64_t i = 0; i < m; i++) {
        for (int64_t j = 0; j < i; j++) {
            double was = a[i * m + j];
            a[i * m + j] = a[j * m + i];
            a[j * m + i] = was;
        }
    }
}

/* q (1 - q) F⁻¹ n F⁻¹ of F = zᵀ f z; `spread` is β(q + h) - β(q - h). */
static bool sandwich(const solved *s, double q, double h, const double *spread)
{
    int64_t m = s->m;
    size_t size = (size_t)(m * m) * sizeof(double);
    double *f = calloc(2, size), *copy = f + m * m, *b = s->covariance;
    for (int64_t i = 0; f && i < s->n; i++) {
        take_row(s, i);
        double gap = at_row(s, spread) - pow(DBL_EPSILON, 2.0 / 3);
        double weight = gap > 0 ? 2 * h / gap : 0;
        for (int64_t a = 0; a < m; a++) {
            for (int64_t c = 0; c < m; c++) {
                f[a * m + c] += weight * s->row[a] * s->row[c];
                b[a * m + c] += s->row[a] * s->row[c] * q * (1 - q);
            }
        }
    }
    if (f) {
        memcpy(copy, f, size);
        solve_symmetric(m, f, b);
        transpose(m, b);
        solve_symmetric(m, copy, b);
    }
    free(f);
    return f || complain(s->training->session, "there is no memory for the standard errors");
}

static bool quantile_errors(const solved *s)
{
    double q = quantile_of(s->training->o), h = bandwidth(q, s->n);
    double *low = calloc(2 * (size_t)s->k + 2, sizeof *low), *high = low + s->k + 1;
    bool done = low && other_quantile(s, q - h, low) && other_quantile(s, q + h, high);
    for (int64_t j = 0; done && j < s->m; j++) {
        high[j] -= low[j];
    }
    done = done && sandwich(s, q, h, high);
    free(low);
    return done;
}

/* Standard errors in the table's units, and what follows from them. */
static void bring_back(const solved *s, line_statistics *it)
{
    double reach = student_quantile(0.05, (double)it->freedom);
    for (int64_t j = 0; j <= s->k; j++) {
        const double *way = s->back + j * s->m;
        double variance = 0;
        for (int64_t a = 0; a < s->m; a++) {
            for (int64_t b = 0; b < s->m; b++) {
                variance += way[a] * s->covariance[a * s->m + b] * way[b];
            }
        }
        bool there = j ? s->c->qr.rank_of[j - 1] >= 0 : s->bias;
        it->error[j] = there ? sqrt(variance) : (double)NAN;
        it->t[j] = it->estimate[j] / it->error[j];
        it->p[j] = there ? student_two_sided(it->t[j], (double)it->freedom) : (double)NAN;
        it->low[j] = it->estimate[j] - reach * it->error[j];
        it->high[j] = it->estimate[j] + reach * it->error[j];
    }
}

/* 1 / (1 - R²_j) of each column on the others: |x_j|² Σ_b T[j, b]² / n. */
static void inflations(const solved *s, line_statistics *it)
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

static bool fill(solved *s, line_statistics *it)
{
    read_weights(s->training->net, s->k, s->v);
    find_way_back(s);
    double total, sum = look_at_residuals(s, it, &total);
    it->sigma = it->r2 = it->adjusted_r2 = it->f = it->f_p = (double)NAN;
    if (s->training->o->loss == LOSS_MSE) {
        least_squares(s, it, sum, total);
    } else if (!quantile_errors(s)) {
        return false;
    }
    double mean = reel_encoder_target_mean(s->encoder),
           scale = reel_encoder_target_scale(s->encoder);
    for (int64_t j = 0; j <= s->k; j++) {
        it->estimate[j] = j || !s->bias ? 0 : mean - scale * s->c->target_shift;
        for (int64_t a = 0; a < s->m; a++) {
            it->estimate[j] += s->back[j * s->m + a] * s->v[a];
        }
    }
    bring_back(s, it);
    inflations(s, it);
    return true;
}

/* Of the triangle R of X = Q R with columns of length 1, which has X's singular values. */
static bool find_condition(const solved *s, line_statistics *it)
{
    const column_qr *qr = &s->c->qr;
    int64_t n = qr->rank;
    double *a = calloc((size_t)(n * n), sizeof *a);
    if (!a) {
        return complain(s->training->session, "there is no memory for the condition number");
    }
    for (int64_t b = 0; b < n; b++) {
        const double *column = qr->r + qr->chosen[b] * qr->columns;
        double square = 0;
        for (int64_t i = 0; i <= b; i++) {
            square += column[i] * column[i];
        }
        for (int64_t i = 0; i <= b; i++) {
            a[i * n + b] = column[i] / sqrt(square);
        }
    }
    reel *r = s->training->session->r;
    reel_tensor *triangle = reel_from_f64(r, a, 2, (int64_t[]){n, n});
    reel_tensor *values = reel_linalg_svdvals(triangle);
    it->condition = reel_get(values, &(int64_t){0}) / reel_get(values, &(int64_t){n - 1});
    free(a);
    reel_tensor_free(triangle);
    reel_rewind(r);
    return !reel_failed(r);
}

bool line_statistics_of(line_statistics *it, const training *t, const coordinates *c,
                        reel_encoder *encoder)
{
    const options *o = t->o;
    *it = (line_statistics){0};
    solved s = {.training = t, .c = c, .encoder = encoder, .n = t->x->rows};
    s.k = t->x->columns;
    s.bias = reel_parameter(t->net, "0.bias") != NULL;
    s.m = s.k + s.bias;
    int64_t freedom = s.n - c->qr.rank - s.bias;
    if (!c->triangle || reel_size(t->y, 1) == 2 || t->validation_x || t->interrupted ||
        freedom < 1 || c->qr.rank < 1 || !(o->loss == LOSS_MSE || is_quantile(o))) {
        return true;
    }
    size_t k = (size_t)s.k + 1, m = (size_t)s.m;
    double *memory = calloc(2 * k + (size_t)s.n + k * m + m * m, sizeof *memory);
    it->estimate = calloc(7 * k, sizeof *memory);
    bool done = memory && it->estimate;
    if (!done) {
        complain(t->session, "there is no memory for the standard errors");
    } else {
        double **parts[] = {&it->error, &it->t, &it->p, &it->low, &it->high, &it->inflation};
        for (size_t i = 0; i < 6; i++) {
            *parts[i] = it->estimate + (i + 1) * k;
        }
        s.v = memory;
        s.row = s.v + k;
        s.residual = s.row + k;
        s.back = s.residual + s.n;
        s.covariance = s.back + k * m;
        it->freedom = freedom;
        done = fill(&s, it) && find_condition(&s, it);
        it->features = done ? s.k : 0;
    }
    free(memory);
    return done;
}

void line_statistics_free(line_statistics *it) { free(it->estimate); }
