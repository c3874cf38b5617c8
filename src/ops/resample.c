/* SPDX-License-Identifier: MIT */
/*
 * Along one dim, each element as a weighted sum of others: y = W x. Averages, interpolation,
 * padding and windows laid out differ in W alone, whose rows have few entries, and are found where
 * they are used. An image of several dims takes one turn for each. The gradient is Wᵀ g, by the
 * same operation.
 */
#include "resample.h"
#include "windows.h"

#include <math.h>

/* Rows of W being made. */
typedef struct rows {
    const reeli_resampling *how;
    bool single; /* positions are computed in float, as PyTorch does for float32 */
    int64_t *first, *index, count;
    double *weight;
} rows;

static void add(rows *w, int64_t index, double weight)
{
    w->index[w->count] = index;
    w->weight[w->count++] = weight;
}

static int64_t within(int64_t i, int64_t size) { return i < 0 ? 0 : i < size ? i : size - 1; }

static double as(const rows *w, double x) { return w->single ? (double)(float)x : x; }

/* From `begin` to before `end`, without what is padding, each `weight`. */
static void add_range(rows *w, int64_t begin, int64_t end, double weight)
{
    for (int64_t j = begin; j < end; j++) {
        add(w, j, weight);
    }
}

static void average(rows *w, int64_t i)
{
    const reeli_resampling *h = w->how;
    const int64_t from = i * h->stride - h->padding, past = h->in + h->padding;
    const int64_t to = from + h->kernel < past ? from + h->kernel : past;
    const int64_t begin = from > 0 ? from : 0, end = to < h->in ? to : h->in;
    const double divisor = h->scale != 0 ? h->scale : (double)(h->flag ? end - begin : to - from);
    add_range(w, begin, end, 1 / divisor);
}

static void adaptive(rows *w, int64_t i)
{
    const reeli_resampling *h = w->how;
    const int64_t begin = i * h->in / h->out, end = ((i + 1) * h->in - 1) / h->out + 1;
    add_range(w, begin, end, 1 / (double)(end - begin));
}

static void window(rows *w, int64_t i)
{
    const reeli_resampling *h = w->how;
    const int64_t places = h->out / h->kernel;
    const int64_t at = i % places * h->stride + i / places * h->dilation - h->padding;
    if (at >= 0 && at < h->in) {
        add(w, at, 1);
    }
}

/* Where in x result i lies. */
static double place_of(const rows *w, int64_t i)
{
    const reeli_resampling *h = w->how;
    return h->flag ? as(w, h->scale * (double)i) : as(w, as(w, h->scale * ((double)i + 0.5)) - 0.5);
}

static void nearest(rows *w, int64_t i)
{
    const double shift = w->how->taps == REELI_NEAREST ? 0 : 0.5;
    const float at = (float)(w->how->scale * ((double)i + shift));
    add(w, within((int64_t)floorf(at), w->how->in), 1);
}

static void linear(rows *w, int64_t i)
{
    const int64_t size = w->how->in;
    const double at = w->how->in == w->how->out ? (double)i : fmax(place_of(w, i), 0);
    const int64_t low = within((int64_t)at, size);
    const double share = fmin(fmax(as(w, at - (double)low), 0), 1);
    add(w, low, as(w, 1 - share));
    add(w, within(low + 1, size), share);
}

/* The cubic of Keys at distance x, with slope a at 1. */
static double cubic_at(double x, double a)
{
    x = fabs(x);
    return x < 1   ? ((a + 2) * x - (a + 3)) * x * x + 1
           : x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a
                   : 0;
}

static void cubic(rows *w, int64_t i)
{
    const double at = place_of(w, i), low = floor(at);
    const double t = fmin(fmax(at - low, 0), 1);
    for (int k = -1; k <= 2; k++) {
        add(w, within((int64_t)low + k, w->how->in), as(w, cubic_at(t - k, -0.75)));
    }
}

/* As wide as the results are apart, and the weights made to add up to 1. */
static void smooth(rows *w, int64_t i)
{
    const reeli_resampling *h = w->how;
    const bool is_linear = h->taps == REELI_SMOOTH_LINEAR;
    const double stretch = fmax(h->scale, 1), support = (is_linear ? 1 : 2) * stretch;
    const double centre = as(w, h->scale * ((double)i + 0.5));
    const int64_t low = (int64_t)fmax(trunc(centre - support + 0.5), 0);
    const int64_t high = (int64_t)fmin(trunc(centre + support + 0.5), (double)h->in);
    const int64_t start = w->count;
    double sum = 0;
    for (int64_t j = low; j < high; j++) {
        const double x = ((double)j - centre + 0.5) / stretch;
        const double weight = is_linear ? fmax(1 - fabs(x), 0) : cubic_at(x, -0.5);
        add(w, j, weight);
        sum += weight;
    }
    for (int64_t t = start; t < w->count; t++) {
        w->weight[t] = sum != 0 ? w->weight[t] / sum : w->weight[t];
    }
}

/* A circle is of what is left where `padding` takes away. */
static int64_t around(const reeli_resampling *h, int64_t i)
{
    const int64_t after = h->out - h->in - h->padding, from = h->padding < 0 ? -h->padding : 0;
    const int64_t left = h->in - from + (after < 0 ? after : 0);
    const int64_t at = i - (h->padding > 0 ? h->padding : 0);
    return from + (at % left + left) % left;
}

static void pad(rows *w, int64_t i)
{
    const reeli_resampling *h = w->how;
    int64_t at = i - h->padding;
    if (h->taps == REELI_REFLECT) {
        at = at < 0 ? -at : at < h->in ? at : 2 * (h->in - 1) - at;
    } else if (h->taps == REELI_CIRCULAR) {
        at = around(h, i);
    }
    add(w, within(at, h->in), 1);
}

typedef struct rule {
    void (*add)(rows *w, int64_t i);
    int most; /* entries of a row; 0: as the kernel, the input and the results' distance say */
} rule;

static const rule rules[] = {
    [REELI_AVERAGE] = {average, 0},       [REELI_ADAPTIVE] = {adaptive, 0},
    [REELI_WINDOW] = {window, 1},         [REELI_NEAREST] = {nearest, 1},
    [REELI_NEAREST_EXACT] = {nearest, 1}, [REELI_LINEAR] = {linear, 2},
    [REELI_CUBIC] = {cubic, 4},           [REELI_SMOOTH_LINEAR] = {smooth, 0},
    [REELI_SMOOTH_CUBIC] = {smooth, 0},   [REELI_REFLECT] = {pad, 1},
    [REELI_REPLICATE] = {pad, 1},         [REELI_CIRCULAR] = {pad, 1},
};

static int64_t most_entries(const reeli_resampling *h)
{
    const int64_t apart = h->taps == REELI_ADAPTIVE ? h->in / h->out : (int64_t)fmin(h->scale, 1e9);
    const int64_t most = h->taps == REELI_AVERAGE ? h->kernel : 4 * (apart + 2);
    return rules[h->taps].most ? rules[h->taps].most : most < h->in ? most : h->in;
}

/* Room for W, and its rows; false when memory is out. */
static bool make_rows(rows *w, reel *r)
{
    int64_t most, bytes;
    if (!reeli_multiply(w->how->out, most_entries(w->how), &most) ||
        !reeli_multiply(most + w->how->out + 1, 2 * (int64_t)sizeof *w->index, &bytes)) {
        return false;
    }
    w->first = reeli_arena_alloc(r, (size_t)bytes);
    if (!w->first) {
        return false;
    }
    w->index = w->first + w->how->out + 1;
    w->weight = (double *)(w->index + most);
    for (int64_t i = 0; i < w->how->out; i++) {
        w->first[i] = w->count;
        rules[w->how->taps].add(w, i);
    }
    w->first[w->how->out] = w->count;
    return true;
}

bool reeli_resample_forward(reeli_node *n)
{
    const reeli_resampling *h = reeli_resampling_of(n);
    const reel_tensor *x = n->in[0].t;
    reel *r = x->r;
    if (n->out->numel == 0 || x->numel == 0) {
        reeli_fill(n->out, 0);
        return true;
    }
    const reeli_mark mark = reeli_arena_mark(&r->arena);
    rows w = {.how = h, .single = x->dtype == REEL_F32};
    const void *data = reeli_dense(x, n->op->name, x->dtype);
    const bool made = data && make_rows(&w, r);
    if (made) {
        reeli_resampler m = {x->dtype, 1, h->in, h->out, 1, w.first, w.index, w.weight};
        for (int d = 0; d < x->ndim; d++) {
            m.outer *= d < h->dim ? x->size[d] : 1;
            m.inner *= d > h->dim ? x->size[d] : 1;
        }
        reeli_resample(r, &m, h->back, data, n->out->data);
    }
    reeli_arena_release(&r->arena, &mark);
    if (!made && r->status == REEL_OK) {
        reeli_no_memory(r, n->op->name);
    }
    return made;
}

reel_tensor *reeli_resample_dim(const char *what, reel_tensor *x, reeli_resampling how)
{
    reeli_node *n = reeli_begin(&reeli_op_resample, 1, &x);
    if (!n) {
        return reeli_poison_for(1, &x);
    }
    int64_t size[REEL_MAX_DIMS];
    for (int d = 0; d < x->ndim; d++) {
        size[d] = d != how.dim ? x->size[d] : how.back ? how.in : how.out;
    }
    *reeli_resampling_of(n) = how;
    n->out = reeli_empty(x->r, what, x->dtype, x->ndim, size);
    return reeli_apply(n);
}

reel_tensor *reeli_resample_gradient(reeli_node *n, int input, reel_tensor *g)
{
    (void)input;
    reeli_resampling back = *reeli_resampling_of(n);
    back.back = !back.back;
    return reeli_resample_dim(n->op->name, g, back);
}
