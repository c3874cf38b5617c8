/* SPDX-License-Identifier: MIT */
/* Tensors of given values and of ranges. */
#include "factory.h"

#include <float.h>
#include <math.h>
#include <string.h>

static reel_tensor *note_maker(reel_tensor *t, const char *what)
{
    if (!reeli_bad(t)) {
        t->leaf->maker = what;
        t->r->made++;
    }
    return t;
}

reel_tensor *reeli_factory(reel *r, const char *what, int dtype, int ndim, const int64_t *size)
{
    if (!r) {
        return NULL;
    }
    if (dtype < 0 || dtype >= REELI_DTYPES) {
        return reeli_fail(r, REEL_ERR_DTYPE, "%s: there is no dtype %d", what, dtype);
    }
    if (!reeli_given(r, what, size, ndim)) {
        return r->poison;
    }
    return note_maker(reeli_create(r, what, dtype, ndim, size), what);
}

reel_tensor *reeli_factory_like(reel_tensor *t, const char *what)
{
    if (!reeli_usable(what, t)) {
        return reeli_poison_for(1, &t);
    }
    return note_maker(reeli_create(t->r, what, t->dtype, t->ndim, t->size), what);
}

bool reeli_check_value(reel *r, const char *what, int dtype, double x)
{
    bool overflow = dtype == REEL_F32   ? isfinite(x) && fabs(x) > (double)FLT_MAX
                    : dtype == REEL_I64 ? !reeli_fits_i64(x)
                                        : false;
    if (overflow) {
        reeli_error(r, REEL_ERR_VALUE, "%s: %.9g does not fit in %s", what, x,
                    reel_dtype_name((reel_dtype)dtype));
    }
    return !overflow;
}

static reel_tensor *from_array(reel *r, const char *what, const void *values, int dtype, int ndim,
                               const int64_t *size)
{
    reel_tensor *t = reeli_factory(r, what, dtype, ndim, size);
    if (reeli_bad(t) || t->numel == 0) {
        return t;
    }
    if (!values) {
        reel_tensor_free(t);
        return reeli_fail(r, REEL_ERR_VALUE, "%s: the array of values is NULL", what);
    }
    memcpy(t->data, values, (size_t)t->numel * reeli_element_size(dtype));
    return t;
}

reel_tensor *reel_from_f32(reel *r, const float *values, int ndim, const int64_t *size)
{
    return from_array(r, "from_f32", values, REEL_F32, ndim, size);
}

reel_tensor *reel_from_f64(reel *r, const double *values, int ndim, const int64_t *size)
{
    return from_array(r, "from_f64", values, REEL_F64, ndim, size);
}

reel_tensor *reel_from_i64(reel *r, const int64_t *values, int ndim, const int64_t *size)
{
    return from_array(r, "from_i64", values, REEL_I64, ndim, size);
}

reel_tensor *reel_from_bool(reel *r, const bool *values, int ndim, const int64_t *size)
{
    return from_array(r, "from_bool", values, REEL_BOOL, ndim, size);
}

static reel_tensor *filled(reel_tensor *t, double value)
{
    if (!reeli_bad(t)) {
        reeli_fill(t, value);
    }
    return t;
}

/* The value is known to fit. */
static reel_tensor *full(reel *r, const char *what, int dtype, double value, int ndim,
                         const int64_t *size)
{
    return filled(reeli_factory(r, what, dtype, ndim, size), value);
}

/* As in PyTorch, the one factory that lets a double overflow to a float's infinity. */
reel_tensor *reel_scalar(reel *r, reel_dtype dtype, double value)
{
    if (r && dtype == REEL_I64 && !reeli_check_value(r, "scalar", REEL_I64, value)) {
        return r->poison;
    }
    return full(r, "scalar", (int)dtype, value, 0, NULL);
}

reel_tensor *reel_zeros(reel *r, reel_dtype dtype, int ndim, const int64_t *size)
{
    return full(r, "zeros", (int)dtype, 0.0, ndim, size);
}

reel_tensor *reel_ones(reel *r, reel_dtype dtype, int ndim, const int64_t *size)
{
    return full(r, "ones", (int)dtype, 1.0, ndim, size);
}

reel_tensor *reel_full(reel *r, reel_dtype dtype, double value, int ndim, const int64_t *size)
{
    if (r && !reeli_check_value(r, "full", (int)dtype, value)) {
        return r->poison;
    }
    return full(r, "full", (int)dtype, value, ndim, size);
}

reel_tensor *reel_zeros_like(reel_tensor *t)
{
    return filled(reeli_factory_like(t, "zeros_like"), 0.0);
}

reel_tensor *reel_ones_like(reel_tensor *t)
{
    return filled(reeli_factory_like(t, "ones_like"), 1.0);
}

reel_tensor *reel_full_like(reel_tensor *t, double value)
{
    if (!reeli_usable("full_like", t) || !reeli_check_value(t->r, "full_like", t->dtype, value)) {
        return reeli_poison_for(1, &t);
    }
    return filled(reeli_factory_like(t, "full_like"), value);
}

reel_tensor *reel_eye(reel *r, reel_dtype dtype, int64_t rows, int64_t columns)
{
    reel_tensor *t = full(r, "eye", (int)dtype, 0.0, 2, (int64_t[]){rows, columns});
    for (int64_t i = 0; !reeli_bad(t) && i < rows && i < columns; i++) {
        reeli_store(t, i * (columns + 1), 1.0);
    }
    return t;
}

/*
 * PyTorch fills a range vector by vector: the first value of a vector is a fused multiply-add from
 * the start, rounded to the dtype, and the others count from it. Vectors come in pairs; what does
 * not fill a pair is computed one by one. Only so do the last bits agree.
 */
static int64_t vector_length(int dtype) { return dtype == REEL_F32 ? 8 : 4; }

/* As PyTorch's dtype of the vector's first value rounds it. */
static double rounded(int dtype, double x)
{
    return dtype == REEL_F32                        ? (double)(float)x
           : dtype == REEL_I64 && reeli_fits_i64(x) ? trunc(x)
                                                    : x;
}

static inline void put(reel_tensor *t, int64_t i, double x)
{
    if (t->dtype == REEL_F32) {
        ((float *)t->data)[i] = (float)x;
    } else if (t->dtype == REEL_F64) {
        ((double *)t->data)[i] = x;
    } else {
        ((int64_t *)t->data)[i] = reeli_fits_i64(x) ? (int64_t)x : INT64_MIN;
    }
}

/* How many values arange has in float; -1, and an error, if the range is none. */
static int64_t count_floats(reel *r, double start, double end, double step)
{
    if (!(step > 0) && !(step < 0)) {
        reeli_error(r, REEL_ERR_VALUE, "arange: step %g must be nonzero", step);
        return -1;
    }
    if (!isfinite(start) || !isfinite(end) || (step > 0 ? end < start : end > start)) {
        reeli_error(r, REEL_ERR_VALUE, "arange: no step of %g leads from %g to %g", step, start,
                    end);
        return -1;
    }
    double count = ceil((end - start) / step);
    if (!reeli_fits_i64(count)) {
        reeli_error(r, REEL_ERR_SHAPE, "arange: too many elements from %g to %g in steps of %g",
                    start, end, step);
        return -1;
    }
    return (int64_t)count;
}

static void fill_arange(reel_tensor *t, double start, double step)
{
    int64_t lanes = vector_length(t->dtype), paired = t->numel - t->numel % (2 * lanes);
    for (int64_t i = 0; i < t->numel; i++) {
        int64_t lane = i < paired ? i % lanes : 0;
        double base = rounded(t->dtype, fma(step, (double)(i - lane), start));
        put(t, i, lane ? fma((double)lane, step, base) : base);
    }
}

/* In integers the three bounds lose their fractions first. Differences fit in uint64. */
static reel_tensor *arange_i64(reel *r, double start, double end, double step)
{
    if (!reeli_check_value(r, "arange", REEL_I64, start) ||
        !reeli_check_value(r, "arange", REEL_I64, end) ||
        !reeli_check_value(r, "arange", REEL_I64, step)) {
        return r->poison;
    }
    int64_t first = (int64_t)start, last = (int64_t)end, by = (int64_t)step;
    if (by == 0 || (by > 0 ? last < first : last > first)) {
        return reeli_fail(r, REEL_ERR_VALUE, "arange: no step of %lld leads from %lld to %lld",
                          (long long)by, (long long)first, (long long)last);
    }
    uint64_t a = (uint64_t)first, b = (uint64_t)last, c = (uint64_t)by;
    uint64_t distance = by > 0 ? b - a : a - b;
    uint64_t count = distance ? (distance - 1) / (by > 0 ? c : -c) + 1 : 0;
    int64_t size = count > INT64_MAX ? INT64_MAX : (int64_t)count;
    reel_tensor *t = reeli_factory(r, "arange", REEL_I64, 1, &size);
    int64_t *values = reeli_bad(t) ? NULL : t->data;
    for (uint64_t i = 0; values && i < count; i++) {
        values[i] = (int64_t)(a + i * c);
    }
    return t;
}

reel_tensor *reel_arange(reel *r, reel_dtype dtype, double start, double end, double step)
{
    if (!r) {
        return NULL;
    }
    if (dtype == REEL_BOOL) {
        return reeli_fail(r, REEL_ERR_DTYPE, "arange: there is no range of bool");
    }
    if (dtype == REEL_I64) {
        return arange_i64(r, start, end, step);
    }
    int64_t count = count_floats(r, start, end, step);
    if (count < 0) {
        return r->poison;
    }
    reel_tensor *t = reeli_factory(r, "arange", (int)dtype, 1, &count);
    if (!reeli_bad(t)) {
        fill_arange(t, start, step);
    }
    return t;
}

/* x * y + z rounded once, in float or in double. */
static double fused(int dtype, double x, double y, double z)
{
    return dtype == REEL_F32 ? (double)fmaf((float)x, (float)y, (float)z) : fma(x, y, z);
}

/* (to - from) / steps, in the dtype's arithmetic, of numbers that may lie further apart than the
 * largest. */
static double step_of(int dtype, double from, double to, double steps)
{
    const double most = dtype == REEL_F32 ? (double)FLT_MAX : DBL_MAX;
    if (isfinite(from) && isfinite(to) && fabs(to / 2 - from / 2) > most / 2) {
        return rounded(dtype, to / steps) - rounded(dtype, from / steps);
    }
    return dtype == REEL_F32 ? (double)(((float)to - (float)from) / (float)steps)
                             : (to - from) / steps;
}

/* The first half counts from the start, the second from the end, so that the line is symmetric. */
static void fill_linspace(reel_tensor *t, double start, double end)
{
    const int64_t n = t->numel;
    start = rounded(t->dtype, start);
    end = rounded(t->dtype, end);
    const double step = step_of(t->dtype, start, end, (double)(n - 1));
    for (int64_t i = 0; i < n; i++) {
        put(t, i,
            i < n / 2 ? fused(t->dtype, step, (double)i, start)
                      : fused(t->dtype, -step, (double)(n - i - 1), end));
    }
}

reel_tensor *reel_linspace(reel *r, reel_dtype dtype, double start, double end, int64_t steps)
{
    if (!r) {
        return NULL;
    }
    if (dtype == REEL_BOOL) {
        return reeli_fail(r, REEL_ERR_DTYPE, "linspace: there is no range of bool");
    }
    if (steps < 0) {
        return reeli_fail(r, REEL_ERR_VALUE, "linspace: number of steps %lld is negative",
                          (long long)steps);
    }
    if (!reeli_check_value(r, "linspace", (int)dtype, start) ||
        !reeli_check_value(r, "linspace", (int)dtype, end)) {
        return r->poison;
    }
    reel_tensor *t = reeli_factory(r, "linspace", (int)dtype, 1, &steps);
    if (!reeli_bad(t) && steps == 1) {
        reeli_fill(t, start);
    } else if (!reeli_bad(t)) {
        fill_linspace(t, start, end);
    }
    return t;
}

reel_tensor *reeli_zeros(reel *r, const char *what, int dtype, int ndim, const int64_t *size)
{
    reel_tensor *t = reeli_empty(r, what, dtype, ndim, size);
    if (!reeli_bad(t)) {
        reeli_fill(t, 0);
        t->flags |= r->capture ? REELI_CONSTANT : 0;
    }
    return t;
}

reel_tensor *reeli_scalar(reel *r, const char *what, int dtype, double value)
{
    reel_tensor *t = reeli_empty(r, what, dtype, 0, NULL);
    if (!reeli_bad(t)) {
        reeli_fill(t, value);
        t->flags |= r->capture ? REELI_CONSTANT : 0;
    }
    return t;
}
