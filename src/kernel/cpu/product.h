/* SPDX-License-Identifier: MIT */
/* Matrix products too small for BLAS, or with a vector: m rows, n columns, k the depth. */

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
void KERNEL(plain_product)(int64_t m, int64_t n, int64_t k, const void *left,
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
    if (a_step == 1 && b_step == 1) {
        for (; p + 8 <= k; p += 8) {
            for (int q = 0; q < 4; q++) {
                lane[q] = fused(a[p + 4 + q], b[p + 4 + q], fused(a[p + q], b[p + q], lane[q]));
            }
        }
    }
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

/* c[n] = a[k] b[k,n] in that order, where b's rows lie side by side: n in vectors. */
static void row_in_lanes(int64_t n, int64_t k, const T *a, int64_t a_step, const T *b,
                         int64_t b_step, T *c)
{
    enum { BLOCK = 8 };
    int64_t j = 0;
    for (; j + BLOCK <= n; j += BLOCK) {
        T lane[4][BLOCK] = {{0}};
        for (int64_t p = 0; p < k; p++) {
            T *to = lane[p < k / 8 * 8 ? p % 4 : 0];
            for (int i = 0; i < BLOCK; i++) {
                to[i] = fused(a[p * a_step], b[p * b_step + j + i], to[i]);
            }
        }
        for (int i = 0; i < BLOCK; i++) {
            c[j + i] = (lane[0][i] + lane[1][i]) + (lane[2][i] + lane[3][i]);
        }
    }
    for (; j < n; j++) {
        c[j] = dot_in_lanes(k, a, a_step, b + j, b_step);
    }
}

/* c[n] = a[k] b[k,n] in that order. */
static void vector_in_lanes(int64_t n, int64_t k, const T *a, int64_t a_step, const T *b,
                            const int64_t *b_stride, T *c)
{
    if (b_stride[1] == 1) {
        row_in_lanes(n, k, a, a_step, b, b_stride[0], c);
        return;
    }
    for (int64_t j = 0; j < n; j++) {
        c[j] = dot_in_lanes(k, a, a_step, b + j * b_stride[1], b_stride[0]);
    }
}

/* In plain loops, which are quickest for a few elements. */
static void plain_chains(int64_t m, int64_t n, int64_t k, const T *a, const int64_t *a_stride,
                         const T *b, const int64_t *b_stride, T *c, int64_t c_step)
{
    for (int64_t i = 0; i < m; i++, a += a_stride[0], c += c_step) {
        if (b_stride[1] == 1 && n > 1) {
            for (int64_t j = 0; j < n; j++) {
                c[j] = 0;
            }
            product_row(n, k, a, a_stride[1], b, b_stride[0], c);
            continue;
        }
        for (int64_t j = 0; j < n; j++) {
            T dot = 0;
            for (int64_t p = 0; p < k; p++) {
                dot = fused(a[p * a_stride[1]], b[p * b_stride[0] + j * b_stride[1]], dot);
            }
            c[j] = dot;
        }
    }
}

/* In doubles what has a vector for one side follows the order of BLAS: true if this did. A column
 * is its own transpose, cᵀ = bᵀ aᵀ. */
static bool summed_in_lanes(int64_t m, int64_t n, int64_t k, const T *a, const int64_t *a_stride,
                            const T *b, const int64_t *b_stride, T *c)
{
    if (sizeof(T) == 8 && m == 1) {
        vector_in_lanes(n, k, a, a_stride[1], b, b_stride, c);
    } else if (sizeof(T) == 8 && n == 1) {
        vector_in_lanes(m, k, b, b_stride[0], a, (int64_t[]){a_stride[1], a_stride[0]}, c);
    } else {
        return false;
    }
    return true;
}

#ifdef TILES
enum {
    TINY = 32,           /* multiply-adds below which plain loops are quicker than tiles */
    BLAS_FROM = 1 << 30, /* and those from which on BLAS is */
};
#else /* where each fused multiply-add is a call */
enum { BLAS_FROM = sizeof(T) == 4 ? 512 : 4096 };
#endif

#ifdef GRADIENTS
int64_t KERNEL(blas_from)(void) { return BLAS_FROM; }
#endif

void KERNEL(small_product)(int64_t m, int64_t n, int64_t k, const void *left,
                           const int64_t *a_stride, const void *right, const int64_t *b_stride,
                           const void *bias, void *out, int64_t c_step)
{
    const T *a = left, *b = right, *plus = bias;
    T *c = out;
#ifdef TILES
    if (m * n * k >= TINY && n > 1 && !(sizeof(T) == 8 && m == 1)) {
        tiled_product(m, n, k, a, a_stride, b, b_stride, plus, c, c_step);
        return;
    }
#endif
    if (!summed_in_lanes(m, n, k, a, a_stride, b, b_stride, c)) {
#ifdef TILES
        if (n == 1 && m * k >= TINY) { /* a column: cᵀ = bᵀ aᵀ */
            tiled_product(1, m, k, b, (int64_t[]){0, b_stride[0]}, a,
                          (int64_t[]){a_stride[1], a_stride[0]}, NULL, c, m);
        } else
#endif
            plain_chains(m, n, k, a, a_stride, b, b_stride, c, c_step);
    }
    for (int64_t i = 0; plus && i < m; i++, c += c_step) {
        for (int64_t j = 0; j < n; j++) {
            c[j] += plus[j];
        }
    }
}
