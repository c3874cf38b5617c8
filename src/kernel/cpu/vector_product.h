/* SPDX-License-Identifier: MIT */
/* Products of a matrix with a vector: the matrix is read once, front to back, at the memory's
 * speed. And of two vectors. */
#ifdef GRADIENTS

/* How many elements ahead what is read once is fetched: further than some CPUs look. */
enum { LINE_LENGTH = 64 / sizeof(T), ELEMENTS_AHEAD = 768 };

/* Σ_p a[p] b[p] in four sums of lanes, and of these; of whole rows. */
REELI_INLINE void sum_in_lanes(int64_t k, const T *a, const T *b, lanes *all)
{
#if defined(HAS_AVX512) && defined(OWN_EXP_TANH) &&                                                \
    defined(LANES_ARE_VECTORS) /* floats: two sums in a vector */
    __m512 low = _mm512_setzero_ps(), high = low;
    for (int64_t p = 0; p + ROW <= k; p += ROW) {
        REELI_PREFETCH(a + p + ELEMENTS_AHEAD);
        REELI_PREFETCH(a + p + ELEMENTS_AHEAD + LINE_LENGTH);
        low += _mm512_loadu_ps(a + p) * _mm512_loadu_ps(b + p);
        high += _mm512_loadu_ps(a + p + 2 * LANES) * _mm512_loadu_ps(b + p + 2 * LANES);
    }
    *all = ((lanes)_mm512_castps512_ps256(low) + (lanes)_mm512_extractf32x8_ps(low, 1)) +
           ((lanes)_mm512_castps512_ps256(high) + (lanes)_mm512_extractf32x8_ps(high, 1));
#else
    lanes sums[4] = {0};
    for (int64_t p = 0; p + ROW <= k; p += ROW) {
        for (int64_t l = 0; l < ROW; l += LINE_LENGTH) {
            REELI_PREFETCH(a + p + ELEMENTS_AHEAD + l);
        }
        REELI_UNROLL(4)
        for (int s = 0; s < 4; s++) {
            sums[s] = PLUS(sums[s], TIMES(LOAD(a + p + s * LANES), LOAD(b + p + s * LANES)));
        }
    }
    *all = PLUS(PLUS(sums[0], sums[1]), PLUS(sums[2], sums[3]));
#endif
}

/* c[i] = Σ_p a[i,p] b[p] + bias[i bias_step], where a's rows and b lie side by side. */
void KERNEL(matrix_vector)(int64_t m, int64_t k, const void *left, int64_t a_step,
                           const void *right, const void *bias, int64_t bias_step, void *out)
{
    const T *a = left, *b = right, *plus = bias;
    T *c = out;
    for (int64_t i = 0; i < m; i++, a += a_step) {
        lanes all;
        sum_in_lanes(k, a, b, &all);
        T total = 0;
        for (int s = 0; s < LANES; s++) {
            total += LANE(all, s);
        }
        for (int64_t p = k / ROW * ROW; p < k; p++) {
            total += a[p] * b[p];
        }
        c[i] = plus ? total + plus[i * bias_step] : total;
    }
}

/* c[j] += Σ_p a[p a_step] b[p,j], row after row: two at a time halve the reads and writes of c,
 * and more would be more streams than the prefetcher follows. */
VECTORS_OF_512 void KERNEL(add_rows)(int64_t k, int64_t n, const void *left, int64_t a_step,
                                     const void *right, int64_t b_step, void *out)
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

#ifndef ONLY_WIDE
/*
 * Σ x y on vectors of 16 bytes in the order of the BLAS that PyTorch comes with: rounds of four
 * vectors, a sum for each; of what is left a pair of vectors where floats make one, vectors, and
 * single terms, these into the first sum. Line searches choose by such sums, and tell one order
 * from another.
 */
void KERNEL(dot_product)(int64_t n, const void *left, const void *right, void *result)
{
    enum { SHORT = 16 / sizeof(T), ROUND = 4 * SHORT };
    const T *x = left, *y = right;
    T sums[ROUND] = {0};
    int64_t i = 0;
    for (; i + ROUND <= n; i += ROUND) {
        for (int l = 0; l < ROUND; l++) {
            sums[l] += x[i + l] * y[i + l];
        }
    }
    const int64_t pairs = SHORT == 4 && i + ROUND / 2 <= n ? i + ROUND / 2 : i;
    for (int l = 0; i < pairs; i++, l++) {
        sums[l] += x[i] * y[i];
    }
    for (; i + SHORT <= n; i += SHORT) {
        for (int l = 0; l < SHORT; l++) {
            sums[l] += x[i + l] * y[i + l];
        }
    }
    for (; i < n; i++) {
        sums[0] += x[i] * y[i];
    }
    for (int l = 0; l < SHORT; l++) {
        sums[l] = ((sums[l] + sums[SHORT + l]) + sums[2 * SHORT + l]) + sums[3 * SHORT + l];
    }
    *(T *)result = SHORT == 4 ? (sums[0] + sums[2]) + (sums[1] + sums[3]) : sums[0] + sums[1];
}
#endif
#endif
