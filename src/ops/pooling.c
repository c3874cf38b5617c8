/* SPDX-License-Identifier: MIT */
/* Pooling: the largest, the mean or a norm of each window of an image, and max_unpool. */
#include "capture.h"
#include "resample.h"
#include "windows.h"

#include <reel/activation.h>
#include <reel/elementwise.h>
#include <reel/indexing.h>
#include <reel/pooling.h>
#include <reel/reduce.h>
#include <reel/views.h>

enum { DIMS = REELI_SPATIAL };

/* What a call asks for. */
typedef struct pooling {
    const char *what;
    int dims;
    reeli_pooling p;
    int64_t out[DIMS];
} pooling;

static int64_t size_of(const reel_tensor *t, int dims, int d)
{
    return d < DIMS - dims ? 1 : t->size[t->ndim - DIMS + d];
}

static reel_values no_values(reel_tensor *x)
{
    reel_tensor *poison = reeli_poison_for(1, &x);
    return (reel_values){poison, poison};
}

/* What there is no default of. */
static bool is_given(const pooling *c, const reel_tensor *x, const char *name, reel_dims dims)
{
    if (dims.count == 0) {
        reeli_error(x->r, REEL_ERR_VALUE, "%s: %s is missing", c->what, name);
    }
    return dims.count != 0;
}

/* A dim that an image does not have is a window of 1. */
static bool read_options(pooling *c, reel_tensor *x, reel_dims kernel, const reel_pool_options *o)
{
    reel *r = x->r;
    reeli_pooling *p = &c->p;
    if (!is_given(c, x, "kernel_size", kernel) ||
        !reeli_read_dims(r, c->what, "kernel_size", kernel, c->dims, 1, 1, p->kernel) ||
        !reeli_read_dims(r, c->what, "stride", o->stride.count ? o->stride : kernel, c->dims, 1, 1,
                         p->stride) ||
        !reeli_read_dims(r, c->what, "padding", o->padding, c->dims, 0, 0, p->padding) ||
        !reeli_read_dims(r, c->what, "dilation", o->dilation, c->dims, 1, 1, p->dilation)) {
        return false;
    }
    for (int d = DIMS - c->dims; d < DIMS; d++) {
        const int64_t covers = (p->kernel[d] - 1) * p->dilation[d] + 1;
        if (p->padding[d] > covers / 2) {
            reeli_error(r, REEL_ERR_VALUE,
                        "%s: padding %lld is more than half of the %lld elements that a window "
                        "covers",
                        c->what, (long long)p->padding[d], (long long)covers);
            return false;
        }
    }
    return true;
}

static bool begin(pooling *c, reel_tensor *x, reel_dims kernel, const reel_pool_options *o)
{
    if (!reeli_is_image(c->what, x, c->dims) || !read_options(c, x, kernel, o)) {
        return false;
    }
    for (int d = 0; d < DIMS; d++) {
        c->out[d] =
            d < DIMS - c->dims ? 1 : reeli_count_windows(c->what, x, &c->p, d, o->ceil_mode);
        if (c->out[d] < 1) {
            return false;
        }
    }
    return true;
}

static bool begin_adaptive(pooling *c, reel_tensor *x, reel_dims size)
{
    if (!reeli_is_image(c->what, x, c->dims) || !is_given(c, x, "output_size", size) ||
        !reeli_read_dims(x->r, c->what, "output_size", size, c->dims, REEL_KEEP_SIZE,
                         REEL_KEEP_SIZE, c->out)) {
        return false;
    }
    for (int d = 0; d < DIMS; d++) {
        c->out[d] = c->out[d] < 0 ? size_of(x, c->dims, d) : c->out[d];
    }
    c->p.adaptive = true;
    return true;
}

/* The windows of a dim: where each begins, and before where it ends. */
static void find_windows(const reeli_pooling *p, int d, int64_t in, int64_t out, int64_t *first,
                         int64_t *end)
{
    for (int64_t i = 0; i < out; i++) {
        if (p->adaptive) {
            first[i] = i * in / out;
            end[i] = ((i + 1) * in - 1) / out + 1;
            continue;
        }
        const int64_t step = p->dilation[d], from = i * p->stride[d] - p->padding[d];
        const int64_t past = from + (p->kernel[d] - 1) * step + 1;
        first[i] = from < 0 ? from + (-from + step - 1) / step * step : from;
        end[i] = past < in ? past : in;
    }
}

/* Of images x that become y; the windows' places are found if there is room for them. */
static bool windows_of(const reeli_node *n, const reel_tensor *x, const reel_tensor *y, bool places,
                       reeli_windows *w)
{
    const reeli_pooling *p = reeli_pooling_of(n);
    *w = (reeli_windows){.dtype = x->dtype,
                         .planes = y->numel,
                         .kernel = p->kernel[DIMS - 1],
                         .stride = p->adaptive ? 0 : p->stride[DIMS - 1],
                         .padding = p->padding[DIMS - 1]};
    bool room = true;
    for (int d = 0; d < DIMS && room; d++) {
        w->in[d] = size_of(x, p->dims, d);
        w->out[d] = size_of(y, p->dims, d);
        w->step[d] = p->adaptive ? 1 : p->dilation[d];
        w->planes /= w->out[d];
        int64_t *both =
            places ? reeli_arena_alloc(x->r, 2 * (size_t)w->out[d] * sizeof *both) : NULL;
        room = !places || both;
        if (both) {
            find_windows(p, d, w->in[d], w->out[d], both, both + w->out[d]);
            w->first[d] = both;
            w->end[d] = both + w->out[d];
        }
    }
    return room;
}

bool reeli_max_pool_forward(reeli_node *n)
{
    const reel_tensor *x = n->in[0].t, *y = n->out;
    reel *r = x->r;
    if (y->numel == 0) {
        return true;
    }
    const reeli_mark mark = reeli_arena_mark(&r->arena);
    const void *data = reeli_dense(x, n->op->name, x->dtype);
    reeli_windows w;
    const bool room = data && windows_of(n, x, y, true, &w);
    if (room) {
        reeli_max_pool(r, &w, data, n->out->data, n->in[1].t->data);
    } else if (r->status == REEL_OK) {
        reeli_no_memory(r, n->op->name);
    }
    reeli_arena_release(&r->arena, &mark);
    return room;
}

/* Each window's gradient goes to where its largest was, and the gradient of that comes from
 * there. */
reel_tensor *reeli_max_pool_gradient(reeli_node *n, int input, reel_tensor *g)
{
    reeli_node *back = reeli_begin(&reeli_op_max_pool_back, 2, (reel_tensor *[]){g, n->in[1].t});
    if (!back) {
        return g->r->poison;
    }
    *reeli_pooling_of(back) = *reeli_pooling_of(n);
    back->out = reeli_empty_like(n->in[input].t, n->op->name, g->dtype);
    return reeli_apply(back);
}

bool reeli_max_pool_back_forward(reeli_node *n)
{
    const reel_tensor *g = n->in[0].t;
    reel *r = g->r;
    if (g->numel == 0) {
        reeli_fill(n->out, 0);
        return true;
    }
    const reeli_mark mark = reeli_arena_mark(&r->arena);
    const void *data = reeli_dense(g, n->op->name, g->dtype);
    const void *index = reeli_dense(n->in[1].t, n->op->name, REEL_I64);
    const bool room = data && index;
    if (room) {
        reeli_windows w;
        windows_of(n, n->out, g, false, &w);
        reeli_max_pool_back(r, &w, data, index, n->out->data);
    }
    reeli_arena_release(&r->arena, &mark);
    return room;
}

reel_tensor *reeli_max_pool_back_gradient(reeli_node *n, int input, reel_tensor *g)
{
    const int dims = reeli_pooling_of(n)->dims;
    return reeli_reshape_like(reel_gather(reeli_planes(g, dims), 1, reeli_planes(n->in[1].t, dims)),
                              n->in[input].t);
}

static reel_values largest(pooling *c, reel_tensor *x)
{
    int64_t size[REEL_MAX_DIMS];
    reel *r = x->r;
    for (int d = 0; d < x->ndim; d++) {
        const int own = d - (x->ndim - DIMS);
        size[d] = d < x->ndim - c->dims ? x->size[d] : c->out[own];
    }
    reel_tensor *in[] = {x, reeli_empty(r, c->what, REEL_I64, x->ndim, size)};
    reeli_node *n = reeli_begin(&reeli_op_max_pool, 2, in);
    if (!n) {
        return (reel_values){r->poison, r->poison};
    }
    c->p.dims = c->dims;
    *reeli_pooling_of(n) = c->p;
    n->out = reeli_empty(r, c->what, x->dtype, x->ndim, size);
    reel_tensor *values = reeli_apply(n);
    return (reel_values){values, reeli_bad(values) ? r->poison : in[1]};
}

static reel_values max_pool(const char *what, int dims, reel_tensor *x, reel_dims kernel,
                            const reel_pool_options *o)
{
    pooling c = {.what = what, .dims = dims};
    return begin(&c, x, kernel, o) ? largest(&c, x) : no_values(x);
}

static reel_values adaptive_max_pool(const char *what, int dims, reel_tensor *x, reel_dims size)
{
    pooling c = {.what = what, .dims = dims};
    return begin_adaptive(&c, x, size) ? largest(&c, x) : no_values(x);
}

/* One dim after another, from the last, which is the shortest way where images shrink. */
static reel_tensor *means(const pooling *c, reel_tensor *x, const reel_pool_options *o)
{
    for (int d = DIMS - 1; d >= DIMS - c->dims && !reeli_bad(x); d--) {
        reeli_resampling how = {.taps = c->p.adaptive ? REELI_ADAPTIVE : REELI_AVERAGE,
                                .dim = x->ndim - DIMS + d,
                                .in = size_of(x, c->dims, d),
                                .out = c->out[d],
                                .kernel = c->p.kernel[d],
                                .stride = c->p.stride[d],
                                .padding = c->p.padding[d],
                                .flag = o && o->exclude_padding};
        if (o && o->divisor_override != 0) {
            how.scale = d == DIMS - c->dims ? (double)o->divisor_override : 1;
        }
        x = reeli_resample_dim(c->what, x, how);
    }
    return x;
}

static reel_tensor *avg_pool(const char *what, int dims, reel_tensor *x, reel_dims kernel,
                             const reel_pool_options *o)
{
    pooling c = {.what = what, .dims = dims};
    if (reeli_usable(what, x) && o->dilation.count != 0) {
        return reeli_fail(x->r, REEL_ERR_VALUE, "%s: windows of a mean have no dilation", what);
    }
    return begin(&c, x, kernel, o) ? means(&c, x, o) : reeli_poison_for(1, &x);
}

static reel_tensor *adaptive_avg_pool(const char *what, int dims, reel_tensor *x, reel_dims size)
{
    static const int64_t last[] = {-1, -2, -3};
    pooling c = {.what = what, .dims = dims};
    if (!begin_adaptive(&c, x, size)) {
        return reeli_poison_for(1, &x);
    }
    const bool one = c.out[0] == 1 && c.out[1] == 1 && c.out[2] == 1; /* PyTorch takes the mean */
    return one ? reel_mean_dim(x, last, dims, true) : means(&c, x, NULL);
}

static reel_tensor *lp_pool(const char *what, int dims, reel_tensor *x, double p, reel_dims kernel,
                            const reel_pool_options *o)
{
    reel_tensor *mean =
        avg_pool(what, dims, reeli_usable(what, x) ? reel_pow_scalar(x, p) : x, kernel, o);
    double size = 1;
    for (int d = 0; d < dims; d++) {
        size *= (double)kernel.size[kernel.count == 1 ? 0 : d];
    }
    mean = reel_mul(reel_sign(mean), reel_relu(reel_abs(mean))); /* which says what grad 0 has */
    return reel_pow_scalar(reel_mul_scalar(mean, size), 1 / p);
}

/* The image that indices of x lie in. */
static bool size_before(pooling *c, reel_tensor *x, reel_dims size)
{
    if (!reeli_read_dims(x->r, c->what, "output_size", size, c->dims, 1, 1, c->out)) {
        return false;
    }
    for (int d = DIMS - c->dims; d < DIMS; d++) {
        const int64_t stride = c->p.stride[d], usual = (size_of(x, c->dims, d) - 1) * stride +
                                                       c->p.kernel[d] - 2 * c->p.padding[d];
        c->out[d] = size.count == 0 ? usual : c->out[d];
        if (c->out[d] < 1 || c->out[d] <= usual - stride || c->out[d] >= usual + stride) {
            reeli_error(x->r, REEL_ERR_VALUE,
                        "%s: a size of %lld in dim %d, where input %s comes from about %lld "
                        "elements %lld apart",
                        c->what, (long long)c->out[d], x->ndim - DIMS + d, REELI_SHAPE_OF(x),
                        (long long)usual, (long long)stride);
            return false;
        }
    }
    return true;
}

/* All indices lie in a plane; the error says which does not. */
static bool in_plane(const reeli_args *a)
{
    const int64_t *index = a->t[1]->data, elements = a->i[0];
    for (int64_t i = 0; i < a->t[1]->numel; i++) {
        if (index[i] < 0 || index[i] >= elements) {
            reeli_error(a->r, REEL_ERR_VALUE,
                        "%s: index %lld is not one of the %lld places of the result's planes",
                        a->text, (long long)index[i], (long long)elements);
            return false;
        }
    }
    return true;
}

static reel_tensor *max_unpool(const char *what, int dims, reel_tensor *x, reel_tensor *indices,
                               reel_dims kernel, const reel_pool_options *o, reel_dims output_size)
{
    pooling c = {.what = what, .dims = dims};
    if (!reeli_is_image(what, x, dims) || !reeli_usable_as(x->r, what, "indices", indices) ||
        !reeli_has_dtype(what, "indices", indices, REEL_I64) ||
        !reeli_shape_of_input(what, "indices", indices, x) || !read_options(&c, x, kernel, o)) {
        return reeli_poison_for(1, &x);
    }
    if (!size_before(&c, x, output_size)) {
        return x->r->poison;
    }
    int64_t size[REEL_MAX_DIMS], elements = 1, planes = 1;
    for (int d = 0; d < x->ndim; d++) {
        const bool before = d < x->ndim - dims;
        size[d] = before ? x->size[d] : c.out[d - (x->ndim - DIMS)];
        *(before ? &planes : &elements) *= size[d];
    }
    indices = reel_contiguous(reeli_planes(indices, dims));
    const reeli_args args = {.r = x->r, .t = {NULL, indices}, .i = {elements}, .text = what};
    if (reeli_bad(indices) || !reeli_do(in_plane, &args)) {
        return x->r->poison;
    }
    reel_tensor *zeros = reeli_zeros(x->r, what, x->dtype, 2, (int64_t[]){planes, elements});
    return reeli_as_result(
        reel_reshape(reel_scatter(zeros, 1, indices, reeli_planes(x, dims)), x->ndim, size));
}

/* The functions of windows, of those that also say where, and of a size. */
#define POOL(function, how, dims, field)                                                           \
    reel_tensor *function(reel_tensor *x, reel_dims kernel_size, reel_pool_options options)        \
    {                                                                                              \
        return how(&(#function)[sizeof "reel"], dims, x, kernel_size, &options) field;             \
    }
POOL(reel_max_pool1d, max_pool, 1, .values)
POOL(reel_max_pool2d, max_pool, 2, .values)
POOL(reel_max_pool3d, max_pool, 3, .values)
POOL(reel_avg_pool1d, avg_pool, 1, )
POOL(reel_avg_pool2d, avg_pool, 2, )
POOL(reel_avg_pool3d, avg_pool, 3, )

#define POOL_WITH_INDICES(function, dims)                                                          \
    reel_values function(reel_tensor *x, reel_dims kernel_size, reel_pool_options options)         \
    {                                                                                              \
        return max_pool(&(#function)[sizeof "reel"], dims, x, kernel_size, &options);              \
    }
POOL_WITH_INDICES(reel_max_pool1d_with_indices, 1)
POOL_WITH_INDICES(reel_max_pool2d_with_indices, 2)
POOL_WITH_INDICES(reel_max_pool3d_with_indices, 3)

#define LP_POOL(function, dims)                                                                    \
    reel_tensor *function(reel_tensor *x, double p, reel_dims kernel_size,                         \
                          reel_pool_options options)                                               \
    {                                                                                              \
        return lp_pool(&(#function)[sizeof "reel"], dims, x, p, kernel_size, &options);            \
    }
LP_POOL(reel_lp_pool1d, 1)
LP_POOL(reel_lp_pool2d, 2)
LP_POOL(reel_lp_pool3d, 3)

#define MAX_UNPOOL(function, dims)                                                                 \
    reel_tensor *function(reel_tensor *x, reel_tensor *indices, reel_dims kernel_size,             \
                          reel_pool_options options, reel_dims output_size)                        \
    {                                                                                              \
        return max_unpool(&(#function)[sizeof "reel"], dims, x, indices, kernel_size, &options,    \
                          output_size);                                                            \
    }
MAX_UNPOOL(reel_max_unpool1d, 1)
MAX_UNPOOL(reel_max_unpool2d, 2)
MAX_UNPOOL(reel_max_unpool3d, 3)

#define ADAPTIVE_POOL(function, how, dims, Result)                                                 \
    Result function(reel_tensor *x, reel_dims output_size)                                         \
    {                                                                                              \
        return how(&(#function)[sizeof "reel"], dims, x, output_size);                             \
    }
ADAPTIVE_POOL(reel_adaptive_avg_pool1d, adaptive_avg_pool, 1, reel_tensor *)
ADAPTIVE_POOL(reel_adaptive_avg_pool2d, adaptive_avg_pool, 2, reel_tensor *)
ADAPTIVE_POOL(reel_adaptive_avg_pool3d, adaptive_avg_pool, 3, reel_tensor *)
ADAPTIVE_POOL(reel_adaptive_max_pool1d, adaptive_max_pool, 1, reel_values)
ADAPTIVE_POOL(reel_adaptive_max_pool2d, adaptive_max_pool, 2, reel_values)
ADAPTIVE_POOL(reel_adaptive_max_pool3d, adaptive_max_pool, 3, reel_values)
