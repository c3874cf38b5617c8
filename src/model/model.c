/* SPDX-License-Identifier: MIT */
/* A model's life: its network, and whether what it says of itself is true. */
#include "model.h"

#include <reel/init.h>
#include <reel/nn_layers.h>
#include <stdio.h>
#include <string.h>

const char *const reeli_activation_names[] = {
    "relu", "tanh",     "sigmoid", "gelu",      "silu",     "leaky_relu", "elu", "selu",
    "celu", "softplus", "mish",    "hardswish", "softsign", "relu6",      NULL};

int reeli_activation_of(const char *name)
{
    for (int i = 0; reeli_activation_names[i]; i++) {
        if (strcmp(reeli_activation_names[i], name) == 0) {
            return i;
        }
    }
    return -1;
}

/* In the order of the names. */
static reel_module *activation_new(reel *r, int activation)
{
    switch (activation) {
    case 0:
        return reel_nn_relu(r);
    case 1:
        return reel_nn_tanh(r);
    case 2:
        return reel_nn_sigmoid(r);
    case 3:
        return reel_nn_gelu(r);
    case 4:
        return reel_nn_silu(r);
    case 5:
        return reel_nn_leaky_relu(r, 0.01);
    case 6:
        return reel_nn_elu(r, 1);
    case 7:
        return reel_nn_selu(r);
    case 8:
        return reel_nn_celu(r, 1);
    case 9:
        return reel_nn_softplus(r, 1, 20);
    case 10:
        return reel_nn_mish(r);
    case 11:
        return reel_nn_hardswish(r);
    case 12:
        return reel_nn_softsign(r);
    default:
        return reel_nn_relu6(r);
    }
}

static bool refuse(reel *r, const char *what, const char *why)
{
    reeli_error(r, REEL_ERR_VALUE, "%s: %s", what, why);
    return false;
}

static bool check_options(reel *r, const char *what, const reel_model_options *o)
{
    if (o->hidden_count > REELI_MOST_HIDDEN || (o->hidden_count && !o->hidden)) {
        return refuse(r, what, "there are more than 16 hidden layers, or their sizes are NULL");
    }
    for (size_t i = 0; i < o->hidden_count; i++) {
        if (o->hidden[i] < 1 || o->hidden[i] > INT32_MAX) {
            return refuse(r, what, "a hidden layer has a size that none has");
        }
    }
    if (o->activation && reeli_activation_of(o->activation) < 0) {
        return refuse(r, what, "there is no activation of that name");
    }
    if (!(o->dropout >= 0 && o->dropout < 1)) {
        return refuse(r, what, "the share that is dropped out is none");
    }
    if (!(o->interval >= 0 && o->interval < 1) || !(o->half_width >= 0)) {
        return refuse(r, what, "the interval's share or width is none");
    }
    if (o->outputs < 0 || o->outputs > INT32_MAX) {
        return refuse(r, what, "there are less outputs than none, or more than there can be");
    }
    if (o->quantile_count > REELI_MOST_QUANTILES || (o->quantile_count && !o->quantiles)) {
        return refuse(r, what, "there are more than 32 quantiles, or they are NULL");
    }
    for (size_t i = 0; i < o->quantile_count; i++) {
        if (!(o->quantiles[i] > (i ? o->quantiles[i - 1] : 0) && o->quantiles[i] < 1)) {
            return refuse(r, what, "quantiles have to be between 0 and 1, in ascending order");
        }
    }
    return o->dtype == REEL_F32 || o->dtype == REEL_F64 ||
           refuse(r, what, "a model computes in float32 or float64");
}

static reel_module *layers_new(reel *r, int64_t width, const reel_model_options *o)
{
    reel_module *parts[3 * REELI_MOST_HIDDEN + 1];
    int count = 0, activation = o->activation ? reeli_activation_of(o->activation) : 0;
    reel_linear_options layer = {.dtype = o->dtype};
    for (size_t i = 0; i < o->hidden_count; i++) {
        parts[count++] = reel_nn_linear_with(r, width, o->hidden[i], &layer);
        parts[count++] = activation_new(r, activation);
        if (o->dropout > 0) {
            parts[count++] = reel_nn_dropout(r, o->dropout);
        }
        width = o->hidden[i];
    }
    int64_t outputs = o->outputs ? o->outputs : o->quantile_count ? (int64_t)o->quantile_count : 1;
    parts[count++] = reel_nn_linear_with(r, width, outputs, &layer);
    return reel_nn_sequential(r, parts, count);
}

reel_module *reel_model_network(reel *r, int64_t features, reel_model_options options)
{
    static const char what[] = "model_network";
    if (!r || !check_options(r, what, &options)) {
        return NULL;
    }
    reel_module *net = layers_new(r, features, &options);
    if (net && options.hidden_count == 0) {
        reel_tensor_list parameters = reel_parameters(net);
        for (size_t i = 0; i < parameters.count; i++) {
            reel_init_constant(parameters.tensors[i], 0);
        }
    }
    return net;
}

static void destroy(reeli_owned *it)
{
    reel_model *m = (reel_model *)it;
    reeli_unwatch(&m->watch[0]);
    reeli_unwatch(&m->watch[1]);
    reeli_buffer_free(it->r, &m->training);
    reeli_buffer_free(it->r, &m->made);
    if (m->x) {
        reeli_let_go(m->x);
    }
}

reel_model *reeli_model_begin(reel *r, const char *what)
{
    reel_model *m = reeli_own(r, "model", sizeof *m, destroy);
    if (!m) {
        reeli_no_memory(r, what);
    }
    return m;
}

bool reeli_model_set_training(reel_model *m, const char *json, size_t length)
{
    if (!reeli_buffer_reserve(m->owned.r, &m->training, length + 1)) {
        reeli_no_memory(m->owned.r, "model");
        return false;
    }
    memcpy(m->training.data, json, length);
    ((char *)m->training.data)[length] = '\0';
    m->training.count = length;
    return true;
}

reel_model_options reel_model_about(const reel_model *m)
{
    if (!REELI_ALIVE(m, "model_about")) {
        return (reel_model_options){0};
    }
    return (reel_model_options){.hidden = m->hidden,
                                .hidden_count = m->hidden_count,
                                .activation = reeli_activation_names[m->activation],
                                .dropout = m->dropout,
                                .dtype = m->dtype,
                                .no_intercept = m->no_intercept,
                                .interval = m->interval,
                                .half_width = m->half_width,
                                .training = m->training.data,
                                .outputs = m->outputs,
                                .quantiles = m->quantiles,
                                .quantile_count = m->quantile_count};
}

/* Whether the tensor of this name is (rows, columns), or (rows) if columns is 0. */
static bool tensor_is(int (*shape)(void *context, const char *name, int64_t *size), void *context,
                      const char *name, int64_t rows, int64_t columns)
{
    int64_t size[REEL_MAX_DIMS] = {0};
    return shape(context, name, size) == (columns ? 2 : 1) && size[0] == rows &&
           (!columns || size[1] == columns);
}

bool reeli_model_settle(reel_model *m)
{
    int64_t classes = (int64_t)reel_encoder_classes(m->encoder);
    int64_t quantiles = (int64_t)m->quantile_count, outputs = classes ? classes : quantiles;
    outputs = outputs ? outputs : 1;
    bool fits = (!m->outputs || m->outputs == outputs) && !(classes && quantiles) &&
                !(classes && m->interval > 0) &&
                (!quantiles || reel_encoder_transform(m->encoder) <= REEL_TRANSFORM_SQRT);
    m->outputs = outputs;
    return fits;
}

bool reeli_model_fits(const reel_model *m, size_t tensors,
                      int (*shape)(void *context, const char *name, int64_t *size), void *context)
{
    int64_t width = (int64_t)reel_encoder_features(m->encoder);
    size_t place = 0, step = m->dropout > 0 ? 3 : 2;
    for (size_t i = 0; i <= m->hidden_count; i++, place += step) {
        int64_t size = i < m->hidden_count ? m->hidden[i] : m->outputs;
        char weight[32], bias[32];
        snprintf(weight, sizeof weight, "%zu.weight", place);
        snprintf(bias, sizeof bias, "%zu.bias", place);
        if (!tensor_is(shape, context, weight, size, width) ||
            !tensor_is(shape, context, bias, size, 0)) {
            return false;
        }
        width = size;
    }
    return tensors == 2 * (m->hidden_count + 1);
}

bool reeli_model_usable(const reel_model *m, const char *what)
{
    if (!REELI_ALIVE(m, what)) {
        return false;
    }
    if (m->lost) {
        reeli_error(m->owned.r, REEL_ERR_OWNER, "%s: the model's encoder or network has been freed",
                    what);
    }
    return !m->lost;
}

bool reeli_model_finish(reel_model *m)
{
    reel *r = m->owned.r;
    int64_t size[] = {REELI_MODEL_ROWS, (int64_t)reel_encoder_features(m->encoder)};
    if (!m->net) {
        m->net = reel_model_network(r, size[1], reel_model_about(m));
    }
    size_t row = m->encoder->base + m->encoder->features, outputs = (size_t)m->outputs;
    size_t most = row > outputs ? row : outputs;
    if (!reeli_buffer_reserve(r, &m->made, most * sizeof(double))) {
        reeli_no_memory(r, "model");
        return false;
    }
    m->x = m->net ? reeli_create_part(r, "model", (int)m->dtype, 2, size) : NULL;
    if (!m->x) {
        return false;
    }
    reeli_watch_for(&m->encoder->owned, &m->watch[0], &m->lost);
    reeli_watch_for((reeli_owned *)(void *)m->net, &m->watch[1],
                    &m->lost); /* which it begins with */
    return true;
}

static int module_shape(void *net, const char *name, int64_t *size)
{
    const reel_tensor *t = reel_parameter(net, name);
    int dims = t ? reel_ndim(t) : -1;
    for (int i = 0; i < dims; i++) {
        size[i] = reel_size(t, i);
    }
    return dims;
}

/* The options, which have been checked, as the model's own. */
static bool take_options(reel_model *m, const reel_model_options *o)
{
    for (size_t i = 0; i < o->hidden_count; i++) {
        m->hidden[i] = o->hidden[i];
    }
    m->hidden_count = o->hidden_count;
    m->activation = o->activation ? reeli_activation_of(o->activation) : 0;
    m->dropout = o->dropout;
    m->dtype = o->dtype;
    m->no_intercept = o->no_intercept;
    m->interval = o->interval;
    m->half_width = o->half_width;
    m->outputs = o->outputs;
    m->quantile_count = o->quantile_count;
    for (size_t i = 0; i < o->quantile_count; i++) {
        m->quantiles[i] = o->quantiles[i];
    }
    return !o->training || reeli_model_set_training(m, o->training, strlen(o->training));
}

reel_model *reel_model_new(reel *r, reel_encoder *encoder, reel_module *network,
                           reel_model_options options)
{
    static const char what[] = "model_new";
    if (!r || !REELI_ALIVE(encoder, what) || !check_options(r, what, &options)) {
        return NULL;
    }
    const reeli_owned *net = (const reeli_owned *)(const void *)network;
    if (net && !net->alive) {
        reeli_tell_freed(net, what);
        return NULL;
    }
    if (encoder->owned.r != r || (net && net->r != r)) {
        reeli_error(r, REEL_ERR_OWNER, "%s: the encoder or the network is another reel's", what);
        return NULL;
    }
    reel_model *m = reeli_model_begin(r, what);
    if (!m || !take_options(m, &options)) {
        reel_model_free(m);
        return NULL;
    }
    m->encoder = encoder;
    m->net = network;
    if (!reeli_model_settle(m)) {
        reeli_error(r, REEL_ERR_SHAPE,
                    "%s: the outputs are other than the target's classes or the quantiles", what);
        reel_model_free(m);
        return NULL;
    }
    if (network && !reeli_model_fits(m, reel_parameters(network).count, module_shape, network)) {
        reeli_error(r, REEL_ERR_SHAPE, "%s: the network's layers have other sizes", what);
        reel_model_free(m);
        return NULL;
    }
    if (!reeli_model_finish(m)) {
        reel_model_free(m);
        return NULL;
    }
    return m;
}

reel_encoder *reel_model_encoder(const reel_model *m)
{
    return reeli_model_usable(m, "model_encoder") ? m->encoder : NULL;
}

reel_module *reel_model_net(const reel_model *m)
{
    return reeli_model_usable(m, "model_net") ? m->net : NULL;
}

void reel_model_free(reel_model *m)
{
    if (REELI_ALIVE(m, "model_free")) {
        reeli_free_handle(&m->owned, "model_free");
    }
}
