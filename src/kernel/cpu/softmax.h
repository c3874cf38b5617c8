/* SPDX-License-Identifier: MIT */
/* softmax, log_softmax and their gradients, fused. A tensor is `outer` blocks of n rows of `inner`
 * columns, normalised over the rows. */

/* Rows of several lines are exponentiated together, so that short lines fill vectors too. */
static int64_t lines_at_a_time(int64_t n) { return n < REELI_BLOCK ? REELI_BLOCK / n : 1; }

REELI_APART static void exponentials(int64_t n, T *y)
{
    NAMED(exp, value)(n, y, (const void *[]){y}, NULL);
}

REELI_APART static void subtract(int64_t n, const T *a, const T *b, T *y)
{
    NAMED(sub, value)(n, y, (const void *[]){a, b}, NULL);
}

REELI_APART static void multiply(int64_t n, const T *a, const T *b, T *y)
{
    NAMED(mul, value)(n, y, (const void *[]){a, b}, NULL);
}

REELI_APART static void subtract_number(int64_t n, const T *x, T number, T *y)
{
    EACH_SELDOM y[i] = x[i] - number;
}

/* y = e^(x - top) / Σ, or its logarithm x - top - ln Σ, where Σ = Σ e^(x - top). */
static void softmax_line(bool logarithm, int64_t n, const T *x, T top, T *y)
{
    T total;
    KERNEL(sum)(y, 1, n, &total);
    if (logarithm) {
        subtract_number(n, x, top, y);
        subtract_number(n, y, log(total), y);
    } else {
        EACH_SELDOM y[i] = y[i] / total;
    }
}

static void softmax_lines(bool logarithm, int64_t lines, int64_t n, const T *x, T *y)
{
    T top[REELI_BLOCK];
    const int64_t step = lines_at_a_time(n);
    for (int64_t first = 0; first < lines; first += step, x += step * n, y += step * n) {
        const int64_t count = lines - first < step ? lines - first : step;
        for (int64_t l = 0; l < count; l++) {
            top[l] = NAMED(max, of_row)(n, x + l * n);
            subtract_number(n, x + l * n, top[l], y + l * n);
        }
        exponentials(count * n, y);
        for (int64_t l = 0; l < count; l++) {
            softmax_line(logarithm, n, x + l * n, top[l], y + l * n);
        }
    }
}

/* The block's column maxima go to `top`; y = e^(x - top), its column sums to `total`. */
static void exponentiate_columns(int64_t n, int64_t inner, const T *x, T *y, T *top, T *total,
                                 bool finite)
{
    KERNEL(extreme)(false, n, inner, x, top, NULL);
    for (int64_t k = 0; k < inner && finite; k++) {
        top[k] = isinf(top[k]) ? 0 : top[k];
    }
    if (inner == 1) {
        subtract_number(n, x, *top, y);
    }
    for (int64_t i = 0; i < n && inner > 1; i++) {
        subtract(inner, x + i * inner, top, y + i * inner);
    }
    exponentials(n * inner, y);
    if (inner == 1) {
        KERNEL(sum)(y, 1, n, total);
    } else {
        sum_all_columns(y, n, inner, total);
    }
}

static void softmax_columns(bool logarithm, int64_t n, int64_t inner, const T *x, T *y, T *scratch)
{
    T *top = scratch, *total = scratch + inner;
    exponentiate_columns(n, inner, x, y, top, total, false);
    for (int64_t k = 0; k < inner && logarithm; k++) {
        total[k] = log(total[k]);
    }
    for (int64_t i = 0; i < n; i++, x += inner, y += inner) {
        if (logarithm) {
            subtract(inner, x, top, y);
            subtract(inner, y, total, y);
        } else {
            NAMED(div, value)(inner, y, (const void *[]){y, total}, NULL);
        }
    }
}

/* `scratch` has room for 2 * inner elements. */
void KERNEL(softmax)(bool logarithm, int64_t outer, int64_t n, int64_t inner, const void *in,
                     void *out, void *scratch)
{
    if (inner == 1) {
        softmax_lines(logarithm, outer, n, in, out);
        return;
    }
    for (int64_t o = 0; o < outer; o++) {
        softmax_columns(logarithm, n, inner, (const T *)in + o * n * inner,
                        (T *)out + o * n * inner, scratch);
    }
}

/* g y, or for the logarithm e^y. */
REELI_APART static void gradient_terms(bool logarithm, int64_t n, const T *g, const T *y, T *dx)
{
    if (logarithm) {
        NAMED(exp, value)(n, dx, (const void *[]){y}, NULL);
    } else {
        multiply(n, g, y, dx);
    }
}

/* dx = y (g - Σ g y), or for the logarithm g - e^y Σ g. */
static void softmax_gradient_lines(bool logarithm, int64_t lines, int64_t n, const T *g, const T *y,
                                   T *dx)
{
    const int64_t step = lines_at_a_time(n);
    for (int64_t l = 0; l < lines; l++, g += n, y += n, dx += n) {
        T total;
        if (l % step == 0) {
            gradient_terms(logarithm, (lines - l < step ? lines - l : step) * n, g, y, dx);
        }
        KERNEL(sum)(logarithm ? g : dx, 1, n, &total);
        if (logarithm) {
            EACH_SELDOM dx[i] = g[i] - dx[i] * total;
        } else {
            subtract_number(n, g, total, dx);
            multiply(n, y, dx, dx);
        }
    }
}

static void softmax_gradient_columns(bool logarithm, int64_t n, int64_t inner, const T *g,
                                     const T *y, T *dx, T *total)
{
    gradient_terms(logarithm, n * inner, g, y, dx);
    sum_all_columns(logarithm ? g : dx, n, inner, total);
    for (int64_t i = 0; i < n; i++, g += inner, y += inner, dx += inner) {
        if (logarithm) {
            multiply(inner, dx, total, dx);
            subtract(inner, g, dx, dx);
        } else {
            subtract(inner, g, total, dx);
            multiply(inner, y, dx, dx);
        }
    }
}

/* `scratch` has room for `inner` elements. */
void KERNEL(softmax_gradient)(bool logarithm, int64_t outer, int64_t n, int64_t inner,
                              const void *g, const void *y, void *dx, void *scratch)
{
    if (inner == 1) {
        softmax_gradient_lines(logarithm, outer, n, g, y, dx);
        return;
    }
    for (int64_t o = 0; o < outer; o++) {
        const int64_t at = o * n * inner;
        softmax_gradient_columns(logarithm, n, inner, (const T *)g + at, (const T *)y + at,
                                 (T *)dx + at, scratch);
    }
}

/* ln Σ e^x of each column of one block. `scratch` has room for (n + 1) * inner elements. */
void KERNEL(logsumexp)(int64_t n, int64_t inner, const void *x, void *out, void *scratch)
{
    T *y = out, *total = (T *)scratch + n * inner;
    exponentiate_columns(n, inner, x, scratch, y, total, true);
    for (int64_t k = 0; k < inner; k++) {
        y[k] = log(total[k]) + y[k];
    }
}
