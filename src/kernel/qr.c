/* SPDX-License-Identifier: MIT */
/* Householder's reflections, column by column. */
#include "qr.h"

#include <math.h>

/* The length of x without overflow on the way. */
static double length(int64_t n, const double *x)
{
    double largest = 0, sum = 0;
    for (int64_t i = 0; i < n; i++) {
        largest = fmax(largest, fabs(x[i]));
    }
    for (int64_t i = 0; i < n && largest > 0; i++) {
        sum += x[i] / largest * (x[i] / largest);
    }
    return largest * sqrt(sum);
}

/* y -= v (v·y) / v[0]: the reflection that v stands for, which is scaled so that v·v = 2 v[0]. */
static void reflect(int64_t n, const double *v, double *y)
{
    double dot = 0;
    for (int64_t i = 0; i < n; i++) {
        dot += v[i] * y[i];
    }
    for (int64_t i = 0; i < n && v[0] != 0; i++) {
        y[i] -= dot / v[0] * v[i];
    }
}

void reeli_qr(int64_t rows, int64_t n, double *a, double *diagonal)
{
    for (int64_t k = 0; k < n; k++) {
        double *v = a + k * rows + k;
        const double norm = length(rows - k, v), signed_norm = signbit(v[0]) ? norm : -norm;
        if (length(rows - k - 1, v + 1) == 0) { /* nothing to turn */
            diagonal[k] = v[0];
            v[0] = 0;
            continue;
        }
        diagonal[k] = signed_norm;
        for (int64_t i = 0; i < rows - k; i++) {
            v[i] /= -signed_norm;
        }
        v[0] += 1;
        for (int64_t j = k + 1; j < n; j++) {
            reflect(rows - k, v, a + j * rows + k);
        }
    }
}

void reeli_qr_turn(int64_t rows, int64_t n, const double *a, double *y)
{
    for (int64_t k = 0; k < n; k++) {
        reflect(rows - k, a + k * rows + k, y + k);
    }
}

void reeli_qr_turn_back(int64_t rows, int64_t n, const double *a, double *y)
{
    for (int64_t k = n - 1; k >= 0; k--) {
        reflect(rows - k, a + k * rows + k, y + k);
    }
}

void reeli_qr_solve(int64_t rows, int64_t n, const double *a, const double *diagonal, double *y)
{
    for (int64_t k = n - 1; k >= 0; k--) {
        y[k] = diagonal[k] != 0 ? y[k] / diagonal[k] : 0;
        for (int64_t i = 0; i < k; i++) {
            y[i] -= a[k * rows + i] * y[k];
        }
    }
}
