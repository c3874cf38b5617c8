/* SPDX-License-Identifier: MIT */
/* Products of a matrix with a vector: the matrix is read once, front to back, at the memory's
 * speed. */
#ifdef GRADIENTS

/* c[i] = Σ_p a[i,p] b[p] + bias[i bias_step], where a's rows and b lie side by side. */
static void matrix_vector(int64_t m, int64_t k, const void *left, int64_t a_step, const void *right,
                          const void *bias, int64_t bias_step, void *out)
{
    const T *a = left, *b = right, *plus = bias;
    T *c = out;
    for (int64_t i = 0; i < m; i++, a += a_step) {
        lanes sums[4] = {{0}};
        int64_t p = 0;
        for (; p + ROW <= k; p += ROW) {
            for (int s = 0; s < 4; s++) {
                sums[s] = PLUS(sums[s], TIMES(LOAD(a + p + s * LANES), LOAD(b + p + s * LANES)));
            }
        }
        const lanes all = PLUS(PLUS(sums[0], sums[1]), PLUS(sums[2], sums[3]));
        T total = 0;
        for (int s = 0; s < LANES; s++) {
            total += LANE(all, s);
        }
        for (; p < k; p++) {
            total += a[p] * b[p];
        }
        c[i] = plus ? total + plus[i * bias_step] : total;
    }
}

/* c[j] += Σ_p a[p a_step] b[p,j], row after row: two at a time halve the reads and writes of c,
 * and more would be more streams than the prefetcher follows. */
static void add_rows(int64_t k, int64_t n, const void *left, int64_t a_step, const void *right,
                     int64_t b_step, void *out)
{
    const T *a = left, *b = right;
    T *c = out;
    int64_t p = 0;
    for (; p + 2 <= k; p += 2, b += 2 * b_step) {
        const T first = a[p * a_step], second = a[(p + 1) * a_step];
        INDEPENDENT for (int64_t j = 0; j < n; j++)
        {
            c[j] = c[j] + first * b[j] + second * b[j + b_step];
        }
    }
    for (int64_t j = 0; p < k && j < n; j++) {
        c[j] += a[p * a_step] * b[j];
    }
}

#endif
