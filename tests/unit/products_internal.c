/* SPDX-License-Identifier: MIT */
/* Matrix products at every CPU level, over sizes around those of tiles and panels, in every layout:
 * within the error bound of a sum of k terms, and where a chain over the depth is promised, to the
 * bit. */
#include "check_reel.h"

#include "kernels.h"

#include <float.h>
#include <reel/tensor.h>

enum { LEVELS = 3, LAYOUTS = 6, GUARD = 8 };
static const char *const levels[LEVELS] = {"portable", "avx2", "avx512"};
static const int row_counts[] = {0, 1, 2, 7, 9, 17},
                 column_counts[] = {0, 1, 3, 5, 16, 31, 33, 65, 130},
                 depths[] = {0, 1, 5, 33, 130, 260};
#define COUNT(array) ((int)(sizeof(array) / sizeof *(array)))

/* A matrix that lies in memory by rows, by columns, or with gaps; elements in [-1, 1]. */
typedef struct matrix {
    void *data;
    int64_t stride[2];
} matrix;

typedef struct product {
    int dtype, m, n, k;
    matrix a, b;
    void *bias, *c;
} product;

static const size_t bytes[] = {4, 8};

static void set(void *data, int dtype, int64_t at, double value)
{
    if (dtype == REEL_F32) {
        ((float *)data)[at] = (float)value;
    } else {
        ((double *)data)[at] = value;
    }
}

static double get(const void *data, int dtype, int64_t at)
{
    return dtype == REEL_F32 ? (double)((const float *)data)[at] : ((const double *)data)[at];
}

static void *random_values(int dtype, int64_t count)
{
    static uint32_t state = 1;
    void *data = malloc((size_t)count * bytes[dtype] + 1);
    for (int64_t i = 0; i < count; i++) {
        state = state * 1664525u + 1013904223u;
        set(data, dtype, i, (double)state / 0x1p31 - 1);
    }
    return data;
}

static matrix make_matrix(int dtype, int rows, int columns, int how)
{
    if (how == 2) { /* every third element of rows that are 2 longer than need be */
        return (matrix){random_values(dtype, (int64_t)rows * (3 * columns + 2)),
                        {3 * columns + 2, 3}};
    }
    matrix by_rows = {NULL, {columns, 1}}, by_columns = {NULL, {1, rows}};
    matrix x = how ? by_columns : by_rows;
    x.data = random_values(dtype, (int64_t)rows * columns);
    return x;
}

/* Both by rows, one or both by columns, one or the other with gaps. */
static product make_product(int dtype, int m, int n, int k, int layout)
{
    static const int how[LAYOUTS][2] = {{0, 0}, {0, 1}, {1, 0}, {1, 1}, {2, 0}, {0, 2}};
    product p = {.dtype = dtype, .m = m, .n = n, .k = k};
    p.a = make_matrix(dtype, m, k, how[layout][0]);
    p.b = make_matrix(dtype, k, n, how[layout][1]);
    p.bias = (m + n + k) % 2 ? random_values(dtype, n) : NULL;
    p.c = random_values(dtype, (int64_t)m * n + GUARD);
    set(p.c, dtype, (int64_t)m * n, 12345);
    return p;
}

static void free_product(const product *p)
{
    free(p->a.data);
    free(p->b.data);
    free(p->bias);
    free(p->c);
}

static double element(const matrix *x, int dtype, int64_t i, int64_t j)
{
    return get(x->data, dtype, i * x->stride[0] + j * x->stride[1]);
}

static reeli_gemm gemm_of(const product *p, void *c)
{
    return (reeli_gemm){.dtype = p->dtype,
                        .m = p->m,
                        .n = p->n,
                        .k = p->k,
                        .a = {p->a.data, {p->a.stride[0], p->a.stride[1]}},
                        .b = {p->b.data, {p->b.stride[0], p->b.stride[1]}},
                        .bias = p->bias,
                        .c = c,
                        .c_step = p->n};
}

static void multiply(int level, const product *p)
{
    const reeli_gemm it = gemm_of(p, p->c);
    reeli_small_product_loops[level][p->dtype](&it);
}

/* |error| <= k eps Σ|a||b|, and the rounding of the bias's sum. */
static void check_bound(const char *level, const product *p)
{
    const double eps = p->dtype == REEL_F32 ? (double)FLT_EPSILON : DBL_EPSILON;
    for (int64_t i = 0; i < p->m; i++) {
        for (int64_t j = 0; j < p->n; j++) {
            long double sum = 0, size = 0;
            for (int64_t q = 0; q < p->k; q++) {
                const long double term = (long double)element(&p->a, p->dtype, i, q) *
                                         (long double)element(&p->b, p->dtype, q, j);
                sum += term;
                size += fabsl(term);
            }
            sum += (long double)(p->bias ? get(p->bias, p->dtype, j) : 0);
            const long double got = (long double)get(p->c, p->dtype, i * p->n + j);
            assert_each(fabsl(got - sum) <= (long double)eps * (p->k * size + fabsl(sum)),
                        "%s, float%d, (%d,%d) (%d,%d): element %d,%d is %.17Lg, not %.17Lg", level,
                        p->dtype ? 64 : 32, p->m, p->k, p->k, p->n, (int)i, (int)j, got, sum);
        }
    }
    ck_assert(get(p->c, p->dtype, (int64_t)p->m * p->n) == 12345);
}

/* Neither side a vector: each element is a chain of fused multiply-adds in the depth's order. */
static void check_chains(const char *level, const product *p)
{
    for (int64_t i = 0; i < p->m; i++) {
        for (int64_t j = 0; j < p->n; j++) {
            double chain = 0;
            for (int64_t q = 0; q < p->k; q++) {
                const double a = element(&p->a, p->dtype, i, q), b = element(&p->b, p->dtype, q, j);
                chain = p->dtype == REEL_F32 ? (double)fmaf((float)a, (float)b, (float)chain)
                                             : fma(a, b, chain);
            }
            const double bias = p->bias ? get(p->bias, p->dtype, j) : 0;
            chain = !p->bias               ? chain
                    : p->dtype == REEL_F32 ? (double)((float)chain + (float)bias)
                                           : chain + bias;
            assert_each(get(p->c, p->dtype, i * p->n + j) == chain,
                        "%s, float%d, (%d,%d) (%d,%d): element %d,%d is no chain in order", level,
                        p->dtype ? 64 : 32, p->m, p->k, p->k, p->n, (int)i, (int)j);
        }
    }
}

typedef void multiplier(void *how, const reeli_gemm *it);

static void by_level(void *level, const reeli_gemm *it)
{
    reeli_small_product_loops[*(const int *)level][it->dtype](it);
}

static void by_reel(void *r, const reeli_gemm *it) { ck_assert(reeli_product(r, it)); }

/* relu of a product, and what a gate leaves of it: as if it came after c. */
static void check_followed(const product *p, const void *c, multiplier *by, void *how)
{
    const int64_t count = (int64_t)p->m * p->n;
    void *gate = random_values(p->dtype, count), *got = random_values(p->dtype, count);
    for (int64_t i = 0; i < count; i += 7) {
        set(gate, p->dtype, i, i % 2 ? DOUBLE_NAN : 0);
    }
    for (int gated = 0; gated < 2; gated++) {
        reeli_gemm it = gemm_of(p, got);
        it.rectify = !gated;
        it.gate = gated ? gate : NULL;
        by(how, &it);
        for (int64_t i = 0; i < count; i++) {
            const double x = get(c, p->dtype, i);
            const bool none = gated ? get(gate, p->dtype, i) <= 0 : x < 0;
            assert_each(get(got, p->dtype, i) == (none ? 0 : x),
                        "float%d, (%d,%d) (%d,%d): element %d is not %s", p->dtype ? 64 : 32, p->m,
                        p->k, p->k, p->n, (int)i, gated ? "gated" : "rectified");
        }
    }
    free(gate);
    free(got);
}

static void check_depths(int level, int dtype, int m, int n)
{
    for (int d = 0; d < COUNT(depths); d++) {
        for (int layout = 0; layout < LAYOUTS; layout++) {
            product p = make_product(dtype, m, n, depths[d], layout);
            multiply(level, &p);
            check_bound(reeli_level_names[level], &p);
            if (m > 1 && n > 1) {
                check_chains(reeli_level_names[level], &p);
            }
            if (layout < 2) {
                check_followed(&p, p.c, by_level, &level);
            }
            free_product(&p);
        }
    }
}

/* The number of a level; -1 where this CPU cannot run it. */
static int level_of(const char *name)
{
    setenv("REEL_CPU", name, 1);
    const int level = reeli_level_of_this_cpu();
    unsetenv("REEL_CPU");
    return strcmp(reeli_level_names[level], name) == 0 ? level : -1;
}

START_TEST(of_every_size)
{
    const int level = level_of(levels[_i]);
    for (int m = 0; level >= 0 && m < COUNT(row_counts); m++) {
        for (int n = 0; n < COUNT(column_counts); n++) {
            check_depths(level, REEL_F32, row_counts[m], column_counts[n]);
            check_depths(level, REEL_F64, row_counts[m], column_counts[n]);
        }
    }
}
END_TEST

/* With a vector a row's sum is the same however many rows there are, of which some are summed
 * together. */
static void check_few_rows(int level, int dtype, int depth, int layout)
{
    enum { ALL = 9 };
    product p = make_product(dtype, ALL, 1, depth, layout);
    multiply(level, &p);
    for (int m = 2; m < ALL; m++) { /* one is a row, too */
        product few = p;
        few.m = m;
        few.c = random_values(dtype, m + 1);
        set(few.c, dtype, m, 12345);
        multiply(level, &few);
        ck_assert_msg(
            memcmp(few.c, p.c, (size_t)m * bytes[dtype]) == 0 && get(few.c, dtype, m) == 12345,
            "%s, float%d: %d rows of %d", reeli_level_names[level], dtype ? 64 : 32, m, depth);
        free(few.c);
    }
    free_product(&p);
}

START_TEST(of_few_rows)
{
    const int level = level_of(levels[_i]);
    for (int layout = 0; level >= 0 && layout < LAYOUTS; layout++) {
        for (int depth = REELI_TINY_PRODUCT; depth < 70; depth++) { /* else each is a chain */
            check_few_rows(level, REEL_F32, depth, layout);
            check_few_rows(level, REEL_F64, depth, layout);
        }
    }
}
END_TEST

/* More tiles with a last vector that is not full than are computed together. */
START_TEST(of_many_edges)
{
    const int level = level_of(levels[_i]);
    for (int n = 3; level >= 0 && n < 48; n += 10) {
        check_depths(level, REEL_F32, 64, n);
        check_depths(level, REEL_F64, 64, n);
    }
}
END_TEST

/* An infinity or a NaN stays in its row or column: what fills up tiles reaches no element. */
START_TEST(of_infinities)
{
    const int level = level_of(levels[_i]);
    for (int dtype = REEL_F32; level >= 0 && dtype <= REEL_F64; dtype++) {
        product p = make_product(dtype, 9, 13, 20, 0);
        set(p.a.data, dtype, 3 * p.a.stride[0] + 7, DOUBLE_INFINITY);
        set(p.b.data, dtype, 5 * p.b.stride[0] + 11, DOUBLE_NAN);
        multiply(level, &p);
        for (int i = 0; i < 9; i++) {
            for (int j = 0; j < 13; j++) {
                const double got = get(p.c, dtype, i * 13 + j);
                ck_assert(j == 11 ? isnan(got) : i == 3 ? isinf(got) : isfinite(got));
            }
        }
        free_product(&p);
    }
}
END_TEST

/* The product by a reel of that many threads, on a CPU with such a second cache (0: its own), and
 * whose first one holds a panel that is less deep than usual on one thread. */
static void *multiply_with(int threads, int second_cache, const product *p)
{
    reel *r = quiet_reel();
    r->second_cache = second_cache ? second_cache : r->second_cache;
    r->first_cache = threads == 1 ? 48 << 10 : 32 << 10;
    reel_set_num_threads(r, threads);
    void *c = malloc((size_t)p->m * (size_t)p->n * bytes[p->dtype]);
    const reeli_gemm it = gemm_of(p, c);
    ck_assert(reeli_product(r, &it));
    reel_free(r);
    return c;
}

/* y = x v, or |x| |v|. */
static void apply(const matrix *x, int dtype, int rows, int columns, bool sizes, const double *v,
                  double *y)
{
    for (int i = 0; i < rows; i++) {
        y[i] = 0;
        for (int j = 0; j < columns; j++) {
            const double term = element(x, dtype, i, j) * v[j];
            y[i] += sizes ? fabs(term) : term;
        }
    }
}

/* (A B + 1 biasᵀ) v = A (B v) + (bias v) 1, within the rounding errors of the left side. */
static void check_identity(const product *p, const void *c)
{
    enum { MOST = 2100 };
    double v[MOST], bv[MOST], sizes[MOST], abv[MOST], cv[MOST], bound[MOST], plus = 0;
    const matrix whole = {(void *)(uintptr_t)c, {p->n, 1}};
    for (int j = 0; j < p->n; j++) {
        v[j] = 1.0 + j % 3;
        plus += p->bias ? get(p->bias, p->dtype, j) * v[j] : 0;
    }
    apply(&p->b, p->dtype, p->k, p->n, false, v, bv);
    apply(&p->b, p->dtype, p->k, p->n, true, v, sizes);
    apply(&p->a, p->dtype, p->m, p->k, false, bv, abv);
    apply(&p->a, p->dtype, p->m, p->k, true, sizes, bound);
    apply(&whole, p->dtype, p->m, p->n, false, v, cv);
    const double eps = p->dtype == REEL_F32 ? (double)FLT_EPSILON : DBL_EPSILON;
    for (int i = 0; i < p->m; i++) {
        assert_each(fabs(cv[i] - abv[i] - plus) <= eps * (p->k + 1) * (bound[i] + p->n),
                    "row %d of (%d,%d) (%d,%d): its sum is %.17g, not %.17g", i, p->m, p->k, p->k,
                    p->n, cv[i], abv[i] + plus);
    }
}

/* Some have pieces of one column, or of one row. The last ones are large enough for BLAS. */
START_TEST(of_any_number_of_threads)
{
    static const int sizes[][4] = {
        {64, 65, 1024, 0},
        {64, 65, 1024, 1},
        {65, 64, 1024, 2},
        {65, 64, 1024, 0},
        {70, 300, 100, 0},
        {300, 70, 100, 1},
        {129, 257, 65, 2},
        {257, 129, 65, 3},
        {8, 1000, 300, 1},
        {1000, 3, 700, 0},
        {65, 1025, 140, 4},
#if !defined(REEL_EMULATED) && !defined(__SANITIZE_ADDRESS__) /* where they take minutes */
        {1030, 1025, 1024, 1},
        {1025, 1030, 1024, 5},
#endif
    };
    for (int i = 0; i < COUNT(sizes); i++) {
        const int dtype = i % 2 ? REEL_F32 : REEL_F64;
        product p = make_product(dtype, sizes[i][0], sizes[i][1], sizes[i][2], sizes[i][3]);
        void *alone = multiply_with(1, 0, &p);
        check_identity(&p, alone);
        for (int threads = 2; threads <= 3; threads++) {
            void *shared = multiply_with(threads, 0, &p);
            ck_assert_msg(memcmp(alone, shared, (size_t)p.m * (size_t)p.n * bytes[dtype]) == 0,
                          "(%d,%d) (%d,%d) differs on %d threads", p.m, p.k, p.k, p.n, threads);
            free(shared);
        }
        reel *r = quiet_reel();
        reel_set_num_threads(r, 2);
        check_followed(&p, alone, by_reel, r);
        reel_free(r);
        free(alone);
        free_product(&p);
    }
}
END_TEST

enum { PARTS = 3 }; /* each of which has a time limit of its own */

/* So large that both sides are packed, in blocks of the depth; tiles of every height. */
START_TEST(of_blocks)
{
    const int level = _i / PARTS;
    static const int sizes[][3] = {{24, 385, 400}, {25, 400, 385}, {49, 430, 70},
                                   {97, 384, 33},  {13, 420, 769}, {37, 391, 400},
                                   {30, 1100, 40}, {61, 40, 2090}, {30, 2090, 40}};
    if (level_of(levels[level]) < 0) {
        return;
    }
    setenv("REEL_CPU", levels[level], 1);
    for (int i = _i % PARTS; i < COUNT(sizes) * LAYOUTS; i += PARTS) {
        const int *size = sizes[i / LAYOUTS], dtype = i % 2 ? REEL_F32 : REEL_F64;
        product p = make_product(dtype, size[0], size[1], size[2], (i + i / LAYOUTS) % LAYOUTS);
        free(p.c);
        p.c = multiply_with(1 + i % 3, 4096, &p);
        if (level > 0) { /* else BLAS may have done it */
            check_chains(levels[level], &p);
        }
        check_identity(&p, p.c);
        reel *r = quiet_reel();
        r->second_cache = 4096;
        check_followed(&p, p.c, by_reel, r);
        reel_free(r);
        free_product(&p);
    }
    unsetenv("REEL_CPU");
}
END_TEST

static double rounded(int dtype, double x) { return dtype == REEL_F32 ? (double)(float)x : x; }

/* Σ x y of k terms: whole rows of four times 32 bytes of elements are added up element by element,
 * the four to one another, and then those of that one in order, and what fills no row. */
static double dot(int dtype, int k, const void *x, int64_t at, const void *y)
{
    const int lanes = (int)(32 / bytes[dtype]), row = 4 * lanes, whole = k / row * row;
    double sums[4 * 8] = {0}, total = 0;
    for (int p = 0; p < whole; p++) {
        const double term = rounded(dtype, get(x, dtype, at + p) * get(y, dtype, p));
        sums[p % row] = rounded(dtype, sums[p % row] + term);
    }
    for (int s = 0; s < lanes; s++) {
        const double low = rounded(dtype, sums[s] + sums[lanes + s]);
        const double high = rounded(dtype, sums[2 * lanes + s] + sums[3 * lanes + s]);
        total = rounded(dtype, total + rounded(dtype, low + high));
    }
    for (int p = whole; p < k; p++) {
        total = rounded(dtype, total + rounded(dtype, get(x, dtype, at + p) * get(y, dtype, p)));
    }
    return total;
}

/* The loops for large matrices: rows times a vector, with a bias for each, for all, or none. */
static void check_dots(int level, int dtype, int m, int k)
{
    enum { GAP = 3 };
    void *x = random_values(dtype, (int64_t)m * (k + GAP)), *y = random_values(dtype, k);
    void *bias = random_values(dtype, m), *got = random_values(dtype, m + 1);
    set(got, dtype, m, 12345);
    for (int step = -1; step < 2; step++) {
        reeli_matrix_vector_loops[level][dtype](m, k, x, k + GAP, y, step < 0 ? NULL : bias,
                                                step > 0, got);
        for (int i = 0; i < m; i++) {
            const double sum = dot(dtype, k, x, (int64_t)i * (k + GAP), y);
            const double more = step < 0 ? 0 : get(bias, dtype, step * i);
            assert_each(get(got, dtype, i) == rounded(dtype, sum + more),
                        "%s, float%d: row %d of %d, %d terms", reeli_level_names[level],
                        dtype ? 64 : 32, i, m, k);
        }
        ck_assert(get(got, dtype, m) == 12345);
    }
    free(x), free(y), free(bias), free(got);
}

/* Rows weighed and added up in order, each product rounded before it is added. */
static void check_added_rows(int level, int dtype, int k, int n)
{
    enum { GAP = 3 };
    void *weights = random_values(dtype, 2 * k), *x = random_values(dtype, (int64_t)k * (n + GAP));
    void *got = random_values(dtype, n + 1), *before = malloc((size_t)(n + 1) * bytes[dtype]);
    memcpy(before, got, (size_t)(n + 1) * bytes[dtype]);
    reeli_add_rows_loops[level][dtype](k, n, weights, 2, x, n + GAP, got);
    for (int j = 0; j <= n; j++) {
        double sum = get(before, dtype, j);
        for (int p = 0; p < k && j < n; p++) {
            const double term = get(weights, dtype, 2 * p) * get(x, dtype, p * (n + GAP) + j);
            sum = rounded(dtype, sum + rounded(dtype, term));
        }
        assert_each(get(got, dtype, j) == sum, "%s, float%d: column %d of %d, %d rows",
                    reeli_level_names[level], dtype ? 64 : 32, j, n, k);
    }
    free(weights), free(x), free(got), free(before);
}

START_TEST(with_a_vector)
{
    const int level = level_of(levels[_i]);
    for (int dtype = REEL_F32; level >= 0 && dtype <= REEL_F64; dtype++) {
        for (int k = 1; k < 140; k++) {
            for (int m = 1; m < 10; m++) {
                check_dots(level, dtype, m, k);
                check_added_rows(level, dtype, m, k);
            }
        }
    }
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_loop_test(cases, of_every_size, 0, LEVELS);
    tcase_add_loop_test(cases, of_few_rows, 0, LEVELS);
    tcase_add_loop_test(cases, of_many_edges, 0, LEVELS);
    tcase_add_loop_test(cases, of_infinities, 0, LEVELS);
    tcase_add_loop_test(cases, with_a_vector, 0, LEVELS);
    tcase_add_test(cases, of_any_number_of_threads);
    tcase_add_loop_test(cases, of_blocks, 0, LEVELS * PARTS);
}

int main(void) { return run_suite("products", add_cases); }
