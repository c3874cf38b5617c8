/* SPDX-License-Identifier: MIT */
/* What a tensor is, and its elements in and out. */
#include "factory.h"
#include "kernels.h"

#include <math.h>

reel *reel_of(const reel_tensor *t) { return t ? reeli_reel_of(t) : NULL; }

bool reel_is_poison(const reel_tensor *t) { return !reeli_usable("is_poison", t); }

reel_dtype reel_dtype_of(const reel_tensor *t)
{
    return reeli_usable("dtype_of", t) ? (reel_dtype)t->dtype : REEL_F32;
}

const char *reel_dtype_name(reel_dtype dtype)
{
    static const char *const names[REELI_DTYPES] = {"float32", "float64", "int64", "bool"};
    return (unsigned)dtype < REELI_DTYPES ? names[dtype] : "unknown";
}

int reel_ndim(const reel_tensor *t) { return reeli_usable("ndim", t) ? t->ndim : 0; }

int64_t reel_numel(const reel_tensor *t) { return reeli_usable("numel", t) ? t->numel : 0; }

bool reel_is_contiguous(const reel_tensor *t)
{
    return reeli_usable("is_contiguous", t) && (t->flags & REELI_CONTIGUOUS);
}

/* The place of `dim` in size and stride; -1, and an error, if t has none such. */
static int place(const reel_tensor *t, const char *what, int dim)
{
    if (!reeli_usable(what, t)) {
        return -1;
    }
    if (dim < -t->ndim || dim >= t->ndim) {
        reeli_error(t->r, REEL_ERR_SHAPE, "%s: there is no dim %d in shape %s", what, dim,
                    REELI_SHAPE_OF(t));
        return -1;
    }
    return dim < 0 ? dim + t->ndim : dim;
}

int64_t reel_size(const reel_tensor *t, int dim)
{
    int d = place(t, "size", dim);
    return d < 0 ? -1 : t->size[d];
}

int64_t reel_stride(const reel_tensor *t, int dim)
{
    int d = place(t, "stride", dim);
    return d < 0 ? -1 : t->stride[d];
}

/* Whether t's elements may not be read now; the error if so. */
static bool hidden(const reel_tensor *t, const char *what)
{
    if (t->r->capture) {
        reeli_error(t->r, REEL_ERR_STATE,
                    "%s: a value cannot be read while a step is being captured; read it after "
                    "reel_replay",
                    what);
        return true;
    }
    if (!t->r->elements_hidden || !reeli_requires_grad(t)) {
        return false;
    }
    reeli_error(t->r, REEL_ERR_STATE,
                "%s: elements cannot be read while a gradient is recorded for a second derivative; "
                "write it in operations, or as gradient_data",
                what);
    return true;
}

double reel_item(const reel_tensor *t)
{
    if (!reeli_usable("item", t) || hidden(t, "item")) {
        return (double)NAN;
    }
    if (t->numel != 1) {
        reeli_error(t->r, REEL_ERR_SHAPE, "item: a tensor of shape %s has %lld elements, not one",
                    REELI_SHAPE_OF(t), (long long)t->numel);
        return (double)NAN;
    }
    return reeli_load(t, 0);
}

/* The offset of the element at `index` in *offset; false, and an error, if there is none. */
static bool find(const reel_tensor *t, const char *what, const int64_t *index, int64_t *offset)
{
    if (!index && t->ndim > 0) {
        reeli_error(t->r, REEL_ERR_VALUE, "%s: the index is NULL", what);
        return false;
    }
    *offset = 0;
    for (int d = 0; d < t->ndim; d++) {
        int64_t i = index[d];
        if (i < -t->size[d] || i >= t->size[d]) {
            reeli_error(t->r, REEL_ERR_VALUE,
                        "%s: index %lld is out of range for dim %d of shape %s", what, (long long)i,
                        d, REELI_SHAPE_OF(t));
            return false;
        }
        *offset += (i < 0 ? i + t->size[d] : i) * t->stride[d];
    }
    return true;
}

double reel_get(const reel_tensor *t, const int64_t *index)
{
    int64_t offset;
    return reeli_usable("get", t) && !hidden(t, "get") && find(t, "get", index, &offset)
               ? reeli_load(t, offset)
               : (double)NAN;
}

reel_status reel_set(reel_tensor *t, const int64_t *index, double value)
{
    if (!reeli_usable("set", t)) {
        return reeli_failure(reel_of(t));
    }
    if (REELI_REFUSE(t->r, "set", "a value cannot be set")) {
        return t->r->status;
    }
    int64_t offset;
    if (t->r->grad_enabled && (t->node || reeli_requires_grad(t))) {
        return reeli_error(
            t->r, REEL_ERR_STATE,
            "set: a tensor of shape %s that requires grad cannot be changed in place",
            REELI_SHAPE_OF(t));
    }
    if (!find(t, "set", index, &offset) || !reeli_check_value(t->r, "set", t->dtype, value)) {
        return REEL_ERR_VALUE;
    }
    reeli_store(t, offset, value);
    t->base->version++;
    return REEL_OK;
}

static reel_status copy_out(const reel_tensor *t, const char *what, void *out, int dtype,
                            int64_t count)
{
    if (!reeli_usable(what, t)) {
        return reeli_failure(reel_of(t));
    }
    if (hidden(t, what)) {
        return t->r->status;
    }
    if (count != t->numel) {
        return reeli_error(t->r, REEL_ERR_SHAPE,
                           "%s: room for %lld elements, but shape %s has %lld", what,
                           (long long)count, REELI_SHAPE_OF(t), (long long)t->numel);
    }
    if (count == 0) {
        return REEL_OK;
    }
    if (!out) {
        return reeli_error(t->r, REEL_ERR_VALUE, "%s: the array is NULL", what);
    }
    int64_t stride[REEL_MAX_DIMS];
    reeli_row_major(t->ndim, t->size, stride);
    if (t->flags & REELI_CONTIGUOUS) {
        reeli_move(count, out, dtype, 1, t->data, t->dtype, 1);
    } else {
        reeli_move_strided(t->r, t->ndim, t->size, (reeli_operand){out, stride, dtype},
                           (reeli_operand){t->data, t->stride, t->dtype});
    }
    return REEL_OK;
}

reel_status reel_to_f32(const reel_tensor *t, float *out, int64_t count)
{
    return copy_out(t, "to_f32", out, REEL_F32, count);
}

reel_status reel_to_f64(const reel_tensor *t, double *out, int64_t count)
{
    return copy_out(t, "to_f64", out, REEL_F64, count);
}

reel_status reel_to_bool(const reel_tensor *t, bool *out, int64_t count)
{
    return copy_out(t, "to_bool", out, REEL_BOOL, count);
}

/* What does not fit has become INT64_MIN, which is almost never meant: only there look again. */
reel_status reel_to_i64(const reel_tensor *t, int64_t *out, int64_t count)
{
    reel_status status = copy_out(t, "to_i64", out, REEL_I64, count);
    if (status != REEL_OK || !reeli_is_float(t->dtype)) {
        return status;
    }
    for (int64_t i = 0; i < count; i++) {
        if (out[i] == INT64_MIN && !reeli_check_value(t->r, "to_i64", REEL_I64,
                                                      reeli_load(t, reeli_element_offset(t, i)))) {
            return REEL_ERR_VALUE;
        }
    }
    return REEL_OK;
}

static void *own_data(const reel_tensor *t, const char *what, int dtype)
{
    if (!reeli_usable(what, t) || hidden(t, what)) {
        return NULL;
    }
    if (t->dtype != dtype) {
        reeli_error(t->r, REEL_ERR_DTYPE, "%s: the tensor is %s", what,
                    reel_dtype_name((reel_dtype)t->dtype));
        return NULL;
    }
    if (!(t->flags & REELI_CONTIGUOUS)) {
        reeli_error(t->r, REEL_ERR_SHAPE, "%s: the tensor of shape %s is not contiguous", what,
                    REELI_SHAPE_OF(t));
        return NULL;
    }
    return t->data;
}

float *reel_data_f32(reel_tensor *t) { return own_data(t, "data_f32", REEL_F32); }

double *reel_data_f64(reel_tensor *t) { return own_data(t, "data_f64", REEL_F64); }

int64_t *reel_data_i64(reel_tensor *t) { return own_data(t, "data_i64", REEL_I64); }

bool *reel_data_bool(reel_tensor *t) { return own_data(t, "data_bool", REEL_BOOL); }
