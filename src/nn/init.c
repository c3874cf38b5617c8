/* SPDX-License-Identifier: MIT */
/* Initial values: PyTorch's torch.nn.init. Written past the tape, and noted as writes. */
#include "module.h"
#include "random.h"

#include <math.h>
#include <reel/init.h>

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
