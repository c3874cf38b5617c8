/* SPDX-License-Identifier: MIT */
/* Matrix products too small for BLAS: m rows, n columns, k the depth. */

/* One row of C where B's rows lie side by side: columns in vectors, the depth in order. */
static void product_row(int64_t n, int64_t k, const T *a, int64_t a_step, const T *b,
                        int64_t b_step, T *restrict c)
{
    for (int64_t p = 0; p < k; p++) {
        const T factor = a[p * a_step];
        const T *row = b + p * b_step;
        for (int64_t j = 0; j < n; j++) {
            c[j] = fused(factor, row[j], c[j]);
        }
    }
}

/* One of a batch's: PyTorch's loop over small ones rounds each product before it is added. */
static void plain_product(int64_t m, int64_t n, int64_t k, const void *left,
                          const int64_t *a_stride, const void *right, const int64_t *b_stride,
                          void *out)
{
    const T *a = left, *b = right;
    T *c = out;
    for (int64_t i = 0; i < m; i++, c += n) {
        for (int64_t j = 0; j < n; j++) {
            c[j] = 0;
        }
        for (int64_t p = 0; p < k; p++) {
            const T factor = a[i * a_stride[0] + p * a_stride[1]];
            for (int64_t j = 0; j < n; j++) {
                c[j] += factor * b[p * b_stride[0] + j * b_stride[1]];
            }
        }
    }
}

/* BLAS's order in doubles where a side is a vector: 4 lanes over blocks of 8, the rest to one. */
static T dot_in_lanes(int64_t k, const T *a, int64_t a_step, const T *b, int64_t b_step)
{
    T lane[4] = {0};
    int64_t p = 0;
    for (; p + 8 <= k; p += 8) {
        for (int64_t q = p; q < p + 8; q++) {
            lane[q % 4] = fused(a[q * a_step], b[q * b_step], lane[q % 4]);
        }
    }
    for (; p < k; p++) {
        lane[0] = fused(a[p * a_step], b[p * b_step], lane[0]);
    }
    return (lane[0] + lane[1]) + (lane[2] + lane[3]);
}

#ifdef GRADIENTS
/* c[m] = a[m,k] b[k], rows of a and b side by side: a is read once, at the memory's speed. */
static void matrix_vector(int64_t m, int64_t k, const void *left, int64_t a_step, const void *right,
                          void *out)
{
    const T *a = left, *b = right;
    T *c = out;
    for (int64_t i = 0; i < m; i++, a += a_step) {
        lanes sums[4] = {{0}};
        int64_t p = 0;
        for (; p + ROW <= k; p += ROW) {
            for (int s = 0; s < 4; s++) {
                sums[s] += LOAD(a + p + s * LANES) * LOAD(b + p + s * LANES);
            }
        }
        const lanes all = (sums[0] + sums[1]) + (sums[2] + sums[3]);
        T total = 0;
        for (int s = 0; s < LANES; s++) {
            total += all[s];
        }
        for (; p < k; p++) {
            total += a[p] * b[p];
        }
        c[i] = total;
    }
}
#endif

static void small_product(int64_t m, int64_t n, int64_t k, const void *left,
                          const int64_t *a_stride, const void *right, const int64_t *b_stride,
                          const void *bias, void *out)
{
    const T *a = left, *b = right, *plus = bias;
    T *c = out;
    for (int64_t i = 0; i < m; i++, c += n) {
        const T *row = a + i * a_stride[0];
        if (sizeof(T) == 8 && (m == 1 || n == 1)) {
            for (int64_t j = 0; j < n; j++) {
                c[j] = dot_in_lanes(k, row, a_stride[1], b + j * b_stride[1], b_stride[0]);
            }
        } else if (b_stride[1] == 1 && n > 1) {
            for (int64_t j = 0; j < n; j++) {
                c[j] = 0;
            }
            product_row(n, k, row, a_stride[1], b, b_stride[0], c);
        } else {
            for (int64_t j = 0; j < n; j++) {
                T dot = 0;
                for (int64_t p = 0; p < k; p++) {
                    dot = fused(row[p * a_stride[1]], b[p * b_stride[0] + j * b_stride[1]], dot);
                }
                c[j] = dot;
            }
        }
        for (int64_t j = 0; plus && j < n; j++) {
            c[j] += plus[j];
        }
    }
}
