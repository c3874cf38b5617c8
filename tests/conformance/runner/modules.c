/* SPDX-License-Identifier: MIT */
/* Modules: made once, given the case's parameters, which are leaves after its arguments. */
#include "binding.h"

#include <string.h>

/* The parameters as leaves, in the order of the case's `state`; when the module is new it is given
 * their values first. */
static reel_module *with_state(call *c, reel_module *m, bool new)
{
    source *s = c->from;
    const char *name;
    json_t *it;
    json_object_foreach(json_object_get(c->it, "state"), name, it)
    {
        value v = {.kind = NONE};
        reel_tensor *own = m ? reel_parameter(m, name) : NULL;
        const size_t leaves = s->leaves;
        if (!own || s->leaves == MAX_LEAVES || (new && !value_read(s, it, &v))) {
            because(&c->refused, "the module has no %s, or that cannot be read", name);
            return NULL;
        }
        if (new) {
            const bool was = reel_set_grad_enabled(c->r, false);
            reel_copy_(own, v.tensor);
            reel_set_grad_enabled(c->r, was);
        }
        s->leaves = leaves;
        s->leaf[s->leaves++] = own;
    }
    return m;
}

static reel_dtype dtype_of_case(const call *c)
{
    const char *dtype = json_string_value(json_object_get(c->it, "dtype"));
    return dtype && strcmp(dtype, "float64") == 0 ? REEL_F64 : REEL_F32;
}

typedef reel_module *(*maker)(reel *r, int64_t input_size, int64_t hidden_size,
                              const reel_rnn_options *options);

#define LAYER_OPTIONS                                                                              \
    "input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, proj_size, "  \
    "nonlinearity"

/* The options are the parameters from `at` on. PyTorch's 0 layers are refused; C's 0 is the
 * default. */
static reel_module *recurrent(call *c, maker make, int at)
{
    const char *function = TEXT_OF(at + 8, "tanh");
    const int64_t count = I(at + 2, 1);
    const reel_rnn_options o = {.num_layers = count == 0 ? -1 : count,
                                .no_bias = !B(at + 3, true),
                                .batch_first = B(at + 4, false),
                                .dropout = N(at + 5, 0),
                                .bidirectional = B(at + 6, false),
                                .proj_size = I(at + 7, 0),
                                .relu = strcmp(function, "relu") == 0,
                                .dtype = dtype_of_case(c)};
    if (!o.relu && strcmp(function, "tanh") != 0) {
        because(&c->refused, "C has no name for the function");
    }
    const bool new = !c->from->module;
    if (new) {
        c->from->module = make(c->r, I(at, 0), I(at + 1, 0), &o);
    }
    return with_state(c, c->from->module, new);
}

/* What was given as hx: h, or (h, c). */
static reel_rnn_state state(call *c, int i)
{
    const value *v = c->argument[i];
    if (v->kind == LIST) {
        return (reel_rnn_state){v->count > 0 ? v->items[0].tensor : NULL,
                                v->count > 1 ? v->items[1].tensor : NULL};
    }
    return (reel_rnn_state){O(i), NULL};
}

static int result_of(call *c, reel_rnn_result y)
{
    c->result[0] = y.output;
    c->result[1] = y.state.h;
    c->result[2] = y.state.c;
    return y.state.c ? 3 : 2;
}

static int sequence(call *c, maker make)
{
    reel_module *m = recurrent(c, make, 2);
    return m ? result_of(c, reel_forward_rnn(m, T(0), state(c, 1))) : 0;
}

static int packed(call *c, maker make)
{
    reel_module *m = recurrent(c, make, 3);
    return m ? result_of(c, reel_forward_packed(m, T(0), INTS(1), COUNT(1), state(c, 2))) : 0;
}

static int one_step(call *c, maker make)
{
    reel_module *m = recurrent(c, make, 2);
    if (!m) {
        return 0;
    }
    const reel_rnn_state y = reel_forward_cell(m, T(0), state(c, 1));
    c->result[0] = y.h;
    c->result[1] = y.c;
    return y.c ? 2 : 1;
}

static int both(call *c, reel_attention y, bool weights)
{
    c->result[0] = y.output;
    c->result[1] = y.weights;
    return weights ? 2 : 1;
}

static int attention(call *c)
{
    const reel_attention_options o = {
        .attn_mask = O(3), .dropout_p = N(4, 0), .is_causal = B(6, false)};
    return both(c, reel_scaled_dot_product_attention(T(0), T(1), T(2), o), true);
}

static int multihead(call *c)
{
    const reel_multihead_options o = {.dropout = N(9, 0),
                                      .no_bias = !B(10, true),
                                      .add_bias_kv = B(11, false),
                                      .add_zero_attn = B(12, false),
                                      .kdim = I(13, 0),
                                      .vdim = I(14, 0),
                                      .batch_first = B(15, false),
                                      .dtype = dtype_of_case(c)};
    const bool new = !c->from->module;
    if (new) {
        c->from->module = reel_nn_multihead_attention(c->r, I(7, 0), I(8, 0), &o);
    }
    reel_module *m = with_state(c, c->from->module, new);
    const reel_multihead_call options = {
        .key_padding_mask = O(3), .attn_mask = O(5), .each_head = !B(6, true)};
    return m ? both(c, reel_forward_attention(m, T(0), T(1), T(2), options), B(4, true)) : 0;
}

static int encoder(call *c)
{
    const reel_transformer_options o = {.dim_feedforward = I(5, 0),
                                        .dropout = N(6, 0) == 0 ? REEL_ZERO : N(6, 0),
                                        .gelu = strcmp(TEXT_OF(7, "relu"), "gelu") == 0,
                                        .batch_first = B(8, false),
                                        .norm_first = B(9, false),
                                        .dtype = dtype_of_case(c)};
    const bool new = !c->from->module;
    if (new) {
        c->from->module = reel_nn_transformer_encoder_layer(c->r, I(3, 0), I(4, 0), &o);
    }
    reel_module *m = with_state(c, c->from->module, new);
    c->result[0] =
        m ? reel_forward_encoder(m, T(0),
                                 (reel_multihead_call){.attn_mask = O(1), .key_padding_mask = O(2)})
          : NULL;
    return m != NULL;
}

#define FAMILY module_rows
#define ROWS "modules.def"
#include "family.h"
