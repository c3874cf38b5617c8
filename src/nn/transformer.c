/* SPDX-License-Identifier: MIT */
/* A layer of a transformer's encoder, made of attention, two products and two norms. */
#include "module.h"

#include <math.h>
#include <reel/activation.h>
#include <reel/attention.h>
#include <reel/elementwise.h>
#include <reel/random.h>

enum { GELU = 0, NORM_FIRST = 1 };

static reel_tensor *dropped(const reel_module *m, reel_tensor *x)
{
    return m->p[0] > 0 ? reel_dropout(x, m->p[0], m->training) : x;
}

static reel_tensor *child(const reel_module *m, const char *name, reel_tensor *x)
{
    return reel_forward(reel_module_child(m, name), x);
}

static reel_tensor *attend(const reel_module *m, reel_tensor *x, reel_multihead_call masks)
{
    reel_module *attention = reel_module_child(m, "self_attn");
    return dropped(m, reel_forward_attention(attention, x, x, x, masks).output);
}

static reel_tensor *feed(const reel_module *m, reel_tensor *x)
{
    reel_tensor *wide = child(m, "linear1", x);
    wide = m->i[GELU] ? reel_gelu(wide) : reel_relu(wide);
    return dropped(m, child(m, "linear2", dropped(m, wide)));
}

static reel_tensor *encode(const reel_module *m, reel_tensor *x, reel_multihead_call masks)
{
    if (m->i[NORM_FIRST]) {
        x = reel_add(x, attend(m, child(m, "norm1", x), masks));
        return reel_add(x, feed(m, child(m, "norm2", x)));
    }
    x = child(m, "norm1", reel_add(x, attend(m, x, masks)));
    return child(m, "norm2", reel_add(x, feed(m, x)));
}

static reel_tensor *without_masks(reel_module *m, reel_tensor *const *in)
{
    return encode(m, in[0], (reel_multihead_call){0});
}

reel_tensor *reel_forward_encoder(reel_module *module, reel_tensor *x, reel_multihead_call masks)
{
    if (!REELI_ALIVE(module, "forward_encoder")) {
        return module ? module->owned.r->poison : NULL;
    }
    if (module->compute != without_masks) {
        return reeli_fail(module->owned.r, REEL_ERR_VALUE, "forward_encoder: %s is no such module",
                          module->name);
    }
    return reeli_usable_as(module->owned.r, module->name, "its input", x) ? encode(module, x, masks)
                                                                          : module->owned.r->poison;
}

/* A part that could not be made has said why; one that m cannot take goes. */
static bool add(reel_module *m, const char *name, reel_module *part)
{
    if (part && !reeli_add_child(m, name, part)) {
        reel_module_free(part);
        return false;
    }
    return part != NULL;
}

reel_module *reel_nn_transformer_encoder_layer(reel *r, int64_t d_model, int64_t nhead,
                                               const reel_transformer_options *options)
{
    static const reel_transformer_options defaults = {0};
    const reel_transformer_options *o = options ? options : &defaults;
    const double dropout = o->dropout == 0 && !signbit(o->dropout) ? 0.1 : o->dropout;
    const int64_t wide = o->dim_feedforward ? o->dim_feedforward : 2048;
    const reel_multihead_options heads = {
        .dropout = dropout, .batch_first = o->batch_first, .dtype = o->dtype};
    const reel_linear_options like = {.dtype = o->dtype};
    const reel_norm_options norm = {.eps = o->eps, .dtype = o->dtype};
    reel_module *m = reeli_module_new(r, "TransformerEncoderLayer", 1, without_masks);
    if (!m) {
        return NULL;
    }
    m->p[0] = dropout;
    m->i[GELU] = o->gelu;
    m->i[NORM_FIRST] = o->norm_first;
    const bool sound =
        add(m, "self_attn", reel_nn_multihead_attention(r, d_model, nhead, &heads)) &&
        add(m, "linear1", reel_nn_linear_with(r, d_model, wide, &like)) &&
        add(m, "linear2", reel_nn_linear_with(r, wide, d_model, &like)) &&
        add(m, "norm1", reel_nn_layer_norm(r, 1, &d_model, &norm)) &&
        add(m, "norm2", reel_nn_layer_norm(r, 1, &d_model, &norm));
    return reeli_finished(m, sound);
}
