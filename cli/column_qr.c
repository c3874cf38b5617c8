/* SPDX-License-Identifier: MIT */
/* Householder's reflections over blocks of rows: the triangle so far is kept on top of the next
 * rows, which are reflected into it. */
#include "column_qr.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static double norm(int64_t n, const double *x)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++) {
        sum += x[i] * x[i];
    }
    return sqrt(sum);
}

/* Reflects v, and `more` columns after it, `stride` apart, so that v becomes a multiple of e_0. */
static void reflect(int64_t n, double *v, int64_t more, int64_t stride)
{
    double length = norm(n, v), first = v[0] > 0 ? -length : length;
    if (length == 0) {
        return;
    }
    double head = v[0] - first, half = -first * head; /* v·v / 2 of the reflection's vector */
    v[0] = head;
    for (int64_t j = 1; j <= more; j++) {
        double *y = v + j * stride, dot = 0;
        for (int64_t i = 0; i < n; i++) {
            dot += v[i] * y[i];
        }
        dot /= half;
        for (int64_t i = 0; i < n; i++) {
            y[i] -= dot * v[i];
        }
    }
    v[0] = first;
    memset(v + 1, 0, (size_t)(n - 1) * sizeof *v);
}

/* The triangle of all rows into the first k rows of `block`, (rows, k) column by column, which is 0
 * at first. */
static void triangle_of(matrix *x, int64_t rows, double *block, double *row)
{
    int64_t n = x->rows, k = x->columns, filled = k;
    for (int64_t i = 0; i < n; i++) {
        matrix_row(x, i, row);
        for (int64_t j = 0; j < k; j++) {
            block[j * rows + filled] = row[j];
        }
        filled++;
        if (filled == rows || i == n - 1) {
            for (int64_t j = 0; j < k; j++) {
                reflect(filled - j, block + j * rows + j, k - 1 - j, rows);
            }
            filled = k;
        }
    }
}

/* Goes over the triangle once more, and over columns that depend on those before them. */
static void reveal(column_qr *it, double tolerance)
{
    int64_t k = it->columns;
    it->rank = 0;
    for (int64_t j = 0; j < k; j++) {
        double *left = it->r + j * k + it->rank;
        double whole = norm(k, it->r + j * k);
        bool independent = norm(k - it->rank, left) > tolerance * whole;
        it->rank_of[j] = independent ? it->rank : -1;
        if (independent) {
            reflect(k - it->rank, left, k - 1 - j, k);
            it->chosen[it->rank++] = j;
        }
    }
}

bool column_qr_of(column_qr *it, matrix *x, double tolerance)
{
    int64_t k = x->columns, rows = 3 * k + 64;
    size_t columns = (size_t)k;
    *it = (column_qr){.columns = k};
    double *block = calloc((size_t)rows * columns, sizeof *block);
    double *row = calloc(columns, sizeof *row);
    it->r = calloc(columns * columns, sizeof *it->r);
    it->chosen = malloc(columns * sizeof *it->chosen);
    it->rank_of = malloc(columns * sizeof *it->rank_of);
    bool done = block && row && it->r && it->chosen && it->rank_of;
    if (done) {
        triangle_of(x, rows, block, row);
        for (int64_t j = 0; j < k; j++) {
            memcpy(it->r + j * k, block + j * rows, columns * sizeof *it->r);
        }
        reveal(it, tolerance);
    }
    free(block);
    free(row);
    if (!done) {
        column_qr_free(it);
    }
    return done;
}

void column_qr_solve(const column_qr *it, double *b)
{
    for (int64_t i = it->rank - 1; i >= 0; i--) {
        const double *column = it->r + it->chosen[i] * it->columns;
        b[i] /= column[i];
        for (int64_t a = 0; a < i; a++) {
            b[a] -= column[a] * b[i];
        }
    }
}

void column_qr_combination(const column_qr *it, int64_t j, double *weights)
{
    memcpy(weights, it->r + j * it->columns, (size_t)it->rank * sizeof *weights);
    column_qr_solve(it, weights);
}

double column_qr_condition(const column_qr *it, reel *r)
{
    int64_t n = it->rank;
    double *a = calloc((size_t)(n * n), sizeof *a);
    for (int64_t b = 0; a && b < n; b++) {
        const double *column = it->r + it->chosen[b] * it->columns;
        double length = norm(b + 1, column);
        for (int64_t i = 0; i <= b; i++) {
            a[i * n + b] = column[i] / length;
        }
    }
    if (!a) {
        return (double)NAN;
    }
    reel_tensor *triangle = reel_from_f64(r, a, 2, (int64_t[]){n, n});
    reel_tensor *values = reel_linalg_svdvals(triangle);
    double ratio = reel_get(values, &(int64_t){0}) / reel_get(values, &(int64_t){n - 1});
    free(a);
    reel_tensor_free(triangle);
    reel_rewind(r);
    return reel_failed(r) ? (double)NAN : ratio;
}

void column_qr_free(column_qr *it)
{
    free(it->r);
    free(it->chosen);
    free(it->rank_of);
    *it = (column_qr){0};
}
