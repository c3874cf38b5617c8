/* SPDX-License-Identifier: MIT */
/* Numbers moved and scaled: rows of x[rows, n] to mean 0 and variance 1, draws to their range. */

/* As in PyTorch, y = x scale - mean scale with the first product unrounded. */
void KERNEL(standardize)(int64_t rows, int64_t n, const void *from, double eps, void *to,
                         void *scale_out)
{
    const T *x = from;
    T *y = to, *scale = scale_out;
    for (int64_t i = 0; i < rows; i++, x += n, y += n) {
        double mean, squares;
        KERNEL(moments)(n, 1, x, &mean, &squares);
        scale[i] = 1 / sqrt((T)(squares / (double)n) + (T)eps);
        const T shift = -(T)mean * scale[i];
        EACH_COLUMN y[c] = fused(x[c], scale[i], shift);
    }
}

/* dx = scale[i] (g - mean g - y mean(g y)), the means being the row's. */
void KERNEL(standardize_gradient)(int64_t rows, int64_t n, const void *g_in, const void *y_in,
                                  const void *scale_in, void *to)
{
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
