/* SPDX-License-Identifier: MIT */
/* LU, Cholesky, triangles and singular values, by the plain methods. */
#include "decompositions.h"

#include <float.h>
#include <math.h>

static void swap_rows(int64_t n, double *a, double *b)
{
    for (int64_t j = 0; j < n && a != b; j++) {
        const double kept = a[j];
        a[j] = b[j];
        b[j] = kept;
    }
}

/* y -= factor x. */
static void take_off(int64_t n, double *y, double factor, const double *x)
{
    for (int64_t j = 0; j < n; j++) {
        y[j] -= factor * x[j];
    }
}

static double dot(int64_t n, const double *x, const double *y)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++) {
        sum += x[i] * y[i];
    }
    return sum;
}

int reeli_lu(int64_t n, double *a, int64_t *pivot)
{
    int sign = 1;
    for (int64_t k = 0; k < n; k++) {
        int64_t p = k;
        for (int64_t i = k + 1; i < n; i++) {
            p = fabs(a[i * n + k]) > fabs(a[p * n + k]) ? i : p;
        }
        pivot[k] = p;
        swap_rows(n, a + k * n, a + p * n);
        const double top = a[k * n + k];
        sign = top == 0 ? 0 : (top < 0) != (p != k) ? -sign : sign;
        for (int64_t i = k + 1; i < n && top != 0; i++) {
            double *row = a + i * n;
            row[k] /= top;
            take_off(n - k - 1, row + k + 1, row[k], a + k * n + k + 1);
        }
    }
    return sign;
}

void reeli_lu_solve(int64_t n, const double *lu, const int64_t *pivot, int64_t k, double *b)
{
    for (int64_t i = 0; i < n; i++) {
        swap_rows(k, b + i * k, b + pivot[i] * k);
    }
    reeli_triangle_solve(n, lu, false, true, k, b);
    reeli_triangle_solve(n, lu, true, false, k, b);
}

void reeli_triangle_solve(int64_t n, const double *a, bool upper, bool unit, int64_t k, double *b)
{
    for (int64_t step = 0; step < n; step++) {
        const int64_t i = upper ? n - 1 - step : step;
        double *x = b + i * k;
        for (int64_t p = upper ? i + 1 : 0; p < (upper ? n : i); p++) {
            take_off(k, x, a[i * n + p], b + p * k);
        }
        for (int64_t j = 0; j < k && !unit; j++) {
            x[j] /= a[i * n + i];
        }
    }
}

int64_t reeli_cholesky(int64_t n, double *a)
{
    for (int64_t i = 0; i < n; i++) {
        double *row = a + i * n;
        for (int64_t j = 0; j <= i; j++) {
            const double rest = row[j] - dot(j, row, a + j * n);
            if (i == j && !(rest > 0)) {
                return i + 1;
            }
            row[j] = i == j ? sqrt(rest) : rest / a[j * n + j];
        }
        for (int64_t j = i + 1; j < n; j++) {
            row[j] = 0;
        }
    }
    return 0;
}

/* Turns two rows in their plane. */
static void rotate(int64_t n, double *x, double *y, double c, double s)
{
    for (int64_t j = 0; j < n; j++) {
        const double a = x[j], b = y[j];
        x[j] = c * a - s * b;
        y[j] = s * a + c * b;
    }
}

/* Makes rows p and q of at orthogonal, and turns those of vt alike. Whether they were not. */
static bool part(int64_t n, int64_t m, double *at, double *vt, int64_t p, int64_t q)
{
    double *x = at + p * m, *y = at + q * m;
    const double xx = dot(m, x, x), yy = dot(m, y, y), xy = dot(m, x, y);
    if (!(fabs(xy) > DBL_EPSILON * sqrt(xx) * sqrt(yy)) || xy == 0) {
        return false;
    }
    const double zeta = (yy - xx) / (2 * xy);
    const double t = (zeta < 0 ? -1 : 1) / (fabs(zeta) + hypot(1, zeta));
    const double c = 1 / sqrt(1 + t * t);
    rotate(m, x, y, c, c * t);
    rotate(n, vt + p * n, vt + q * n, c, c * t);
    return true;
}

/* The largest magnitude; infinite where one is no number. */
static double largest(int64_t n, const double *x)
{
    double most = 0;
    for (int64_t i = 0; i < n; i++) {
        most = fabs(x[i]) <= DBL_MAX ? fmax(most, fabs(x[i])) : (double)INFINITY;
    }
    return most;
}

/* Row i becomes a unit vector that is orthogonal to those before it. */
static void complete(int64_t m, double *at, int64_t i)
{
    double *row = at + i * m;
    for (int64_t k = 0; k < m; k++) {
        for (int64_t j = 0; j < m; j++) {
            row[j] = j == k;
        }
        for (int turn = 0; turn < 2; turn++) { /* the second takes off what rounding left */
            for (int64_t p = 0; p < i; p++) {
                take_off(m, row, dot(m, row, at + p * m), at + p * m);
            }
        }
        const double length = sqrt(dot(m, row, row));
        if (length > 0.5 / sqrt((double)m)) {
            for (int64_t j = 0; j < m; j++) {
                row[j] /= length;
            }
            return;
        }
    }
}

/* The rows' lengths as singular values, in order; and the rows as unit vectors. */
static void measure(int64_t n, int64_t m, double *at, double *vt, double *s, double scale)
{
    for (int64_t i = 0; i < n; i++) {
        s[i] = sqrt(dot(m, at + i * m, at + i * m));
    }
    for (int64_t i = 0; i < n; i++) {
        int64_t most = i;
        for (int64_t k = i + 1; k < n; k++) {
            most = s[k] > s[most] ? k : most;
        }
        const double kept = s[i];
        s[i] = s[most];
        s[most] = kept;
        swap_rows(m, at + i * m, at + most * m);
        swap_rows(n, vt + i * n, vt + most * n);
    }
    for (int64_t i = 0; i < n; i++) {
        for (int64_t j = 0; j < m && s[i] > 0; j++) {
            at[i * m + j] /= s[i];
        }
        if (!(s[i] > 0)) {
            complete(m, at, i);
        }
        s[i] *= scale;
    }
}

/* Turns rows p and q of a (n, m), and vt's alike; whether there was anything to turn. */
typedef bool turn(int64_t n, int64_t m, double *a, double *vt, int64_t p, int64_t q);

/* Jacobi's rotations: turns of all pairs of rows until none is left to turn. */
static void turn_all(turn *turn_pair, int64_t n, int64_t m, double *a, double *vt)
{
    bool turned = true;
    for (int sweep = 0; sweep < 60 && turned; sweep++) {
        turned = false;
        for (int64_t p = 0; p < n; p++) {
            for (int64_t q = p + 1; q < n; q++) {
                turned = turn_pair(n, m, a, vt, p, q) || turned;
            }
        }
    }
}

bool reeli_svd(int64_t n, int64_t m, double *at, double *vt, double *s)
{
    const double most = largest(n * m, at), scale = most > 0 ? most : 1;
    if (isinf(most)) {
        return false;
    }
    for (int64_t i = 0; i < n * m; i++) {
        at[i] /= scale;
    }
    for (int64_t i = 0; i < n * n; i++) {
        vt[i] = i % (n + 1) == 0;
    }
    turn_all(part, n, m, at, vt);
    measure(n, m, at, vt, s, scale);
    return true;
}

/* Turns rows and columns p and q so that a_pq is 0, and vt's rows alike. Whether it was not: what
 * is lost beside the diagonal by rounding is 0. */
static bool turn_both(int64_t n, int64_t m, double *a, double *vt, int64_t p, int64_t q)
{
    (void)m; /* which is n */
    double *row_p = a + p * n, *row_q = a + q * n;
    const double off = row_p[q];
    if (!(fabs(off) > DBL_EPSILON / 4)) {
        return false;
    }
    const double zeta = (row_q[q] - row_p[p]) / (2 * off);
    const double t = (zeta < 0 ? -1 : 1) / (fabs(zeta) + hypot(1, zeta));
    const double c = 1 / sqrt(1 + t * t), s = c * t;
    rotate(n, row_p, row_q, c, s);
    rotate(n, vt + p * n, vt + q * n, c, s);
    for (int64_t i = 0; i < n; i++) {
        rotate(1, a + i * n + p, a + i * n + q, c, s);
    }
    row_p[q] = row_q[p] = 0;
    return true;
}

bool reeli_eigh(int64_t n, double *a, double *vt, double *values)
{
    const double most = largest(n * n, a), scale = most > 0 ? most : 1;
    if (isinf(most)) {
        return false;
    }
    for (int64_t i = 0; i < n * n; i++) {
        a[i] /= scale;
        vt[i] = i % (n + 1) == 0;
    }
    turn_all(turn_both, n, n, a, vt);
    for (int64_t i = 0; i < n; i++) {
        values[i] = a[i * (n + 1)] * scale;
    }
    for (int64_t i = 0; i < n; i++) {
        int64_t least = i;
        for (int64_t k = i + 1; k < n; k++) {
            least = values[k] < values[least] ? k : least;
        }
        const double kept = values[i];
        values[i] = values[least];
        values[least] = kept;
        swap_rows(n, vt + i * n, vt + least * n);
    }
    return true;
}
