/* SPDX-License-Identifier: MIT */
/* LayerNorm, RMSNorm and BatchNorm1d. */
#include "capture.h"
#include "module.h"

#include <reel/normalization.h>

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
    static const reel_norm_options defaults = {0};
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

/* With a momentum of none PyTorch averages over all batches: the momentum is 1 / their number. */
static reel_tensor *batch_norm(reel_module *m, reel_tensor *const *in)
{
    const reel_tensor *x = in[0];
    if (x->ndim != 2 && x->ndim != 3) {
        return reeli_fail(x->r, REEL_ERR_SHAPE,
                          "BatchNorm1d: the input must have 2 or 3 dims, and is %s",
                          REELI_SHAPE_OF(x));
    }
    bool by_batch = m->training || !m->mean;
    reel_tensor *y =
        reel_batch_norm(in[0], m->mean, m->var, m->weight, m->bias, by_batch, m->p[1], m->p[0]);
    if (m->training && m->batches && !reeli_bad(y)) {
        reeli_do(count_batch, &(reeli_args){.r = x->r, .t = {m->batches}});
    }
    return y;
}

/* The running statistics: means of 0, variances of 1, no batches. */
static bool add_statistics(reel_module *m, reel_dtype dtype, int64_t features)
{
    m->mean = reeli_add_buffer(m, "running_mean", dtype, 0, 1, &features);
    m->var = m->mean ? reeli_add_buffer(m, "running_var", dtype, 1, 1, &features) : NULL;
    m->batches = m->var ? reeli_add_buffer(m, "num_batches_tracked", REEL_I64, 0, 0, NULL) : NULL;
    return m->batches;
}

reel_module *reel_nn_batch_norm1d(reel *r, int64_t features, const reel_norm_options *options)
{
    static const reel_norm_options defaults = {0};
    options = options ? options : &defaults;
    if (r && features < 1) {
        reeli_error(r, REEL_ERR_VALUE, "BatchNorm1d: %lld features; there must be at least one",
                    (long long)features);
        return NULL;
    }
    reel_module *m = reeli_module_new(r, "BatchNorm1d", 1, batch_norm);
    if (!m) {
        return NULL;
    }
    m->p[0] = options->eps != 0 ? options->eps : 1e-5;
    m->p[1] = options->momentum != 0 ? options->momentum : 0.1;
    bool sound = true;
    if (!options->no_affine) {
        m->weight = reeli_add_parameter(m, "weight", options->dtype, 1, 0, 1, &features);
        m->bias =
            m->weight ? reeli_add_parameter(m, "bias", options->dtype, 0, 0, 1, &features) : NULL;
        sound = m->bias;
    }
    return reeli_finished(
        m, sound && (options->no_running_stats || add_statistics(m, options->dtype, features)));
}
