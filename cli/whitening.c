/* SPDX-License-Identifier: MIT */
/* Columns made uncorrelated by a Cholesky factor of their covariance, and the way back. */
#include "whitening.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_WHITENED = 256 }; /* features; more would take longer than the training */

/* Adds up over the rows of x what `add` makes of each, in double. */
static bool over_rows(reel_tensor *x, void (*add)(const double *row, int64_t k, double *sums),
                      double *sums)
{
    int64_t n = reel_size(x, 0), k = reel_size(x, 1);
    double *row = malloc((size_t)k * sizeof *row);
    bool done = row != NULL;
    for (int64_t i = 0; done && i < n; i++) {
        done = reel_to_f64(reel_narrow(x, 0, i, 1), row, k) == REEL_OK;
        add(row, k, sums);
        reel_rewind(reel_of(x));
    }
    free(row);
    return done;
}

static void add_row(const double *row, int64_t k, double *sums)
{
    for (int64_t i = 0; i < k; i++) {
        sums[i] += row[i];
    }
}

static void add_products(const double *row, int64_t k, double *sums)
{
    for (int64_t a = 0; a < k; a++) {
        for (int64_t b = 0; b <= a; b++) {
            sums[a * k + b] += row[a] * row[b];
        }
    }
}

/* What is added to a column to bring its mean to 0. */
static bool column_means(reel_tensor *x, double *shift)
{
    int64_t n = reel_size(x, 0), k = reel_size(x, 1);
    memset(shift, 0, (size_t)k * sizeof *shift);
    bool done = over_rows(x, add_row, shift);
    for (int64_t i = 0; i < k; i++) {
        shift[i] /= -(double)n;
    }
    return done;
}

/* G = XᵀX / n, its lower triangle. */
static bool gram(reel_tensor *x, double *g)
{
    int64_t n = reel_size(x, 0), k = reel_size(x, 1);
    memset(g, 0, (size_t)(k * k) * sizeof *g);
    bool done = over_rows(x, add_products, g);
    for (int64_t i = 0; i < k * k; i++) {
        g[i] /= (double)n;
    }
    return done;
}

/* G = L Lᵀ in place, in the lower triangle. A pivot that is only rounding is a column that depends
 * on those before it: its row and column become 0. */
static void factor(double *g, int64_t k)
{
    for (int64_t j = 0; j < k; j++) {
        double pivot = g[j * k + j], before = pivot;
        for (int64_t c = 0; c < j; c++) {
            pivot -= g[j * k + c] * g[j * k + c];
        }
        bool dependent = !(pivot > 1e-9 * before);
        double root = dependent ? 0 : sqrt(pivot);
        for (int64_t i = j; i < k; i++) {
            double sum = g[i * k + j];
            for (int64_t c = 0; c < j; c++) {
                sum -= g[i * k + c] * g[j * k + c];
            }
            g[i * k + j] = dependent ? 0 : sum / root;
        }
    }
}

/* T = L⁻ᵀ, upper triangular: Tᵀ G T = 1. Column j of T solves Lᵀ t = e_j. */
static void invert(const double *l, int64_t k, double *t)
{
    memset(t, 0, (size_t)(k * k) * sizeof *t);
    for (int64_t j = 0; j < k; j++) {
        for (int64_t i = l[j * k + j] > 0 ? j : -1; i >= 0; i--) {
            double sum = i == j;
            for (int64_t c = i + 1; c <= j; c++) {
                sum -= l[c * k + i] * t[c * k + j];
            }
            t[i * k + j] = l[i * k + i] > 0 ? sum / l[i * k + i] : 0;
        }
    }
}

static bool whiten_by(coordinates *it, reel_tensor *x)
{
    int64_t k = it->features;
    double *g = malloc((size_t)(k * k) * sizeof *g);
    it->triangle = malloc((size_t)(k * k) * sizeof *it->triangle);
    bool done = g && it->triangle && gram(x, g);
    if (done) {
        factor(g, k);
        invert(g, k, it->triangle);
    }
    free(g);
    return done;
}

/* Puts `now`, kept, in place of what *x was. */
static bool replace(reel_tensor **x, reel_tensor *now)
{
    reel_tensor *kept = reel_keep(now);
    if (reel_is_poison(kept)) {
        return false;
    }
    reel_tensor_free(*x);
    *x = kept;
    return true;
}

static bool add_shift(const coordinates *it, reel_tensor **x, reel_tensor **y)
{
    reel *r = reel_of(*x);
    reel_tensor *shift = reel_from_f64(r, it->shift, 1, (int64_t[]){it->features});
    reel_tensor *same = reel_to(shift, reel_dtype_of(*x));
    bool done = replace(x, reel_add(*x, same)) && replace(y, reel_add_scalar(*y, it->target_shift));
    reel_tensor_free(shift);
    reel_rewind(r);
    return done;
}

static bool multiply(const coordinates *it, reel_tensor **x)
{
    reel *r = reel_of(*x);
    reel_tensor *t = reel_from_f64(r, it->triangle, 2, (int64_t[]){it->features, it->features});
    bool done = replace(x, reel_matmul(*x, reel_to(t, reel_dtype_of(*x))));
    reel_tensor_free(t);
    reel_rewind(r);
    return done;
}

bool coordinates_apply(const coordinates *it, reel_tensor **x, reel_tensor **y)
{
    return add_shift(it, x, y) && (!it->triangle || multiply(it, x));
}

/* With an intercept columns are moved to their mean, so that those of categories, which add up to
 * 1, are seen to depend on one another; without one they are moved back to where they came from. */
static bool choose_shift(coordinates *it, reel_encoder *encoder, bool intercept, reel_tensor *x)
{
    size_t count = (size_t)it->features;
    it->shift = malloc(count * sizeof *it->shift);
    if (!it->shift) {
        return false;
    }
    if (intercept) {
        return column_means(x, it->shift);
    }
    for (size_t i = 0; i < count; i++) {
        it->shift[i] = reel_encoder_mean(encoder, i) / reel_encoder_scale(encoder, i);
    }
    it->target_shift = reel_encoder_target_mean(encoder) / reel_encoder_target_scale(encoder);
    return true;
}

bool coordinates_choose(coordinates *it, reel_encoder *encoder, bool intercept, bool whiten,
                        reel_tensor **x, reel_tensor **y)
{
    *it = (coordinates){.features = reel_size(*x, 1)};
    if (!choose_shift(it, encoder, intercept, *x) || !add_shift(it, x, y)) {
        return false;
    }
    if (!whiten || it->features > MOST_WHITENED) {
        return true;
    }
    return whiten_by(it, *x) && multiply(it, x);
}

/* weight = T w, and the bias makes up for the shifts. */
bool coordinates_return(const coordinates *it, reel_module *trained, reel_module *net)
{
    int64_t k = it->features;
    reel_tensor *to = reel_parameter(net, "0.weight"), *bias = reel_parameter(trained, "0.bias");
    double *w = malloc((size_t)k * sizeof *w);
    bool done = w && reel_to_f64(reel_parameter(trained, "0.weight"), w, k) == REEL_OK;
    double offset = (bias ? reel_item(bias) : 0) - it->target_shift;
    for (int64_t i = 0; done && i < k; i++) {
        double sum = it->triangle ? 0 : w[i];
        for (int64_t j = i; it->triangle && j < k; j++) {
            sum += it->triangle[i * k + j] * w[j];
        }
        offset += it->shift[i] * sum;
        reel_set(reel_detach(to), (int64_t[]){0, i}, sum);
    }
    if (done) {
        reel_set(reel_detach(reel_parameter(net, "0.bias")), (int64_t[]){0}, offset);
    }
    free(w);
    reel_rewind(reel_of(to));
    return done && !reel_failed(reel_of(to));
}

void coordinates_free(coordinates *it)
{
    free(it->triangle);
    free(it->shift);
    *it = (coordinates){0};
}

bool linear_coefficients(reel_encoder *encoder, reel_module *net, double *slopes, double *intercept)
{
    size_t count = reel_encoder_features(encoder);
    double scale = reel_encoder_target_scale(encoder);
    if (reel_to_f64(reel_parameter(net, "0.weight"), slopes, (int64_t)count) != REEL_OK) {
        return false;
    }
    *intercept =
        reel_encoder_target_mean(encoder) + scale * reel_item(reel_parameter(net, "0.bias"));
    for (size_t i = 0; i < count; i++) {
        slopes[i] *= scale / reel_encoder_scale(encoder, i);
        *intercept -= slopes[i] * reel_encoder_mean(encoder, i);
    }
    return true;
}
