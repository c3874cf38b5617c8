/* SPDX-License-Identifier: MIT */
/* Columns made uncorrelated by the triangle of their QR decomposition, and the way back. */
#include "whitening.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_WHITENED = 256 }; /* features; more would take longer than the training */

/* What is added to a column to bring its mean to 0. */
static bool column_means(matrix *x, double *shift)
{
    int64_t n = x->rows, k = x->columns;
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
static double tolerance_of(const matrix *x) { return x->dtype == REEL_F64 ? 1e-11 : 1e-6; }

/* T = √n R⁻¹, upper triangular, so that (X T)ᵀ X T = n. Dependent columns have zeros. */
static bool whiten_by(coordinates *it, matrix *x)
{
    int64_t k = it->features;
    it->triangle = calloc((size_t)(k * k), sizeof *it->triangle);
    double *column = malloc((size_t)k * sizeof *column);
    bool done = it->triangle && column && column_qr_of(&it->qr, x, tolerance_of(x));
    double root = sqrt((double)x->rows);
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

/* What a row becomes. */
typedef struct row_change {
    const coordinates *of;
    double *shift, *sums; /* the shift as the matrix's dtype has it; room for a row */
} row_change;

static void shift_row(const void *context, double *row)
{
    const row_change *it = context;
    for (int64_t j = 0; j < it->of->features; j++) {
        row[j] += it->shift[j];
    }
}

/* x T in double: T can be large where columns nearly depend on one another. */
static void multiply_row(const void *context, double *row)
{
    const row_change *it = context;
    int64_t k = it->of->features;
    memset(it->sums, 0, (size_t)k * sizeof *it->sums);
    for (int64_t a = 0; a < k; a++) {
        for (int64_t b = a; b < k; b++) {
            it->sums[b] += row[a] * it->of->triangle[a * k + b];
        }
    }
    memcpy(row, it->sums, (size_t)k * sizeof *row);
}

static void shift_target(const void *context, double *row) { row[0] += *(const double *)context; }

/* In the dtype of the numbers, as an addition of tensors has it. */
static double rounded(const matrix *x, double number)
{
    return x->dtype == REEL_F64 ? number : (double)(float)number;
}

static bool add_shift(const coordinates *it, samples of)
{
    const double by = rounded(of.y, it->target_shift);
    matrix *x = of.x;
    row_change how = {.of = it, .shift = malloc((size_t)it->features * sizeof *how.shift)};
    for (int64_t j = 0; how.shift && j < it->features; j++) {
        how.shift[j] = rounded(x, it->shift[j]);
    }
    bool done = how.shift && matrix_change(x, shift_row, &how) &&
                (by == 0 || matrix_change(of.y, shift_target, &by));
    free(how.shift);
    return done;
}

static bool multiply(const coordinates *it, matrix *x)
{
    row_change how = {.of = it, .sums = malloc((size_t)it->features * sizeof *how.sums)};
    bool done = how.sums && matrix_change(x, multiply_row, &how);
    free(how.sums);
    return done;
}

bool coordinates_apply(const coordinates *it, samples of)
{
    return add_shift(it, of) && (!it->triangle || multiply(it, of.x));
}

/* With an intercept columns are moved to their mean, so that those of categories, which add up to
 * 1, are seen to depend on one another; without one they are moved back to where they came from. */
static bool choose_shift(coordinates *it, reel_encoder *encoder, bool intercept, matrix *x)
{
    size_t count = (size_t)it->features;
    it->shift = calloc(count, sizeof *it->shift);
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
                        samples of)
{
    matrix *x = of.x;
    *it = (coordinates){.features = x->columns};
    if (!choose_shift(it, encoder, intercept, x) || !add_shift(it, of)) {
        return false;
    }
    if (!whiten || it->features > MOST_WHITENED) {
        return true;
    }
    return whiten_by(it, x) && multiply(it, x);
}

/* Output `row` of one line. */
static void return_row(const coordinates *it, const double *w, double offset, int64_t row,
                       reel_module *net)
{
    int64_t k = it->features;
    for (int64_t i = 0; i < k; i++) {
        double sum = it->triangle ? 0 : w[i];
        for (int64_t j = i; it->triangle && j < k; j++) {
            sum += it->triangle[i * k + j] * w[j];
        }
        offset += it->shift[i] * sum;
        reel_set(reel_detach(reel_parameter(net, "0.weight")), (int64_t[]){row, i}, sum);
    }
    reel_set(reel_detach(reel_parameter(net, "0.bias")), (int64_t[]){row}, offset);
}

/* weight = T w, and the bias makes up for the shifts. */
bool coordinates_return(const coordinates *it, reel_module *trained, reel_module *net)
{
    int64_t k = it->features;
    reel_tensor *to = reel_parameter(net, "0.weight"), *bias = reel_parameter(trained, "0.bias");
    int64_t outputs = reel_size(to, 0);
    double *w = malloc((size_t)(k * outputs) * sizeof *w);
    bool done = w && reel_to_f64(reel_parameter(trained, "0.weight"), w, k * outputs) == REEL_OK;
    for (int64_t row = 0; done && row < outputs; row++) {
        double offset = (bias ? reel_get(bias, &row) : 0) - it->target_shift;
        return_row(it, w + row * k, offset, row, net);
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

bool linear_coefficients(reel_encoder *encoder, reel_module *net, int64_t row, double *slopes,
                         double *intercept)
{
    size_t count = reel_encoder_features(encoder);
    double scale = reel_encoder_target_scale(encoder);
    reel_tensor *weight = reel_parameter(net, "0.weight"), *bias = reel_parameter(net, "0.bias");
    *intercept = reel_encoder_target_mean(encoder) + scale * reel_get(bias, &row);
    for (size_t i = 0; i < count; i++) {
        double slope = reel_get(weight, (int64_t[]){row, (int64_t)i});
        slopes[i] = slope * (scale / reel_encoder_scale(encoder, i));
        *intercept -= slopes[i] * reel_encoder_mean(encoder, i);
    }
    return !reel_failed(reel_of(weight));
}
