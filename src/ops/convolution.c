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
#include <reel/pooling.h>
#include <reel/reduce.h>
#include <reel/views.h>
#include <string.h>

enum { DIMS = REELI_CONV_DIMS, BEFORE = 2 /* dims before the image's: batch and channels */ };

/* What the kernels ask for; dims that there are not have size 1. */
static reeli_convolution shape_of(const reeli_node *n, const reel_tensor *x, const reel_tensor *w,
                                  const reel_tensor *y)
{
    const reeli_window *v = reeli_window_of(n);
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
    if (n->op == &reeli_op_convolution_max_pool) {
        const reeli_pooled_window *p = reeli_pooled_window_of(n);
        c.out[DIMS - 2] = p->size[0];
        c.out[DIMS - 1] = p->size[1];
        c.corners = p->corners;
    }
    return c;
}

/* Where in out's plane a position of a pooled y has its value from. */
static int64_t corner_place(const reeli_convolution *c, int64_t unit, int64_t channel,
                            int64_t position)
{
    const int64_t width = c->out[DIMS - 1], wide = width < 2 ? 1 : width / 2;
    const int64_t volume = c->out[DIMS - 2] / 2 * wide;
    const int64_t row = unit * reeli_corner_rows(volume) + position / REELI_CORNERS_IN_ONE;
    const int64_t at = row * reeli_corner_step(c->outputs) + channel;
    const int64_t word = c->dtype == REEL_F32 ? ((const int32_t *)c->corners)[at]
                                              : ((const int64_t *)c->corners)[at];
    const int64_t corner = word >> 2 * (position % REELI_CORNERS_IN_ONE) & 3;
    return (position / wide * 2 + corner / 2) * width + position % wide * 2 + corner % 2;
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

/* y as if it had not been pooled: 0 where nothing came from. NULL if memory is out. */
static const void *unpooled(reel *r, reeli_convolution *c, const char *y)
{
    const size_t bytes = reeli_element_size(c->dtype);
    const int64_t height = c->out[DIMS - 2], width = c->out[DIMS - 1];
    const int64_t volume = height / 2 * (width / 2), planes = c->batch * c->groups * c->outputs;
    char *whole = reeli_arena_alloc(r, (size_t)(planes * height * width) * bytes);
    if (!whole) {
        return NULL;
    }
    memset(whole, 0, (size_t)(planes * height * width) * bytes);
    for (int64_t i = 0; i < planes * volume; i++) {
        const int64_t plane = i / volume;
        const int64_t at = corner_place(c, plane / c->outputs, plane % c->outputs, i % volume);
        memcpy(whole + (size_t)(plane * height * width + at) * bytes, y + (size_t)i * bytes, bytes);
    }
    c->corners = NULL;
    return whole;
}

/* The kernel multiplies weights with zeros between and around y's positions. Those are not there:
 * weights that are not finite, whose product with 0 would be NaN, are added by themselves. */
static bool convolve_transposed(reel *r, reeli_convolution *c, const void *y, const void *w,
                                const void *bias, reel_tensor *x)
{
    const int64_t count =
        c->groups * c->outputs * c->inputs * c->kernel[0] * c->kernel[1] * c->kernel[2];
    const void *finite = finite_part(r, w, c->dtype, count);
    y = finite && finite != w && c->corners ? unpooled(r, c, y) : y;
    if (!finite || !y || !reeli_convolve_transposed(r, c, y, finite, bias, x->data)) {
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
static bool compute_of(const reeli_node *n, const reel_tensor *x, const reel_tensor *w,
                       const reel_tensor *bias, const reel_tensor *y, reel_tensor *out)
{
    reel *r = out->r;
    if (x->numel == 0 || w->numel == 0 || y->numel == 0) { /* no image, so nothing to add up */
        reeli_fill(out, 0);
        return true;
    }
    reeli_convolution c = shape_of(n, x, w, y);
    const reeli_mark mark = reeli_arena_mark(&r->arena);
    const void *data[3], *plus = bias ? reeli_dense(bias, n->op->name, bias->dtype) : NULL;
    const reel_tensor *all[] = {x, w, y};
    bool done = !bias || plus;
    for (int i = 0; i < 3; i++) {
        data[i] = all[i] == out ? out->data : reeli_dense(all[i], n->op->name, all[i]->dtype);
        done = done && data[i];
    }
    done = done && (out == y   ? reeli_convolve(r, &c, data[0], data[1], plus, out->data)
                    : out == x ? convolve_transposed(r, &c, data[2], data[1], plus, out)
                               : reeli_convolve_kernel(r, &c, data[0], data[2], out->data));
    reeli_arena_release(&r->arena, &mark);
    if (!done && r->status == REEL_OK) {
        reeli_no_memory(r, n->op->name);
    }
    return done;
}

static bool compute(reeli_node *n, const reel_tensor *x, const reel_tensor *w, const reel_tensor *y)
{
    return compute_of(n, x, w, n->inputs == 3 ? n->in[2].t : NULL, y, n->out);
}

bool reeli_convolution_forward(reeli_node *n) { return compute(n, n->in[0].t, n->in[1].t, n->out); }
bool reeli_convolution_max_pool_forward(reeli_node *n) { return reeli_convolution_forward(n); }

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

/* g in a row, for all rules: a part of a larger gradient would be copied by each. */
static reel_tensor *dense_once(reeli_node *n, int input, reel_tensor *g)
{
    reeli_window *v = reeli_window_of(n);
    if (g->flags & REELI_CONTIGUOUS || g->r->grad_enabled) {
        return g;
    }
    if (reeli_is_first_wanted(n, input)) {
        reel_tensor *const destination = g->r->destination; /* which is for what the rule makes */
        g->r->destination = NULL;
        v->gradient = reel_contiguous(g);
        g->r->destination = destination;
    }
    return v->gradient;
}

reel_tensor *reeli_convolution_gradient(reeli_node *n, int input, reel_tensor *g)
{
    g = dense_once(n, input, g);
    reel_tensor *x = n->in[0].t, *w = n->in[1].t;
    return input == 0   ? result(&reeli_op_convolution_transpose, n, g, w, x)
           : input == 1 ? result(&reeli_op_convolution_kernel, n, x, g, w)
                        : bias_gradient(g);
}

reel_tensor *reeli_convolution_transpose_gradient(reeli_node *n, int input, reel_tensor *g)
{
    g = dense_once(n, input, g);
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

/* The gradient t[0] for x or w, of g. */
static bool pooled_gradient(const reeli_args *a)
{
    const reeli_node *n = a->more;
    const reel_tensor *x = n->in[0].t, *w = n->in[1].t;
    return a->i[0] == 0 ? compute_of(n, a->t[0], w, NULL, a->t[1], a->t[0])
                        : compute_of(n, x, a->t[0], NULL, a->t[1], a->t[0]);
}

static bool find_corners(const reeli_args *a)
{
    const reeli_node *n = a->more;
    const reel_tensor *y = n->out;
    const reeli_convolution c = shape_of(n, n->in[0].t, n->in[1].t, y);
    const int64_t volume = y->size[DIMS - 1] * y->size[DIMS];
    int64_t *index = a->t[0]->data;
    for (int64_t i = 0; c.corners && i < a->t[0]->numel; i++) {
        const int64_t plane = i / volume;
        index[i] = corner_place(&c, plane / c.outputs, plane % c.outputs, i % volume);
    }
    return true;
}

/* g where it came from in the convolution's result, in operations that can be recorded. */
static reel_tensor *record_unpooled(reeli_node *n, reel_tensor *g)
{
    const reeli_pooled_window *p = reeli_pooled_window_of(n);
    reel *r = g->r;
    reel_tensor *index = reeli_empty(r, n->op->name, REEL_I64, g->ndim, g->size);
    const reeli_args args = {.r = r, .t = {index}, .more = n};
    if (reeli_bad(index) || !reeli_do(find_corners, &args)) {
        return r->poison;
    }
    reeli_node *back = reeli_begin(&reeli_op_max_pool_back, 2, (reel_tensor *[]){g, index});
    if (!back) {
        return r->poison;
    }
    reeli_pooling *how = reeli_pooling_of(back);
    *how = (reeli_pooling){.dims = 2};
    for (int d = 0; d < DIMS; d++) {
        how->kernel[d] = how->stride[d] = d < DIMS - 2 ? 1 : 2;
        how->dilation[d] = 1;
    }
    const int64_t size[] = {g->size[0], g->size[1], p->size[0], p->size[1]};
    back->out = reeli_empty(r, n->op->name, g->dtype, g->ndim, size);
    return reeli_apply(back);
}

reel_tensor *reeli_convolution_max_pool_gradient(reeli_node *n, int input, reel_tensor *g)
{
    g = dense_once(n, input, g);
    if (input > 1) {
        return bias_gradient(g);
    }
    if (g->r->grad_enabled) {
        g = record_unpooled(n, g);
        return reeli_bad(g) ? g : reeli_convolution_gradient(n, input, g);
    }
    reel_tensor *dx = reeli_empty_like(n->in[input].t, n->op->name, g->dtype);
    const reeli_args args = {.r = g->r, .t = {dx, g}, .more = n, .i = {input}};
    return reeli_bad(dx) || !reeli_do(pooled_gradient, &args) ? g->r->poison : dx;
}

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
        return apply(&reeli_op_convolution, c->what, &c->window, x, w, bias, size);
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
                               : apply(op, c->what, &c->window, x, w, bias, size);
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
