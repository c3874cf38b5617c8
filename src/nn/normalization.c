/* SPDX-License-Identifier: MIT */
/* LayerNorm, RMSNorm, BatchNorm, InstanceNorm, GroupNorm. */
#include "capture.h"
#include "module.h"

#include <reel/normalization.h>
#include <reel/views.h>

static const reel_norm_options defaults = {0};

static reel_tensor *layer_norm(reel_module *m, reel_tensor *const *in)
{
    return reel_layer_norm(in[0], m->dims, m->i, m->weight, m->bias, m->p[0]);
}

static reel_tensor *rms_norm(reel_module *m, reel_tensor *const *in)
{
    return reel_rms_norm(in[0], m->dims, m->i, m->weight, m->p[0]);
}

/* A norm over the last dims, weighted or not, with a bias if `biased`. */
static reel_module *over_shape(reel *r, const char *name, reeli_compute compute, int ndim,
                               const int64_t *shape, const reel_norm_options *options, bool biased)
{
    options = options ? options : &defaults;
    if (!r || !reeli_check_shape(r, name, ndim, shape)) {
        return NULL;
    }
    reel_module *m = reeli_module_new(r, name, 1, compute);
    if (!m) {
        return NULL;
    }
    m->p[0] = options->eps != 0 || !biased ? options->eps : 1e-5;
    m->dims = ndim;
    for (int d = 0; d < ndim; d++) {
        m->i[d] = shape[d];
    }
    if (options->no_affine) {
        return m;
    }
    m->weight = reeli_add_parameter(m, "weight", options->dtype, 1, 0, ndim, shape);
    bool sound = m->weight;
    if (sound && biased) {
        m->bias = reeli_add_parameter(m, "bias", options->dtype, 0, 0, ndim, shape);
        sound = m->bias;
    }
    return reeli_finished(m, sound);
}

reel_module *reel_nn_layer_norm(reel *r, int ndim, const int64_t *normalized_shape,
                                const reel_norm_options *options)
{
    return over_shape(r, "LayerNorm", layer_norm, ndim, normalized_shape, options, true);
}

reel_module *reel_nn_rms_norm(reel *r, int ndim, const int64_t *normalized_shape,
                              const reel_norm_options *options)
{
    return over_shape(r, "RMSNorm", rms_norm, ndim, normalized_shape, options, false);
}

static bool count_batch(const reeli_args *a)
{
    *(int64_t *)a->t[0]->data += 1;
    return true;
}

/* As many dims as the name says, and for instance norm also without a batch. */
static bool has_dims(const reel_module *m, const reel_tensor *x, int least)
{
    if (x->ndim < least || x->ndim > m->dims + 2) {
        reeli_error(x->r, REEL_ERR_SHAPE, "%s: the input must have %d %s%d dims, and is %s",
                    m->name, least, least == m->dims + 2 ? "to " : "or ", m->dims + 2,
                    REELI_SHAPE_OF(x));
        return false;
    }
    return true;
}

/* With a momentum of none PyTorch averages over all batches: the momentum is 1 / their number. */
static reel_tensor *batch_norm(reel_module *m, reel_tensor *const *in)
{
    const reel_tensor *x = in[0];
    if (!has_dims(m, x, m->dims == 1 ? 2 : m->dims + 2)) {
        return x->r->poison;
    }
    bool by_batch = m->training || !m->mean;
    reel_tensor *y =
        reel_batch_norm(in[0], m->mean, m->var, m->weight, m->bias, by_batch, m->p[1], m->p[0]);
    if (m->training && m->batches && !reeli_bad(y)) {
        reeli_do(count_batch, &(reeli_args){.r = x->r, .t = {m->batches}});
    }
    return y;
}

static reel_tensor *instance_norm(reel_module *m, reel_tensor *const *in)
{
    reel_tensor *x = in[0];
    if (!has_dims(m, x, m->dims + 1)) {
        return x->r->poison;
    }
    const bool alone = x->ndim == m->dims + 1;
    x = alone ? reel_unsqueeze(x, 0) : x;
    reel_tensor *y = reel_instance_norm(x, m->mean, m->var, m->weight, m->bias,
                                        m->training || !m->mean, m->p[1], m->p[0]);
    return alone ? reel_squeeze(y, 0) : y;
}

static reel_tensor *group_norm(reel_module *m, reel_tensor *const *in)
{
    return reel_group_norm(in[0], m->i[0], m->weight, m->bias, m->p[0]);
}

/* The running statistics: means of 0, variances of 1, no batches. */
static bool add_statistics(reel_module *m, reel_dtype dtype, int64_t features)
{
    m->mean = reeli_add_buffer(m, "running_mean", dtype, 0, 1, &features);
    m->var = m->mean ? reeli_add_buffer(m, "running_var", dtype, 1, 1, &features) : NULL;
    m->batches = m->var ? reeli_add_buffer(m, "num_batches_tracked", REEL_I64, 0, 0, NULL) : NULL;
    return m->batches;
}

/* Weights of 1 and biases of 0, and running statistics, where they are wanted. */
static reel_module *by_channel(reel *r, const char *name, int dims, int64_t channels,
                               reeli_compute compute, const reel_norm_options *o, bool affine,
                               bool statistics)
{
    if (r && channels < 1) {
        reeli_error(r, REEL_ERR_VALUE, "%s: %lld channels; there must be at least one", name,
                    (long long)channels);
        return NULL;
    }
    if (r && (unsigned)o->dtype > REEL_F64) { /* of running statistics as of parameters */
        reeli_error(r, REEL_ERR_DTYPE, "%s: it is float32 or float64, not %s", name,
                    reel_dtype_name(o->dtype));
        return NULL;
    }
    reel_module *m = reeli_module_new(r, name, 1, compute);
    if (!m) {
        return NULL;
    }
    m->dims = dims;
    m->p[0] = o->eps != 0 ? o->eps : 1e-5;
    m->p[1] = o->momentum != 0 ? o->momentum : 0.1;
    if (affine) {
        m->weight = reeli_add_parameter(m, "weight", o->dtype, 1, 0, 1, &channels);
        m->bias = m->weight ? reeli_add_parameter(m, "bias", o->dtype, 0, 0, 1, &channels) : NULL;
    }
    return reeli_finished(m, (!affine || m->bias) &&
                                 (!statistics || add_statistics(m, o->dtype, channels)));
}

#define BATCH_NORM(make, Name, dims)                                                               \
    reel_module *make(reel *r, int64_t features, const reel_norm_options *options)                 \
    {                                                                                              \
        const reel_norm_options *o = options ? options : &defaults;                                \
        return by_channel(r, #Name, dims, features, batch_norm, o, !o->no_affine,                  \
                          !o->no_running_stats);                                                   \
    }
BATCH_NORM(reel_nn_batch_norm1d, BatchNorm1d, 1)
BATCH_NORM(reel_nn_batch_norm2d, BatchNorm2d, 2)
BATCH_NORM(reel_nn_batch_norm3d, BatchNorm3d, 3)

#define INSTANCE_NORM(make, Name, dims)                                                            \
    reel_module *make(reel *r, int64_t features, const reel_norm_options *options)                 \
    {                                                                                              \
        const reel_norm_options *o = options ? options : &defaults;                                \
        return by_channel(r, #Name, dims, features, instance_norm, o, o->affine,                   \
                          o->running_stats);                                                       \
    }
INSTANCE_NORM(reel_nn_instance_norm1d, InstanceNorm1d, 1)
INSTANCE_NORM(reel_nn_instance_norm2d, InstanceNorm2d, 2)
INSTANCE_NORM(reel_nn_instance_norm3d, InstanceNorm3d, 3)

reel_module *reel_nn_group_norm(reel *r, int64_t groups, int64_t channels,
                                const reel_norm_options *options)
{
    const reel_norm_options *o = options ? options : &defaults;
    if (r && (groups < 1 || channels % groups != 0)) {
        reeli_error(r, REEL_ERR_VALUE, "GroupNorm: %lld channels do not fall into %lld groups",
                    (long long)channels, (long long)groups);
        return NULL;
    }
    reel_module *m = by_channel(r, "GroupNorm", 0, channels, group_norm, o, !o->no_affine, false);
    if (m) {
        m->i[0] = groups;
    }
    return m;
}
