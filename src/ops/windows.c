/* SPDX-License-Identifier: MIT */
/* What is asked of an image, and of the numbers by which windows move over it. */
#include "windows.h"

#include <reel/views.h>

bool reeli_read_dims(reel *r, const char *what, const char *name, reel_dims given, int dims,
                     int64_t otherwise, int64_t least, int64_t *to)
{
    if (given.count < 0 || (given.count > 1 && given.count != dims)) {
        reeli_error(r, REEL_ERR_VALUE, "%s: %s has %d numbers; it takes one, or %d", what, name,
                    given.count, dims);
        return false;
    }
    for (int d = 0; d < REELI_SPATIAL; d++) {
        const int own = d - (REELI_SPATIAL - dims);
        const int64_t value =
            given.count == 0 || own < 0 ? otherwise : given.size[given.count == 1 ? 0 : own];
        if (value < least || value > INT32_MAX) {
            reeli_error(r, REEL_ERR_VALUE, "%s: %s must be from %lld to %d, and is %lld", what,
                        name, (long long)least, (int)INT32_MAX, (long long)value);
            return false;
        }
        to[d] = value;
    }
    return true;
}

bool reeli_is_image(const char *what, const reel_tensor *x, int dims)
{
    if (!reeli_usable(what, x) || !reeli_floating(what, "input", x)) {
        return false;
    }
    bool full = x->ndim == dims + 1 || x->ndim == dims + 2;
    for (int d = x->ndim == dims + 2; full && d < x->ndim; d++) {
        full = x->size[d] > 0;
    }
    if (!full) {
        reeli_error(x->r, REEL_ERR_SHAPE,
                    "%s: the input %s must have %d dims, or %d with a batch, and none but the "
                    "batch may be empty",
                    what, REELI_SHAPE_OF(x), dims + 1, dims + 2);
    }
    return full;
}

int64_t reeli_count_windows(const char *what, const reel_tensor *x, const reeli_pooling *p, int d,
                            bool round_up)
{
    const int own = x->ndim - REELI_SPATIAL + d;
    const int64_t in = own < 0 ? 1 : x->size[own], stride = p->stride[d], padding = p->padding[d];
    const int64_t covers = (p->kernel[d] - 1) * p->dilation[d] + 1,
                  room = in + 2 * padding - covers;
    int64_t count = room < 0 && !(round_up && room + stride > 0)
                        ? 0
                        : (room + (round_up ? stride - 1 : 0)) / stride + 1;
    count -= round_up && (count - 1) * stride >= in + padding;
    if (count < 1) {
        reeli_error(
            x->r, REEL_ERR_SHAPE,
            "%s: a window covers %lld elements, more than the %lld that the input %s has in "
            "dim %d with its padding",
            what, (long long)covers, (long long)in + 2 * (long long)padding, REELI_SHAPE_OF(x),
            own);
    }
    return count;
}

reel_tensor *reeli_planes(reel_tensor *x, int dims)
{
    if (reeli_bad(x)) {
        return x;
    }
    int64_t elements = 1;
    for (int d = x->ndim - dims; d < x->ndim; d++) {
        elements *= x->size[d];
    }
    return reel_reshape(x, 2, (int64_t[]){elements ? x->numel / elements : 0, elements});
}

reel_tensor *reeli_made_of(const reel_tensor *x, reel_tensor *y)
{
    return reeli_bad(y) || y->base != x->base ? reeli_as_result(y) : reel_clone(y);
}
