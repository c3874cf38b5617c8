/* SPDX-License-Identifier: MIT */
/* Numbers moved and scaled: rows of x[rows, n] to mean 0 and variance 1, draws to their range. */
#include <float.h>

/* A row whose squares overflow is first divided by a power of two, with which its largest magnitude
 * is from 1 to 2. Returns that power, 1 for any other row; what was divided is in `to`. */
static T tamed(int64_t n, const T *x, T *to, double *mean, double *squares)
{
    const double most = sizeof(T) == 4 ? (double)FLT_MAX : DBL_MAX;
    T largest = 0;
    KERNEL(moments)(n, 1, x, mean, squares);
    if (*squares / (double)n <= most) {
        return 1;
    }
    for (int64_t c = 0; c < n; c++) {
        largest = magnitude(x[c]) > largest ? magnitude(x[c]) : largest;
    }
    if (!((double)largest <= most)) {
        return 1;
    }
    const T power = MATH(ldexp)(1, MATH(ilogb)(largest));
    EACH_COLUMN to[c] = x[c] / power;
    KERNEL(moments)(n, 1, to, mean, squares);
    return power;
}

/* y = (x - mean) scale, with scale = 1 / √(variance + eps). */
void KERNEL(standardize)(int64_t rows, int64_t n, const void *from, double eps, void *to,
                         void *scale_out)
{
    LEAVE_VECTORS
    const T *x = from;
    T *y = to, *scale = scale_out;
    for (int64_t i = 0; i < rows; i++, x += n, y += n) {
        double mean, squares;
        const T power = tamed(n, x, y, &mean, &squares);
        const T *in = power == 1 ? x : y;
        const T root = sqrt((T)(squares / (double)n) + (T)eps / power / power);
        EACH_COLUMN y[c] = (in[c] - (T)mean) * (1 / root);
        scale[i] = 1 / root / power;
    }
}

/* dx = scale[i] (g - mean g - y mean(g y)), the means being the row's. */
void KERNEL(standardize_gradient)(int64_t rows, int64_t n, const void *g_in, const void *y_in,
                                  const void *scale_in, void *to)
{
    LEAVE_VECTORS
    const T *g = g_in, *y = y_in, *scale = scale_in;
    T *dx = to, g_mean, gy_mean;
    for (int64_t i = 0; i < rows; i++, g += n, y += n, dx += n) {
        EACH_COLUMN dx[c] = g[c] * y[c];
        KERNEL(sum)(g, 1, n, &g_mean);
        KERNEL(sum)(dx, 1, n, &gy_mean);
        g_mean /= (T)n;
        gy_mean /= (T)n;
        EACH_COLUMN dx[c] = scale[i] * (g[c] - g_mean - y[c] * gy_mean);
    }
}

/* x range + low, rounded once. */
void KERNEL(stretch)(int64_t n, void *numbers, double range, double low)
{
    T *x = numbers;
    for (int64_t i = 0; i < n; i++) {
        x[i] = fused(x[i], (T)range, (T)low);
    }
}

/* A piece of a channel, of = {mean, scale, weight, bias}: y = (x - mean) (scale weight) + bias. */
void KERNEL(channel_normalize)(int64_t n, const void *from, const double *of, void *to)
{
    LEAVE_VECTORS
    const T *x = from, mean = (T)of[0], factor = (T)of[1] * (T)of[2], bias = (T)of[3];
    T *y = to;
    SELDOM_INDEPENDENT
    for (int64_t i = 0; i < n; i++) {
        y[i] = (x[i] - mean) * factor + bias;
    }
}

/* sums += {Σ g, Σ g (x - mean)}. */
void KERNEL(channel_sums)(int64_t n, const void *gradient, const void *from, double mean,
                          double *sums)
{
    LEAVE_VECTORS
    enum { PART = 512 };
    const T *g = gradient, *x = from;
    T product[PART], sum;
    for (int64_t at = 0; at < n; at += PART, g += PART, x += PART) {
        const int64_t here = n - at < PART ? n - at : PART;
        SELDOM_INDEPENDENT
        for (int64_t i = 0; i < here; i++) {
            product[i] = g[i] * (x[i] - (T)mean);
        }
        KERNEL(sum)(g, 1, here, &sum);
        sums[0] += (double)sum;
        KERNEL(sum)(product, 1, here, &sum);
        sums[1] += (double)sum;
    }
}

/* of = {mean, factor, a, b}: dx = factor (g - a - (x - mean) b). */
void KERNEL(channel_gradient)(int64_t n, const void *gradient, const void *from, const double *of,
                              void *to)
{
    LEAVE_VECTORS
    const T *g = gradient, *x = from, mean = (T)of[0], factor = (T)of[1], a = (T)of[2];
    const T b = (T)of[3];
    T *dx = to;
    SELDOM_INDEPENDENT
    for (int64_t i = 0; i < n; i++) {
        dx[i] = factor * (g[i] - a - (x[i] - mean) * b);
    }
}
