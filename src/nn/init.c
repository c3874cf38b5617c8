/* SPDX-License-Identifier: MIT */
/* Initial values: PyTorch's torch.nn.init. Written past the tape, and noted as writes. */
#include "module.h"
#include "random.h"

#include <math.h>
#include <reel/autograd.h>
#include <reel/decompositions.h>
#include <reel/elementwise.h>
#include <reel/init.h>
#include <reel/views.h>

/* Whether t can be initialised: a contiguous floating leaf of at least `dims` dims. */
static bool may_init(const char *what, reel_tensor *t, int dims)
{
    if (!reeli_usable(what, t) || REELI_REFUSE(t->r, what, "a tensor cannot be initialised")) {
        return false;
    }
    if (!reeli_is_float(t->dtype) || !(t->flags & REELI_CONTIGUOUS) || t->node || t->ndim < dims) {
        reeli_error(t->r, REEL_ERR_VALUE,
                    "%s: a %s tensor of shape %s cannot be initialised: it must be a floating, "
                    "contiguous leaf of at least %d dims",
                    what, reel_dtype_name(t->dtype), REELI_SHAPE_OF(t), dims);
        return false;
    }
    return true;
}

static reel_tensor *done(reel_tensor *t, bool sound)
{
    if (sound) {
        t->base->version++;
        return t;
    }
    return reeli_poison_for(1, &t);
}

reel_tensor *reel_init_constant(reel_tensor *t, double value)
{
    bool sound = may_init("init.constant_", t, 0);
    if (sound) {
        reeli_fill(t, value);
    }
    return done(t, sound);
}

reel_tensor *reel_init_uniform(reel_tensor *t, double a, double b)
{
    bool sound = may_init("init.uniform_", t, 0);
    if (sound) {
        reeli_fill_uniform(t, a, b);
    }
    return done(t, sound);
}

reel_tensor *reel_init_normal(reel_tensor *t, double mean, double std)
{
    bool sound = may_init("init.normal_", t, 0);
    if (sound) {
        reeli_fill_normal(t, mean, std);
    }
    return done(t, sound);
}

reel_tensor *reel_init_eye(reel_tensor *t)
{
    bool sound = may_init("init.eye_", t, 2);
    if (sound && t->ndim != 2) {
        reeli_error(t->r, REEL_ERR_SHAPE, "init.eye_: a tensor of shape %s is no matrix",
                    REELI_SHAPE_OF(t));
        sound = false;
    }
    if (sound) {
        reeli_fill(t, 0);
        for (int64_t i = 0; i < t->size[0] && i < t->size[1]; i++) {
            reeli_store(t, i * t->size[1] + i, 1);
        }
    }
    return done(t, sound);
}

/* Inputs and outputs of a weight (out, in, …): the dims after the second multiply both. */
static void fans(const reel_tensor *t, double *in, double *out)
{
    double field = 1;
    for (int d = 2; d < t->ndim; d++) {
        field *= (double)t->size[d];
    }
    *in = (double)t->size[1] * field;
    *out = (double)t->size[0] * field;
}

reel_tensor *reel_init_xavier_uniform(reel_tensor *t, double gain)
{
    if (!may_init("init.xavier_uniform_", t, 2)) {
        return done(t, false);
    }
    double in, out;
    fans(t, &in, &out);
    const double bound = sqrt(3.0) * (gain * sqrt(2.0 / (in + out)));
    return reel_init_uniform(t, -bound, bound);
}

reel_tensor *reel_init_xavier_normal(reel_tensor *t, double gain)
{
    if (!may_init("init.xavier_normal_", t, 2)) {
        return done(t, false);
    }
    double in, out;
    fans(t, &in, &out);
    return reel_init_normal(t, 0, gain * sqrt(2.0 / (in + out)));
}

double reel_init_gain(reel_nonlinearity nonlinearity, double slope)
{
    switch (nonlinearity) {
    case REEL_GAIN_TANH:
        return 5.0 / 3;
    case REEL_GAIN_RELU:
        return sqrt(2.0);
    case REEL_GAIN_SELU:
        return 3.0 / 4;
    case REEL_GAIN_LEAKY_RELU:
        return sqrt(2.0 / (1 + slope * slope));
    case REEL_GAIN_LINEAR:
    default:
        return 1;
    }
}

/* gain / √fan. */
static double kaiming_std(const reel_tensor *t, double a, reel_fan_mode mode,
                          reel_nonlinearity nonlinearity)
{
    double in, out;
    fans(t, &in, &out);
    return reel_init_gain(nonlinearity, a) / sqrt(mode == REEL_FAN_OUT ? out : in);
}

reel_tensor *reel_init_kaiming_uniform(reel_tensor *t, double a, reel_fan_mode mode,
                                       reel_nonlinearity nonlinearity)
{
    if (!may_init("init.kaiming_uniform_", t, 2)) {
        return done(t, false);
    }
    const double bound = sqrt(3.0) * kaiming_std(t, a, mode, nonlinearity);
    return reel_init_uniform(t, -bound, bound);
}

reel_tensor *reel_init_kaiming_normal(reel_tensor *t, double a, reel_fan_mode mode,
                                      reel_nonlinearity nonlinearity)
{
    return may_init("init.kaiming_normal_", t, 2)
               ? reel_init_normal(t, 0, kaiming_std(t, a, mode, nonlinearity))
               : done(t, false);
}

/* Q of a normal matrix, with the signs that make it one of all rotations alike. */
static reel_tensor *orthogonal(reel_tensor *t, double gain)
{
    const int64_t rows = t->size[0], columns = t->numel / rows;
    reel_tensor *flat =
        reeli_empty(t->r, "init.orthogonal_", t->dtype, 2, (int64_t[]){rows, columns});
    if (reeli_bad(flat)) {
        return flat;
    }
    reeli_fill_normal(flat, 0, 1);
    const reel_qr f = reel_linalg_qr(rows < columns ? reel_transpose(flat, 0, 1) : flat);
    reel_tensor *q = reel_mul(f.q, reel_sign(reel_diagonal(f.r, 0, 0, 1)));
    q = reel_mul_scalar(rows < columns ? reel_transpose(q, 0, 1) : q, gain);
    return reel_reshape(q, t->ndim, t->size);
}

reel_tensor *reel_init_orthogonal(reel_tensor *t, double gain)
{
    bool sound = may_init("init.orthogonal_", t, 2);
    if (sound && t->numel > 0) {
        const bool was = reel_set_grad_enabled(t->r, false);
        reel_tensor *q = orthogonal(t, gain);
        reel_set_grad_enabled(t->r, was);
        sound = !reeli_bad(q);
        if (sound) {
            reeli_copy(t, q);
        }
    }
    return done(t, sound);
}

reel_tensor *reel_init_dirac(reel_tensor *t, int64_t groups)
{
    bool sound = may_init("init.dirac_", t, 3);
    if (sound && (t->ndim > 5 || groups < 1 || t->size[0] % groups != 0)) {
        reeli_error(t->r, REEL_ERR_VALUE,
                    "init.dirac_: a tensor of shape %s in %lld groups; it has 3 to 5 dims, and "
                    "groups divide the first",
                    REELI_SHAPE_OF(t), (long long)groups);
        sound = false;
    }
    if (sound && t->numel > 0) {
        const int64_t outputs = t->size[0] / groups, inputs = t->size[1];
        int64_t middle = 0, volume = 1;
        for (int d = 2; d < t->ndim; d++) {
            middle = middle * t->size[d] + t->size[d] / 2;
            volume *= t->size[d];
        }
        reeli_fill(t, 0);
        for (int64_t o = 0; o < t->size[0]; o++) {
            if (o % outputs < inputs) {
                reeli_store(t, (o * inputs + o % outputs) * volume + middle, 1);
            }
        }
    }
    return done(t, sound);
}

/* A normal distribution between two bounds. */
typedef struct truncated {
    double mean, std, low, high;
    double peak; /* the logarithm of the largest density within, less that at the mean */
    reel_tensor *t, *drawn, *chance;
} truncated;

/* Draws all once more, and keeps of those what takes the place of one outside; how many those
 * are. */
static int64_t draw_outside_again(const truncated *d, bool first)
{
    int64_t outside = 0;
    reeli_fill_normal(first ? d->t : d->drawn, d->mean, d->std);
    for (int64_t i = 0; i < d->t->numel; i++) {
        const double x = reeli_load(d->t, i);
        if (x < d->low || x > d->high) {
            reeli_store(d->t, i, reeli_load(first ? d->t : d->drawn, i));
            const double now = reeli_load(d->t, i);
            outside += now < d->low || now > d->high;
        }
    }
    return outside;
}

/* Whether a uniform number is taken for a normal one, by another as its chance: in t's dtype. */
static bool is_refused(const truncated *d, double x, double chance)
{
    if (d->t->dtype == REEL_F64) {
        const double z = (x - d->mean) / d->std;
        return log(chance) > z * z * -0.5 - d->peak;
    }
    const float z = ((float)x - (float)d->mean) / (float)d->std;
    return logf((float)chance) > z * z * -0.5F - (float)d->peak;
}

/* The same of uniform numbers, of which more are within where the bounds are far out. The refused
 * are NaN until they are drawn again. */
static int64_t draw_refused_again(const truncated *d, bool first)
{
    int64_t refused = 0;
    reeli_fill_uniform(d->drawn, d->low, d->high);
    reeli_fill_uniform(d->chance, 0, 1);
    for (int64_t i = 0; i < d->t->numel; i++) {
        const double x = reeli_load(d->drawn, i);
        if (first || isnan(reeli_load(d->t, i))) {
            const bool again = is_refused(d, x, reeli_load(d->chance, i));
            reeli_store(d->t, i, again ? (double)NAN : x);
            refused += again;
        }
    }
    return refused;
}

static double below(double x) { return (1 + erf(x / sqrt(2.0))) / 2; }

static bool truncate_normal(truncated *d)
{
    const double likely = below((d->high - d->mean) / d->std) - below((d->low - d->mean) / d->std);
    const double mode = fmax(d->low, fmin(d->mean, d->high)), z = (mode - d->mean) / d->std;
    d->peak = -0.5 * z * z;
    d->drawn = reeli_empty_like(d->t, "init.trunc_normal_", d->t->dtype);
    d->chance = reeli_empty_like(d->t, "init.trunc_normal_", d->t->dtype);
    if (reeli_bad(d->drawn) || reeli_bad(d->chance)) {
        return false;
    }
    int64_t (*const draw)(const truncated *, bool) =
        likely > 0.3 ? draw_outside_again : draw_refused_again;
    if (d->t->dtype == REEL_F32) {
        d->low = likely > 0.3 ? (double)(float)d->low : d->low;
        d->high = likely > 0.3 ? (double)(float)d->high : d->high;
    }
    enum { MOST_ROUNDS = 10000 };
    int64_t left = draw(d, true);
    for (int round = 0; left > 0 && round < MOST_ROUNDS; round++) {
        left = draw(d, false);
    }
    if (left > 0) {
        reeli_error(d->t->r, REEL_ERR_VALUE,
                    "init.trunc_normal_: hardly any number lies within [%g, %g] about %g with a "
                    "deviation of %g",
                    d->low, d->high, d->mean, d->std);
    }
    return left == 0;
}

reel_tensor *reel_init_trunc_normal(reel_tensor *t, double mean, double std, double low,
                                    double high)
{
    bool sound = may_init("init.trunc_normal_", t, 0);
    if (sound && !(std > 0 && low < high)) {
        reeli_error(t->r, REEL_ERR_VALUE,
                    "init.trunc_normal_: a deviation of %g within [%g, %g]; it must be positive, "
                    "and the second bound above the first",
                    std, low, high);
        sound = false;
    }
    sound = sound && truncate_normal(&(truncated){mean, std, low, high, 0, t, NULL, NULL});
    return done(t, sound);
}

/* The zeros of a column: the first of its rows in an order of its own. */
static bool clear_column(reel_tensor *t, int64_t column, int64_t zeros)
{
    reel_tensor *order = reel_randperm(t->r, t->size[0]);
    if (reeli_bad(order)) {
        return false;
    }
    const int64_t *row = order->data;
    for (int64_t i = 0; i < zeros; i++) {
        reeli_store(t, row[i] * t->size[1] + column, 0);
    }
    reel_tensor_free(order);
    return true;
}

reel_tensor *reel_init_sparse(reel_tensor *t, double sparsity, double std)
{
    bool sound = may_init("init.sparse_", t, 2);
    if (sound && (t->ndim != 2 || !(sparsity >= 0 && sparsity <= 1))) {
        reeli_error(t->r, REEL_ERR_VALUE,
                    "init.sparse_: a tensor of shape %s and a part of %g; it must be a matrix, and "
                    "the part from 0 to 1",
                    REELI_SHAPE_OF(t), sparsity);
        sound = false;
    }
    if (sound) {
        reeli_fill_normal(t, 0, std);
        const int64_t zeros = (int64_t)ceil(sparsity * (double)t->size[0]);
        for (int64_t column = 0; sound && column < t->size[1] && t->numel > 0; column++) {
            sound = clear_column(t, column, zeros);
        }
    }
    return done(t, sound);
}
