/* SPDX-License-Identifier: MIT */
/* Questions to arguments, and the sentences where the answer is no. */
#include "checks.h"

#include "counted.h"
#include "factory.h"

#include <math.h>

bool reeli_floating(const char *what, const char *role, const reel_tensor *t)
{
    if (!reeli_is_float(t->dtype)) {
        reeli_error(t->r, REEL_ERR_DTYPE,
                    "%s: the %s must be floating, and is %s; convert with reel_to", what, role,
                    reel_dtype_name(t->dtype));
    }
    return reeli_is_float(t->dtype);
}

bool reeli_not_bool(const char *what, const reel_tensor *t)
{
    if (t->dtype == REEL_BOOL) {
        reeli_error(t->r, REEL_ERR_DTYPE,
                    "%s: bool tensors are not supported; convert with reel_to", what);
    }
    return t->dtype != REEL_BOOL;
}

bool reeli_has_dtype(const char *what, const char *role, const reel_tensor *t, reel_dtype dtype)
{
    if (t->dtype != dtype) {
        reeli_error(t->r, REEL_ERR_DTYPE, "%s: the %s must be %s, and is %s", what, role,
                    reel_dtype_name(dtype), reel_dtype_name(t->dtype));
    }
    return t->dtype == dtype;
}

bool reeli_same_dtype(const char *what, const char *role, const reel_tensor *t,
                      const reel_tensor *input)
{
    if (t->dtype != input->dtype) {
        reeli_error(t->r, REEL_ERR_DTYPE, "%s: the %s is %s, the input %s", what, role,
                    reel_dtype_name(t->dtype), reel_dtype_name(input->dtype));
    }
    return t->dtype == input->dtype;
}

bool reeli_one_dtype(const char *what, int count, reel_tensor *const *t)
{
    const int dtype = t[0]->dtype;
    const reel_tensor *other = dtype == REEL_BOOL ? t[0] : NULL;
    for (int i = count - 1; i > 0; i--) {
        other = t[i]->dtype == dtype ? other : t[i];
    }
    if (other) {
        reeli_error(t[0]->r, REEL_ERR_DTYPE,
                    "%s: operands must have one dtype, not bool, and are %s and %s", what,
                    reel_dtype_name(t[0]->dtype), reel_dtype_name(other->dtype));
    }
    return !other;
}

bool reeli_whole_number(reel *r, const char *what, const char *number, double value,
                        const char *whose)
{
    const bool whole = value == trunc(value) && reeli_fits_i64(value);
    if (!whole) {
        reeli_error(r, REEL_ERR_VALUE, "%s: %s must be whole for %s%s, and is %g", what, number,
                    whose, value == trunc(value) ? " and fit in int64" : "", value);
    }
    return whole;
}

bool reeli_whole_for(const char *what, const char *number, double value, const reel_tensor *t)
{
    return reeli_is_float(t->dtype) ||
           reeli_whole_number(t->r, what, number, value, reel_dtype_name(t->dtype));
}

bool reeli_has_ndim(const char *what, const char *role, const reel_tensor *t, int ndim)
{
    if (t->ndim != ndim) {
        reeli_error(t->r, REEL_ERR_SHAPE, "%s: the %s must have %s, and is %s", what, role,
                    REELI_COUNTED(ndim, "dim"), REELI_SHAPE_OF(t));
    }
    return t->ndim == ndim;
}

bool reeli_shape_of_input(const char *what, const char *role, const reel_tensor *t,
                          const reel_tensor *input)
{
    const bool same = reeli_same_shape(t, input);
    if (!same) {
        reeli_error(t->r, REEL_ERR_SHAPE, "%s: the %s has shape %s, and the input %s", what, role,
                    REELI_SHAPE_OF(t), REELI_SHAPE_OF(input));
    }
    return same;
}

bool reeli_fits(bool fits, const char *what, const char *role, const reel_tensor *t,
                const reel_tensor *input)
{
    if (!fits) {
        reeli_error(t->r, REEL_ERR_SHAPE, "%s: a %s of shape %s does not fit an input of shape %s",
                    what, role, REELI_SHAPE_OF(t), REELI_SHAPE_OF(input));
    }
    return fits;
}

bool reeli_weights_classes(const char *what, const reel_tensor *weight, const reel_tensor *input,
                           int64_t count)
{
    const bool fits =
        weight->ndim == 1 && weight->size[0] == count && weight->dtype == input->dtype;
    if (!fits) {
        reeli_error(weight->r, REEL_ERR_SHAPE, "%s: the weight must be %s (%lld,), and is %s %s",
                    what, reel_dtype_name(input->dtype), (long long)count,
                    reel_dtype_name(weight->dtype), REELI_SHAPE_OF(weight));
    }
    return fits;
}

bool reeli_not_empty(const char *what, const reel_tensor *x, unsigned dims)
{
    for (int d = 0; d < x->ndim; d++) {
        if ((dims >> d & 1) && x->size[d] == 0) {
            reeli_error(x->r, REEL_ERR_SHAPE,
                        "%s: dim %d of shape %s has no elements to choose from", what, d,
                        REELI_SHAPE_OF(x));
            return false;
        }
    }
    return true;
}

reel_tensor *reeli_no_product(const char *what, const reel_tensor *a, const reel_tensor *b)
{
    return reeli_fail(a->r, REEL_ERR_SHAPE, "%s: shapes %s and %s do not multiply", what,
                      REELI_SHAPE_OF(a), REELI_SHAPE_OF(b));
}

bool reeli_one_dim(const char *what, const reel_tensor *x, int64_t *dim)
{
    return reeli_usable(what, x) && reeli_wrap_dim(x->r, what, dim, x->ndim);
}

bool reeli_dims_once(const char *what, const reel_tensor *x, int count, const int64_t *dims,
                     int64_t *own, unsigned *set)
{
    *set = 0;
    if (!reeli_given(x->r, what, dims, count)) {
        return false;
    }
    for (int i = 0; i < count; i++) {
        int64_t d = dims[i];
        if (!reeli_wrap_dim(x->r, what, &d, x->ndim)) {
            return false;
        }
        if (*set >> d & 1) {
            reeli_error(x->r, REEL_ERR_SHAPE, "%s: dim %lld is named twice", what, (long long)d);
            return false;
        }
        *set |= 1u << d;
        if (own) {
            own[i] = d;
        }
    }
    return true;
}
