/* SPDX-License-Identifier: MIT */
/* Products of a matrix with a vector: the matrix is read once, front to back, at the memory's
 * speed. And of two vectors. */
#ifdef GRADIENTS

#ifndef ONLY_WIDE
/* How many elements ahead what is read once is fetched: further than some CPUs look. */
enum { LINE_LENGTH = 64 / sizeof(T), ELEMENTS_AHEAD = 768 };

#ifdef LANES_ARE_VECTORS
/* Σ_p a[p] b[p] in four sums of lanes, and of these, half of them at half[0] and the rest at
 * half[BLAS_LANES]; of whole ROWs. */
REELI_INLINE void sum_in_lanes(int64_t k, const T *a, const T *b, blas_lanes *half)
{
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
    const lanes all = PLUS(PLUS(sums[0], sums[1]), PLUS(sums[2], sums[3]));
    memcpy(&half[0], &all, sizeof *half);
    memcpy(&half[BLAS_LANES], (const char *)&all + sizeof *half, sizeof *half);
}

static inline blas_lanes column_of(const T *const *rows, int64_t p)
{
    blas_lanes column;
    REELI_UNROLL(4)
    for (int r = 0; r < BLAS_LANES; r++) {
        column[r] = rows[r][p];
    }
    return column;
}

/* Σ_p a[p] b[p] of BLAS_LANES rows: their lanes are added in order, and then the terms that fill no
 * ROW. Seen from the side all that is done for the rows at once, short as they may be. */
REELI_INLINE blas_lanes sum_rows(int64_t k, const T *const *a, const T *b)
{
    blas_lanes total = {0}, some[2 * BLAS_LANES];
    int64_t p = k / ROW * ROW;
    for (int r = 0; p > 0 && r < BLAS_LANES; r++) {
        sum_in_lanes(k, a[r], b, &some[r]);
    }
    for (int half = 0; p > 0 && half < 2; half++) {
        turn(some + half * BLAS_LANES);
        REELI_UNROLL(4)
        for (int s = 0; s < BLAS_LANES; s++) {
            total += some[half * BLAS_LANES + s];
        }
    }
    for (; p + BLAS_LANES <= k; p += BLAS_LANES) {
        REELI_UNROLL(4)
        for (int r = 0; r < BLAS_LANES; r++) {
            some[r] = LOAD_BLAS(a[r] + p) * LOAD_BLAS(b + p);
        }
        turn(some);
        REELI_UNROLL(4)
        for (int s = 0; s < BLAS_LANES; s++) {
            total += some[s];
        }
    }
    for (; p < k; p++) {
        total += column_of(a, p) * b[p];
    }
    return total;
}

/* c[i] = Σ_p a[i,p] b[p] + bias[i bias_step], where a's rows and b lie side by side. */
void KERNEL(matrix_vector)(int64_t m, int64_t k, const void *left, int64_t a_step,
                           const void *right, const void *bias, int64_t bias_step, void *out)
{
    LEAVE_VECTORS
    const T *a = left, *plus = bias;
    T *c = out;
    for (int64_t n = BLAS_LANES; m > 0; m -= n, a += n * a_step, c += n) {
        n = m < n ? m : n;
        const T *rows[BLAS_LANES]; /* the first again where there are fewer */
        for (int r = 0; r < BLAS_LANES; r++) {
            rows[r] = a + (r < n ? r : 0) * a_step;
        }
        blas_lanes total = sum_rows(k, rows, right);
        for (int r = 0; plus && r < BLAS_LANES; r++) {
            rows[r] = plus + (r < n ? r : 0) * bias_step;
        }
        if (plus) {
            total += column_of(rows, 0);
            plus += n * bias_step;
        }
        if (n == BLAS_LANES) {
            *(loose_blas_lanes *)c = total;
        } else {
            memcpy(c, &total, (size_t)n * sizeof(T));
        }
    }
}
#else
/* The same, row by row. */
void KERNEL(matrix_vector)(int64_t m, int64_t k, const void *left, int64_t a_step,
                           const void *right, const void *bias, int64_t bias_step, void *out)
{
    LEAVE_VECTORS
    const T *a = left, *b = right, *plus = bias;
    T *c = out;
    for (int64_t i = 0; i < m; i++, a += a_step) {
        T lane[ROW] = {0}, total = 0;
        for (int64_t p = 0; p < k / ROW * ROW; p++) {
            lane[p % ROW] += a[p] * b[p];
        }
        for (int s = 0; s < LANES; s++) {
            total += (lane[s] + lane[LANES + s]) + (lane[2 * LANES + s] + lane[3 * LANES + s]);
        }
        for (int64_t p = k / ROW * ROW; p < k; p++) {
            total += a[p] * b[p];
        }
        c[i] = plus ? total + plus[i * bias_step] : total;
    }
}
#endif
#endif

#if VECTOR_BYTES
/* c[j] = Σ_p a[p] b[p,j], or beside what is there, for so many vectors of columns, of the last
 * `rest`: their sums stay in registers. */
REELI_INLINE void add_up_columns(const int vectors, int64_t rest, int64_t k, const T *a,
                                 int64_t a_step, const T *b, int64_t down, T *c, bool beside)
{
    const int last = vectors - 1;
    vector sum[4] = {{0}};
    REELI_UNROLL(4)
    for (int v = 0; v < vectors; v++) {
        if (beside) {
            sum[v] = load_part(c + v * VECTOR, v < last ? VECTOR : rest);
        }
    }
    for (int64_t p = 0; p < k; p++, b += down) {
        const T factor = a[p * a_step];
        REELI_UNROLL(4)
        for (int v = 0; v < vectors; v++) {
            sum[v] += factor * load_part(b + v * VECTOR, v < last ? VECTOR : rest);
        }
    }
    REELI_UNROLL(4)
    for (int v = 0; v < vectors; v++) {
        store_part(c + v * VECTOR, sum[v], v < last ? VECTOR : rest);
    }
}

/* The same for any number of columns: four vectors at once, and what is left all at once, too, or
 * where that is more code than it is worth vector by vector. */
static void add_up_all_columns(int64_t n, int64_t k, const T *a, int64_t a_step, const T *b,
                               int64_t down, T *c, bool beside)
{
#ifdef LOAD_PART
    enum { TOGETHER = LANES == 8 }; /* floats */
#else
    enum { TOGETHER = false };
#endif
    for (int64_t some; n > 0; n -= some, b += some, c += some) {
        if (n >= 4 * VECTOR) {
            some = 4 * VECTOR;
            add_up_columns(4, VECTOR, k, a, a_step, b, down, c, beside);
        } else if (TOGETHER && n > 2 * VECTOR) {
            some = n < 3 * VECTOR ? n : 3 * VECTOR;
            add_up_columns(3, some - 2 * VECTOR, k, a, a_step, b, down, c, beside);
        } else if (TOGETHER && n > VECTOR) {
            some = n;
            add_up_columns(2, n - VECTOR, k, a, a_step, b, down, c, beside);
        } else {
            some = n < VECTOR ? n : VECTOR;
            add_up_columns(1, some, k, a, a_step, b, down, c, beside);
        }
    }
}
#endif

/* c[j] += Σ_p a[p a_step] b[p,j], row after row. Where parts of vectors are slow c stays in memory,
 * and two rows at a time halve how often it is read and written. */
void KERNEL(add_rows)(int64_t k, int64_t n, const void *left, int64_t a_step, const void *right,
                      int64_t b_step, void *out)
{
    LEAVE_VECTORS
    const T *a = left, *b = right;
    T *c = out;
#ifdef LOAD_PART
    add_up_all_columns(n, k, a, a_step, b, b_step, c, true);
#else
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
#endif
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
