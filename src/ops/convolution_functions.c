/* SPDX-License-Identifier: MIT */
/* The functions of include/reel/convolution.h: what fits, and how large a result is. */
#include "checks.h"
#include "ops.h"
#include "windows.h"

#include <reel/pooling.h>
#include <reel/views.h>

enum { DIMS = REELI_CONV_DIMS, BEFORE = 2 /* dims before the image's: batch and channels */ };

/* A call: its name, how many dims an image has, and the numbers that were given. */
typedef struct call {
    reel *r;
    const char *what;
    int dims;
    bool transposed;
    reeli_window window;
    int64_t more[DIMS]; /* a transposed one's output_padding */
    bool pooled; /* the largest of each 2 x 2 is asked for, and then whether that has been done */
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
    size[1] = c->transposed ? reeli_times(w->size[1], c->window.groups) : w->size[0];
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

/* The largest of each 2 x 2 of what the convolution would give, of which there must be some, and
 * channels enough to fill vectors. */
static reel_tensor *apply_pooled(call *c, reel_tensor *x, reel_tensor *w, reel_tensor *bias,
                                 const int64_t *size)
{
    enum { FEW = 8 };
    c->pooled = size[2] > 1 && size[3] > 1 && size[1] / c->window.groups >= FEW;
    if (!c->pooled) {
        return reeli_convolve_tensors(&reeli_op_convolution, c->what, &c->window, x, w, bias, size);
    }
    const int64_t half[] = {size[0], size[1], size[2] / 2, size[3] / 2};
    const int64_t row = c->window.groups * reeli_corner_step(size[1] / c->window.groups);
    reeli_node *n =
        reeli_begin(&reeli_op_convolution_max_pool, bias ? 3 : 2, (reel_tensor *[]){x, w, bias});
    void *corners =
        reeli_arena_alloc(c->r, (size_t)(half[0] * reeli_corner_rows(half[2] * half[3]) * row + 1) *
                                    reeli_element_size(x->dtype));
    if (!n || !corners) {
        return reeli_no_memory(c->r, c->what);
    }
    *reeli_pooled_window_of(n) = (reeli_pooled_window){c->window, {size[2], size[3]}, corners};
    n->out = reeli_empty(c->r, c->what, x->dtype, x->ndim, half);
    return reeli_apply(n);
}

static reel_tensor *convolve(call *c, reel_tensor *x, reel_tensor *w, reel_tensor *bias,
                             const reel_conv_options *o)
{
    reel_tensor *in[] = {x, w, bias};
    const int inputs = bias ? 3 : 2, dims = c->dims;
    if (!reeli_all_usable(c->what, inputs, in) || !reeli_one_dtype(c->what, inputs, in) ||
        !reeli_floating(c->what, "input", x)) {
        return reeli_poison_for(inputs, in);
    }
    c->r = x->r;
    const bool alone = x->ndim == dims + BEFORE - 1; /* an image without its batch */
    if ((!alone && x->ndim != dims + BEFORE) || w->ndim != dims + BEFORE) {
        return reeli_fail(x->r, REEL_ERR_SHAPE,
                          "%s: input %s and weight %s must have %d dims, or the input one less",
                          c->what, REELI_SHAPE_OF(x), REELI_SHAPE_OF(w), dims + BEFORE);
    }
    int64_t size[DIMS + BEFORE] = {0};
    x = alone ? reel_unsqueeze(x, 0) : x;
    if (reeli_bad(x) || !read_options(c, o) || !channels_fit(c, x, w, bias) ||
        !sizes_after(c, x, w, o->same, size)) {
        return c->r->poison;
    }
    const reeli_op *op = c->transposed ? &reeli_op_convolution_transpose : &reeli_op_convolution;
    reel_tensor *y = c->pooled ? apply_pooled(c, x, w, bias, size)
                               : reeli_convolve_tensors(op, c->what, &c->window, x, w, bias, size);
    return alone ? reeli_as_result(reel_squeeze(y, 0)) : y;
}

#define CONVOLUTION(function, count, back)                                                         \
    reel_tensor *function(reel_tensor *x, reel_tensor *weight, reel_tensor *bias,                  \
                          reel_conv_options options)                                               \
    {                                                                                              \
        call c = {.what = &(#function)[sizeof "reel"], .dims = (count), .transposed = (back)};     \
        return convolve(&c, x, weight, bias, &options);                                            \
    }
CONVOLUTION(reel_conv1d, 1, false)
CONVOLUTION(reel_conv2d, 2, false)
CONVOLUTION(reel_conv3d, 3, false)
CONVOLUTION(reel_conv_transpose1d, 1, true)
CONVOLUTION(reel_conv_transpose2d, 2, true)
CONVOLUTION(reel_conv_transpose3d, 3, true)

/* Each dim has this number, or nothing is given and that is it, too. */
static bool all_are(reel_dims given, int64_t number, bool otherwise)
{
    bool all = given.count > 0 || otherwise;
    for (int d = 0; d < given.count && d < 2; d++) {
        all = all && given.size[d] == number;
    }
    return all && given.count <= 2;
}

reel_tensor *reel_conv2d_max_pool2d(reel_tensor *x, reel_tensor *weight, reel_tensor *bias,
                                    reel_conv_options options, reel_dims kernel_size,
                                    reel_pool_options pool)
{
    call c = {.what = "conv2d", .dims = 2};
    c.pooled = all_are(kernel_size, 2, false) && all_are(pool.stride, 2, true) &&
               all_are(pool.padding, 0, true) && all_are(pool.dilation, 1, true) && !pool.ceil_mode;
    reel_tensor *y = convolve(&c, x, weight, bias, &options);
    return c.pooled ? y : reel_max_pool2d(y, kernel_size, pool);
}
