/* SPDX-License-Identifier: MIT */
/* Every operation, called: the list that the tests of all operations walk. White-box. */
#ifndef SAMPLES_H
#define SAMPLES_H

#include "check_reel.h"

#include <losses.h>
#include <reel/reel.h>
#include <stdio.h>
#include <tape.h>

enum {
    SAMPLE_INPUTS = 3,
    SAMPLE_FLAT = 1,
    SAMPLE_NAN = 2,
    SAMPLE_REFUSES = 4,
    SAMPLE_ELEMENTWISE = 8,
    SAMPLE_COARSE = 16,
    SAMPLE_OPTIONAL = 32
};

/* The reel that the samples are called in. */
static reel *r;

typedef struct sample sample;
struct sample {
    const reeli_op *row;
    const char *shapes;
    unsigned traits;
    reel_tensor *(*call)(const sample *it, reel_tensor *const *x);
    int reduction; /* a loss's */
};

static inline int count_inputs(const sample *it)
{
    int count = 1;
    for (const char *text = it->shapes; *text; text++) {
        count += *text == ';';
    }
    return count;
}

static inline reel_tensor *index_tensor(int64_t n, const int64_t *values)
{
    reel_tensor *t = reeli_empty(r, "index", REEL_I64, 1, &n);
    if (!reeli_bad(t)) {
        memcpy(t->data, values, (size_t)n * sizeof *values);
    }
    return t;
}

/* Ones, of which nothing has to be freed. */
static inline reel_tensor *ones_in_arena(int64_t n)
{
    reel_tensor *t = reeli_empty(r, "ones", REEL_F64, 1, &n);
    if (!reeli_bad(t)) {
        reeli_fill(t, 1);
    }
    return t;
}

/* The recorded gradient of Σ y for x. */
static inline reel_tensor *gradient_tensor(reel_tensor *y, reel_tensor *x)
{
    reel_tensor *sum = y ? reel_sum(y) : NULL, *dx = NULL;
    if (reeli_bad(sum)) {
        return sum;
    }
    reel_gradients(sum, &x, 1, &(reel_backward_options){.create_graph = true}, &dx);
    return dx;
}

/* Operations of the user's own, for the rows of those: 2 a b; x³ whose gradient is loops, or uses
 * what forward kept. */
static inline bool product_forward(reel_call *call)
{
    reel_tensor *y = reel_mul_scalar(reel_mul(call->in[0], call->in[1]), 2);
    if (!reeli_bad(y)) {
        reeli_copy(call->out[0], y);
    }
    return !reeli_bad(y);
}

static inline reel_tensor *product_gradient(reel_call *call, int input)
{
    return reel_mul_scalar(reel_mul(call->g[0], call->in[1 - input]), 2);
}

static inline bool cube_forward(reel_call *call)
{
    reel_tensor *x = call->in[0];
    reel_tensor *kept = reel_call_keep(call, 0, reel_dtype_of(x), x->ndim, x->size);
    reel_tensor *square = reel_square(x), *y = reel_mul(square, x);
    if (reeli_bad(y) || reeli_bad(kept)) {
        return false;
    }
    reeli_copy(kept, square);
    reeli_copy(call->out[0], y);
    return true;
}

static inline reel_tensor *cube_gradient(reel_call *call, int input)
{
    (void)input;
    return reel_mul_scalar(reel_mul(call->kept[0], call->g[0]), 3);
}

static inline bool cube_gradient_data(reel_call *call, int input, reel_tensor *dx)
{
    reel_tensor *d = cube_gradient(call, input);
    if (!reeli_bad(d)) {
        reeli_copy(dx, d);
    }
    return !reeli_bad(d);
}

static const reel_custom_op twofold_product = {
    .name = "twofold_product", .forward = product_forward, .gradient = product_gradient};
static const reel_custom_op cube_in_loops = {
    .name = "cube_in_loops", .forward = cube_forward, .gradient_data = cube_gradient_data};
static const reel_custom_op cube_keeping = {
    .name = "cube_keeping", .forward = cube_forward, .gradient = cube_gradient};

/* The calls of samples.def. */
#define DIM_LIST(...) ((int64_t[]){__VA_ARGS__})
#define DIMS(...) DIM_LIST(__VA_ARGS__), (int)(sizeof DIM_LIST(__VA_ARGS__) / sizeof(int64_t))
#define INDEX(...)                                                                                 \
    index_tensor((int64_t)(sizeof DIM_LIST(__VA_ARGS__) / sizeof(int64_t)), DIM_LIST(__VA_ARGS__))
#define INPUTS(...)                                                                                \
    (reel_tensor *[]){__VA_ARGS__},                                                                \
        (int)(sizeof((reel_tensor *[]){__VA_ARGS__}) / sizeof(reel_tensor *))
#define EYE(n) reel_diag(ones_in_arena(n), 0)
#define GRADIENT(y) gradient_tensor(y, a)
#define JOIN(name, line) name##line
#define CALL(line) JOIN(call_, line)

#define SAMPLE(operation, shape, trait, ...)                                                       \
    static reel_tensor *CALL(__LINE__)(const sample *it, reel_tensor *const *x)                    \
    {                                                                                              \
        reel_tensor *a = x[0], *b = x[1], *c = x[2];                                               \
        (void)it, (void)a, (void)b, (void)c;                                                       \
        return __VA_ARGS__;                                                                        \
    }
#include "samples.def"
#undef SAMPLE

/* Elementwise operations get numbers in place of their parameters: these, where others would be
 * refused or leave nothing to differentiate. */
static inline const double *sample_parameters(const reeli_op *op)
{
    static const double usual[3] = {0.7, 1.2, 0.6}, none[3] = {-1, 0, 0}, two[3] = {2, 0, 0};
    return strcmp(op->name, "logit") == 0            ? none
           : strcmp(op->name, "round_decimals") == 0 ? two
           : strcmp(op->name, "polygamma") == 0      ? two
                                                     : usual;
}

static inline reel_tensor *call_elementwise(const sample *it, reel_tensor *const *x)
{
    return reeli_elementwise(it->row, count_inputs(it), x, sample_parameters(it->row));
}

static inline reel_tensor *call_loss(const sample *it, reel_tensor *const *x)
{
    return reeli_loss(it->row, x[0], x[1], (reel_reduction)it->reduction,
                      sample_parameters(it->row)[0]);
}

/* Chosen by a condition of both kinds. */
static inline reel_tensor *call_select(const sample *it, reel_tensor *const *x)
{
    reel_tensor *condition = reel_cat(INPUTS(INDEX(1, 0, 1)), 0);
    reel_tensor *in[] = {reel_to(condition, REEL_BOOL), x[0], x[1]};
    return reeli_elementwise(it->row, 3, in, NULL);
}

#define WISE SAMPLE_ELEMENTWISE
#define UNARY(name, ...) {&reeli_op_##name, "nm", WISE, call_elementwise, 0},
#define PREDICATE(name, ...) {&reeli_op_##name, "nm", WISE | SAMPLE_FLAT, call_elementwise, 0},
#define COMPARE(name, ...)                                                                         \
    {&reeli_op_##name, "nm;nm", WISE | SAMPLE_FLAT, call_elementwise, 0},                          \
        {&reeli_op_##name, "n1;m", WISE | SAMPLE_FLAT, call_elementwise, 0},
#define BINARY(name, ...)                                                                          \
    {&reeli_op_##name, "nm;nm", WISE, call_elementwise, 0},                                        \
        {&reeli_op_##name, "nm;m", WISE, call_elementwise, 0},                                     \
        {&reeli_op_##name, "n1;1m", WISE, call_elementwise, 0},                                    \
        {&reeli_op_##name, ";nm", WISE, call_elementwise, 0},                                      \
        {&reeli_op_##name, "nm;1", WISE, call_elementwise, 0},
#define TERNARY(name, ...)                                                                         \
    {&reeli_op_##name, "nm;nm;nm", WISE, call_elementwise, 0},                                     \
        {&reeli_op_##name, "nm;m;n1", WISE, call_elementwise, 0},                                  \
        {&reeli_op_##name, ";1;nm", WISE, call_elementwise, 0},
#define SELECT(name, ...)                                                                          \
    {&reeli_op_##name, "n3;n3", WISE, call_select, 0},                                             \
        {&reeli_op_##name, "n1;3", WISE, call_select, 0},
#define LOSS(name, ...)                                                                            \
    {&reeli_op_##name, "nm;nm", WISE, call_loss, REEL_NONE},                                       \
        {&reeli_op_##name, "nm;nm", 0, call_loss, REEL_MEAN},                                      \
        {&reeli_op_##name, "nm;m", 0, call_loss, REEL_SUM},

static const sample samples[] = {
#include <elementwise.def>
#define SAMPLE(operation, shape, trait, ...)                                                       \
    {&reeli_op_##operation, shape, SAMPLE_TRAIT_##trait, CALL(__LINE__), 0},
#define SAMPLE_TRAIT_0 0
#define SAMPLE_TRAIT_FLAT SAMPLE_FLAT
#define SAMPLE_TRAIT_COARSE (SAMPLE_COARSE | SAMPLE_NAN)
#define SAMPLE_TRAIT_REFUSES SAMPLE_REFUSES
#define SAMPLE_TRAIT_OPTIONAL (SAMPLE_OPTIONAL | SAMPLE_NAN)
#define SAMPLE_TRAIT_KEEPS SAMPLE_NAN
#include "samples.def"
#undef SAMPLE
};

enum { SAMPLES = sizeof samples / sizeof samples[0], SHARES = 16 };

/* A process for each sample would take longer than the sample: a test takes every 16th. */
static inline void for_share(int share, void (*check)(const sample *it))
{
    for (int i = share; i < SAMPLES; i += SHARES) {
        check(&samples[i]);
    }
}

/* The sizes that the letters of a shape stand for. */
typedef struct sizes {
    int64_t n, m, k;
} sizes;

static const sizes usual_sizes = {2, 3, 4};

/* Reads one shape, up to a semicolon or the end, which it returns. */
static inline const char *read_shape(const char *text, sizes with, int *ndim, int64_t *size)
{
    *ndim = 0;
    for (; *text && *text != ';'; text++) {
        size[(*ndim)++] = *text == 'n'   ? with.n
                          : *text == 'm' ? with.m
                          : *text == 'k' ? with.k
                                         : *text - '0';
    }
    return text;
}

/* For messages: which sample it is. */
static inline const char *describe(const sample *it)
{
    static char text[96];
    snprintf(text, sizeof text, "%s(%s)%s", it->row->name, it->shapes,
             it->call == call_loss ? " as a loss" : "");
    return text;
}

/* Irregular values in (low, high), no two of them equal. */
static inline void fill(reel_tensor *t, int input, double low, double high)
{
    int64_t index[REEL_MAX_DIMS] = {0};
    for (int64_t i = 0; i < t->numel; i++) {
        int64_t rest = i, offset = 0;
        for (int d = t->ndim - 1; d >= 0; d--) {
            index[d] = rest % t->size[d];
            rest /= t->size[d];
            offset += index[d] * t->stride[d];
        }
        const double fraction =
            fmod((double)(i + 1) * 0.61803398874989485 + (double)input * 0.2719, 1);
        reeli_store(t, offset, low + (high - low) * fraction);
    }
}

/* An input that lies row by row, or (strided) every other element of turned dims, after the
 * first. */
static inline reel_tensor *make_input(int dtype, int ndim, const int64_t *size, bool strided)
{
    if (!strided) {
        return reel_requires_grad_(reeli_create(r, "input", dtype, ndim, size), true);
    }
    int64_t stride[REEL_MAX_DIMS], total = 2;
    for (int d = 0; d < ndim; d++) {
        stride[d] = total;
        total *= size[d] ? size[d] : 1;
    }
    reel_tensor *base = reeli_create(r, "base", dtype, 1, (int64_t[]){total + 1});
    reeli_fill(base, DOUBLE_NAN); /* what is not the input's must not be read */
    return reel_requires_grad_(reeli_view(base, "input", ndim, size, stride, 1), true);
}

static inline void make_inputs(const sample *it, sizes with, int dtype, bool strided,
                               reel_tensor **x)
{
    const char *text = it->shapes;
    for (int i = 0; i < SAMPLE_INPUTS; i++) {
        int64_t size[REEL_MAX_DIMS];
        int ndim;
        x[i] = NULL;
        if (i < count_inputs(it)) {
            text = read_shape(text, with, &ndim, size);
            text += *text == ';';
            x[i] = make_input(dtype, ndim, size, strided);
        }
    }
}

static inline bool is_finite(reel_tensor *t)
{
    int64_t at;
    return t && reeli_all_finite(t, &at);
}

/* Whether the sample's result and gradients are finite, and nothing is refused. Leaves no trace. */
static inline bool is_smooth(const sample *it, reel_tensor *const *x, int count)
{
    const reeli_mark mark = reeli_arena_mark(&r->arena);
    reeli_node *const tape = r->tape;
    reel_tensor *dx[SAMPLE_INPUTS], *y = it->call(it, x);
    bool sound = !reeli_bad(y) && is_finite(y);
    if (sound && reeli_requires_grad(y) && !(it->traits & SAMPLE_REFUSES)) {
        reel_tensor *ones = reel_ones_like(y);
        sound = reel_gradients(y, x, (size_t)count, &(reel_backward_options){.gradient = ones},
                               dx) == REEL_OK;
        for (int i = 0; i < count && sound; i++) {
            sound = !dx[i] || is_finite(dx[i]);
        }
        reel_tensor_free(ones);
    }
    r->tape = tape;
    reeli_arena_release(&r->arena, &mark);
    reel_clear_error(r);
    return sound;
}

/* Fills the inputs with values where the operation is smooth: the first of these ranges that will
 * do, and that of probabilities where they are meant, though others are finite. */
static inline void fill_inputs(const sample *it, reel_tensor *const *x, int count)
{
    static const double ranges[][2] = {{-2.3, 2.3}, {-0.9, 0.9}, {0.1, 0.9}, {1.1, 2.5}};
    const bool of_probabilities = strcmp(it->row->name, "odds_slope") == 0;
    for (size_t k = of_probabilities ? 2 : 0; k < sizeof ranges / sizeof ranges[0]; k++) {
        for (int i = 0; i < count; i++) {
            fill(x[i], i, ranges[k][0], ranges[k][1]);
        }
        if (is_smooth(it, x, count)) {
            return;
        }
    }
    ck_abort_msg("%s: no range of inputs gives a finite result", describe(it));
}

#endif
