/* SPDX-License-Identifier: MIT */
/* Layers with weights: Linear, Bilinear, Embedding, EmbeddingBag. */
#include "module.h"
#include "random.h"

#include <math.h>
#include <reel/autograd.h>
#include <reel/indexing.h>
#include <reel/linalg.h>
#include <string.h>

/* Sizes must be positive and the dtype floating. */
static bool sound_layer(reel *r, const char *name, int count, const int64_t *sizes,
                        reel_dtype dtype)
{
    bool sound = (unsigned)dtype <= REEL_F64;
    for (int i = 0; i < count; i++) {
        sound = sound && sizes[i] > 0;
    }
    if (r && !sound) {
        reeli_error(
            r, REEL_ERR_VALUE,
            "%s: %lld to %lld features of dtype %s; sizes must be positive, the dtype floating",
            name, (long long)sizes[0], (long long)sizes[count - 1], reel_dtype_name(dtype));
    }
    return r && sound;
}

static reel_tensor *linear(reel_module *m, reel_tensor *const *in)
{
    return reel_linear(in[0], m->weight, m->bias);
}

const reeli_member *reeli_rectified_linear(const reeli_member *e, reel_tensor **x)
{
    const reel_module *m = e->child, *next = e->next ? e->next->child : NULL;
    if (!m || m->compute != linear || !m->owned.alive || !next || !reeli_is_relu(next) ||
        !next->owned.alive || m->owned.r->anomaly || m->owned.r->tracing || reeli_bad(*x)) {
        return NULL;
    }
    *x = reel_linear_relu(*x, m->weight, m->bias);
    return e->next;
}

reel_module *reel_nn_linear_with(reel *r, int64_t in_features, int64_t out_features,
                                 const reel_linear_options *options)
{
    static const reel_linear_options defaults = {false, REEL_F32};
    options = options ? options : &defaults;
    if (!sound_layer(r, "Linear", 2, (int64_t[]){in_features, out_features}, options->dtype)) {
        return NULL;
    }
    reel_module *m = reeli_module_new(r, "Linear", 1, linear);
    if (!m) {
        return NULL;
    }
    /* kaiming_uniform with a = √5: the gain √(2/(1+5)) times √3 / √in is 1 / √in. */
    const double bound = sqrt(2.0 / 6.0) / sqrt((double)in_features) * sqrt(3.0);
    m->weight = reeli_add_parameter(m, "weight", options->dtype, 0, bound, 2,
                                    (int64_t[]){out_features, in_features});
    if (m->weight && !options->no_bias) {
        m->bias = reeli_add_parameter(m, "bias", options->dtype, 0, 1 / sqrt((double)in_features),
                                      1, (int64_t[]){out_features});
    }
    return reeli_finished(m, m->weight && (m->bias || options->no_bias));
}

reel_module *reel_nn_linear(reel *r, int64_t in_features, int64_t out_features)
{
    return reel_nn_linear_with(r, in_features, out_features, NULL);
}

static reel_tensor *bilinear(reel_module *m, reel_tensor *const *in)
{
    return reel_bilinear(in[0], in[1], m->weight, m->bias);
}

reel_module *reel_nn_bilinear(reel *r, int64_t in1_features, int64_t in2_features,
                              int64_t out_features, const reel_linear_options *options)
{
    static const reel_linear_options defaults = {false, REEL_F32};
    options = options ? options : &defaults;
    if (!sound_layer(r, "Bilinear", 3, (int64_t[]){in1_features, in2_features, out_features},
                     options->dtype)) {
        return NULL;
    }
    reel_module *m = reeli_module_new(r, "Bilinear", 2, bilinear);
    if (!m) {
        return NULL;
    }
    const double bound = 1 / sqrt((double)in1_features);
    m->weight = reeli_add_parameter(m, "weight", options->dtype, 0, bound, 3,
                                    (int64_t[]){out_features, in1_features, in2_features});
    if (m->weight && !options->no_bias) {
        m->bias =
            reeli_add_parameter(m, "bias", options->dtype, 0, bound, 1, (int64_t[]){out_features});
    }
    return reeli_finished(m, m->weight && (m->bias || options->no_bias));
}

static reel_tensor *embedding(reel_module *m, reel_tensor *const *in)
{
    return reel_embedding(in[0], m->weight, m->i[0]);
}

static reel_tensor *embedding_bag(reel_module *m, reel_tensor *const *in)
{
    return reel_embedding_bag(in[0], m->weight, (reel_bag)m->i[1], m->i[0], NULL);
}

static reel_module *make_embedding(reel *r, const char *name, reeli_compute compute, int64_t count,
                                   int64_t size, int64_t padding_idx, reel_dtype dtype)
{
    const bool padded = padding_idx != REEL_NO_PADDING;
    if (!sound_layer(r, name, 2, (int64_t[]){count, size}, dtype)) {
        return NULL;
    }
    if (padded && (padding_idx >= count || padding_idx < -count)) {
        reeli_error(r, REEL_ERR_VALUE, "%s: padding_idx %lld is none of its %lld rows", name,
                    (long long)padding_idx, (long long)count);
        return NULL;
    }
    reel_module *m = reeli_module_new(r, name, 1, compute);
    if (!m) {
        return NULL;
    }
    m->i[0] = padding_idx;
    m->weight = reeli_add_parameter(m, "weight", dtype, 0, 0, 2, (int64_t[]){count, size});
    if (m->weight) {
        reeli_fill_normal(m->weight, 0, 1);
    }
    if (m->weight && padded) {
        const size_t row = (size_t)size * reeli_element_size((int)dtype);
        const int64_t at = padding_idx < 0 ? padding_idx + count : padding_idx;
        memset((char *)m->weight->data + (size_t)at * row, 0, row);
    }
    return reeli_finished(m, m->weight != NULL);
}

reel_module *reel_nn_embedding(reel *r, int64_t count, int64_t size, int64_t padding_idx,
                               reel_dtype dtype)
{
    return make_embedding(r, "Embedding", embedding, count, size, padding_idx, dtype);
}

reel_module *reel_nn_embedding_bag(reel *r, int64_t count, int64_t size, reel_bag mode,
                                   int64_t padding_idx, reel_dtype dtype)
{
    if (r && (unsigned)mode > REEL_BAG_MAX) {
        reeli_error(r, REEL_ERR_VALUE, "EmbeddingBag: there is no mode %d", (int)mode);
        return NULL;
    }
    reel_module *m =
        make_embedding(r, "EmbeddingBag", embedding_bag, count, size, padding_idx, dtype);
    if (m) {
        m->i[1] = mode;
    }
    return m;
}
