/* SPDX-License-Identifier: MIT */
/* Products, extremes, moments, scans. A block is n rows of `inner` columns, reduced over the rows:
 * one column is a line in memory, which is worked on BROAD elements at a time (so many that the
 * compiler makes vectors of them instead of unrolling); several are side by side. */

enum { BROAD = 256 / sizeof(T), NARROW = 32 / sizeof(T) };

static T product_of_row(int64_t n, const T *x)
{
    T part[BROAD], product = 1;
    int64_t i = 0;
    for (int k = 0; k < BROAD && n >= BROAD; k++) {
        part[k] = 1;
    }
    for (; i + BROAD <= n; i += BROAD) {
        for (int k = 0; k < BROAD; k++) {
            part[k] *= x[i + k];
        }
    }
    for (; i < n; i++) {
        product *= x[i];
    }
    for (int k = NARROW; k < BROAD && n >= BROAD; k++) {
        part[k] *= part[k - NARROW];
    }
    for (int k = BROAD - NARROW; k < BROAD && n >= BROAD; k++) {
        product *= part[k];
    }
    return product;
}

void KERNEL(prod)(int64_t n, int64_t inner, const void *terms, void *out)
{
    const T *x = terms;
    T *y = out;
    if (inner == 1) {
        *y = product_of_row(n, x);
        return;
    }
    for (int64_t k = 0; k < inner; k++) {
        y[k] = 1;
    }
    for (int64_t i = 0; i < n; i++) {
        for (int64_t k = 0; k < inner; k++) {
            y[k] *= x[i * inner + k];
        }
    }
}

/* A NaN beats a number; `beats` says which of two numbers stays. The last elements of a row may be
 * looked at twice. */
#define EXTREME(name, beats)                                                                       \
    static inline T NAMED(name, of)(T best, T x)                                                   \
    {                                                                                              \
        return ((x beats best) | (x != x)) ? x : best;                                             \
    }                                                                                              \
    static T NAMED(name, of_row)(int64_t n, const T *x)                                            \
    {                                                                                              \
        T best[BROAD];                                                                             \
        int64_t width = n >= BROAD ? BROAD : n >= NARROW ? NARROW : 1;                             \
        memcpy(best, x, (size_t)width * sizeof(T));                                                \
        for (int64_t i = width; i < n; i += width) {                                               \
            const T *some = x + (i + width <= n ? i : n - width);                                  \
            for (int64_t k = 0; k < width; k++) {                                                  \
                best[k] = NAMED(name, of)(best[k], some[k]);                                       \
            }                                                                                      \
        }                                                                                          \
        while ((width /= 2)) {                                                                     \
            for (int64_t k = 0; k < width; k++) {                                                  \
                best[k] = NAMED(name, of)(best[k], best[k + width]);                               \
            }                                                                                      \
        }                                                                                          \
        return best[0];                                                                            \
    }                                                                                              \
    static void NAMED(name, of_columns)(int64_t n, int64_t inner, const T *x, T *best)             \
    {                                                                                              \
        memcpy(best, x, (size_t)inner * sizeof(T));                                                \
        for (int64_t i = 1; i < n; i++) {                                                          \
            for (int64_t k = 0; k < inner; k++) {                                                  \
                best[k] = NAMED(name, of)(best[k], x[i * inner + k]);                              \
            }                                                                                      \
        }                                                                                          \
    }
EXTREME(max, >)
EXTREME(min, <)

/* The first row that holds each column's extreme: the one that equals it, or is a NaN as it is. */
static void places(int64_t n, int64_t inner, const T *x, const T *best, int64_t *indices)
{
    for (int64_t k = 0; k < inner; k++) {
        int64_t i = 0;
        while (i < n - 1 && x[i * inner + k] != best[k] && x[i * inner + k] == x[i * inner + k]) {
            i++;
        }
        indices[k] = i;
    }
}

void KERNEL(extreme)(bool smallest, int64_t n, int64_t inner, const void *terms, void *values,
                     int64_t *indices)
{
    const T *x = terms;
    T *best = values;
    if (inner == 1) {
        *best = smallest ? NAMED(min, of_row)(n, x) : NAMED(max, of_row)(n, x);
    } else if (smallest) {
        NAMED(min, of_columns)(n, inner, x, best);
    } else {
        NAMED(max, of_columns)(n, inner, x, best);
    }
    if (indices) {
        places(n, inner, x, best, indices);
    }
}

#ifdef DOUBLES_HERE

/* What running sums and products are kept in, as PyTorch does. */
#ifdef GRADIENTS
typedef double running;
#else
typedef int64_t running;
#endif

/* One line of a scan; `step` is its elements' distance, negative from the end. */
static void scan_line(int64_t n, int64_t step, const T *a, const T *b, T *y)
{
    running s = b && !a ? 0 + (running)*b : (running)(b ? *b : *a); /* a sum is never -0 */
    *y = (T)s;
    for (int64_t i = 1; i < n && !a; i++) {
        s += (running)b[i * step];
        y[i * step] = (T)s;
    }
    for (int64_t i = 1; i < n && a && !b; i++) {
        s *= (running)a[i * step];
        y[i * step] = (T)s;
    }
    for (int64_t i = 1; i < n && a && b; i++) {
        s = (running)a[i * step] * s + (running)b[i * step];
        y[i * step] = (T)s;
    }
}

/* Columns `width` of a scan side by side, at most COLUMNS. */
enum { COLUMNS = 64 };
static void scan_columns(int64_t n, int width, int64_t step, const T *a, const T *b, T *y)
{
    running s[COLUMNS];
    for (int64_t i = 0; i < n; i++, y += step) {
        for (int k = 0; k < width; k++) {
            const running factor = (running)(a ? a[i * step + k] : 1);
            const running term = (running)(b ? b[i * step + k] : 0);
            s[k] = i ? factor * s[k] + term : b ? (a ? term : 0 + term) : factor;
            y[k] = (T)s[k];
        }
    }
}

/* s_k = b_k + a_k s_{k-1}; without b a product, without a a sum. */
void KERNEL(scan)(int64_t n, int64_t inner, bool reverse, const void *factors, const void *terms,
                  void *out)
{
    const int64_t first = reverse ? (n - 1) * inner : 0, step = reverse ? -inner : inner;
    const T *a = factors ? (const T *)factors + first : NULL;
    const T *b = terms ? (const T *)terms + first : NULL;
    T *y = (T *)out + first;
    if (inner == 1) {
        scan_line(n, step, a, b, y);
        return;
    }
    for (int64_t k = 0; k < inner; k += COLUMNS) {
        const int width = inner - k < COLUMNS ? (int)(inner - k) : COLUMNS;
        scan_columns(n, width, step, a ? a + k : NULL, b ? b + k : NULL, y + k);
    }
}

#endif

#ifdef GRADIENTS

/* part[k] = Σ (x - shift)^power of every eighth x from k on; n is a multiple of 8. */
static void sum_eights(int64_t n, const T *x, double shift, bool squared, double *part)
{
#if defined(HAS_AVX2) && defined(OWN_EXP_TANH)
    __m256d low = _mm256_setzero_pd(), high = low;
    for (int64_t i = 0; i < n; i += 8) {
        const __m256d a = _mm256_cvtps_pd(_mm_loadu_ps(x + i)) - _mm256_set1_pd(shift);
        const __m256d b = _mm256_cvtps_pd(_mm_loadu_ps(x + i + 4)) - _mm256_set1_pd(shift);
        low += squared ? _mm256_mul_pd(a, a) : a;
        high += squared ? _mm256_mul_pd(b, b) : b;
    }
    _mm256_storeu_pd(part, low);
    _mm256_storeu_pd(part + 4, high);
#else
    for (int64_t i = 0; i < n; i += 8) {
        for (int k = 0; k < 8; k++) {
            const double d = (double)x[i + k] - shift;
            part[k] += squared ? d * d : d;
        }
    }
#endif
}

/* Σ (x - shift)^power in double, a block's lanes at a time. */
static double sum_of_powers(int64_t n, const T *x, double shift, bool squared)
{
    double total = 0;
    for (int64_t i = 0; i < n;) {
        const int64_t end = n - i < REELI_BLOCK ? n : i + REELI_BLOCK, eights = (end - i) / 8 * 8;
        double part[8] = {0};
        sum_eights(eights, x + i, shift, squared, part);
        i += eights;
        for (int k = 0; i < end; i++, k++) {
            const double d = (double)x[i] - shift;
            part[k] += squared ? d * d : d;
        }
        for (int k = 0; k < 8; k++) {
            total += part[k];
        }
    }
    return total;
}

/* Each column's mean and Σ (x - mean)², in double: the mean is found first, and exactly enough. It
 * is that of the differences from the first row, so that equal numbers have it exactly, and a
 * variance of 0. */
void KERNEL(moments)(int64_t n, int64_t inner, const void *terms, double *mean, double *squares)
{
    LEAVE_VECTORS
    const T *x = terms;
    if (inner == 1) {
        const double first = (double)x[0];
        *mean = first + sum_of_powers(n, x, first, false) / (double)n;
        *squares = sum_of_powers(n, x, *mean, true);
        return;
    }
    for (int64_t k = 0; k < inner; k++) {
        mean[k] = squares[k] = 0;
    }
    for (int64_t i = 1; i < n; i++) {
        for (int64_t k = 0; k < inner; k++) {
            mean[k] += (double)x[i * inner + k] - (double)x[k];
        }
    }
    for (int64_t k = 0; k < inner; k++) {
        mean[k] = (double)x[k] + mean[k] / (double)n;
    }
    for (int64_t i = 0; i < n; i++) {
        for (int64_t k = 0; k < inner; k++) {
            const double d = (double)x[i * inner + k] - mean[k];
            squares[k] += d * d;
        }
    }
}

/* |x|^p for each element; 1 for p = 0 unless x is 0. */
static void powers(int64_t n, const T *x, double p, T *y)
{
    const T power = (T)p;
    if (p == 1 || isinf(p)) {
        EACH_SELDOM y[i] = fabs(x[i]);
    } else if (p == 2) {
        EACH_SELDOM y[i] = x[i] * x[i];
    } else if (p == 0) {
        EACH_SELDOM y[i] = x[i] != 0;
    } else {
        EACH y[i] = pow(fabs(x[i]), power);
    }
}

/* The powers of one line, a block at a time, reduced while they are in the first cache. */
static T norm_of_row(int64_t n, const T *x, double p)
{
    T terms[REELI_BLOCK], result = 0;
    reeli_cascade c;
    KERNEL(cascade_begin)(&c, n);
    for (int64_t i = 0; i < n; i += REELI_BLOCK) {
        const int64_t count = n - i < REELI_BLOCK ? n - i : REELI_BLOCK;
        powers(count, x + i, p, terms);
        if (isinf(p)) {
            const T best =
                p > 0 ? NAMED(max, of_row)(count, terms) : NAMED(min, of_row)(count, terms);
            result = i == 0  ? best
                     : p > 0 ? NAMED(max, of)(result, best)
                             : NAMED(min, of)(result, best);
        } else if (n <= REELI_BLOCK) {
            KERNEL(sum)(terms, 1, n, &result);
        } else if (i + count < n) {
            KERNEL(cascade_feed)(&c, terms, count);
        } else {
            KERNEL(cascade_end)(&c, terms, count, &result);
        }
    }
    return result;
}

/* (Σ |x|^p)^(1/p) of each column. `scratch` has room for n * inner elements, if there is more than
 * one column. */
void KERNEL(norm)(int64_t n, int64_t inner, const void *terms, double p, void *out, void *scratch)
{
    T *y = out;
    if (inner == 1) {
        *y = norm_of_row(n, terms, p);
    } else {
        powers(n * inner, terms, p, scratch);
        if (isinf(p)) {
            KERNEL(extreme)(p < 0, n, inner, scratch, out, NULL);
        } else {
            sum_all_columns(scratch, n, inner, out);
        }
    }
    const T root = (T)(1 / p);
    for (int64_t k = 0; k < inner && p != 0 && p != 1 && !isinf(p); k++) {
        y[k] = p == 2 ? sqrt(y[k]) : pow(y[k], root);
    }
}

#endif
