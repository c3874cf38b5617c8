/* SPDX-License-Identifier: MIT */
/* The loops over raw memory. Those in cpu/ are compiled once for each level of CPU; a reel holds
 * the table of its machine's level. */
#ifndef REELI_KERNELS_H
#define REELI_KERNELS_H

#include "dtype.h"
#include "state.h"
#include "thresholds.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The rows of elementwise.def, numbered; those before REELI_HOT_FORMULAS have gradients as loops. */
enum reeli_formula {
#define UNARY(name, ...) REELI_FORMULA_##name,
#define BINARY(name, ...) REELI_FORMULA_##name,
#define TERNARY(name, ...) REELI_FORMULA_##name,
#define LOSS(name, ...) REELI_FORMULA_##name,
#define COMPARE(name, ...) REELI_FORMULA_##name,
#define PREDICATE(name, ...) REELI_FORMULA_##name,
#define SELECT(name, ...) REELI_FORMULA_##name,
#include "elementwise_hot.def"
    REELI_HOT_FORMULAS, /* the number of none */
#include "elementwise_rare.def"
    REELI_FORMULAS
};
#include "elementwise_undef.def"

/* y[i] = formula(x[0][i], x[1][i], …) for i < n. y may be one of the x. */
typedef void (*reeli_map)(int64_t n, void *y, const void *const *x, const double *parameters);

/* A sum in PyTorch's cascade order whose terms come in blocks; see cpu/sums.h. */
typedef struct reeli_cascade {
    _Alignas(32) unsigned char sums[4][4][32]; /* level, accumulator, lanes */
    int64_t rows;                              /* groups of 4 accumulators x lanes fed so far */
    int power; /* level 0 flows into level 1 every 2^power rows, and so on up */
} reeli_cascade;

/* What an optimizer's pass over one parameter goes by: PyTorch's names, each rule uses its own. */
typedef struct reeli_step {
    double lr;              /* the step's size, corrections of bias included */
    double weight_decay;    /* g += weight_decay p */
    double shrink;          /* p *= shrink */
    double momentum, share; /* and 1 - dampening */
    double beta1, beta2, eps;
    double correction1, correction2; /* of the averages' bias towards their start at 0 */
    double weight;                   /* of the gradient itself, of an average's newest term */
    double low, high, start;
    bool maximize;
    /* 0 or 1: a choice by a number can be made in a vector. First: the states hold nothing yet. */
    double first, nesterov, flag;
} reeli_step;

/* The rules, and a pass: p parameter, g gradient, up to three tensors of state. */
#define REELI_UPDATES(DO)                                                                          \
    DO(sgd)                                                                                        \
    DO(adam) DO(adamax) DO(nadam) DO(radam) DO(rmsprop) DO(adagrad) DO(adadelta) DO(asgd) DO(rprop)
enum reeli_update_rule {
#define NUMBERED(name) REELI_UPDATE_##name,
    REELI_UPDATES(NUMBERED)
#undef NUMBERED
        REELI_UPDATE_RULES
};
typedef void (*reeli_update)(int64_t n, void *parameter, const void *gradient, void *const *state,
                             const reeli_step *s);

/* One CPU level's loops for one dtype. For int64 only the values, sums,
 * products, extremes and scans are there. A NULL map:
 * the formula has none for this dtype. Strides are in elements. */
typedef struct reeli_loops {
    reeli_map value[REELI_FORMULAS];           /* of the inputs */
    reeli_map gradient[REELI_HOT_FORMULAS][3]; /* for each input: of g, the inputs, the value */

    /* Feed n terms at a time, a multiple of 32; the last call takes the rest, any n. The
     * sum comes out as T. */
    void (*cascade_begin)(reeli_cascade *c, int64_t count);
    void (*cascade_feed)(reeli_cascade *c, const void *x, int64_t n);
    void (*cascade_end)(reeli_cascade *c, const void *x, int64_t n, void *sum);
    /* Joins what a cascade of the same count made of its first 4^power rows, sums[2], to c. */
    void (*cascade_join)(reeli_cascade *c, const void *part);
    void (*sum)(const void *x, int64_t stride, int64_t n, void *sum);
    /* Of a row-major matrix, the columns from first (a multiple of 64) to last. */
    void (*sum_columns)(const void *x, int64_t rows, int64_t columns, int64_t first, int64_t last,
                        void *sums);

    /* Over a block of n rows (at least one) of `inner` columns, each column's: product; smallest or
     * largest, and its row unless indices is NULL; mean and Σ (x - mean)²; p-norm; ln Σ eˣ. Scratch
     * is in elements. */
    void (*prod)(int64_t n, int64_t inner, const void *x, void *y);
    void (*extreme)(bool smallest, int64_t n, int64_t inner, const void *x, void *values,
                    int64_t *indices);
    void (*moments)(int64_t n, int64_t inner, const void *x, double *mean, double *squares);
    void (*norm)(int64_t n, int64_t inner, const void *x, double p, void *y,
                 void *scratch /* n * inner, if inner > 1 */);
    void (*logsumexp)(int64_t n, int64_t inner, const void *x, void *y,
                      void *scratch /* (n + 1) * inner */);
    /* y_k = b_k + a_k y_{k-1} down the rows, or up if `reverse`; without a (NULL) a running sum of
     * b, without b a running product of a. */
    void (*scan)(int64_t n, int64_t inner, bool reverse, const void *a, const void *b, void *y);
    /* Over `outer` such blocks: eˣ / Σ eˣ or its logarithm, and dL/dx of g = dL/dy. */
    void (*softmax)(bool logarithm, int64_t outer, int64_t n, int64_t inner, const void *x, void *y,
                    void *scratch /* 2 * inner */);
    void (*softmax_gradient)(bool logarithm, int64_t outer, int64_t n, int64_t inner, const void *g,
                             const void *y, void *dx, void *scratch /* inner */);
    /* For each row i of x[rows,n]: m, its largest element, and log_sum = ln Σ e^(x - m); and then
     * dx = scale[i] ([c = class[i]] - e^(x - m - log_sum)), the gradient of scale[i] ln softmax. */
    void (*log_sums)(int64_t rows, int64_t n, const void *x, void *m, void *log_sum);
    void (*class_gradient)(int64_t rows, int64_t n, const void *x, const void *m,
                           const void *log_sum, const int64_t *class, const void *scale, void *dx);
    /* y = (x - mean) scale for each row of x[rows,n], with scale[i] = 1 / √(variance + eps). */
    void (*standardize)(int64_t rows, int64_t n, const void *x, double eps, void *y, void *scale);
    /* dL/dx of g = dL/dy. */
    void (*standardize_gradient)(int64_t rows, int64_t n, const void *g, const void *y,
                                 const void *scale, void *dx);

    /* c[m,n] = a[m,k] b[k,n] (+ bias[n]), c's rows c_step apart (1 at n = 1); each element a chain
     * of fused multiply-adds over k, in doubles BLAS's order, of lanes, where m or n is 1. */
    void (*small_product)(int64_t m, int64_t n, int64_t k, const void *a, const int64_t *a_stride,
                          const void *b, const int64_t *b_stride, const void *bias, void *c,
                          int64_t c_step);
    int64_t blas_from; /* multiply-adds from which on BLAS is quicker than that */
    /* c[i] = Σ_p a[i,p] b[p] + bias[i bias_step] (NULL: none), where a's rows and b lie side by
     * side; and c[j] += Σ_p a[p a_step] b[p,j]. Floats only. */
    void (*matrix_vector)(int64_t m, int64_t k, const void *a, int64_t a_step, const void *b,
                          const void *bias, int64_t bias_step, void *c);
    void (*add_rows)(int64_t k, int64_t n, const void *a, int64_t a_step, const void *b,
                     int64_t b_step, void *c);
    /* The product without a bias and without fused multiply-adds, for the small ones of a batch. */
    void (*plain_product)(int64_t m, int64_t n, int64_t k, const void *a, const int64_t *a_stride,
                          const void *b, const int64_t *b_stride, void *c);

    reeli_update update[REELI_UPDATE_RULES];
    void (*dot_product)(int64_t n, const void *x, const void *y, void *sum);
    /* x range + low, rounded once: a uniform x of [0, 1) to [low, low + range). */
    void (*stretch)(int64_t n, void *x, double range, double low);
} reeli_loops;

typedef struct reeli_kernels {
    const char *name;                                         /* the CPU level */
    const reeli_loops *of[3];                                 /* by dtype */
    void (*stream)(void *to, const void *from, size_t bytes); /* past the caches */
    /* to[i,j] = from[j,i] for i < rows, j < columns; elements of 4 or 8 bytes, each row in a
     * piece; past the caches if `stream`. */
    void (*transpose)(bool stream, int64_t rows, int64_t columns, size_t element, void *to,
                      int64_t to_stride, const void *from, int64_t from_stride);
    /* Normal numbers of uniform ones, in whole blocks of 16. */
    void (*normal_f32)(int64_t n, float *x, float mean, float std);
} reeli_kernels;

/* The level for this machine, chosen by what its CPU can do; REEL_CPU in the environment
 * ("portable", "avx2", "avx512") may ask for a lower one. */
const reeli_kernels *reeli_kernels_for_this_cpu(void);

/* One operand of a strided loop: strides in elements, 0 where it repeats. */
typedef struct reeli_operand {
    void *data;
    const int64_t *stride;
    int dtype;
} reeli_operand;

/* out[…] = map(in[0][…], …) over `size`. The map computes in `dtype` and yields `result`; operands
 * of other dtypes or strides are converted block by block. out is operand 0, `inputs` follow (at
 * most 5). */
void reeli_map_strided(reel *r, reeli_map map, int dtype, int result, int ndim, const int64_t *size,
                       int inputs, const reeli_operand *operands, const double *parameters);

/* As above where every operand is contiguous and of the map's dtype, or (its bit in `repeat`) a
 * single element that repeats. Large results stream past the caches, and are shared among the
 * reel's threads. */
void reeli_map_contiguous(reel *r, reeli_map map, int dtype, int result, int64_t n, void *y,
                          int inputs, const void *const *x, unsigned repeat,
                          const double *parameters);

/* n elements from one place to another, converted; strides in elements, a stride of 0 repeats. */
void reeli_move(int64_t n, void *to, int to_dtype, int64_t to_stride, const void *from,
                int from_dtype, int64_t from_stride);

/* The same where to_stride is 1 and from_stride 1 or 0: large ones are shared among the threads,
 * and stream past the caches. */
void reeli_move_all(reel *r, int64_t n, void *to, int to_dtype, const void *from, int from_dtype,
                    int64_t from_stride);

/* The same over ndim dims. */
void reeli_move_strided(reel *r, int ndim, const int64_t *size, reeli_operand to,
                        reeli_operand from);

/* *sum = Σ map(x[0], …), of n terms, in PyTorch's order whatever the number of threads; the terms
 * are never written to memory. A NULL map: Σ x[0]. */
void reeli_sum(reel *r, int dtype, reeli_map map, int64_t n, int inputs, const void *const *x,
               const double *parameters, void *sum);

/* sums[o,k] = Σ_i x[o,i,k] over `outer` blocks of n rows of `inner` columns. */
void reeli_sum_lines(reel *r, int dtype, int64_t outer, int64_t n, int64_t inner, const void *x,
                     void *sums);

/* C[m,n] = A[m,k] B[k,n] (+ bias[n]); C is contiguous, A and B have any strides. Uses BLAS where
 * that pays. `scratch` is asked for when an operand must be packed; false when it returned NULL. */
bool reeli_product(reel *r, int dtype, int64_t m, int64_t n, int64_t depth, const void *a,
                   const int64_t *a_stride, const void *b, const int64_t *b_stride,
                   const void *bias, void *c, void *(*scratch)(void *, size_t), void *context);

/* The same where m or n is 1, for floats: true if this was one. *done is false if scratch returned
 * NULL. */
bool reeli_vector_product(reel *r, int dtype, int64_t m, int64_t n, int64_t k, const void *a,
                          const int64_t *a_stride, const void *b, const int64_t *b_stride,
                          const void *bias, void *c, void *(*scratch)(void *, size_t),
                          void *context, bool *done);

/* Over `size`, the index tensor's (at least 1 dim): to[…] = from[…], or += if `add`, where one of
 * the two is moved along a dim by step * (the index there). Its stride in that dim is 0, and the
 * other's step. An index outside [0, bound) ends it: false, and the index in *bad. */
bool reeli_move_indexed(bool add, int ndim, const int64_t *size, reeli_operand to, int64_t to_step,
                        reeli_operand from, int64_t from_step, reeli_operand index, int64_t bound,
                        int64_t *bad);

/* n rows of `bytes` bytes, packed: those of `from` that index names. */
void reeli_gather_rows(void *to, const void *from, size_t bytes, const int64_t *index, int64_t n);

/* An element to be sorted: a key in the elements' order, and where the element lies in its line. */
typedef struct reeli_item {
    uint64_t key;
    int64_t index;
} reeli_item;

enum reeli_order { REELI_ASCENDING, REELI_DESCENDING };

/* The line x as items. NaNs are alike and larger than all else: UINT64_MAX ascending; -0 equals
 * 0. */
void reeli_make_items(reeli_item *items, int64_t n, const void *x, int dtype, int64_t stride,
                      enum reeli_order order);
/* Sorts by key, items of one key by index, in O(n log n); `work` has room for n. */
void reeli_sort_items(reeli_item *items, int64_t n, reeli_item *work);
/* Brings the k least to the front, the largest of them last; O(n), at worst O(n log n). */
void reeli_select_items(reeli_item *items, int64_t n, int64_t k, reeli_item *work);
/* The items' elements of x to values, their indices to indices. */
void reeli_place_items(const reeli_item *items, int64_t n, const void *x, int dtype,
                       int64_t x_stride, void *values, int64_t *indices, int64_t stride);

#endif
