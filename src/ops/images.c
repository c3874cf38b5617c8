/* SPDX-License-Identifier: MIT */
/* Images resized and padded: one dim after another, by weights of `resample`. */
#include "windows.h"

#include <math.h>
#include <reel/images.h>
#include <reel/join.h>
#include <reel/views.h>

/* What a call of interpolate asks for. */
typedef struct resizing {
    const reel_interpolate_options *o;
    int dims;
    bool by_factor;               /* and distances follow from that, not from the sizes */
    int64_t out[REELI_SPATIAL];   /* at its end, as in reeli_read_dims */
    double factor[REELI_SPATIAL]; /* of the image's dims, from the first */
} resizing;

static bool interpolate_error(const reel_tensor *x, const char *sentence)
{
    reeli_error(x->r, REEL_ERR_VALUE, "interpolate: %s", sentence);
    return false;
}

/* What the mode can do. */
static bool sound_mode(const reel_tensor *x, const resizing *c)
{
    const reel_interpolate_options *o = c->o;
    const bool smooth = o->mode == REEL_RESIZE_LINEAR || o->mode == REEL_RESIZE_CUBIC;
    return (unsigned)o->mode > REEL_RESIZE_AREA ? interpolate_error(x, "there is no such mode")
           : o->align_corners && !smooth
               ? interpolate_error(x, "only linear and cubic modes can align corners")
           : o->antialias && !(smooth && c->dims == 2)
               ? interpolate_error(x, "antialias is for linear and cubic modes in two dims")
           : o->mode == REEL_RESIZE_CUBIC && c->dims != 2
               ? interpolate_error(x, "the cubic mode is for two dims")
               : true;
}

static bool sound_factors(reel_tensor *x, resizing *c)
{
    int given = 0;
    for (int d = 0; d < REELI_SPATIAL; d++) {
        given += c->o->scale_factor[d] != 0;
    }
    if (given == 0 || (given != 1 && given != c->dims)) {
        reeli_error(x->r, REEL_ERR_VALUE, "interpolate: %d scale factors; it takes one, or %d",
                    given, c->dims);
        return false;
    }
    for (int d = 0; d < c->dims; d++) {
        c->factor[d] = c->o->scale_factor[given == 1 ? 0 : d];
        const double size = floor((double)x->size[x->ndim - c->dims + d] * c->factor[d]);
        if (!(size >= 1 && size <= INT32_MAX)) {
            reeli_error(x->r, REEL_ERR_VALUE,
                        "interpolate: factor %g makes a size of %g of input %s in dim %d",
                        c->factor[d], size, REELI_SHAPE_OF(x), x->ndim - c->dims + d);
            return false;
        }
        c->out[REELI_SPATIAL - c->dims + d] = (int64_t)size;
    }
    c->by_factor = !c->o->recompute_scale_factor;
    return true;
}

static bool sound_size(reel_tensor *x, resizing *c)
{
    const reel_interpolate_options *o = c->o;
    if (o->size.count == 0) {
        return sound_factors(x, c);
    }
    if (o->scale_factor[0] != 0 || o->recompute_scale_factor) {
        return interpolate_error(x, "there is a size, so a scale factor has no meaning");
    }
    return reeli_read_dims(x->r, "interpolate", "size", o->size, c->dims, 1, 1, c->out);
}

/* From one result to the next, in elements of x; in float where positions are computed so. */
static double distance(const resizing *c, int d, int64_t in, int64_t out, int dtype)
{
    const double exact = c->o->align_corners ? out > 1 ? (double)(in - 1) / (double)(out - 1) : 0
                         : c->by_factor      ? 1 / c->factor[d]
                                             : (double)in / (double)out;
    return dtype == REEL_F32 ? (double)(float)exact : exact;
}

static reeli_mixing taps_of(const reel_interpolate_options *o)
{
    static const reeli_mixing plain[] = {REELI_NEAREST, REELI_NEAREST_EXACT, REELI_LINEAR,
                                         REELI_CUBIC, REELI_ADAPTIVE};
    return !o->antialias                   ? plain[o->mode]
           : o->mode == REEL_RESIZE_LINEAR ? REELI_SMOOTH_LINEAR
                                           : REELI_SMOOTH_CUBIC;
}

reel_tensor *reel_interpolate(reel_tensor *x, reel_interpolate_options options)
{
    if (!reeli_usable("interpolate", x)) {
        return reeli_poison_for(1, &x);
    }
    resizing c = {.o = &options, .dims = x->ndim - 2};
    if (c.dims < 1 || c.dims > REELI_SPATIAL) {
        return reeli_fail(x->r, REEL_ERR_SHAPE,
                          "interpolate: the input %s must have 3 to 5 dims, the first two of them "
                          "batch and channels",
                          REELI_SHAPE_OF(x));
    }
    if (!reeli_is_image("interpolate", x, c.dims) || !sound_mode(x, &c) || !sound_size(x, &c)) {
        return x->r->poison;
    }
    for (int d = c.dims - 1; d >= 0 && !reeli_bad(x); d--) {
        const int own = x->ndim - c.dims + d;
        const int64_t in = x->size[own], out = c.out[REELI_SPATIAL - c.dims + d];
        x = reeli_resample_dim("interpolate", x,
                               (reeli_resampling){.taps = taps_of(&options),
                                                  .flag = options.align_corners,
                                                  .dim = own,
                                                  .in = in,
                                                  .out = out,
                                                  .scale = distance(&c, d, in, out, x->dtype)});
    }
    return x;
}

/* What can be taken from a dim of so many elements, and leaves some. */
static bool can_pad(const reel_tensor *x, int d, int64_t before, int64_t after, reel_pad_mode mode)
{
    const int64_t size = x->size[d];
    const int64_t most = mode == REEL_PAD_REFLECT    ? size - 1
                         : mode == REEL_PAD_CIRCULAR ? size
                                                     : INT32_MAX;
    /* A circle is of what is left where something is taken away. */
    const bool circle = mode == REEL_PAD_CIRCULAR;
    const bool fits = before <= most && after <= most && before >= -size && after >= -size &&
                      size + before + after > 0 &&
                      (!circle || size + (before < 0 ? before : 0) + (after < 0 ? after : 0) > 0);
    if (!fits) {
        reeli_error(
            x->r, REEL_ERR_SHAPE,
            "pad: %lld before and %lld after the %lld elements of input %s in dim %d; there "
            "are at most %lld to be had, and one must stay",
            (long long)before, (long long)after, (long long)size, REELI_SHAPE_OF(x), d,
            (long long)most);
    }
    return fits;
}

reel_tensor *reel_pad_image(reel_tensor *x, const int64_t *pad, int count, reel_pad_mode mode)
{
    static const reeli_mixing taps[] = {REELI_REFLECT, REELI_REFLECT, REELI_REPLICATE,
                                        REELI_CIRCULAR};
    if (!reeli_usable("pad", x)) {
        return reeli_poison_for(1, &x);
    }
    if (count < 2 || count > 2 * REELI_SPATIAL || count % 2 != 0 || !pad ||
        (unsigned)mode > REEL_PAD_CIRCULAR) {
        return reeli_fail(x->r, REEL_ERR_VALUE,
                          "pad: %d counts, in mode %d; two for each of one to three dims", count,
                          (int)mode);
    }
    if (mode == REEL_PAD_ZEROS) {
        return reel_pad(x, pad, count, 0);
    }
    if (!reeli_is_image("pad", x, count / 2)) {
        return x->r->poison;
    }
    reel_tensor *const whole = x;
    if (mode == REEL_PAD_CIRCULAR && x->ndim != count / 2 + 2) {
        return reeli_fail(x->r, REEL_ERR_SHAPE,
                          "pad: in a circle input %s takes %d counts, two for each dim after batch "
                          "and channels, not %d",
                          REELI_SHAPE_OF(x), 2 * (x->ndim - 2), count);
    }
    for (int i = 0; i < count / 2 && !reeli_bad(x); i++) {
        const int d = x->ndim - 1 - i;
        const int64_t before = pad[2 * i], after = pad[2 * i + 1], in = x->size[d];
        if (!can_pad(x, d, before, after, mode)) {
            return x->r->poison;
        }
        if (before != 0 || after != 0) {
            x = reeli_resample_dim("pad", x,
                                   (reeli_resampling){.taps = taps[mode],
                                                      .dim = d,
                                                      .in = in,
                                                      .out = in + before + after,
                                                      .padding = before});
        }
    }
    return x == whole ? reel_clone(x) : x;
}
