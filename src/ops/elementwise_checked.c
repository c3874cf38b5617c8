/* SPDX-License-Identifier: MIT */
/* Elementwise operations that check or rearrange their arguments before they run as a row, or that
 * are made of other operations. */
#include "elementwise_checked.h"
#include "ops.h"

#include <math.h>
#include <reel/elementwise.h>
#include <reel/views.h>
#include <string.h>

reel_tensor *reel_number(reel *r, double value) { return r ? reeli_number(r, value) : NULL; }

/* The same operation with a number in place of the second tensor. */
static reel_tensor *with_number(reel_tensor *x, double value, const char *what,
                                reel_tensor *(*operation)(reel_tensor *, reel_tensor *))
{
    return reeli_usable(what, x) ? operation(x, reeli_number_for(x, value))
                                 : reeli_poison_for(1, &x);
}
#define SCALAR(function, operation)                                                                \
    reel_tensor *function(reel_tensor *x, double value)                                            \
    {                                                                                              \
        return with_number(x, value, &#operation[sizeof "reel"], operation);                       \
    }
SCALAR(reel_add_scalar, reel_add)
SCALAR(reel_sub_scalar, reel_sub)
SCALAR(reel_mul_scalar, reel_mul)
SCALAR(reel_div_scalar, reel_div)
SCALAR(reel_div_trunc_scalar, reel_div_trunc)
SCALAR(reel_div_floor_scalar, reel_div_floor)
SCALAR(reel_remainder_scalar, reel_remainder)
SCALAR(reel_fmod_scalar, reel_fmod)
SCALAR(reel_maximum_scalar, reel_maximum)
SCALAR(reel_minimum_scalar, reel_minimum)
SCALAR(reel_eq_scalar, reel_eq)
SCALAR(reel_ne_scalar, reel_ne)
SCALAR(reel_lt_scalar, reel_lt)
SCALAR(reel_le_scalar, reel_le)
SCALAR(reel_gt_scalar, reel_gt)
SCALAR(reel_ge_scalar, reel_ge)

reel_tensor *reel_positive(reel_tensor *x)
{
    return reeli_usable("positive", x) && reeli_not_bool("positive", x) ? x
                                                                        : reeli_poison_for(1, &x);
}

/* Whether a and b are computed as integers (or bools). */
static bool whole_numbers(reel_tensor *a, reel_tensor *b)
{
    return !reeli_is_float(reeli_promote(2, (reel_tensor *[]){a, b}));
}

static bool both_usable(const char *what, reel_tensor *a, reel_tensor *b)
{
    return reeli_all_usable(what, 2, (reel_tensor *[]){a, b});
}

static reel_tensor *poison_for_both(reel_tensor *a, reel_tensor *b)
{
    return reeli_poison_for(2, (reel_tensor *[]){a, b});
}

static reel_tensor *add_scaled(const char *what, reel_tensor *a, reel_tensor *b, double alpha)
{
    if (!both_usable(what, a, b)) {
        return poison_for_both(a, b);
    }
    if (whole_numbers(a, b) && !reeli_whole_number(a->r, what, "alpha", alpha, "integers")) {
        return a->r->poison;
    }
    const bool bools = reeli_promote(2, (reel_tensor *[]){a, b}) == REEL_BOOL;
    return reeli_add_alpha(a, b, bools ? alpha != 0 : alpha); /* of bools it is "or" */
}

reel_tensor *reel_add_alpha(reel_tensor *a, reel_tensor *b, double alpha)
{
    return add_scaled("add", a, b, alpha);
}

reel_tensor *reel_sub_alpha(reel_tensor *a, reel_tensor *b, double alpha)
{
    if (!both_usable("sub", a, b)) {
        return poison_for_both(a, b);
    }
    if (whole_numbers(a, b) && (a->dtype == REEL_BOOL || b->dtype == REEL_BOOL)) {
        return reel_sub(a, b); /* which refuses it */
    }
    return add_scaled("sub", a, b, -alpha);
}

reel_tensor *reel_rsub(reel_tensor *a, reel_tensor *b) { return reel_sub(b, a); }

static bool has_no_zero(const reeli_args *a)
{
    const reel_tensor *zeros = a->t[1];
    if (zeros->numel > 0 && memchr(zeros->data, true, (size_t)zeros->numel)) {
        reeli_error(a->r, REEL_ERR_VALUE, "%s: division of integers by zero", a->text);
        return false;
    }
    return true;
}

/* Whole numbers have no infinity to stand for a quotient by 0: it is an error. */
static bool divides(const char *what, reel_tensor *a, reel_tensor *b)
{
    if (!both_usable(what, a, b) || !whole_numbers(a, b)) {
        return !reeli_bad(a) && !reeli_bad(b);
    }
    reel_tensor *zeros = reel_eq(b, reeli_number(b->r, 0));
    return !reeli_bad(zeros) &&
           reeli_do(has_no_zero, &(reeli_args){.r = a->r, .t = {NULL, zeros}, .text = what});
}

#define DIVISION(function, name)                                                                   \
    reel_tensor *function(reel_tensor *a, reel_tensor *b)                                          \
    {                                                                                              \
        return divides(#name, a, b) ? reeli_##name(a, b) : poison_for_both(a, b);                  \
    }
DIVISION(reel_div_trunc, div_trunc)
DIVISION(reel_div_floor, div_floor)
DIVISION(reel_fmod, fmod)
DIVISION(reel_remainder, remainder)

reel_tensor *reel_pow(reel_tensor *a, reel_tensor *b)
{
    if (!both_usable("pow", a, b)) {
        return poison_for_both(a, b);
    }
    if (whole_numbers(a, b) && (b->flags & REELI_NUMBER) && reeli_load(b, 0) < 0) {
        return reeli_fail(a->r, REEL_ERR_VALUE,
                          "pow: integers have no power of %g; convert with reel_to",
                          reeli_load(b, 0));
    }
    return reeli_pow(a, b);
}

/* The usual powers are cheaper than pow. */
reel_tensor *reel_pow_scalar(reel_tensor *x, double exponent)
{
    if (!reeli_usable("pow", x)) {
        return reeli_poison_for(1, &x);
    }
    if (exponent == 2 && x->dtype != REEL_BOOL) {
        return reel_square(x);
    }
    if (exponent == 0.5) {
        return reel_sqrt(x);
    }
    if ((exponent == 3 || exponent == -1 || exponent == -0.5) && reeli_is_float(x->dtype)) {
        return exponent == 3 ? reeli_cube(x) : exponent == -1 ? reel_reciprocal(x) : reel_rsqrt(x);
    }
    return reel_pow(x, reeli_number_for(x, exponent));
}

/* x as it has to be for bounds that are no whole numbers: an integer tensor becomes floating. */
static reel_tensor *for_bounds(reel_tensor *x, double low, double high)
{
    bool fraction = (isfinite(low) && low != trunc(low)) ||
                    (isfinite(high) && high != trunc(high)) || isnan(low) || isnan(high);
    return fraction && reeli_usable("clamp", x) && x->dtype == REEL_I64 ? reel_to(x, REEL_F32) : x;
}

reel_tensor *reel_clamp(reel_tensor *x, double min, double max)
{
    return reeli_clamp(for_bounds(x, min, max), min, max);
}

reel_tensor *reel_clamp_tensors(reel_tensor *x, reel_tensor *min, reel_tensor *max)
{
    if (!min && !max && reeli_usable("clamp", x)) {
        return reeli_fail(x->r, REEL_ERR_VALUE, "clamp: at least one of min and max must be given");
    }
    return !max   ? reel_clamp_min(x, min)
           : !min ? reel_clamp_max(x, max)
                  : reeli_clamp_between(x, min, max);
}

reel_tensor *reel_hardtanh(reel_tensor *x, double min_val, double max_val)
{
    if (min_val > max_val && reeli_usable("hardtanh", x)) {
        return reeli_fail(x->r, REEL_ERR_VALUE, "hardtanh: min_val %g is greater than max_val %g",
                          min_val, max_val);
    }
    return reeli_hardtanh(x, min_val, max_val);
}

reel_tensor *reel_relu6(reel_tensor *x) { return reel_hardtanh(x, 0, 6); }

reel_tensor *reel_elu(reel_tensor *x, double alpha) { return reeli_elu(x, alpha, 1, 1); }

reel_tensor *reel_celu(reel_tensor *x, double alpha)
{
    if (alpha == 0 && reeli_usable("celu", x)) {
        return reeli_fail(x->r, REEL_ERR_VALUE, "celu: alpha must not be 0");
    }
    return reeli_elu(x, alpha, 1, 1 / alpha);
}

reel_tensor *reel_selu(reel_tensor *x)
{
    const double alpha = 1.6732632423543772848, scale = 1.0507009873554804934;
    return reeli_elu(x, alpha * scale, scale, 1);
}

reel_tensor *reel_softshrink(reel_tensor *x, double lambd)
{
    if (!(lambd >= 0) && reeli_usable("softshrink", x)) {
        return reeli_fail(x->r, REEL_ERR_VALUE, "softshrink: lambd must not be negative, and is %g",
                          lambd);
    }
    return reeli_softshrink(x, lambd);
}

reel_tensor *reel_polygamma(reel_tensor *x, int64_t n)
{
    if (!reeli_usable("polygamma", x)) {
        return reeli_poison_for(1, &x);
    }
    if (n < 0 || n > 170) {
        return reeli_fail(x->r, REEL_ERR_VALUE,
                          "polygamma: the order must be from 0 to 170, and is %lld", (long long)n);
    }
    return reeli_polygamma(x, (double)n);
}

/* The weight, one for each channel, is seen as (C, 1, …, 1), so that it lies along x's dim 1. */
reel_tensor *reel_prelu(reel_tensor *x, reel_tensor *weight)
{
    if (!both_usable("prelu", x, weight)) {
        return poison_for_both(x, weight);
    }
    const int64_t channels = x->ndim >= 2 ? x->size[1] : 1;
    if (weight->ndim > 1 || (weight->numel != 1 && (x->ndim == 0 || weight->numel != channels))) {
        return reeli_fail(x->r, REEL_ERR_SHAPE,
                          "prelu: the weight of shape %s must be one value or one for each of the "
                          "%lld channels of shape %s",
                          REELI_SHAPE_OF(weight), (long long)channels, REELI_SHAPE_OF(x));
    }
    int64_t size[REEL_MAX_DIMS] = {weight->numel, 1, 1, 1, 1, 1, 1, 1};
    int dims = weight->numel != 1 ? x->ndim - 1 : x->ndim ? 1 : 0;
    return reeli_prelu(x, reel_reshape(weight, dims, size));
}

reel_tensor *reel_glu(reel_tensor *x, int64_t dim)
{
    if (!reeli_usable("glu", x) || !reeli_wrap_dim(x->r, "glu", &dim, x->ndim)) {
        return reeli_poison_for(1, &x);
    }
    if (x->ndim == 0 || x->size[dim] % 2) {
        return reeli_fail(x->r, REEL_ERR_SHAPE, "glu: dim %lld of shape %s cannot be halved",
                          (long long)dim, REELI_SHAPE_OF(x));
    }
    const int64_t half = x->size[dim] / 2;
    return reel_mul(reel_narrow(x, dim, 0, half), reel_sigmoid(reel_narrow(x, dim, half, half)));
}
