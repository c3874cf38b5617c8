/* SPDX-License-Identifier: MIT */
/* Loops over the rows of x[rows, n], a sample each, that losses of n classes are made of. */

#define EACH_COLUMN SELDOM_INDEPENDENT for (int64_t c = 0; c < n; c++)

/* Of `count` rows: log_sum += Σ e^(x - m) over `width` columns from column `at` on. */
static void add_exponentials(int64_t count, int64_t n, int64_t at, int64_t width, const T *x,
                             const T *m, T *log_sum)
{
    T part[REELI_BLOCK], term;
    for (int64_t i = 0; i < count; i++) {
        subtract_number(width, x + i * n + at, m[i], part + i * width);
    }
    exponentials(count * width, part);
    for (int64_t i = 0; i < count; i++) {
        KERNEL(sum)(part + i * width, 1, width, &term);
        log_sum[i] += term;
    }
}

/* With m[i] the largest of row i: log_sum[i] = ln Σ e^(x - m). */
void KERNEL(log_sums)(int64_t rows, int64_t n, const void *from, void *m_out, void *log_sum_out)
{
    const T *x = from;
    T *m = m_out, *log_sum = log_sum_out;
    const int64_t step = lines_at_a_time(n);
    for (int64_t first = 0; first < rows; first += step) {
        const int64_t count = rows - first < step ? rows - first : step;
        for (int64_t i = first; i < first + count; i++) {
            m[i] = NAMED(max, of_row)(n, x + i * n);
            log_sum[i] = 0;
        }
        for (int64_t at = 0; at < n; at += REELI_BLOCK) {
            const int64_t width = n - at < REELI_BLOCK ? n - at : REELI_BLOCK;
            add_exponentials(count, n, at, width, x + first * n, m + first, log_sum + first);
        }
        for (int64_t i = first; i < first + count; i++) {
            log_sum[i] = log(log_sum[i]);
        }
    }
}

/* dx = scale[i] ([c = class[i]] - e^(x - m[i] - log_sum[i])); 0 where scale[i] is, whatever the
 * row. */
void KERNEL(class_gradient)(int64_t rows, int64_t n, const void *from, const void *m_in,
                            const void *log_sum_in, const int64_t *class, const void *scale_in,
                            void *to)
{
    const T *x = from, *m = m_in, *log_sum = log_sum_in, *scale = scale_in;
    T *dx = to;
    const int64_t step = lines_at_a_time(n);
    for (int64_t first = 0; first < rows; first += step) {
        const int64_t count = rows - first < step ? rows - first : step;
        for (int64_t i = first; i < first + count; i++) {
            EACH_COLUMN dx[i * n + c] = x[i * n + c] - m[i] - log_sum[i];
        }
        exponentials(count * n, dx + first * n);
        for (int64_t i = first; i < first + count; i++) {
            if (scale[i] == 0) {
                EACH_COLUMN dx[i * n + c] = 0;
                continue;
            }
            EACH_COLUMN dx[i * n + c] *= -scale[i];
            if (class[i] >= 0 && class[i] < n) {
                dx[i * n + class[i]] += scale[i];
            }
        }
    }
}
