/* SPDX-License-Identifier: MIT */
/* The loops of cpu/, which are compiled once for each level of CPU, and the tables that they are
 * found in. */
#ifndef REELI_LOOPS_H
#define REELI_LOOPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The levels of CPU; a reel has the number of its machine's. */
enum reeli_level {
    REELI_PORTABLE,
#ifdef REELI_X86
    REELI_AVX2,
    REELI_AVX512,
#endif
    REELI_LEVELS
};
extern const char *const reeli_level_names[REELI_LEVELS];

/* The best level that this CPU can run; REEL_CPU in the environment ("portable", "avx2", "avx512")
 * may ask for a lower one. */
int reeli_level_of_this_cpu(void);
#ifdef REELI_X86
/* Whether this CPU has it, and the system keeps its registers. AVX2 stands for FMA, too, and AVX512
 * for its parts F, DQ, BW and VL. */
typedef enum reeli_cpu_feature {
    REELI_CPU_3DNOW,
    REELI_CPU_AVX,
    REELI_CPU_FMA4,
    REELI_CPU_AVX2,
    REELI_CPU_AVX512
} reeli_cpu_feature;
bool reeli_cpu_has(reeli_cpu_feature feature);
#endif
/* The bytes of its caches, or a usual number where it does not say. */
int reeli_first_cache_of_this_cpu(void);
int reeli_second_cache_of_this_cpu(void);

/* Each loop has a table of its own, by level and dtype, so that the linker can leave out what a
 * program does not call. int64 has those of REELI_LOOPS_OF_ALL; the others are NULL there. */
enum { REELI_LOOP_DTYPES = 3 }; /* bools are computed as integers */
#define REELI_LOOP(name, parameters)                                                               \
    typedef void reeli_##name##_loop parameters;                                                   \
    extern reeli_##name##_loop *const reeli_##name##_loops[REELI_LEVELS][REELI_LOOP_DTYPES];
/* clang-format off */
#define REELI_LOOPS_OF_ALL(DO) DO(small_product) REELI_NARROW_OF_ALL(DO) REELI_SELDOM_OF_ALL(DO)
#define REELI_LOOPS_OF_FLOATS(DO)                                                                  \
    DO(add_rows) DO(packing) DO(signs)                                                             \
    DO(pack_taps) DO(convolve) DO(fits_channels) DO(sum_tap_gradients) DO(vector_length)           \
    DO(spread_corners)                                                                             \
    REELI_UPDATES(DO)
#define REELI_UPDATES(DO) DO(sgd_update) DO(adam_update)
/* Bound by memory or by division whatever the width: they have no third level. */
#define REELI_NARROW_OF_ALL(DO)                                                                    \
    DO(sum) DO(sum_columns) DO(prod) DO(extreme) DO(plain_product)
#define REELI_NARROW_OF_FLOATS(DO)                                                                 \
    DO(cascade_begin) DO(cascade_feed) DO(cascade_end) DO(cascade_join) DO(matrix_vector)          \
    DO(moments) DO(norm) DO(logsumexp) DO(softmax) DO(softmax_gradient)                            \
    DO(log_sums) DO(class_gradient) DO(standardize) DO(standardize_gradient) DO(stretch)           \
    DO(channel_normalize) DO(channel_sums) DO(channel_gradient) DO(dot_product)                    \
    REELI_OTHER_UPDATES(DO)
/* And doubles have the first level's. */
#define REELI_SELDOM_OF_ALL(DO) DO(scan)
#define REELI_SELDOM_OF_FLOATS(DO) DO(max_pool) DO(lstm_back)
#define REELI_SELDOM_OF_LEVELS(DO) DO(lstm_step) /* of floats; these have all three */
#define REELI_OTHER_UPDATES(DO)                                                                    \
    DO(adamax_update) DO(nadam_update) DO(radam_update) DO(rmsprop_update)                         \
    DO(adagrad_update) DO(adadelta_update) DO(asgd_update) DO(rprop_update)
/* clang-format on */

/* glibc's vector library, which has the C library's functions of eight floats. */
#if defined(REELI_X86) && defined(__GLIBC__) && defined(__GNUC__)
#if __GLIBC_PREREQ(2, 35)
#define REELI_VECTOR_FUNCTIONS
#endif
#endif

/* y[i] = formula(x[0][i], x[1][i], …) for i < n. y may be one of the x. */
typedef void reeli_map_loop(int64_t n, void *y, const void *const *x, const double *parameters);
typedef reeli_map_loop *reeli_map;

/* A row of elementwise.def: its value, of the inputs, and the gradient for each input, of g, the
 * inputs and the value. A NULL map: the formula has none for this dtype. */
typedef struct reeli_formula {
    const reeli_map *value;                       /* by dtype, and `step` further for each level */
    int step;                                     /* 0 for the rare rows, which all levels share */
    const reeli_map (*gradient)[REELI_LEVELS][2]; /* by input, level and dtype; NULL: a rare row */
} reeli_formula;

static inline reeli_map reeli_value_map(const reeli_formula *f, int level, int dtype)
{
    return f->value[level * f->step + dtype];
}

static inline reeli_map reeli_gradient_map(const reeli_formula *f, int input, int level, int dtype)
{
    return f->gradient[input][level][dtype];
}
#define DECLARE_FORMULA(name) extern const reeli_formula reeli_formula_##name;
#define UNARY(name, ...) DECLARE_FORMULA(name)
#define BINARY(name, ...) DECLARE_FORMULA(name)
#define TERNARY(name, ...) DECLARE_FORMULA(name)
#define LOSS(name, ...) DECLARE_FORMULA(name)
#define COMPARE(name, ...) DECLARE_FORMULA(name)
#define PREDICATE(name, ...) DECLARE_FORMULA(name)
#define SELECT(name, ...) DECLARE_FORMULA(name)
#include "elementwise.def"

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

/* An optimizer's pass: p parameter, g gradient, up to three tensors of state. */
typedef void reeli_update(int64_t n, void *parameter, const void *gradient, void *const *state,
                          const reeli_step *s);
#define REELI_UPDATE(name)                                                                         \
    typedef reeli_update reeli_##name##_loop;                                                      \
    extern reeli_update *const reeli_##name##_loops[REELI_LEVELS][REELI_LOOP_DTYPES];
REELI_UPDATES(REELI_UPDATE)
REELI_OTHER_UPDATES(REELI_UPDATE)

/* Element (i, j) of a matrix lies i stride[0] + j stride[1] elements after the first. */
typedef struct reeli_matrix {
    const void *data;
    int64_t stride[2];
} reeli_matrix;

/* C[m,n] = A[m,k] B[k,n] (+ bias[n]), and of that relu, or relu's gradient. */
typedef struct reeli_gemm {
    int dtype;
    int64_t m, n, k;
    reeli_matrix a, b;
    const void *bias; /* or NULL */
    bool one_bias;    /* its first value serves all columns: of a column as a row */
    bool rectify;     /* relu, of floats */
    const void *gate; /* NULL; else of floats, laid out as C, whose elements are 0 where these are
                       * not above 0 (or NaN) */
    void *c;
    int64_t c_step; /* from one of C's rows, whose elements lie side by side, to the next */
} reeli_gemm;

/* A product whose C is one column, as one whose C is a row: cᵀ = bᵀ aᵀ. */
static inline reeli_gemm reeli_as_row(const reeli_gemm *p)
{
    return (reeli_gemm){.dtype = p->dtype,
                        .m = 1,
                        .n = p->m,
                        .k = p->k,
                        .a = {p->b.data, {0, p->b.stride[0]}},
                        .b = {p->a.data, {p->a.stride[1], p->a.stride[0]}},
                        .bias = p->bias,
                        .one_bias = true,
                        .c = p->c,
                        .c_step = p->m};
}

/* Strides are in elements. */

/* Feed n terms at a time, a multiple of 32; the last call takes the rest, any n. The sum comes out
 * as T. NULL: terms that were added to level 0 already, no more of them than fill it once. */
REELI_LOOP(cascade_begin, (reeli_cascade * c, int64_t count))
REELI_LOOP(cascade_feed, (reeli_cascade * c, const void *x, int64_t n))
REELI_LOOP(cascade_end, (reeli_cascade * c, const void *x, int64_t n, void *sum))
/* Joins what a cascade of the same count made of its first 4^power rows, sums[2], to c. */
REELI_LOOP(cascade_join, (reeli_cascade * c, const void *part))
REELI_LOOP(sum, (const void *x, int64_t stride, int64_t n, void *sum))
/* Of a row-major matrix, the columns from first (a multiple of 64) to last. */
REELI_LOOP(sum_columns,
           (const void *x, int64_t rows, int64_t columns, int64_t first, int64_t last, void *sums))

/* Over a block of n rows (at least one) of `inner` columns, each column's: product; smallest or
 * largest, and its row unless indices is NULL; mean and Σ (x - mean)²; p-norm; ln Σ eˣ. Scratch
 * is in elements. */
REELI_LOOP(prod, (int64_t n, int64_t inner, const void *x, void *y))
REELI_LOOP(extreme,
           (bool smallest, int64_t n, int64_t inner, const void *x, void *values, int64_t *indices))
REELI_LOOP(moments, (int64_t n, int64_t inner, const void *x, double *mean, double *squares))
REELI_LOOP(norm, (int64_t n, int64_t inner, const void *x, double p, void *y,
                  void *scratch /* n * inner, if inner > 1 */))
REELI_LOOP(logsumexp,
           (int64_t n, int64_t inner, const void *x, void *y, void *scratch /* (n + 1) * inner */))
/* y_k = b_k + a_k y_{k-1} down the rows, or up if `reverse`; without a (NULL) a running sum of
 * b, without b a running product of a. */
REELI_LOOP(scan, (int64_t n, int64_t inner, bool reverse, const void *a, const void *b, void *y))
/* Over `outer` such blocks: eˣ / Σ eˣ or its logarithm, and dL/dx of g = dL/dy. */
REELI_LOOP(softmax, (bool logarithm, int64_t outer, int64_t n, int64_t inner, const void *x,
                     void *y, void *scratch /* 2 * inner */))
REELI_LOOP(softmax_gradient, (bool logarithm, int64_t outer, int64_t n, int64_t inner,
                              const void *g, const void *y, void *dx, void *scratch /* inner */))
/* For each row i of x[rows,n]: m, its largest element, and log_sum = ln Σ e^(x - m); and then
 * dx = scale[i] ([c = class[i]] - e^(x - m - log_sum)), the gradient of scale[i] ln softmax. */
REELI_LOOP(log_sums, (int64_t rows, int64_t n, const void *x, void *m, void *log_sum))
REELI_LOOP(class_gradient, (int64_t rows, int64_t n, const void *x, const void *m,
                            const void *log_sum, const int64_t *class, const void *scale, void *dx))
/* y = (x - mean) scale for each row of x[rows,n], with scale[i] = 1 / √(variance + eps). */
REELI_LOOP(standardize, (int64_t rows, int64_t n, const void *x, double eps, void *y, void *scale))
/* dL/dx of g = dL/dy. */
REELI_LOOP(standardize_gradient,
           (int64_t rows, int64_t n, const void *g, const void *y, const void *scale, void *dx))
/* A piece of a channel; see cpu/standardize.h. */
REELI_LOOP(channel_normalize, (int64_t n, const void *x, const double *of, void *y))
REELI_LOOP(channel_sums, (int64_t n, const void *g, const void *x, double mean, double *sums))
REELI_LOOP(channel_gradient, (int64_t n, const void *g, const void *x, const double *of, void *dx))

/* Each element a chain of fused multiply-adds over k, or in BLAS's order where m or n is 1. Not
 * with one_bias. */
REELI_LOOP(small_product, (const reeli_gemm *p))
/* Without a bias and without fused multiply-adds, for the small ones of a batch. */
REELI_LOOP(plain_product, (const reeli_gemm *p))
/* c[i] = Σ_p a[i,p] b[p] + bias[i bias_step] (NULL: none), where a's rows and b lie side by
 * side; and c[j] += Σ_p a[p a_step] b[p,j]. Floats only. */
REELI_LOOP(matrix_vector, (int64_t m, int64_t k, const void *a, int64_t a_step, const void *b,
                           const void *bias, int64_t bias_step, void *c))
REELI_LOOP(add_rows, (int64_t k, int64_t n, const void *a, int64_t a_step, const void *b,
                      int64_t b_step, void *c))
REELI_LOOP(dot_product, (int64_t n, const void *x, const void *y, void *sum))
/* x range + low, rounded once: a uniform x of [0, 1) to [low, low + range). */
REELI_LOOP(stretch, (int64_t n, void *x, double range, double low))

/* Results of a convolution over rows of positions, `width` of them in each row and the rows `pitch`
 * apart in the source: out[row, y, x] = bias[row] + Σ_t weights[row, t] source[y, x + offset[t]].
 * The source can be read for two vectors past its last position. With corners out[row] has
 * instead the largest of each 2 x 2 of them, which makes it half as high and wide, and corners say
 * for each channel which of the four that was: the first of several, the last NaN. Two bits are
 * enough: an integer as large as an element has those of REELI_CORNERS_IN_ONE positions, and behind
 * a row of such integers, one for each channel, comes that of the next positions. */
enum { REELI_CORNERS_IN_ONE = 8 };
typedef struct reeli_taps {
    int64_t rows, taps, height, width, pitch;
    bool by_channels;             /* a vector is some rows of one position, not the other way */
    const void *source, *weights; /* as pack_taps packed them */
    const void *bias;             /* NULL: none */
    const int64_t *offset;
    void *out;
    int64_t out_row, out_y, out_x; /* its steps */
    void *corners;                 /* NULL: none; else integers as large as an element */
    int64_t corner_step;
} reeli_taps;
REELI_LOOP(convolve, (const reeli_taps *c))
/* Which of the two ways leaves fewer places of vectors empty. */
typedef bool reeli_fits_channels_loop(const reeli_taps *c);
extern reeli_fits_channels_loop *const reeli_fits_channels_loops[REELI_LEVELS][REELI_LOOP_DTYPES];
/* The weights of `rows` outputs, row_step apart, in the order that convolve reads. By channels
 * there are rows up to whole vectors, and a tap more, which is the bias. */
REELI_LOOP(pack_taps, (int64_t rows, int64_t row_step, int64_t taps, const int64_t *tap,
                       const void *weights, const void *bias, bool by_channels, void *packed))

/* The way back: of planes g, half of `height` x `width`, each element to its corner of four, of
 * which the others become 0. The result has `step` channels at each position of the whole
 * planes. */
REELI_LOOP(spread_corners, (int64_t channels, int64_t height, int64_t width, const void *g,
                            const void *corners, int64_t corner_step, void *to, int64_t step))

/* And sums over such positions: sums[t, o] += Σ source[y, x + offset[t]] gradient[y, x, o], with as
 * many o as `step`, which is a multiple of a vector's length. */
typedef struct reeli_tap_sums {
    int64_t taps, height, width, pitch, step;
    const void *source, *gradient;
    const int64_t *offset;
    void *sums;
} reeli_tap_sums;
REELI_LOOP(sum_tap_gradients, (const reeli_tap_sums *c))
typedef int64_t reeli_vector_length_loop(void);
extern reeli_vector_length_loop *const reeli_vector_length_loops[REELI_LEVELS][REELI_LOOP_DTYPES];

/* Those sums over pooled gradients, without what is 0. The image has its channels, up to whole
 * vectors, at each position; an output's sums are `taps` vectors, which meet what lies in the image
 * at `offset` from a gradient's place. The room for lists is five times as many elements as a
 * pooled plane and REELI_LISTED_BEHIND have. There are floats' alone. */
enum { REELI_LISTED_BEHIND = 16 };
typedef struct reeli_pooled_taps {
    int64_t outputs, height, width; /* of the whole planes */
    const void *gradient, *corners;
    int64_t corner_step, down, right; /* from a place to that below and beside it, in the image */
    int64_t taps, size;               /* size: the image's elements */
    const int64_t *offset;
    const void *image;
    void *sums, *lists;
} reeli_pooled_taps;
typedef void reeli_sum_pooled_gradients_loop(const reeli_pooled_taps *c);
extern reeli_sum_pooled_gradients_loop *const reeli_sum_pooled_gradients_loops[REELI_LEVELS];

/* In each of three dims window i is made of the elements first[i], first[i] + step, … before
 * end[i]; there is at least one. */
typedef struct reeli_windows {
    int dtype;
    int64_t planes, in[3], out[3], step[3];
    const int64_t *first[3], *end[3];
    int64_t kernel, stride, padding; /* of the last dim; no stride: its windows are not alike */
} reeli_windows;
/* Of one plane y, the largest of each window, and where in the plane it lies: the first of several,
 * the last NaN. `behind`: elements that can be read behind the plane. */
REELI_LOOP(max_pool,
           (const reeli_windows *w, const void *x, int64_t behind, void *y, int64_t *index))

/* Arrays of a step of an LSTM, row by row; see cpu/recurrent.h. */
typedef struct reeli_lstm_step {
    int64_t hidden, before_row;            /* elements from one row's c before to the next's */
    const void *gates, *products, *before; /* before: c */
    void *kept, *h, *c;
} reeli_lstm_step;
REELI_LOOP(lstm_step, (const reeli_lstm_step *s, int64_t begin, int64_t end))
typedef reeli_lstm_step_loop reeli_lstm_back_loop;
extern reeli_lstm_step_loop *const reeli_lstm_back_loops[REELI_LEVELS][REELI_LOOP_DTYPES];

/* The signs of a - b in two bits an element, 64 of 32 elements, and numbers for them: for those
 * above 0, those below, and the others. */
typedef struct reeli_signs {
    void (*take)(int64_t n, const void *a, const void *b, uint32_t *signs);
    void (*spread)(int64_t n, const uint32_t *signs, const void *values, void *y);
} reeli_signs;

/* NULL: there are none at this level. */
typedef const reeli_signs *reeli_signs_loop(void);
extern reeli_signs_loop *const reeli_signs_loops[REELI_LEVELS][REELI_LOOP_DTYPES];

/* Maps one after the other over the same few floats, each y = u op v, and sum += y where that is
 * what the next one did; see cpu/chain.h. */
typedef enum reeli_link_code {
    REELI_LINK_ADD,
    REELI_LINK_SUB,
    REELI_LINK_SUB_FROM, /* v - u */
    REELI_LINK_MUL,
    REELI_LINK_DIV,
    REELI_LINK_DIV_INTO, /* v / u */
    REELI_LINK_NEG,      /* from here on v may mean nothing */
    REELI_LINK_ABS,
    REELI_LINK_TIMES_SIGN,  /* u sign(v) */
    REELI_LINK_TIMES_TWICE, /* u (2 v) */
    REELI_LINK_RELU,
    REELI_LINK_GATE,       /* u, and 0 where v <= 0 */
    REELI_LINK_TANH_SLOPE, /* u (1 - v²) */
    REELI_LINK_TANH
} reeli_link_code;

enum { REELI_LINK_FLOATS = 16, REELI_LINKS_BACK = 3 };

typedef struct reeli_link {
    const void *u, *v;
    void *y, *sum; /* NULL: none */
    uint8_t code;
    uint8_t from; /* u is what was made so many links ago, REELI_LINKS_BACK at most; 0: any */
} reeli_link;

/* A map of n floats whose first two operands are the first link and the end of the last; others it
 * has no use for. NULL: there is none at this level, or not of so many. */
typedef reeli_map reeli_chain_loop(int64_t n);
extern reeli_chain_loop *const reeli_chain_loops[REELI_LEVELS];

/* Adds the terms of a loss of floats to a cascade's first level, rows of 4 * 8 of them, and writes
 * their gradients for the input past the caches to y, which lies on 64 bytes, or not: NULL. in: one
 * element of g, the inputs, the targets. */
typedef void reeli_loss_pass(int64_t rows, void *sums, const void *const *in,
                             const double *parameters, void *y);
/* NULL: there is none of this loss, or at this level. */
typedef reeli_loss_pass *reeli_loss_pass_loop(const reeli_formula *formula);
extern reeli_loss_pass_loop *const reeli_loss_pass_loops[REELI_LEVELS];

/* A block of a product whose operands are packed: some tiles of its rows, from the first on, and
 * some of the depth; and some columns. All tiles have the same height, or one row more. */
typedef struct reeli_packed {
    const reeli_gemm *p;
    int64_t tiles;        /* of the whole product */
    int64_t first;        /* tile of the block */
    int64_t column;       /* the first */
    int64_t start, depth; /* of the block */
    void *left;           /* room for the left operand's rows, packed */
    void *right;          /* and for the right one's columns, panel by panel */
} reeli_packed;

typedef struct reeli_packing {
    int64_t rows, columns, depth, spare; /* of a tile, of a panel, of a block at most; and elements
                                          * of room beside a tile's rows */
    /* Tiles `from` to `to` of the left operand into their places. */
    void (*pack_left)(const reeli_packed *b, int64_t from, int64_t to);
    /* So many columns of the right one into theirs, and the block's tiles up to `to` by them. */
    void (*multiply)(const reeli_packed *b, int64_t columns, int64_t to);
} reeli_packing;

/* NULL: there is none at this level. */
typedef const reeli_packing *reeli_packing_loop(void);
extern reeli_packing_loop *const reeli_packing_loops[REELI_LEVELS][REELI_LOOP_DTYPES];

/* By level alone: bytes to where they go past the caches; and to[i,j] = from[j,i] for i < rows, j <
 * columns, elements of 4 or 8 bytes, each row in a piece, past the caches if `stream`; and normal
 * numbers of uniform ones, in whole blocks of 16. */
#define REELI_LEVEL_LOOP(name, parameters)                                                         \
    typedef void reeli_##name##_loop parameters;                                                   \
    extern reeli_##name##_loop *const reeli_##name##_loops[REELI_LEVELS];
REELI_LEVEL_LOOP(stream, (void *to, const void *from, size_t bytes))
REELI_LEVEL_LOOP(transpose, (bool stream, int64_t rows, int64_t columns, size_t element, void *to,
                             int64_t to_stride, const void *from, int64_t from_stride))
REELI_LEVEL_LOOP(normal, (int64_t n, float *x, float mean, float std))

#endif
