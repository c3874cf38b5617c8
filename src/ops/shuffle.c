/* SPDX-License-Identifier: MIT */
/* Elements moved between channels and places: shuffles, and windows laid out as columns. */
#include "windows.h"

#include <reel/images.h>
#include <reel/views.h>

/* x, seen in `from`, its dims in another order, and that seen as x's first dims and then `to`. */
static reel_tensor *rearrange(reel_tensor *x, int ndim, const int64_t *from, const int64_t *order,
                              int to_ndim, const int64_t *to)
{
    reel_tensor *y = reel_reshape(reel_permute(reel_reshape(x, ndim, from), order), to_ndim, to);
    return reeli_bad(x) ? x : reeli_made_of(x, y);
}

/* Whether x has channels and two dims, and a factor is given by which `size` can be divided. */
static bool can_shuffle(const char *what, const reel_tensor *x, int64_t factor)
{
    if (!reeli_usable(what, x)) {
        return false;
    }
    if (x->ndim < 3 || factor < 1 || factor > INT32_MAX) {
        reeli_error(
            x->r, x->ndim < 3 ? REEL_ERR_SHAPE : REEL_ERR_VALUE,
            "%s: input %s by a factor of %lld; it takes 3 dims or more, and a factor from 1 on",
            what, REELI_SHAPE_OF(x), (long long)factor);
        return false;
    }
    return true;
}

static reel_tensor *no_factor(const char *what, const reel_tensor *x, int64_t factor)
{
    return reeli_fail(x->r, REEL_ERR_SHAPE, "%s: input %s cannot be divided by %lld", what,
                      REELI_SHAPE_OF(x), (long long)factor);
}

/* All dims before the last three as one, and those. */
static void channels_and_places(const reel_tensor *x, int64_t *size)
{
    size[0] = 1;
    for (int d = 0; d < x->ndim - 3; d++) {
        size[0] = reeli_times(size[0], x->size[d]);
    }
    for (int d = 0; d < 3; d++) {
        size[1 + d] = x->size[x->ndim - 3 + d];
    }
}

static reel_tensor *shuffle(reel_tensor *x, const int64_t *from, const int64_t *order,
                            int64_t channels, int64_t height, int64_t width)
{
    int64_t to[REEL_MAX_DIMS];
    for (int d = 0; d < x->ndim - 3; d++) {
        to[d] = x->size[d];
    }
    to[x->ndim - 3] = channels;
    to[x->ndim - 2] = height;
    to[x->ndim - 1] = width;
    return rearrange(x, 6, from, order, x->ndim, to);
}

reel_tensor *reel_pixel_shuffle(reel_tensor *x, int64_t upscale_factor)
{
    const int64_t r = upscale_factor;
    int64_t s[4];
    if (!can_shuffle("pixel_shuffle", x, r)) {
        return reeli_poison_for(1, &x);
    }
    channels_and_places(x, s);
    if (s[1] % (r * r) != 0) {
        return no_factor("pixel_shuffle", x, r * r);
    }
    return shuffle(x, (int64_t[]){s[0], s[1] / (r * r), r, r, s[2], s[3]},
                   (int64_t[]){0, 1, 4, 2, 5, 3}, s[1] / (r * r), reeli_times(s[2], r),
                   reeli_times(s[3], r));
}

reel_tensor *reel_pixel_unshuffle(reel_tensor *x, int64_t downscale_factor)
{
    const int64_t r = downscale_factor;
    int64_t s[4];
    if (!can_shuffle("pixel_unshuffle", x, r)) {
        return reeli_poison_for(1, &x);
    }
    channels_and_places(x, s);
    if (s[2] % r != 0 || s[3] % r != 0) {
        return no_factor("pixel_unshuffle", x, r);
    }
    return shuffle(x, (int64_t[]){s[0], s[1], s[2] / r, r, s[3] / r, r},
                   (int64_t[]){0, 1, 3, 5, 2, 4}, reeli_times(s[1], r * r), s[2] / r, s[3] / r);
}

reel_tensor *reel_channel_shuffle(reel_tensor *x, int64_t groups)
{
    if (!can_shuffle("channel_shuffle", x, groups)) {
        return reeli_poison_for(1, &x);
    }
    const int64_t channels = x->size[1], outer = reeli_times(x->size[0], channels);
    if (channels % groups != 0) {
        return no_factor("channel_shuffle", x, groups);
    }
    return rearrange(
        x, 4, (int64_t[]){x->size[0], groups, channels / groups, outer ? x->numel / outer : 0},
        (int64_t[]){0, 2, 1, 3}, x->ndim, x->size);
}

enum { PLANE = 2 /* dims of an image that is unfolded */ };

/* Windows over a plane. */
typedef struct layout {
    reeli_pooling p;
    int64_t count[REELI_SPATIAL]; /* of windows, at its end */
    int64_t channels, batch;
} layout;

static bool read_layout(const char *what, reel *r, reel_dims kernel, const reel_conv_options *o,
                        layout *l)
{
    if (kernel.count == 0) {
        reeli_error(r, REEL_ERR_VALUE, "%s: kernel_size is missing", what);
        return false;
    }
    return reeli_read_dims(r, what, "kernel_size", kernel, PLANE, 1, 1, l->p.kernel) &&
           reeli_read_dims(r, what, "stride", o->stride, PLANE, 1, 1, l->p.stride) &&
           reeli_read_dims(r, what, "padding", o->padding, PLANE, 0, 0, l->p.padding) &&
           reeli_read_dims(r, what, "dilation", o->dilation, PLANE, 1, 1, l->p.dilation);
}

/* Along the last dim but `back`, between `in` elements and each window's. */
static reel_tensor *windows_along(const char *what, reel_tensor *x, const layout *l, int d,
                                  int64_t in, bool back)
{
    return reeli_bad(x) ? x
                        : reeli_resample_dim(
                              what, x,
                              (reeli_resampling){.taps = REELI_WINDOW,
                                                 .back = back,
                                                 .dim = x->ndim - REELI_SPATIAL + d,
                                                 .in = in,
                                                 .out = reeli_times(l->p.kernel[d], l->count[d]),
                                                 .kernel = l->p.kernel[d],
                                                 .stride = l->p.stride[d],
                                                 .padding = l->p.padding[d],
                                                 .dilation = l->p.dilation[d]});
}

reel_tensor *reel_unfold(reel_tensor *x, reel_dims kernel_size, reel_conv_options options)
{
    layout l = {.batch = 1};
    if (!reeli_is_image("unfold", x, PLANE) ||
        !read_layout("unfold", x->r, kernel_size, &options, &l)) {
        return reeli_poison_for(1, &x);
    }
    const bool alone = x->ndim == PLANE + 1;
    l.batch = alone ? 1 : x->size[0];
    l.channels = x->size[x->ndim - PLANE - 1];
    for (int d = REELI_SPATIAL - 1; d >= 1 && !reeli_bad(x); d--) {
        l.count[d] = reeli_count_windows("unfold", x, &l.p, d, false);
        if (l.count[d] < 1) {
            return x->r->poison;
        }
        x = windows_along("unfold", x, &l, d, x->size[x->ndim - REELI_SPATIAL + d], false);
    }
    const int64_t *k = l.p.kernel, *n = l.count;
    reel_tensor *y =
        rearrange(x, 6, (int64_t[]){l.batch, l.channels, k[1], n[1], k[2], n[2]},
                  (int64_t[]){0, 1, 2, 4, 3, 5}, 3,
                  (int64_t[]){l.batch, reeli_times(reeli_times(l.channels, k[1]), k[2]),
                              reeli_times(n[1], n[2])});
    return alone ? reeli_as_result(reel_squeeze(y, 0)) : y;
}

/* The windows of an image of that size must be those that x has. */
static bool fits_image(const reel_tensor *x, const int64_t *size, layout *l)
{
    const int64_t taps = reeli_times(l->p.kernel[1], l->p.kernel[2]), rows = x->size[x->ndim - 2];
    for (int d = 1; d < REELI_SPATIAL; d++) {
        const int64_t covers = (l->p.kernel[d] - 1) * l->p.dilation[d] + 1;
        const int64_t room = size[d] + 2 * l->p.padding[d] - covers;
        l->count[d] = room < 0 ? 0 : room / l->p.stride[d] + 1;
    }
    const int64_t windows = reeli_times(l->count[1], l->count[2]);
    l->channels = rows / taps;
    if (rows % taps != 0 || rows == 0 || windows != x->size[x->ndim - 1] || windows == 0) {
        reeli_error(x->r, REEL_ERR_SHAPE,
                    "fold: input %s must have a multiple of %lld rows, and the %lld x %lld windows "
                    "of an image of %lld x %lld as columns",
                    REELI_SHAPE_OF(x), (long long)taps, (long long)l->count[1],
                    (long long)l->count[2], (long long)size[1], (long long)size[2]);
        return false;
    }
    return true;
}

reel_tensor *reel_fold(reel_tensor *x, reel_dims output_size, reel_dims kernel_size,
                       reel_conv_options options)
{
    layout l = {.batch = 1};
    int64_t size[REELI_SPATIAL];
    if (!reeli_is_image("fold", x, 1) ||
        !reeli_read_dims(x->r, "fold", "output_size", output_size, PLANE, 1, 1, size) ||
        !read_layout("fold", x->r, kernel_size, &options, &l) || !fits_image(x, size, &l)) {
        return reeli_poison_for(1, &x);
    }
    const bool alone = x->ndim == 2;
    l.batch = alone ? 1 : x->size[0];
    const int64_t *k = l.p.kernel, *n = l.count;
    reel_tensor *y = rearrange(
        x, 6, (int64_t[]){l.batch, l.channels, k[1], k[2], n[1], n[2]},
        (int64_t[]){0, 1, 2, 4, 3, 5}, 4,
        (int64_t[]){l.batch, l.channels, reeli_times(k[1], n[1]), reeli_times(k[2], n[2])});
    for (int d = 1; d < REELI_SPATIAL; d++) {
        y = windows_along("fold", y, &l, d, size[d], true);
    }
    return alone ? reeli_as_result(reel_squeeze(y, 0)) : y;
}
