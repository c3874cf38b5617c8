/* SPDX-License-Identifier: MIT */
/* Tensors of random numbers. A result follows from the seed alone, whatever the CPU. */
#include "random.h"

#include "capture.h"
#include "factory.h"
#include "fma.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { BLOCK = 16, HALF = 8 };

/* u (to - from) + from, rounded once. */
void reeli_fill_uniform(reel_tensor *t, double from, double to)
{
    reeli_mt19937 *mt = &t->r->random;
    const bool single = t->dtype == REEL_F32;
    for (int64_t i = 0; i < t->numel; i++) {
        if (single) {
            ((float *)t->data)[i] = reeli_mt_uniform_f32(mt);
        } else {
            ((double *)t->data)[i] = reeli_mt_uniform_f64(mt);
        }
    }
    if (from != 0.0 || to != 1.0) {
        const double range = single ? (double)((float)to - (float)from) : to - from;
        reeli_stretch_loops[t->r->level][t->dtype](t->numel, t->data, range, from);
    }
}

static void transform_f64(double *x, double mean, double std)
{
    for (int j = 0; j < HALF; j++) {
        double radius = sqrt(-2.0 * log(1.0 - x[j]));
        double angle = 6.283185307179586 * x[j + HALF];
        x[j] = reeli_fma(radius * cos(angle), std, mean);
        x[j + HALF] = reeli_fma(radius * sin(angle), std, mean);
    }
}

/* Sixteen values or more: uniforms, transformed block by block; a last block that is not full is
 * drawn anew over the last sixteen places. */
static void fill_normal_f32(reel_tensor *t, float mean, float std)
{
    float *x = t->data;
    int64_t n = t->numel;
    reeli_fill_uniform(t, 0.0, 1.0);
    reeli_normal_loops[t->r->level](n, x, mean, std);
    if (n % BLOCK) {
        x += n - BLOCK;
        for (int i = 0; i < BLOCK; i++) {
            x[i] = reeli_mt_uniform_f32(&t->r->random);
        }
        reeli_normal_loops[t->r->level](BLOCK, x, mean, std);
    }
}

static void fill_normal_f64(reel_tensor *t, double mean, double std)
{
    double *x = t->data;
    int64_t n = t->numel;
    reeli_fill_uniform(t, 0.0, 1.0);
    for (int64_t i = 0; i + BLOCK <= n; i += BLOCK) {
        transform_f64(x + i, mean, std);
    }
    if (n % BLOCK) {
        x += n - BLOCK;
        for (int i = 0; i < BLOCK; i++) {
            x[i] = reeli_mt_uniform_f64(&t->r->random);
        }
        transform_f64(x, mean, std);
    }
}

void reeli_fill_normal(reel_tensor *t, double mean, double std)
{
    if (t->numel >= BLOCK && t->dtype == REEL_F32) {
        fill_normal_f32(t, (float)mean, (float)std);
    } else if (t->numel >= BLOCK) {
        fill_normal_f64(t, mean, std);
    } else {
        for (int64_t i = 0; i < t->numel; i++) {
            reeli_store(t, i, reeli_fma(reeli_mt_normal(&t->r->random), std, mean));
        }
    }
}

static bool check_float(reel *r, const char *what, reel_dtype dtype)
{
    if (r && (dtype == REEL_I64 || dtype == REEL_BOOL)) {
        reeli_error(r, REEL_ERR_DTYPE, "%s: dtype %s is not a float", what, reel_dtype_name(dtype));
        return false;
    }
    return true;
}

/* Fills a new tensor, which a captured step will draw anew. */
static reel_tensor *drawn(reel_tensor *t, reeli_run draw, const int64_t *i)
{
    if (reeli_bad(t)) {
        return t;
    }
    t->flags &= ~REELI_CONSTANT;
    const reeli_args args = {.r = t->r, .t = {t}, .i = {i ? i[0] : 0, i ? i[1] : 0}};
    return reeli_do(draw, &args) ? t : t->r->poison;
}

static bool draw_uniform(const reeli_args *a)
{
    reeli_fill_uniform(a->t[0], 0.0, 1.0);
    return true;
}

static bool draw_normal(const reeli_args *a)
{
    reeli_fill_normal(a->t[0], 0.0, 1.0);
    return true;
}

static reel_tensor *uniform(reel_tensor *t) { return drawn(t, draw_uniform, NULL); }

static reel_tensor *normal(reel_tensor *t) { return drawn(t, draw_normal, NULL); }

reel_tensor *reel_rand(reel *r, reel_dtype dtype, int ndim, const int64_t *size)
{
    return check_float(r, "rand", dtype) ? uniform(reeli_factory(r, "rand", (int)dtype, ndim, size))
                                         : r->poison;
}

reel_tensor *reel_randn(reel *r, reel_dtype dtype, int ndim, const int64_t *size)
{
    return check_float(r, "randn", dtype)
               ? normal(reeli_factory(r, "randn", (int)dtype, ndim, size))
               : r->poison;
}

reel_tensor *reel_rand_like(reel_tensor *t)
{
    if (!reeli_usable("rand_like", t) || !check_float(t->r, "rand_like", (reel_dtype)t->dtype)) {
        return reeli_poison_for(1, &t);
    }
    return uniform(reeli_factory_like(t, "rand_like"));
}

reel_tensor *reel_randn_like(reel_tensor *t)
{
    if (!reeli_usable("randn_like", t) || !check_float(t->r, "randn_like", (reel_dtype)t->dtype)) {
        return reeli_poison_for(1, &t);
    }
    return normal(reeli_factory_like(t, "randn_like"));
}

/* Whole numbers base, base + 1, … in all `range` of them; both in 64-bit arithmetic that wraps. */
typedef struct whole {
    uint64_t base, range;
} whole;

/* One word does for a range below 2^28, whose numbers it favours by 1 in 16 at most. */
static inline int64_t draw(reeli_mt19937 *mt, whole w)
{
    uint64_t offset =
        w.range >> 28 ? reeli_mt_next64(mt) % w.range : reeli_mt_next32(mt) % (uint32_t)w.range;
    return (int64_t)(w.base + offset);
}

static bool draw_whole(const reeli_args *a)
{
    reel_tensor *t = a->t[0];
    const whole w = {(uint64_t)a->i[0], (uint64_t)a->i[1]};
    reeli_mt19937 *mt = &t->r->random;
    for (int64_t i = 0; i < t->numel; i++) {
        int64_t value = draw(mt, w);
        if (t->dtype == REEL_I64) {
            ((int64_t *)t->data)[i] = value;
        } else if (t->dtype == REEL_BOOL) {
            ((bool *)t->data)[i] = value != 0;
        } else if (t->dtype == REEL_F32) {
            ((float *)t->data)[i] = (float)value;
        } else {
            ((double *)t->data)[i] = (double)value;
        }
    }
    return true;
}

static reel_tensor *fill_whole(reel_tensor *t, whole w)
{
    return drawn(t, draw_whole, (int64_t[]){(int64_t)w.base, (int64_t)w.range});
}

/* The bound of a range of floats: as given, or one float further in where the outermost value,
 * `inner`, rounds to or past it. `sign` is 1 for the upper bound, -1 for the lower one. */
static int64_t float_bound(int dtype, int64_t bound, int64_t inner, int sign)
{
    double value = dtype == REEL_F32 ? (double)(float)inner : (double)inner;
    if (!reeli_fits_i64(value) || (sign > 0 ? (int64_t)value < bound : (int64_t)value >= bound)) {
        return bound;
    }
    uint64_t magnitude = inner < 0 ? -(uint64_t)inner : (uint64_t)inner;
    int bits = reeli_bits(magnitude | 1);
    int digits = dtype == REEL_F32 ? FLT_MANT_DIG : DBL_MANT_DIG;
    int64_t spacing = (int64_t)1 << (bits > digits ? bits - digits : 0);
    return (int64_t)value - sign * spacing;
}

/* Floats hold all whole numbers up to 2^24 or 2^53 only. */
static void warn_if_sparse(reel *r, const char *what, int dtype, int64_t low, int64_t high)
{
    int digits = dtype == REEL_F32 ? FLT_MANT_DIG : DBL_MANT_DIG;
    int64_t limit = (int64_t)1 << digits;
    if (low < -limit || low > limit || high - 1 < -limit || high - 1 > limit) {
        reeli_warn(r, "%s: %s does not hold every whole number of [%lld, %lld)", what,
                   reel_dtype_name((reel_dtype)dtype), (long long)low, (long long)high);
    }
}

/* The range [low, high) for a dtype in *w; false, and an error, if it is empty or does not fit. */
static bool whole_range(reel *r, const char *what, int dtype, int64_t low, int64_t high, whole *w)
{
    if (reeli_is_float(dtype) && low < high) {
        warn_if_sparse(r, what, dtype, low, high);
        int64_t least = low + 1, most = high - 1;
        low = float_bound(dtype, low, least, -1);
        high = float_bound(dtype, high, most, 1);
    }
    if (low >= high) {
        reeli_error(r, REEL_ERR_VALUE, "%s: low %lld is not below high %lld", what, (long long)low,
                    (long long)high);
        return false;
    }
    if (dtype == REEL_BOOL && (low < 0 || high > 2)) {
        reeli_error(r, REEL_ERR_VALUE, "%s: [%lld, %lld) is out of range for bool", what,
                    (long long)low, (long long)high);
        return false;
    }
    *w = (whole){(uint64_t)low, (uint64_t)high - (uint64_t)low};
    return true;
}

reel_tensor *reel_randint(reel *r, reel_dtype dtype, int64_t low, int64_t high, int ndim,
                          const int64_t *size)
{
    whole w = {0, 1};
    if (r && !whole_range(r, "randint", (int)dtype, low, high, &w)) {
        return r->poison;
    }
    return fill_whole(reeli_factory(r, "randint", (int)dtype, ndim, size), w);
}

reel_tensor *reel_randint_like(reel_tensor *t, int64_t low, int64_t high)
{
    whole w = {0, 1};
    if (!reeli_usable("randint_like", t) ||
        !whole_range(t->r, "randint_like", t->dtype, low, high, &w)) {
        return reeli_poison_for(1, &t);
    }
    return fill_whole(reeli_factory_like(t, "randint_like"), w);
}

/* One of the places that are not settled yet, itself included: by one word, or by two where one
 * would favour some. */
int64_t reeli_partner(reeli_mt19937 *mt, int64_t n, int64_t i)
{
    const uint64_t left = (uint64_t)(n - i);
    return i + (int64_t)(n >= UINT32_MAX / 20 ? reeli_mt_next64(mt) % left
                                              : reeli_mt_next32(mt) % (uint32_t)left);
}

/* Where the partners are is known before the swaps, so that a large array's memory can be told
 * early. */
void reeli_permute(reeli_mt19937 *mt, int64_t *x, int64_t n)
{
    int64_t partner[32];
    const int64_t room = sizeof partner / sizeof *partner;
    for (int64_t first = 0; first + 1 < n; first += room) {
        const int64_t count = n - 1 - first < room ? n - 1 - first : room;
        for (int64_t i = 0; i < count; i++) {
            partner[i] = reeli_partner(mt, n, first + i);
            REELI_PREFETCH(&x[partner[i]]);
        }
        for (int64_t i = 0; i < count; i++) {
            const int64_t kept = x[first + i];
            x[first + i] = x[partner[i]];
            x[partner[i]] = kept;
        }
    }
}

static bool draw_permutation(const reeli_args *a)
{
    const int64_t n = a->t[0]->numel;
    int64_t *x = a->t[0]->data;
    for (int64_t i = 0; i < n; i++) {
        x[i] = i;
    }
    reeli_permute(&a->r->random, x, n);
    return true;
}

reel_tensor *reel_randperm(reel *r, int64_t n)
{
    return drawn(reeli_factory(r, "randperm", REEL_I64, 1, &n), draw_permutation, NULL);
}
