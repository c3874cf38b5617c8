/* SPDX-License-Identifier: MIT */
/* Columns made uncorrelated by the triangle of their QR decomposition, and the way back. */
#include "whitening.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_WHITENED = 256 }; /* features; more would take longer than the training */

/* What is added to a column to bring its mean to 0. */
static bool column_means(reel_tensor *x, double *shift)
{
    int64_t n = reel_size(x, 0), k = reel_size(x, 1);
    double *row = malloc((size_t)k * sizeof *row);
    memset(shift, 0, (size_t)k * sizeof *shift);
    for (int64_t i = 0; row && i < n; i++) {
        matrix_row(x, i, row);
        for (int64_t j = 0; j < k; j++) {
            shift[j] -= row[j] / (double)n;
        }
    }
    free(row);
    return row != NULL;
}

/* What rounding leaves of a column that depends on others; of floats also the numbers' own. */
static double tolerance_of(const reel_tensor *x)
{
    return reel_dtype_of(x) == REEL_F64 ? 1e-11 : 1e-6;
}

/* T = √n R⁻¹, upper triangular, so that (X T)ᵀ X T = n. Dependent columns have zeros. */
static bool whiten_by(coordinates *it, reel_tensor *x)
{
    int64_t k = it->features;
    it->triangle = calloc((size_t)(k * k), sizeof *it->triangle);
    double *column = malloc((size_t)k * sizeof *column);
    bool done = it->triangle && column && column_qr_of(&it->qr, x, tolerance_of(x));
    double root = sqrt((double)reel_size(x, 0));
    for (int64_t b = 0; done && b < it->qr.rank; b++) {
        memset(column, 0, (size_t)k * sizeof *column);
        column[b] = root;
        column_qr_solve(&it->qr, column);
        for (int64_t a = 0; a <= b; a++) {
            it->triangle[it->qr.chosen[a] * k + it->qr.chosen[b]] = column[a];
        }
    }
    free(column);
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

static void put_row(reel_tensor *x, int64_t i, const double *row)
{
    int64_t k = reel_size(x, 1);
    if (reel_dtype_of(x) == REEL_F64) {
        memcpy(reel_data_f64(x) + i * k, row, (size_t)k * sizeof *row);
        return;
    }
    float *to = reel_data_f32(x) + i * k;
    for (int64_t j = 0; j < k; j++) {
        to[j] = (float)row[j];
    }
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

/* X T in double, row by row: T can be large where columns nearly depend on one another. */
static bool multiply(const coordinates *it, reel_tensor **x)
{
    int64_t n = reel_size(*x, 0), k = it->features;
    reel_tensor *to = reel_zeros(reel_of(*x), reel_dtype_of(*x), 2, (int64_t[]){n, k});
    double *row = malloc(2 * (size_t)k * sizeof *row), *sums = row + k;
    bool done = row && !reel_is_poison(to);
    for (int64_t i = 0; done && i < n; i++) {
        matrix_row(*x, i, row);
        memset(sums, 0, (size_t)k * sizeof *sums);
        for (int64_t a = 0; a < k; a++) {
            for (int64_t b = a; b < k; b++) {
                sums[b] += row[a] * it->triangle[a * k + b];
            }
        }
        put_row(to, i, sums);
    }
    free(row);
    reel_tensor_free(done ? *x : to);
    *x = done ? to : *x;
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
    column_qr_free(&it->qr);
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
