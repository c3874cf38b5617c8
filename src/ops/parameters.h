/* SPDX-License-Identifier: MIT */
/*
 * What a node keeps of its operation beside the inputs: for each struct here the rows of ops.def
 * that name it. A forward and a gradient read it by the function that follows the struct, and by
 * nothing else: a recorded step may be run again, or differentiated long after the call.
 */
#ifndef REELI_PARAMETERS_H
#define REELI_PARAMETERS_H

#include "tape.h"

/* Of operations that have nothing to keep. */
typedef struct reeli_nothing {
    char unused;
} reeli_nothing;

/* All rows of elementwise.def. */
typedef struct reeli_row {
    union {
        double p[3]; /* the row's plain numbers */
        struct {
            double parameter;
            uint32_t *signs; /* of a LOSS that goes by them: of its inputs' difference, or NULL */
            reel_tensor *ahead; /* the first input's gradient, by the forward; or NULL */
        } loss;
    };
    uint32_t version;  /* of a LOSS's ahead, when that was computed */
    uint8_t dtype;     /* that the formula is computed in */
    uint8_t reduction; /* of a LOSS: what becomes of its terms */
} reeli_row;

static inline reeli_row *reeli_row_of(const reeli_node *n) { return reeli_parameters(n); }

/* sum, mean, prod, amax, …: whatever makes one element of many. */
typedef struct reeli_reduction {
    unsigned dims; /* that are reduced: bit d for dim d */
    bool keepdim;  /* whether they stay, with size 1 */
    int dim;       /* prod: the only one; -1: all */
    union {
        double order;      /* norm: p */
        double correction; /* var, std: what n is lessened by */
    };
} reeli_reduction;

static inline reeli_reduction *reeli_reduction_of(const reeli_node *n)
{
    return reeli_parameters(n);
}

/* linear_relu: while backward asks for the inputs' gradients, the linear's. */
typedef reel_tensor *reeli_gradient;

static inline reeli_gradient *reeli_gradient_of(const reeli_node *n) { return reeli_parameters(n); }

/* convolution and its gradients: how a window moves, in three dims whatever the image has. */
typedef struct reeli_window {
    int64_t stride[3], padding[3], dilation[3], groups;
    reel_tensor *gradient; /* of its result, as each rule reads it: dense */
} reeli_window;

static inline reeli_window *reeli_window_of(const reeli_node *n) { return reeli_parameters(n); }

/* convolution_max_pool: the same, how high and wide the convolution's result is of which 2 x 2
 * become one, and in which corner of them that was; see kernels.h. */
typedef struct reeli_pooled_window {
    reeli_window window; /* the first, so that a convolution's gradient finds it */
    int64_t size[2];
    void *corners;
} reeli_pooled_window;

static inline reeli_pooled_window *reeli_pooled_window_of(const reeli_node *n)
{
    return reeli_parameters(n);
}

/* max_pool and its gradient: windows in three dims, whatever the image has. */
typedef struct reeli_pooling {
    int dims; /* that it has */
    int64_t kernel[3], stride[3], padding[3], dilation[3];
    bool adaptive; /* instead as many windows as the result has places, as like as they can be */
} reeli_pooling;

static inline reeli_pooling *reeli_pooling_of(const reeli_node *n) { return reeli_parameters(n); }

/* lstm: which way it goes; and while backward asks for the inputs' gradients, what they are made
 * of. */
typedef struct reeli_lstm {
    bool reverse;
    reel_tensor *gates, *dh, *dc;
} reeli_lstm;

static inline reeli_lstm *reeli_lstm_of(const reeli_node *n) { return reeli_parameters(n); }

/* Which elements along a dim become one, and by which weights. */
typedef enum reeli_mixing {
    REELI_AVERAGE,  /* a window, each divided by its size or, if `scale` is not 0, by that */
    REELI_ADAPTIVE, /* as many windows as there are results */
    REELI_WINDOW, /* elements themselves: those of all windows' first place, then their second, … */
    REELI_NEAREST, /* and what interpolates */
    REELI_NEAREST_EXACT,
    REELI_LINEAR,
    REELI_CUBIC,
    REELI_SMOOTH_LINEAR, /* wider where the result is smaller */
    REELI_SMOOTH_CUBIC,
    REELI_REFLECT, /* and what pads, `padding` before the first */
    REELI_REPLICATE,
    REELI_CIRCULAR
} reeli_mixing;

/* resample: `in` elements along a dim become `out`, or back. */
typedef struct reeli_resampling {
    reeli_mixing taps;
    bool back; /* from `out` to `in`, by the transposed matrix */
    bool flag; /* AVERAGE: only elements count, not padding; interpolation: the corners align */
    int dim;
    int64_t in, out, kernel, stride, padding, dilation;
    double scale;
} reeli_resampling;

static inline reeli_resampling *reeli_resampling_of(const reeli_node *n)
{
    return reeli_parameters(n);
}

/* mm, bmm: whether an operand is taken transposed. And of mm a gate, as reeli_gemm has it. */
typedef struct reeli_transposition {
    const void *gate;
    bool a, b;
} reeli_transposition;

static inline reeli_transposition *reeli_transposition_of(const reeli_node *n)
{
    return reeli_parameters(n);
}

/* softmax, log_softmax. */
typedef struct reeli_softmax {
    int64_t dim;
    bool logarithm;
} reeli_softmax;

static inline reeli_softmax *reeli_softmax_of(const reeli_node *n) { return reeli_parameters(n); }

/* cumsum, cumprod, recurrence. */
typedef struct reeli_scan {
    int64_t dim;
    bool reverse; /* from the dim's end to its start */
} reeli_scan;

static inline reeli_scan *reeli_scan_of(const reeli_node *n) { return reeli_parameters(n); }

/* What picks elements along a dim: max_dim, sort, topk, … */
typedef struct reeli_choice {
    int64_t dim;
    bool descending; /* sort, topk */
} reeli_choice;

static inline reeli_choice *reeli_choice_of(const reeli_node *n) { return reeli_parameters(n); }

/* What an index tensor steps along a dim of: gather, scatter, index_select, embedding, … */
typedef struct reeli_steps {
    int64_t dim;
    int64_t padding; /* embedding: the row that learns nothing, or -1 */
} reeli_steps;

static inline reeli_steps *reeli_steps_of(const reeli_node *n) { return reeli_parameters(n); }

/* quantile_ranks. */
typedef struct reeli_ranks {
    int64_t dim;
    int rounding; /* a reel_interpolation */
} reeli_ranks;

static inline reeli_ranks *reeli_ranks_of(const reeli_node *n) { return reeli_parameters(n); }

/* index_place: the dims that its inputs index. */
typedef struct reeli_places {
    int64_t size[REEL_MAX_DIMS]; /* of each input's dim */
    int dim[REEL_MAX_DIMS];      /* and which one of the tensor it is, for messages */
} reeli_places;

static inline reeli_places *reeli_places_of(const reeli_node *n) { return reeli_parameters(n); }

/* cat. */
typedef struct reeli_joint {
    int64_t dim;
    int64_t start; /* where input number `input` begins in the result, */
    int input;     /* which is known of the one whose gradient was asked for last */
} reeli_joint;

static inline reeli_joint *reeli_joint_of(const reeli_node *n) { return reeli_parameters(n); }

/* flip: the dims that run backwards, bit d for dim d. */
typedef struct reeli_dims {
    unsigned set;
} reeli_dims;

static inline reeli_dims *reeli_dims_of(const reeli_node *n) { return reeli_parameters(n); }

/* tril, triu: the diagonal up to which, or from which, elements stay. */
typedef struct reeli_triangle {
    int64_t diagonal;
    bool upper, unit; /* solve_triangular */
} reeli_triangle;

static inline reeli_triangle *reeli_triangle_of(const reeli_node *n) { return reeli_parameters(n); }

/* constant_pad_nd: how many indices each dim gets before its first and after its last, all of this
 * value; a negative count takes away. */
typedef struct reeli_padding {
    int64_t before[REEL_MAX_DIMS], after[REEL_MAX_DIMS];
    double value;
} reeli_padding;

static inline reeli_padding *reeli_padding_of(const reeli_node *n) { return reeli_parameters(n); }

/* permute: dim d of the result is the input's dim of[d]. */
typedef struct reeli_permutation {
    int64_t of[REEL_MAX_DIMS];
} reeli_permutation;

static inline reeli_permutation *reeli_permutation_of(const reeli_node *n)
{
    return reeli_parameters(n);
}

/* slice and unslice: a part of a tensor that strides can show. */
typedef struct reeli_part {
    int64_t start[REEL_MAX_DIMS];  /* the first element's index, in each dim of the whole */
    int ndim;                      /* of the part; each dim has */
    int64_t size[REEL_MAX_DIMS];   /* a size, */
    int64_t step[REEL_MAX_DIMS];   /* indices of the whole from one of its own to the next, and */
    unsigned along[REEL_MAX_DIMS]; /* the dims of the whole that these count in: one; two for a
                                      diagonal; none for a dim that is new */
} reeli_part;

static inline reeli_part *reeli_part_of(const reeli_node *n) { return reeli_parameters(n); }

/* class_coefficients. */
typedef struct reeli_coefficients {
    int64_t ignore;  /* the class that counts 0 */
    int64_t classes; /* how many there are */
    bool mean;       /* divided by the sum of the weights */
    bool unit;       /* each counts 1 whatever its weight */
    const char *what;
} reeli_coefficients;

static inline reeli_coefficients *reeli_coefficients_of(const reeli_node *n)
{
    return reeli_parameters(n);
}

/* nll_loss, cross_entropy. */
typedef struct reeli_classes {
    int64_t ignore; /* the class that counts 0 */
    int dim;        /* of the classes */
    int reduction;
    reel_tensor *largest; /* cross_entropy: each sample's largest logit x */
    reel_tensor *log_sum; /* and ln Σ e^(logit - x) */
} reeli_classes;

static inline reeli_classes *reeli_classes_of(const reeli_node *n) { return reeli_parameters(n); }

/* batch_norm: what is added to a variance; and while backward asks for the inputs' gradients, all
 * of them. */
typedef struct reeli_batch {
    double eps;
    reel_tensor *dx, *dw, *db;
} reeli_batch;

static inline reeli_batch *reeli_batch_of(const reeli_node *n) { return reeli_parameters(n); }

/* standardize: what is added to a variance. pinv: the share of the largest singular value that
 * counts as 0. */
typedef struct reeli_epsilon {
    double eps;
} reeli_epsilon;

static inline reeli_epsilon *reeli_epsilon_of(const reeli_node *n) { return reeli_parameters(n); }

/* custom, custom_gradient, custom_kept. */
typedef struct reeli_custom {
    struct reeli_use *use; /* see custom.c */
    int input;             /* custom_gradient: whose gradient it computes */
} reeli_custom;

static inline reeli_custom *reeli_custom_of(const reeli_node *n) { return reeli_parameters(n); }

#endif
