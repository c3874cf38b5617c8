/* SPDX-License-Identifier: MIT */
/* Loops over the rows of x[rows, n]. Exponentials are taken over many short rows, or a part of a long
 * one, at a time: they are what costs. */

/* The largest element, NaNs aside: those return in the sum of exponentials. */
static T largest(const T *x, int64_t n)
{
    T lane[16], most;
    for (int k = 0; k < 16; k++) {
        lane[k] = x[0];
    }
    int64_t i = 0;
    for (; i + 16 <= n; i += 16) {
        for (int k = 0; k < 16; k++) {
            lane[k] = x[i + k] > lane[k] ? x[i + k] : lane[k];
        }
    }
    most = lane[0];
    for (int k = 1; k < 16; k++) {
        most = lane[k] > most ? lane[k] : most;
    }
    for (; i < n; i++) {
        most = x[i] > most ? x[i] : most;
    }
    return most;
}

static T total(const T *x, int64_t n)
{
    T lane[16] = {0}, sum = 0;
    int64_t i = 0;
    for (; i + 16 <= n; i += 16) {
        for (int k = 0; k < 16; k++) {
            lane[k] += x[i + k];
        }
    }
    for (int k = 0; k < 16; k++) {
        sum += lane[k];
    }
    for (; i < n; i++) {
        sum += x[i];
    }
    return sum;
}

static void exponentials(T *y, int64_t n)
{
    EACH { y[i] = exp(y[i]); }
}

/* With m[i] the largest of row i: log_sum[i] = ln Σ e^(x - m). */
static void log_sums(int64_t rows, int64_t n, const void *from, void *m_out, void *log_sum_out)
{
    const T *x = from;
    T *m = m_out, *log_sum = log_sum_out, part[REELI_BLOCK];
    const int64_t per = n < REELI_BLOCK ? REELI_BLOCK / n : 1; /* rows at a time */
    for (int64_t first = 0; first < rows; first += per) {
        const int64_t count = rows - first < per ? rows - first : per;
        for (int64_t i = first; i < first + count; i++) {
            m[i] = largest(x + i * n, n);
            log_sum[i] = 0;
        }
        for (int64_t at = 0; at < n; at += REELI_BLOCK) {
            const int64_t width = n - at < REELI_BLOCK ? n - at : REELI_BLOCK;
            for (int64_t i = 0; i < count; i++) {
                for (int64_t c = 0; c < width; c++) {
                    part[i * width + c] = x[(first + i) * n + at + c] - m[first + i];
                }
            }
            exponentials(part, count * width);
            for (int64_t i = 0; i < count; i++) {
                log_sum[first + i] += total(part + i * width, width);
            }
        }
        for (int64_t i = first; i < first + count; i++) {
            log_sum[i] = log(log_sum[i]);
        }
    }
}

/* dx = scale[i] ([c = class[i]] - e^(x - m[i] - log_sum[i])). */
static void class_gradient(int64_t rows, int64_t n, const void *from, const void *m_in,
                           const void *log_sum_in, const int64_t *class, const void *scale_in, void *to)
{
    const T *x = from, *m = m_in, *log_sum = log_sum_in, *scale = scale_in;
    T *dx = to;
    const int64_t per = n < REELI_BLOCK ? REELI_BLOCK / n : 1;
    for (int64_t first = 0; first < rows; first += per) {
        const int64_t count = rows - first < per ? rows - first : per;
        for (int64_t i = first; i < first + count; i++) {
            for (int64_t c = 0; c < n; c++) {
                dx[i * n + c] = x[i * n + c] - m[i] - log_sum[i];
            }
        }
        exponentials(dx + first * n, count * n);
        for (int64_t i = first; i < first + count; i++) {
            for (int64_t c = 0; c < n; c++) {
                dx[i * n + c] *= -scale[i];
            }
            if (class[i] >= 0 && class[i] < n) {
                dx[i * n + class[i]] += scale[i];
            }
        }
    }
}

/* As in PyTorch, y = x scale - mean scale with the first product unrounded. */
static void standardize(int64_t rows, int64_t n, const void *from, double eps, void *to, void *scale_out)
{
    const T *x = from;
    T *y = to, *scale = scale_out;
    for (int64_t i = 0; i < rows; i++, x += n, y += n) {
        const T mean = total(x, n) / (T)n;
        for (int64_t c = 0; c < n; c++) {
            y[c] = (x[c] - mean) * (x[c] - mean);
        }
        scale[i] = 1 / sqrt(total(y, n) / (T)n + (T)eps);
        const T shift = -mean * scale[i];
        for (int64_t c = 0; c < n; c++) {
            y[c] = fused(x[c], scale[i], shift);
        }
    }
}
