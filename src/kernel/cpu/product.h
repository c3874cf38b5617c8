/* SPDX-License-Identifier: MIT */
/* Matrix products too small for BLAS, or with a vector: m rows, n columns, k the depth. */

#ifndef GRADIENTS
static void finish(const reeli_gemm *p) { (void)p; }
#endif

/* One row of C where B's rows lie side by side: columns in vectors, the depth in order. */
static void product_row(int64_t n, int64_t k, const T *a, int64_t a_step, const T *b,
                        int64_t b_step, T *restrict c)
{
    memset(c, 0, (size_t)n * sizeof(T));
    for (int64_t p = 0; p < k; p++, b += b_step) {
        const T factor = a[p * a_step];
        INDEPENDENT
        for (int64_t j = 0; j < n; j++) {
            c[j] = fused(factor, b[j], c[j]);
        }
    }
}

#ifndef ONLY_WIDE
/* One of a batch's: PyTorch's loop over small ones rounds each product before it is added. */
void KERNEL(plain_product)(const reeli_gemm *p)
{
    const int64_t m = p->m, n = p->n, k = p->k, *a_stride = p->a.stride, *b_stride = p->b.stride;
    const T *a = p->a.data, *b = p->b.data;
    T *c = p->c;
    for (int64_t i = 0; i < m; i++, c += n) {
        for (int64_t j = 0; j < n; j++) {
            c[j] = 0;
        }
        for (int64_t q = 0; q < k; q++) {
            const T factor = a[i * a_stride[0] + q * a_stride[1]];
            for (int64_t j = 0; j < n; j++) {
                c[j] += factor * b[q * b_stride[0] + j * b_stride[1]];
            }
        }
    }
}
#endif

/* c[n] = a[k] b[k,n] where b's rows lie side by side: one is added after the other. */
static void add_up_rows(int64_t n, int64_t k, const T *a, int64_t a_step, const T *b, int64_t down,
                        T *c)
{
#if defined(GRADIENTS) && VECTOR_BYTES
    add_up_all_columns(n, k, a, a_step, b, down, c, false);
#else
    for (int64_t j = 0; j < n; j++) {
        c[j] = 0;
    }
    for (int64_t p = 0; p < k; p++, b += down) {
        const T factor = a[p * a_step];
        INDEPENDENT for (int64_t j = 0; j < n; j++) { c[j] += factor * b[j]; }
    }
#endif
}

/* Where a matrix meets a vector PyTorch's BLAS adds up in lanes of 16 bytes, of which the first has
 * the first terms, so many that whole rounds are left. */
static int64_t first_terms(int64_t k) { return k > 0 ? (k - 1) % BLAS_LANES + 1 : 0; }

#define SUM_OF_LANES(lane)                                                                         \
    (BLAS_LANES == 4 ? ((lane)[0] + (lane)[BLAS_LANES - 2]) + ((lane)[1] + (lane)[BLAS_LANES - 1]) \
                     : (lane)[0] + (lane)[1])

/* Σ_p a[p] b[p] in that order. */
static T dot_in_lanes(int64_t k, const T *a, int64_t a_step, const T *b, int64_t b_step)
{
    const int64_t first = first_terms(k);
    T lane[BLAS_LANES] = {0};
    for (int64_t p = 0; p < k; p++, a += a_step, b += b_step) {
        lane[p < first ? 0 : (p - first) % BLAS_LANES] += *a * *b;
    }
    return SUM_OF_LANES(lane);
}

#ifdef LANES_ARE_VECTORS
enum { BLAS_ROWS = 4 }; /* of which each waits for its own additions */

/* The same of some rows of b, whose terms lie side by side as a's do, and fill the lanes. The first
 * terms are added up for all rows at once. */
REELI_INLINE void rows_in_lanes(int64_t k, const T *a, const T *const *b, T *c)
{
    const int64_t first = first_terms(k);
    blas_lanes lane[BLAS_ROWS];
    REELI_UNROLL(4)
    for (int j = 0; j < BLAS_ROWS; j++) {
        lane[j] = LOAD_BLAS(a) * LOAD_BLAS(b[j]);
    }
    REELI_UNROLL(4)
    for (int j = 0; j < BLAS_ROWS; j += BLAS_LANES) {
        turn(lane + j);
        blas_lanes start = lane[j] + 0;
        REELI_UNROLL(4)
        for (int t = 1; t < BLAS_LANES; t++) {
            start += t < first ? lane[j + t] : (blas_lanes){0};
        }
        REELI_UNROLL(4)
        for (int t = 0; t < BLAS_LANES; t++) {
            lane[j + t] = (blas_lanes){start[t]};
        }
    }
    for (int64_t p = first; p < k; p += BLAS_LANES) {
        REELI_UNROLL(4)
        for (int j = 0; j < BLAS_ROWS; j++) {
            lane[j] += LOAD_BLAS(a + p) * LOAD_BLAS(b[j] + p);
        }
    }
    REELI_UNROLL(4)
    for (int j = 0; j < BLAS_ROWS; j += BLAS_LANES) {
        turn(lane + j);
        *(loose_blas_lanes *)(c + j) = SUM_OF_LANES(lane + j);
    }
}
#endif

/* c[n] = a[k] b[k,n] in that order; where b's rows lie side by side, one is added after the
 * other. */
static void vector_in_lanes(int64_t n, int64_t k, const T *a, int64_t a_step, const T *b,
                            const int64_t *b_stride, T *c)
{
    const int64_t down = b_stride[0], right = b_stride[1];
    if (right == 1) {
        add_up_rows(n, k, a, a_step, b, down, c);
        return;
    }
#ifdef LANES_ARE_VECTORS
    T some[BLAS_ROWS];
    for (; a_step == 1 && down == 1 && k >= BLAS_LANES && n > 0;
         n -= BLAS_ROWS, b += BLAS_ROWS * right) {
        const int64_t second = n > 1 ? right : 0, third = n > 2 ? 2 * right : second;
        const int64_t fourth = n > 3 ? 3 * right : third; /* a row again costs nothing */
        rows_in_lanes(k, a, (const T *const[]){b, b + second, b + third, b + fourth},
                      n < BLAS_ROWS ? some : c);
        if (n < BLAS_ROWS) {
            memcpy(c, some, (size_t)n * sizeof(T));
        }
        c += BLAS_ROWS;
    }
#endif
    for (; n > 0; n--, b += right) {
        *c++ = dot_in_lanes(k, a, a_step, b, down);
    }
}

/* c[n] = a[k] b[k,n], a chain an element. */
static void row_of_chains(int64_t n, int64_t k, const T *a, int64_t a_step, const T *b,
                          const int64_t *b_stride, T *c)
{
    const int64_t down = b_stride[0], right = b_stride[1];
    if (right == 1 && n >= 8) {
        product_row(n, k, a, a_step, b, down, c);
        return;
    }
    for (int64_t j = 0; j < n; j++, b += right) {
        T dot = 0;
        for (int64_t p = 0; p < k; p++) {
            dot = fused(a[p * a_step], b[p * down], dot);
        }
        c[j] = dot;
    }
}

/* In plain loops, which are quickest for a few elements. */
static void plain_chains(int64_t m, int64_t n, int64_t k, const T *a, const int64_t *a_stride,
                         const T *b, const int64_t *b_stride, T *c, int64_t c_step)
{
    if (n == 1 && c_step == 1) {
        row_of_chains(m, k, b, b_stride[0], a, (int64_t[]){a_stride[1], a_stride[0]}, c);
        return;
    }
    for (int64_t i = 0; i < m; i++, a += a_stride[0], c += c_step) {
        row_of_chains(n, k, a, a_stride[1], b, b_stride, c);
    }
}

/* What has a vector for one side follows the order of BLAS: true if this did. A column is its own
 * transpose, cᵀ = bᵀ aᵀ. */
static bool summed_in_lanes(const reeli_gemm *p, bool column)
{
    if (p->m == 1) {
        vector_in_lanes(p->n, p->k, p->a.data, p->a.stride[1], p->b.data, p->b.stride, p->c);
    } else if (column) {
        vector_in_lanes(p->m, p->k, p->b.data, p->b.stride[0], p->a.data,
                        (int64_t[]){p->a.stride[1], p->a.stride[0]}, p->c);
    } else {
        return false;
    }
    return true;
}

static void add_bias(const reeli_gemm *p)
{
    const T *bias = p->bias;
    T *c = p->c;
    for (int64_t i = 0; bias && i < p->m; i++, c += p->c_step) {
        for (int64_t j = 0; j < p->n; j++) {
            c[j] += bias[j];
        }
    }
}

/* The same chains where there is hardly anything to do. */
static void tiny_product(const reeli_gemm *p)
{
    const int64_t m = p->m, k = p->k, down = p->b.stride[0], right = p->a.stride[1];
    const int64_t next_row = p->a.stride[0], c_step = p->c_step;
    const T *b = p->b.data, *bias = p->bias;
    for (int64_t j = 0; j < p->n; j++, b += p->b.stride[1]) {
        const T *a = p->a.data;
        T *c = (T *)p->c + j;
        for (int64_t i = 0; i < m; i++, a += next_row, c += c_step) {
            const T *x = a, *y = b;
            T dot = 0;
            for (int64_t q = k; q > 0; q--, x += right, y += down) {
                dot = fused(*x, *y, dot);
            }
            *c = bias ? dot + bias[j] : dot;
        }
    }
}

#ifdef TILES
REELI_INLINE void outer_vector(vector factor, const T *b, const T *gate, T *c)
{
    const vector y = fused_vectors(factor, CONST_VECTOR_AT(b), (vector){0});
    VECTOR_AT(c) = gate ? gated(y, CONST_VECTOR_AT(gate)) : y;
}

/* A column of floats times a row longer than a vector: nothing is added up. The last vector of a
 * row of C may overlap the one before. */
static bool is_outer(const reeli_gemm *p)
{
    return sizeof(T) == 4 && p->k == 1 && p->n > VECTOR && p->b.stride[1] == 1 && !p->bias &&
           !p->rectify;
}

static void outer_product(const reeli_gemm *p)
{
    const T *a = p->a.data, *b = p->b.data, *gate = p->gate;
    T *c = p->c;
    const int64_t last = p->n - VECTOR;
    for (int64_t i = 0; i < p->m; i++, a += p->a.stride[0], c += p->c_step) {
        const vector factor = *a - (vector){0};
        for (int64_t j = 0; j < last && gate; j += VECTOR) {
            outer_vector(factor, b + j, gate + j, c + j);
        }
        for (int64_t j = 0; j < last && !gate; j += VECTOR) {
            outer_vector(factor, b + j, NULL, c + j);
        }
        outer_vector(factor, b + last, gate ? gate + last : NULL, c + last);
        gate = gate ? gate + p->c_step : NULL;
    }
}
#endif

REELI_APART static void larger_product(const reeli_gemm *p)
{
#ifdef TILES
    if (is_outer(p)) {
        outer_product(p);
        return;
    }
#endif
    /* C is one column, and not just that of a wider one which is this piece's. */
    const bool column = p->n == 1 && p->c_step == 1;
#ifdef TILES
    const bool flat = p->k < REELI_LEAST_DEPTH || p->m * p->k < 5 * REELI_LEAST_DEPTH;
    const bool tiny =
        p->m * p->n * p->k < REELI_TINY_PRODUCT || (flat && p->n >= 128 && p->b.stride[1] == 1);
    if (!tiny && !column && p->m != 1) {
        tiled_product(p);
        return;
    }
#endif
    if (!summed_in_lanes(p, column)) {
#ifdef TILES
        if (!tiny) {
            reeli_gemm row = reeli_as_row(p);
            row.bias = NULL; /* what follows, follows */
            tiled_product(&row);
        } else
#endif
            plain_chains(p->m, p->n, p->k, p->a.data, p->a.stride, p->b.data, p->b.stride, p->c,
                         p->c_step);
    }
    add_bias(p);
    finish(p);
}

void KERNEL(small_product)(const reeli_gemm *p)
{
    LEAVE_VECTORS
    if (sizeof(T) == 4 && p->m * p->n * p->k < REELI_TINY_PRODUCT) {
        tiny_product(p);
        if (REELI_RARELY(p->rectify || p->gate)) {
            finish(p);
        }
    } else {
        larger_product(p);
    }
}
