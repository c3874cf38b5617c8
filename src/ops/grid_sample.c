/* SPDX-License-Identifier: MIT */
/*
 * Images sampled where a grid says, and the grid of an affine map: products, gathers and sums of
 * other operations, so gradients of any order come by themselves.
 */
#include "windows.h"

#include <reel/autograd.h>
#include <reel/compare.h>
#include <reel/elementwise.h>
#include <reel/images.h>
#include <reel/indexing.h>
#include <reel/join.h>
#include <reel/linalg.h>
#include <reel/views.h>

enum { MOST = REELI_SPATIAL };

/* `n` places from -1 to 1: outermost elements at the ends, or their outer edges. */
static reel_tensor *places(const reel_tensor *like, int64_t n, bool corners)
{
    reel_tensor *t = reeli_empty(like->r, "affine_grid", like->dtype, 1, &n);
    for (int64_t i = 0; i < n && !reeli_bad(t); i++) {
        const double spaces = (double)(corners ? n - 1 : n);
        reeli_store(t, i, spaces > 0 ? (double)(2 * i - n + 1) / spaces : 0);
        t->flags |= t->r->capture ? REELI_CONSTANT : 0;
    }
    return t;
}

/* (places, dims + 1): of each place of the image its coordinates, the last dim's first, and a 1. */
static reel_tensor *base_grid(const reel_tensor *like, int dims, const int64_t *size, bool corners)
{
    reel_tensor *columns[MOST + 1];
    for (int i = 0; i <= dims; i++) {
        int64_t one[MOST] = {1, 1, 1};
        if (i < dims) {
            one[dims - 1 - i] = size[dims - 1 - i];
        }
        reel_tensor *t = i < dims ? places(like, size[dims - 1 - i], corners)
                                  : reeli_scalar(like->r, "affine_grid", like->dtype, 1);
        t = reel_expand(reel_reshape(t, dims, one), dims, size);
        columns[i] = reel_reshape(t, 1, (int64_t[]){-1});
    }
    return reel_stack(columns, dims + 1, 1);
}

reel_tensor *reel_affine_grid(reel_tensor *theta, int ndim, const int64_t *size, bool align_corners)
{
    const int dims = ndim > 0 ? ndim - 2 : 0;
    if (!reeli_usable("affine_grid", theta) || !reeli_floating("affine_grid", "theta", theta)) {
        return reeli_poison_for(1, &theta);
    }
    bool fits = (dims == 2 || dims == 3) && size && theta->ndim == 3 && theta->size[1] == dims &&
                theta->size[2] == dims + 1 && theta->size[0] == size[0];
    for (int d = 0; fits && d < ndim; d++) {
        fits = size[d] > 0;
    }
    if (!fits) {
        return reeli_fail(
            theta->r, REEL_ERR_SHAPE,
            "affine_grid: theta %s for a size of %s; it takes (N, 2, 3) for (N, C, H, "
            "W) or (N, 3, 4) for (N, C, D, H, W), none of them 0",
            REELI_SHAPE_OF(theta),
            reeli_shape_text((char[REELI_SHAPE_TEXT]){0},
                             size && ndim > 0 && ndim <= REEL_MAX_DIMS ? ndim : 0, size));
    }
    int64_t shape[MOST + 2] = {size[0]};
    for (int d = 0; d < dims; d++) {
        shape[1 + d] = size[2 + d];
    }
    shape[dims + 1] = dims;
    reel_tensor *base = base_grid(theta, dims, size + 2, align_corners);
    return reeli_as_result(reel_reshape(reel_matmul(base, reel_mT(theta)), dims + 2, shape));
}

/* A call: the image as (N, C, places), and in each dim where it is sampled, (N, 1, samples). */
typedef struct sampling {
    const reel_grid_options *o;
    int dims;
    int64_t size[MOST], channels;
    reel_tensor *planes, *at[MOST];
} sampling;

/* Coordinates mirrored to and fro between low and high. */
static reel_tensor *reflect(reel_tensor *x, double low, double high)
{
    const double span = high - low;
    if (span <= 0) {
        return reel_mul_scalar(x, 0);
    }
    reel_tensor *away = reel_abs(reel_sub_scalar(x, low));
    reel_tensor *rest = reel_fmod_scalar(away, span);
    reel_tensor *odd = reel_fmod_scalar(reel_floor(reel_div_scalar(reel_detach(away), span)), 2);
    /* low + rest, or high - rest where it has turned an odd number of times */
    reel_tensor *turned =
        reel_mul(odd, reel_rsub(reel_mul_scalar(rest, 2), reel_number(x->r, span)));
    return reel_add_scalar(reel_add(rest, turned), low);
}

/* Coordinates that lie outside, moved in by the padding mode; with zeros they stay. */
static reel_tensor *moved_in(const sampling *s, reel_tensor *x, int d)
{
    const double last = (double)s->size[d] - 1;
    if (reeli_bad(x) || s->o->padding_mode == REEL_GRID_ZEROS) {
        return x;
    }
    if (s->o->padding_mode == REEL_GRID_REFLECTION) {
        const double edge = s->o->align_corners ? 0 : 0.5;
        x = reflect(x, -edge, last + edge);
    }
    return reel_clamp(x, 0, last);
}

/* In elements of dim d: of -1 to 1 the outermost elements, or their outer edges. */
static reel_tensor *in_elements(const sampling *s, reel_tensor *grid, int d)
{
    reel_tensor *c = reel_select(grid, -1, s->dims - 1 - d);
    const double size = (double)s->size[d];
    c = reel_add_scalar(c, 1);
    c = s->o->align_corners ? reel_mul_scalar(reel_div_scalar(c, 2), size - 1)
                            : reel_div_scalar(reel_sub_scalar(reel_mul_scalar(c, size), 1), 2);
    return reeli_bad(c) ? c : reel_reshape(c, 3, (int64_t[]){grid->size[0], 1, -1});
}

/* The elements at whole coordinates, each times its weight; 0 outside of the image. */
static reel_tensor *taken(const sampling *s, reel_tensor *const *at, reel_tensor *weight)
{
    reel_tensor *inside = NULL, *index = NULL;
    for (int d = 0; d < s->dims; d++) {
        reel_tensor *x = reel_detach(at[d]);
        if (reeli_bad(x)) {
            return x;
        }
        const double last = (double)s->size[d] - 1;
        reel_tensor *here = reel_eq(reel_clamp(x, 0, last), x);
        index = index ? reel_add(reel_mul_scalar(index, (double)s->size[d]),
                                 reel_to(reel_where(here, x, reel_number(x->r, 0)), REEL_I64))
                      : reel_to(reel_where(here, x, reel_number(x->r, 0)), REEL_I64);
        inside = inside ? reel_logical_and(inside, here) : here;
    }
    weight = reeli_bad(weight) ? weight : reel_where(inside, weight, reel_number(weight->r, 0));
    if (reeli_bad(index) || reeli_bad(weight)) {
        return s->planes->r->poison;
    }
    const int64_t n = index->size[0], samples = index->size[2];
    index = reel_expand(index, 3, (int64_t[]){n, s->channels, samples});
    return reel_mul(reel_gather(s->planes, 2, index), weight);
}

/* The weights of a cubic for the elements from one before the place on, t behind the second. */
static reel_tensor *cubic_weight(reel_tensor *t, int k)
{
    static const double of[4][4] = {{0, -0.75, 1.5, -0.75},
                                    {1, 0, -2.25, 1.25},
                                    {0, 0.75, 1.5, -1.25},
                                    {0, 0, -0.75, 0.75}}; /* in powers of t */
    reel_tensor *sum = reel_mul_scalar(t, of[k][3]);
    for (int power = 2; power > 0; power--) {
        sum = reel_mul(reel_add_scalar(sum, of[k][power]), t);
    }
    return reel_add_scalar(sum, of[k][0]);
}

/* Weighted sums over the `taps` elements in each dim from `first` before the place on. */
static reel_tensor *sample(const sampling *s, int taps, int first)
{
    reel_tensor *low[MOST], *t[MOST], *sum = NULL;
    int count = 1;
    for (int d = 0; d < s->dims; d++) {
        low[d] = reel_floor(reel_detach(s->at[d]));
        t[d] = reel_sub(s->at[d], low[d]);
        count *= taps;
    }
    for (int i = 0; i < count; i++) {
        reel_tensor *at[MOST], *weight = NULL;
        for (int d = s->dims - 1, rest = i; d >= 0; d--, rest /= taps) {
            const int k = rest % taps;
            at[d] = reel_add_scalar(low[d], k + first);
            at[d] = taps == 4 ? moved_in(s, at[d], d) : at[d];
            reel_tensor *w = taps == 4 ? cubic_weight(t[d], k)
                             : k       ? t[d]
                                       : reel_rsub(t[d], reel_number(t[d]->r, 1));
            weight = weight ? reel_mul(weight, w) : w;
        }
        reel_tensor *part = taken(s, at, weight);
        sum = sum ? reel_add(sum, part) : part;
    }
    return sum;
}

/* The grid gets a gradient, of 0, by a weight of 1 that is made of it. */
static reel_tensor *sample_nearest(const sampling *s)
{
    reel_tensor *at[MOST];
    for (int d = 0; d < s->dims; d++) {
        at[d] = reel_round(s->at[d]);
    }
    return taken(s, at, reel_add_scalar(reel_sub(at[0], reel_detach(at[0])), 1));
}

static bool fits(reel_tensor *x, reel_tensor *grid, const reel_grid_options *o)
{
    const int dims = x->ndim - 2;
    bool same = (dims == 2 || dims == 3) && grid->ndim == x->ndim && grid->size[dims + 1] == dims &&
                grid->size[0] == x->size[0];
    for (int d = 0; same && d < dims; d++) {
        same = x->size[2 + d] > 0;
    }
    if (!same) {
        reeli_error(x->r, REEL_ERR_SHAPE,
                    "grid_sample: input %s and grid %s; it takes (N, C, H, W) and (N, P, Q, 2), or "
                    "one dim more and 3",
                    REELI_SHAPE_OF(x), REELI_SHAPE_OF(grid));
        return false;
    }
    if (o->mode == REEL_GRID_CUBIC && dims != 2) {
        reeli_error(x->r, REEL_ERR_VALUE, "grid_sample: the cubic mode is for two dims, not %d",
                    dims);
        return false;
    }
    return true;
}

reel_tensor *reel_grid_sample(reel_tensor *x, reel_tensor *grid, reel_grid_options options)
{
    reel_tensor *in[] = {x, grid};
    if (!reeli_all_usable("grid_sample", 2, in) || !reeli_floating("grid_sample", "input", x) ||
        !reeli_same_dtype("grid_sample", "grid", grid, x) || !fits(x, grid, &options)) {
        return reeli_poison_for(2, in);
    }
    sampling s = {.o = &options, .dims = x->ndim - 2, .channels = x->size[1]};
    int64_t size[MOST + 2] = {x->size[0], x->size[1]}, elements = 1;
    for (int d = 0; d < s.dims; d++) {
        s.size[d] = x->size[2 + d];
        elements *= s.size[d];
        size[2 + d] = grid->size[1 + d];
        s.at[d] = in_elements(&s, grid, d);
        s.at[d] = options.mode == REEL_GRID_CUBIC ? s.at[d] : moved_in(&s, s.at[d], d);
        if (reeli_bad(s.at[d])) {
            return x->r->poison;
        }
    }
    s.planes = reel_reshape(x, 3, (int64_t[]){x->size[0], x->size[1], elements});
    if (reeli_bad(s.planes)) {
        return s.planes;
    }
    reel_tensor *y = options.mode == REEL_GRID_NEAREST  ? sample_nearest(&s)
                     : options.mode == REEL_GRID_LINEAR ? sample(&s, 2, 0)
                                                        : sample(&s, 4, -1);
    return reeli_as_result(reel_reshape(y, s.dims + 2, size));
}
