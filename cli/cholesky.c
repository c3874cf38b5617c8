/* SPDX-License-Identifier: MIT */
/* Cholesky's factor row by row, and what is solved by it. */
#include "cholesky.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

static double dot(int64_t n, const double *a, const double *b)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++) {
        sum += a[i] * b[i];
    }
    return sum;
}

void cholesky_factor(int64_t m, double *a)
{
    for (int64_t i = 0; i < m; i++) {
        double before = a[i * m + i];
        for (int64_t j = 0; j <= i; j++) {
            double sum = a[i * m + j] - dot(j, a + i * m, a + j * m), pivot = a[j * m + j];
            a[i * m + j] = j < i                  ? (pivot > 0 ? sum / pivot : 0)
                           : sum > 1e-14 * before ? sqrt(sum)
                                                  : 0;
        }
    }
}

void cholesky_solve(int64_t m, const double *l, double *b)
{
    for (int64_t i = 0; i < m; i++) {
        double pivot = l[i * m + i];
        b[i] = pivot > 0 ? (b[i] - dot(i, l + i * m, b)) / pivot : 0;
    }
    for (int64_t i = m - 1; i >= 0; i--) {
        double pivot = l[i * m + i];
        b[i] = pivot > 0 ? b[i] / pivot : 0;
        for (int64_t j = 0; j < i; j++) {
            b[j] -= l[i * m + j] * b[i];
        }
    }
}

void cholesky_inverse(int64_t m, const double *l, double *to)
{
    memset(to, 0, (size_t)(m * m) * sizeof *to);
    for (int64_t i = 0; i < m; i++) {
        if (l[i * m + i] > 0) {
            to[i * m + i] = 1;
            cholesky_solve(m, l, to + i * m);
        }
    }
}

/* What rounding leaves of a coupled direction would drown the others: so a little more is taken for
 * none, and a little is put there. */
void cholesky_curvature_inverse(int64_t m, double *a, double rows, double *to)
{
    static const double none = 1e-9, nearly_none = 1e-10; /* of a row, where columns vary by 1 */
    bool lost = false;
    memcpy(to, a, (size_t)(m * m) * sizeof *to);
    cholesky_factor(m, to);
    for (int64_t i = 0; i < m * m; i += m + 1) {
        lost = lost || (a[i] > 0 && !(to[i] * to[i] > none * rows));
    }
    for (int64_t i = 0; i < m * m; i += m + 1) {
        a[i] += lost || !(a[i] > 0) ? nearly_none * rows : 0;
    }
    cholesky_factor(m, a);
    cholesky_inverse(m, a, to);
}
