/* SPDX-License-Identifier: MIT */
/* Products of a matrix with a vector: the matrix is read once, front to back, at the memory's
 * speed. And of two vectors. */
#ifdef GRADIENTS

/* c[i] = Σ_p a[i,p] b[p] + bias[i bias_step], where a's rows and b lie side by side. */
void KERNEL(matrix_vector)(int64_t m, int64_t k, const void *left, int64_t a_step,
                           const void *right, const void *bias, int64_t bias_step, void *out)
{
    const T *a = left, *b = right, *plus = bias;
    T *c = out;
    for (int64_t i = 0; i < m; i++, a += a_step) {
        lanes sums[4] = {0};
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
void KERNEL(add_rows)(int64_t k, int64_t n, const void *left, int64_t a_step, const void *right,
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

/*
 * Σ x y in the order of BLAS on vectors of 32 bytes: 4 accumulators, each folded in half, then
 * added in pairs, and what is left over after them. Line searches choose by such sums, and tell one
 * order from another.
 */
void KERNEL(dot_product)(int64_t n, const void *left, const void *right, void *result)
{
    enum { HALF = LANES / 2, STEP = 4 * LANES };
    const T *x = left, *y = right;
    T sums[STEP] = {0}, part[HALF];
    int64_t i = 0;
    for (; i + STEP <= n; i += STEP) {
        for (int l = 0; l < STEP; l++) {
            sums[l] = fused(x[i + l], y[i + l], sums[l]);
        }
    }
    for (int l = 0; l < HALF; l++) {
        const T *s = sums + l;
        part[l] = ((s[0] + s[HALF]) + (s[LANES] + s[LANES + HALF])) +
                  ((s[2 * LANES] + s[2 * LANES + HALF]) + (s[3 * LANES] + s[3 * LANES + HALF]));
    }
    for (int width = HALF; width > 1; width /= 2) {
        for (int l = 0; l < width / 2; l++) {
            part[l] = part[2 * l] + part[2 * l + 1];
        }
    }
    if (sizeof(T) == 4) { /* there the rest is added up in double, by itself */
        double rest = 0;
        for (; i < n; i++) {
            rest += (double)(x[i] * y[i]);
        }
        part[0] = (T)(rest + (double)part[0]);
    }
    for (; i < n; i++) {
        part[0] += x[i] * y[i];
    }
    *(T *)result = part[0];
}

#endif
