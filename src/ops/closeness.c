/* SPDX-License-Identifier: MIT */
/* Numbers that are nearly equal, and numbers in place of those that are none. */
#include "losses.h"

#include <float.h>
#include <reel/elementwise.h>
#include <reel/reduce.h>
#include <reel/views.h>

static bool sound_tolerances(const char *what, reel_tensor *const *in, reel_closeness o)
{
    if (!reeli_all_usable(what, 2, in) || !reeli_same_dtype(what, "other", in[1], in[0])) {
        return false;
    }
    const bool sound = o.rtol >= 0 && o.atol >= 0;
    if (!sound) {
        reeli_error(in[0]->r, REEL_ERR_VALUE, "%s: rtol and atol must not be negative: %g, %g",
                    what, o.rtol, o.atol);
    }
    return sound;
}

/* |a - b| ≤ atol + rtol |b|, and finite; whole numbers are compared as float32. */
static reel_tensor *within(reel_tensor *a, reel_tensor *b, double rtol, double atol)
{
    a = a->dtype == REEL_BOOL ? reel_to(a, REEL_F32) : a;
    b = reeli_is_float(b->dtype) ? b : reel_to(b, REEL_F32);
    reel_tensor *allowed = reel_add_scalar(reel_abs(reel_mul_scalar(b, rtol)), atol);
    reel_tensor *off = reel_abs(reel_sub(a, b));
    return reel_logical_and(reel_isfinite(off), reel_le(off, allowed));
}

static reel_tensor *close(const char *what, reel_tensor *a, reel_tensor *b, reel_closeness o)
{
    reel_tensor *in[] = {a, b};
    o.rtol = reeli_option(o.rtol, 1e-5);
    o.atol = reeli_option(o.atol, 1e-8);
    if (!sound_tolerances(what, in, o)) {
        return reeli_poison_for(2, in);
    }
    reel_tensor *y = reel_eq(a, b);
    if (o.equal_nan && reeli_is_float(a->dtype)) {
        y = reel_logical_or(y, reel_logical_and(reel_isnan(a), reel_isnan(b)));
    }
    return o.rtol == 0 && o.atol == 0 ? y : reel_logical_or(y, within(a, b, o.rtol, o.atol));
}

reel_tensor *reel_isclose(reel_tensor *a, reel_tensor *b, reel_closeness options)
{
    return close("isclose", a, b, options);
}

/* Whether all are true, read now. */
static bool all_true(const char *what, reel_tensor *truths)
{
    return !reeli_bad(truths) && !REELI_REFUSE(truths->r, what, "a value cannot be looked at") &&
           reel_item(reel_all(truths)) == 1;
}

bool reel_allclose(reel_tensor *a, reel_tensor *b, reel_closeness options)
{
    return all_true("allclose", close("allclose", a, b, options));
}

bool reel_equal(reel_tensor *a, reel_tensor *b)
{
    reel_tensor *in[] = {a, b};
    return reeli_all_usable("equal", 2, in) && reeli_same_dtype("equal", "other", b, a) &&
           reeli_same_shape(a, b) && all_true("equal", reel_eq(a, b));
}

/* NaN and infinities are chosen away, so that no gradient passes them. */
reel_tensor *reel_nan_to_num(reel_tensor *x, reel_nan_to_num_options o)
{
    if (!reeli_usable("nan_to_num", x) || !reeli_is_float(x->dtype)) {
        return reel_clone(x);
    }
    const double most = x->dtype == REEL_F32 ? (double)FLT_MAX : DBL_MAX;
    reel_tensor *high = reeli_number_for(x, reeli_option(o.posinf, most));
    reel_tensor *low = reeli_number_for(x, reeli_option(o.neginf, -most));
    reel_tensor *y = reel_where(reel_isnan(x), reeli_number_for(x, o.nan), x);
    y = reel_where(reel_eq_scalar(x, (double)INFINITY), high, y);
    return reel_where(reel_eq_scalar(x, -(double)INFINITY), low, y);
}
