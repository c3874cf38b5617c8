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
#include "ops.h"
#include "windows.h"

#include <math.h>
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

reel_tensor *reeli_convolve_tensors(const reeli_op *op, const char *what, const reeli_window *v,
                                    reel_tensor *a, reel_tensor *b, reel_tensor *bias,
                                    const int64_t *size)
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
               : reeli_convolve_tensors(op, op->name, reeli_window_of(n), a, b, NULL, like->size);
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
