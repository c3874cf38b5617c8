/* SPDX-License-Identifier: MIT */
/*
 * Convolutions of one, two and three dims, plain and transposed. Of image x, kernel w and result y
 * each is a sum over the products of the other two, where x[p stride + k dilation - padding] meets
 * w[k] and y[p]:
 *
 *   convolution            y of x and w
 *   convolution_transpose  x of y and w
 *   convolution_kernel     w of x and y
 *
 * So the gradients of each are the other two, and theirs likewise, for ever.
 */
#include "checks.h"
#include "ops.h"
#include "windows.h"

#include <math.h>
#include <reel/reduce.h>
#include <reel/views.h>

enum { DIMS = REELI_CONV_DIMS, BEFORE = 2 /* dims before the image's: batch and channels */ };

/* What the kernels ask for; dims that there are not have size 1. */
static reeli_convolution shape_of(const reeli_window *v, const reel_tensor *x, const reel_tensor *w,
                                  const reel_tensor *y)
{
    reeli_convolution c = {.dtype = x->dtype,
                           .batch = x->size[0],
                           .groups = v->groups,
                           .inputs = w->size[1],
                           .outputs = w->size[0] / v->groups};
    for (int d = 0, own = x->ndim - DIMS; d < DIMS; d++, own++) {
        const bool there = own >= BEFORE;
        c.in[d] = there ? x->size[own] : 1;
        c.kernel[d] = there ? w->size[own] : 1;
        c.out[d] = there ? y->size[own] : 1;
        c.stride[d] = v->stride[d];
        c.padding[d] = v->padding[d];
        c.dilation[d] = v->dilation[d];
    }
    return c;
}

static double number_at(const void *x, int dtype, int64_t i)
{
    return dtype == REEL_F32 ? (double)((const float *)x)[i] : ((const double *)x)[i];
}

/* w with 0 for what is not finite: w itself if all is, NULL if memory is out. */
static const void *finite_part(reel *r, const void *w, int dtype, int64_t count)
{
    const size_t bytes = (size_t)count * reeli_element_size(dtype);
    void *part = NULL;
    for (int64_t i = 0; i < count; i++) {
        if (isfinite(number_at(w, dtype, i))) {
            continue;
        }
        part = part ? part : reeli_arena_alloc(r, bytes);
        if (!part) {
            return NULL;
        }
        for (int64_t k = 0; k < count; k++) {
            const double x = number_at(w, dtype, k);
            reeli_move(1, (char *)part + (size_t)k * reeli_element_size(dtype), dtype, 1,
                       &(double){isfinite(x) ? x : 0}, REEL_F64, 1);
        }
        return part;
    }
    return w;
}

/* The place in x that tap k of position p of y leads to; -1 for one beside it. */
static int64_t place_of(const reeli_convolution *c, int64_t position, int64_t tap)
{
    int64_t at = 0, step = 1;
    for (int d = DIMS - 1; d >= 0; d--) {
        const int64_t p = position % c->out[d], k = tap % c->kernel[d];
        const int64_t i = p * c->stride[d] + k * c->dilation[d] - c->padding[d];
        if (i < 0 || i >= c->in[d]) {
            return -1;
        }
        at += i * step;
        step *= c->in[d];
        position /= c->out[d];
        tap /= c->kernel[d];
    }
    return at;
}

/* What weight number i, which is not finite, adds to x: nothing where it meets no y. */
static void add_tap(const reeli_convolution *c, reel_tensor *x, int64_t i, double weight,
                    const void *y)
{
    const int64_t taps = c->kernel[0] * c->kernel[1] * c->kernel[2];
    const int64_t out = c->out[0] * c->out[1] * c->out[2], in = c->in[0] * c->in[1] * c->in[2];
    const int64_t row = i / taps / c->inputs, channel = i / taps % c->inputs;
    const int64_t to = row / c->outputs * c->inputs + channel;
    for (int64_t n = 0; n < c->batch; n++) {
        const int64_t from = (n * c->groups * c->outputs + row) * out;
        for (int64_t p = 0; p < out; p++) {
            const int64_t place = place_of(c, p, i % taps);
            const int64_t at = (n * c->groups * c->inputs + to) * in + place;
            if (place >= 0) {
                reeli_store(x, at, reeli_load(x, at) + weight * number_at(y, c->dtype, from + p));
            }
        }
    }
}

/* The kernel multiplies weights with zeros between and around y's positions. Those are not there:
 * weights that are not finite, whose product with 0 would be NaN, are added by themselves. */
static bool convolve_transposed(reel *r, const reeli_convolution *c, const void *y, const void *w,
                                const void *bias, reel_tensor *x)
{
    const int64_t count =
        c->groups * c->outputs * c->inputs * c->kernel[0] * c->kernel[1] * c->kernel[2];
    const void *finite = finite_part(r, w, c->dtype, count);
    if (!finite || !reeli_convolve_transposed(r, c, y, finite, bias, x->data)) {
        return false;
    }
    for (int64_t i = 0; finite != w && i < count; i++) {
        const double weight = number_at(w, c->dtype, i);
        if (!isfinite(weight)) {
            add_tap(c, x, i, weight, y);
        }
    }
    return true;
}

/* Which operand of the three is the result, and so which kernel computes it. */
static bool compute(reeli_node *n, const reel_tensor *x, const reel_tensor *w, const reel_tensor *y)
{
    const reel_tensor *out = n->out, *bias = n->inputs == 3 ? n->in[2].t : NULL;
    reel *r = out->r;
    if (x->numel == 0 || w->numel == 0 || y->numel == 0) { /* no image, so nothing to add up */
        reeli_fill(n->out, 0);
        return true;
    }
    const reeli_convolution c = shape_of(reeli_window_of(n), x, w, y);
    const reeli_mark mark = reeli_arena_mark(&r->arena);
    const void *data[3], *plus = bias ? reeli_dense(bias, n->op->name, bias->dtype) : NULL;
    const reel_tensor *all[] = {x, w, y};
    bool done = !bias || plus;
    for (int i = 0; i < 3; i++) {
        data[i] = all[i] == out ? out->data : reeli_dense(all[i], n->op->name, all[i]->dtype);
        done = done && data[i];
    }
    done = done && (out == y   ? reeli_convolve(r, &c, data[0], data[1], plus, out->data)
                    : out == x ? convolve_transposed(r, &c, data[2], data[1], plus, n->out)
                               : reeli_convolve_kernel(r, &c, data[0], data[2], out->data));
    reeli_arena_release(&r->arena, mark);
    if (!done && r->status == REEL_OK) {
        reeli_no_memory(r, n->op->name);
    }
    return done;
}

bool reeli_convolution_forward(reeli_node *n) { return compute(n, n->in[0].t, n->in[1].t, n->out); }

bool reeli_convolution_transpose_forward(reeli_node *n)
{
    return compute(n, n->out, n->in[1].t, n->in[0].t);
}

bool reeli_convolution_kernel_forward(reeli_node *n)
{
    return compute(n, n->in[0].t, n->out, n->in[1].t);
}

static reel_tensor *apply(const reeli_op *op, const char *what, const reeli_window *v,
                          reel_tensor *a, reel_tensor *b, reel_tensor *bias, const int64_t *size)
{
    reeli_node *n = reeli_begin(op, bias ? 3 : 2, (reel_tensor *[]){a, b, bias});
    if (!n) {
        return a->r->poison;
    }
    *reeli_window_of(n) = *v;
    n->out = reeli_empty(a->r, what, a->dtype, a->ndim, size);
    return reeli_apply(n);
}

static reel_tensor *result(const reeli_op *op, reeli_node *n, reel_tensor *a, reel_tensor *b,
                           const reel_tensor *like)
{
    return reeli_bad(a) || reeli_bad(b)
               ? reeli_poison_for(2, (reel_tensor *[]){a, b})
               : apply(op, op->name, reeli_window_of(n), a, b, NULL, like->size);
}

/* A bias is added at every position of every image. */
static reel_tensor *bias_gradient(reel_tensor *g)
{
    return reeli_sum_dims(g, ((1u << g->ndim) - 1) & ~2u, false);
}

reel_tensor *reeli_convolution_gradient(reeli_node *n, int input, reel_tensor *g)
{
    reel_tensor *x = n->in[0].t, *w = n->in[1].t;
    return input == 0   ? result(&reeli_op_convolution_transpose, n, g, w, x)
           : input == 1 ? result(&reeli_op_convolution_kernel, n, x, g, w)
                        : bias_gradient(g);
}

reel_tensor *reeli_convolution_transpose_gradient(reeli_node *n, int input, reel_tensor *g)
{
    reel_tensor *y = n->in[0].t, *w = n->in[1].t;
    return input == 0   ? result(&reeli_op_convolution, n, g, w, y)
           : input == 1 ? result(&reeli_op_convolution_kernel, n, g, y, w)
                        : bias_gradient(g);
}

reel_tensor *reeli_convolution_kernel_gradient(reeli_node *n, int input, reel_tensor *g)
{
    reel_tensor *x = n->in[0].t, *y = n->in[1].t;
    return input == 0 ? result(&reeli_op_convolution_transpose, n, y, g, x)
                      : result(&reeli_op_convolution, n, x, g, y);
}

/* A call: its name, how many dims an image has, and the numbers that were given. */
typedef struct call {
    reel *r;
    const char *what;
    int dims;
    bool transposed;
    reeli_window window;
    int64_t more[DIMS]; /* a transposed one's output_padding */
} call;

static bool read_options(call *c, const reel_conv_options *o)
{
    reeli_window *v = &c->window;
    v->groups = o->groups == 0 ? 1 : o->groups;
    if (v->groups < 0) {
        reeli_error(c->r, REEL_ERR_VALUE, "%s: groups must be at least 1, and is %lld", c->what,
                    (long long)v->groups);
        return false;
    }
    if (o->same && (c->transposed || o->padding.count > 0)) {
        reeli_error(c->r, REEL_ERR_VALUE, "%s: same is a padding, and %s", c->what,
                    c->transposed ? "a transposed convolution takes numbers"
                                  : "there is another one in numbers");
        return false;
    }
    return reeli_read_dims(c->r, c->what, "stride", o->stride, c->dims, 1, 1, v->stride) &&
           reeli_read_dims(c->r, c->what, "padding", o->padding, c->dims, 0, 0, v->padding) &&
           reeli_read_dims(c->r, c->what, "dilation", o->dilation, c->dims, 1, 1, v->dilation) &&
           reeli_read_dims(c->r, c->what, "output_padding", o->output_padding, c->dims, 0, 0,
                           c->more);
}

/* w is (outputs, inputs / groups, …), and a transposed convolution's the same seen from the other
 * side: (inputs, outputs / groups, …). */
static bool channels_fit(const call *c, const reel_tensor *x, const reel_tensor *w,
                         const reel_tensor *bias)
{
    const int64_t groups = c->window.groups, channels = x->size[1];
    int64_t all;
    if (!reeli_multiply(w->size[1], groups, &all)) {
        all = 0; /* w's first size is then not divisible either */
    }
    const int64_t wanted = c->transposed ? w->size[0] : all;
    const int64_t outputs = c->transposed ? all : w->size[0];
    if (w->size[0] % groups != 0 || w->size[0] == 0) {
        reeli_error(c->r, REEL_ERR_SHAPE,
                    "%s: the %lld %s of a weight %s are not divisible by %lld "
                    "groups",
                    c->what, (long long)w->size[0], c->transposed ? "inputs" : "outputs",
                    REELI_SHAPE_OF(w), (long long)groups);
    } else if (channels != wanted || channels == 0) {
        reeli_error(c->r, REEL_ERR_SHAPE,
                    "%s: input %s has %lld channels; weight %s in %lld groups takes %lld", c->what,
                    REELI_SHAPE_OF(x), (long long)channels, REELI_SHAPE_OF(w), (long long)groups,
                    (long long)wanted);
    } else if (bias && (bias->ndim != 1 || bias->size[0] != outputs)) {
        reeli_error(c->r, REEL_ERR_SHAPE,
                    "%s: bias %s must be (%lld,), one for each output channel "
                    "of weight %s",
                    c->what, REELI_SHAPE_OF(bias), (long long)outputs, REELI_SHAPE_OF(w));
    } else {
        return true;
    }
    return false;
}

/* What a kernel of so many places covers: (kernel - 1) dilation + 1; -1 if that does not fit. */
static int64_t extent(int64_t kernel, int64_t dilation)
{
    int64_t covers;
    return reeli_multiply(kernel - 1, dilation, &covers) && covers < INT64_MAX / 4 ? covers + 1
                                                                                   : -1;
}

/* The result's size in dim d of the image; -1 and an error if there is none. */
static int64_t size_after(call *c, const reel_tensor *x, const reel_tensor *w, int d, bool same)
{
    const int own = x->ndim - DIMS + d;
    const int64_t in = x->size[own], covers = extent(w->size[own], c->window.dilation[d]);
    const int64_t stride = c->window.stride[d];
    if (same) {
        c->window.padding[d] = (covers - 1) / 2;
        return in;
    }
    const int64_t padded = in + 2 * c->window.padding[d];
    if (covers > padded) {
        reeli_error(c->r, REEL_ERR_SHAPE,
                    "%s: the kernel covers %lld elements, more than the %lld that the input %s has "
                    "in dim %d with its padding",
                    c->what, (long long)covers, (long long)padded, REELI_SHAPE_OF(x), own);
        return -1;
    }
    return (padded - covers) / stride + 1;
}

static int64_t size_before(const call *c, const reel_tensor *x, const reel_tensor *w, int d)
{
    const int own = x->ndim - DIMS + d;
    const int64_t stride = c->window.stride[d], dilation = c->window.dilation[d];
    const int64_t covers = extent(w->size[own], dilation);
    int64_t size;
    if (c->more[d] >= stride && c->more[d] >= dilation) {
        reeli_error(c->r, REEL_ERR_VALUE,
                    "%s: output_padding %lld must be less than the stride, %lld, or the dilation, "
                    "%lld",
                    c->what, (long long)c->more[d], (long long)stride, (long long)dilation);
        return -1;
    }
    if (!reeli_multiply(x->size[own] - 1, stride, &size) || size > INT64_MAX / 4) {
        size =
            INT64_MAX / 4; /* more than there is memory for, which is said where it is asked for */
    }
    size += covers + c->more[d] - 2 * c->window.padding[d];
    if (size < 1) {
        reeli_error(c->r, REEL_ERR_SHAPE, "%s: input %s would give a size of %lld in dim %d",
                    c->what, REELI_SHAPE_OF(x), (long long)size, own);
        return -1;
    }
    return size;
}

static bool sizes_after(call *c, const reel_tensor *x, const reel_tensor *w, bool same,
                        int64_t *size)
{
    size[0] = x->size[0];
    size[1] = c->transposed ? w->size[1] * c->window.groups : w->size[0];
    for (int d = DIMS - c->dims; d < DIMS; d++) {
        const int own = x->ndim - DIMS + d;
        if (w->size[own] == 0 || x->size[own] == 0 ||
            extent(w->size[own], c->window.dilation[d]) < 0) {
            reeli_error(c->r, REEL_ERR_SHAPE, "%s: input %s and weight %s have no size in dim %d",
                        c->what, REELI_SHAPE_OF(x), REELI_SHAPE_OF(w), own);
            return false;
        }
        if (same && c->window.stride[d] != 1) {
            reeli_error(c->r, REEL_ERR_VALUE, "%s: padding that keeps the size needs a stride of 1",
                        c->what);
            return false;
        }
        size[own] = c->transposed ? size_before(c, x, w, d) : size_after(c, x, w, d, same);
        if (size[own] < 0) {
            return false;
        }
    }
    return true;
}

static reel_tensor *convolve(const char *what, int dims, bool transposed, reel_tensor *x,
                             reel_tensor *w, reel_tensor *bias, const reel_conv_options *o)
{
    reel_tensor *in[] = {x, w, bias};
    const int inputs = bias ? 3 : 2;
    if (!reeli_all_usable(what, inputs, in) || !reeli_one_dtype(what, inputs, in) ||
        !reeli_floating(what, "input", x)) {
        return reeli_poison_for(inputs, in);
    }
    call c = {.r = x->r, .what = what, .dims = dims, .transposed = transposed};
    const bool alone = x->ndim == dims + BEFORE - 1; /* an image without its batch */
    if ((!alone && x->ndim != dims + BEFORE) || w->ndim != dims + BEFORE) {
        return reeli_fail(x->r, REEL_ERR_SHAPE,
                          "%s: input %s and weight %s must have %d dims, or the input one less",
                          what, REELI_SHAPE_OF(x), REELI_SHAPE_OF(w), dims + BEFORE);
    }
    int64_t size[DIMS + BEFORE];
    x = alone ? reel_unsqueeze(x, 0) : x;
    if (reeli_bad(x) || !read_options(&c, o) || !channels_fit(&c, x, w, bias) ||
        !sizes_after(&c, x, w, o->same, size)) {
        return c.r->poison;
    }
    reel_tensor *y = apply(transposed ? &reeli_op_convolution_transpose : &reeli_op_convolution,
                           what, &c.window, x, w, bias, size);
    return alone ? reeli_as_result(reel_squeeze(y, 0)) : y;
}

#define CONVOLUTION(function, dims, transposed)                                                    \
    reel_tensor *function(reel_tensor *x, reel_tensor *weight, reel_tensor *bias,                  \
                          reel_conv_options options)                                               \
    {                                                                                              \
        return convolve(&(#function)[sizeof "reel"], dims, transposed, x, weight, bias, &options); \
    }
CONVOLUTION(reel_conv1d, 1, false)
CONVOLUTION(reel_conv2d, 2, false)
CONVOLUTION(reel_conv3d, 3, false)
CONVOLUTION(reel_conv_transpose1d, 1, true)
CONVOLUTION(reel_conv_transpose2d, 2, true)
CONVOLUTION(reel_conv_transpose3d, 3, true)
