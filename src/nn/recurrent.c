/* SPDX-License-Identifier: MIT */
/* RNN, LSTM and GRU: cells, and layers of them over sequences, made of products and elementwise
 * operations. */
#include "module.h"

#include <limits.h>
#include <math.h>
#include <reel/activation.h>
#include <reel/compare.h>
#include <reel/elementwise.h>
#include <reel/join.h>
#include <reel/linalg.h>
#include <reel/random.h>
#include <reel/recurrent.h>
#include <reel/views.h>
#include <stdio.h>
#include <string.h>

typedef enum cell_kind { RNN, LSTM, GRU } cell_kind;
static const int64_t parts_of[] = {1, 4, 3}; /* of the gates of each kind */

/* What a module was made with. */
typedef struct shape {
    cell_kind kind;
    int64_t input, hidden, layers, directions, projected; /* the last: 0, or the size of h */
    bool bias, batch_first, relu, cell;
} shape;

static shape shape_of(const reel_module *m)
{
    const int64_t flags = m->i[6];
    return (shape){.kind = (cell_kind)m->i[5],
                   .input = m->i[0],
                   .hidden = m->i[1],
                   .layers = m->i[2],
                   .directions = m->i[3],
                   .projected = m->i[4],
                   .bias = flags & 1,
                   .batch_first = flags & 2,
                   .relu = flags & 4,
                   .cell = flags & 8};
}

static int64_t size_of_h(const shape *s) { return s->projected ? s->projected : s->hidden; }

/* The weights of one direction of a layer; biases and projection may be NULL. */
typedef struct weights {
    reel_tensor *ih, *hh, *bias_ih, *bias_hh, *hr;
} weights;

/* They were added in this order, layer by layer. */
static weights weights_of(const reel_module *m, const shape *s, int64_t number)
{
    const int64_t each = 2 + 2 * s->bias + (s->projected > 0);
    const reeli_member *e = m->members;
    for (int64_t i = 0; i < number * each; i++) {
        e = e->next;
    }
    weights w = {.ih = e->tensor, .hh = e->next->tensor};
    e = e->next->next;
    if (s->bias) {
        w.bias_ih = e->tensor;
        w.bias_hh = e->next->tensor;
        e = e->next->next;
    }
    w.hr = s->projected ? e->tensor : NULL;
    return w;
}

static reel_tensor *part(reel_tensor *gates, int64_t number, int64_t size)
{
    return reel_narrow(gates, -1, number * size, size);
}

static reel_rnn_state lstm_step(const weights *w, reel_tensor *x, reel_rnn_state s)
{
    s = reel_lstm_steps(reel_unsqueeze(x, 0), w->hh, w->bias_hh, s, false).state;
    s.h = w->hr ? reel_linear(s.h, w->hr, NULL) : s.h;
    return s;
}

static reel_tensor *gru_step(const weights *w, reel_tensor *x, reel_tensor *h, int64_t size)
{
    reel_tensor *of_h = reel_linear(h, w->hh, w->bias_hh);
    reel_tensor *reset = reel_sigmoid(reel_add(part(x, 0, size), part(of_h, 0, size)));
    reel_tensor *update = reel_sigmoid(reel_add(part(x, 1, size), part(of_h, 1, size)));
    reel_tensor *new = reel_tanh(reel_add(part(x, 2, size), reel_mul(reset, part(of_h, 2, size))));
    return reel_add(reel_mul(reel_sub(h, new), update), new);
}

/* One step; of x the products with its weights are there already, W x + b. */
static reel_rnn_state step(const shape *s, const weights *w, reel_tensor *x, reel_rnn_state state)
{
    if (s->kind == LSTM) {
        return lstm_step(w, x, state);
    }
    if (s->kind == GRU) {
        state.h = gru_step(w, x, state.h, s->hidden);
    } else {
        reel_tensor *sum = reel_add(x, reel_linear(state.h, w->hh, w->bias_hh));
        state.h = s->relu ? reel_relu(sum) : reel_tanh(sum);
    }
    return state;
}

/* A call: x as (steps, batch, input), and where each sequence ends. */
typedef struct run {
    reel_module *m;
    shape s;
    reel_tensor *x;
    int64_t steps, batch;
    const int64_t *lengths; /* NULL: all have `steps` */
    bool alone;             /* x came without a batch */
    reel_rnn_state start;   /* (layers directions, batch, size) */
} run;

static reel_rnn_result no_result(const reel_module *m)
{
    reel_tensor *poison = m ? m->owned.r->poison : NULL;
    return (reel_rnn_result){poison, {poison, poison}};
}

/* Whether one of the states is none: then the result has none either. */
static bool is_bad(const reel_rnn_state *s) { return reeli_bad(s->h) || (s->c && reeli_bad(s->c)); }

/* (batch, 1): which sequences have not ended before the step. */
static reel_tensor *active(const run *c, int64_t at)
{
    reel_tensor *t = reeli_empty(c->x->r, c->m->name, REEL_BOOL, 2, (int64_t[]){c->batch, 1});
    for (int64_t i = 0; i < c->batch && !reeli_bad(t); i++) {
        ((bool *)t->data)[i] = at < c->lengths[i];
        t->flags |= t->r->capture ? REELI_CONSTANT : 0;
    }
    return t;
}

static reel_tensor *selected(reel_tensor *states, int64_t number)
{
    return states ? reel_select(states, 0, number) : NULL;
}

/* One direction of a layer, step by step. Where the batch is empty one step stands for all. */
static reel_rnn_result walk_steps(const run *c, const weights *w, reel_tensor *of_x,
                                  reel_rnn_state state, bool back)
{
    const int64_t steps = c->batch > 0 ? c->steps : 1;
    reel_tensor **h =
        steps <= INT_MAX ? reeli_arena_alloc(of_x->r, (size_t)steps * sizeof *h) : NULL;
    if (!h) {
        reeli_no_memory(of_x->r, c->m->name);
        return no_result(c->m);
    }
    for (int64_t i = 0; i < steps; i++) {
        const int64_t at = back ? steps - 1 - i : i;
        const reel_rnn_state next = step(&c->s, w, reel_select(of_x, 0, at), state);
        if (!c->lengths) {
            state = next;
            h[at] = next.h;
            continue;
        }
        reel_tensor *here = active(c, at);
        h[at] = reel_where(here, next.h, reel_number(of_x->r, 0));
        state.h = reel_where(here, next.h, state.h);
        state.c = state.c ? reel_where(here, next.c, state.c) : NULL;
    }
    reel_tensor *y = reel_stack(h, (int)steps, 0);
    y = steps < c->steps ? reel_expand(y, 3, (int64_t[]){c->steps, 0, size_of_h(&c->s)}) : y;
    return reeli_bad(y) ? no_result(c->m) : (reel_rnn_result){y, state};
}

/* One direction of a layer. */
static reel_rnn_result walk(const run *c, reel_tensor *x, int64_t number)
{
    const weights w = weights_of(c->m, &c->s, number);
    const bool back = number % c->s.directions == 1;
    const reel_rnn_state start = {selected(c->start.h, number), selected(c->start.c, number)};
    reel_tensor *of_x = reel_linear(x, w.ih, w.bias_ih);
    return reeli_bad(of_x) ? no_result(c->m)
           : c->s.kind == LSTM && !w.hr && !c->lengths
               ? reel_lstm_steps(of_x, w.hh, w.bias_hh, start, back)
               : walk_steps(c, &w, of_x, start, back);
}

/* All layers; h and c are arrays of the states after the last step. */
static reel_tensor *layers(const run *c, reel_tensor **h, reel_tensor **cells)
{
    reel_tensor *x = c->x, *sides[2] = {NULL, NULL};
    for (int64_t layer = 0; layer < c->s.layers; layer++) {
        for (int64_t d = 0; d < c->s.directions; d++) {
            const int64_t number = layer * c->s.directions + d;
            const reel_rnn_result one = walk(c, x, number);
            h[number] = one.state.h;
            cells[number] = one.state.c;
            sides[d] = one.output;
        }
        x = c->s.directions == 2 ? reel_cat(sides, 2, -1) : sides[0];
        if (layer + 1 < c->s.layers && c->m->p[0] > 0) {
            x = reel_dropout(x, c->m->p[0], c->m->training);
        }
    }
    return x;
}

static reel_tensor *stacked(const run *c, reel_tensor *const *states, int64_t count)
{
    reel_tensor *t = reel_stack(states, (int)count, 0);
    return c->alone ? reel_squeeze(t, 1) : t;
}

static reel_rnn_result run_layers(const run *c)
{
    reel *r = c->x->r;
    const int64_t count = c->s.layers * c->s.directions;
    reel_tensor **h = reeli_arena_alloc(r, 2 * (size_t)count * sizeof(reel_tensor *));
    if (!h) {
        reeli_no_memory(r, c->m->name);
        return no_result(c->m);
    }
    reel_rnn_result result = {layers(c, h, h + count), {NULL, NULL}};
    if (reeli_bad(result.output)) {
        return no_result(c->m);
    }
    result.output = c->alone           ? reel_squeeze(result.output, 1)
                    : c->s.batch_first ? reel_transpose(result.output, 0, 1)
                                       : result.output;
    result.state.h = stacked(c, h, count);
    result.state.c = c->s.kind == LSTM ? stacked(c, h + count, count) : NULL;
    return reeli_bad(result.output) || is_bad(&result.state) ? no_result(c->m) : result;
}

/* A state of this size that was given, with a batch; or zeros. NULL after an error. */
static reel_tensor *state_of(const run *c, const char *role, reel_tensor *t, int64_t size)
{
    const int64_t count = c->s.layers * c->s.directions;
    const int64_t full[] = {count, c->batch, size};
    reel *r = c->x->r;
    if (!t) {
        return reeli_zeros(r, c->m->name, c->x->dtype, 3, full);
    }
    if (!reeli_usable_as(r, c->m->name, role, t)) {
        return NULL;
    }
    t = c->alone && t->ndim == 2 ? reel_unsqueeze(t, 1) : t;
    const bool fits = !reeli_bad(t) && t->dtype == c->x->dtype && t->ndim == 3 &&
                      memcmp(t->size, full, sizeof full) == 0;
    if (!fits && !reeli_bad(t)) {
        reeli_error(r, t->dtype == c->x->dtype ? REEL_ERR_SHAPE : REEL_ERR_DTYPE,
                    "%s: %s is a %s %s; it must be a %s (%lld, %lld, %lld)%s", c->m->name, role,
                    reel_dtype_name(t->dtype), REELI_SHAPE_OF(t), reel_dtype_name(c->x->dtype),
                    (long long)count, (long long)c->batch, (long long)size,
                    c->alone ? ", or without the second" : "");
    }
    return fits ? t : NULL;
}

static bool read_state(run *c, reel_rnn_state given)
{
    if (c->s.kind == LSTM && !given.h != !given.c) {
        reeli_error(c->x->r, REEL_ERR_VALUE, "%s: a state has both h and c, or neither",
                    c->m->name);
        return false;
    }
    c->start.h = state_of(c, "h", given.h, size_of_h(&c->s));
    c->start.c = c->start.h && c->s.kind == LSTM ? state_of(c, "c", given.c, c->s.hidden) : NULL;
    return c->start.h && (c->s.kind != LSTM || c->start.c) && !reeli_bad(c->start.h);
}

/* x has the dtype and, last, the size of the weights. */
static bool input_fits(const run *c, const reel_tensor *x, int least, int most)
{
    const int dtype = c->m->members->tensor->dtype;
    const bool fits = x->ndim >= least && x->ndim <= most && x->dtype == dtype &&
                      x->size[x->ndim - 1] == c->s.input &&
                      (c->s.cell || x->size[x->ndim == 3 && c->s.batch_first] > 0);
    if (!fits) {
        reeli_error(x->r, x->dtype == dtype ? REEL_ERR_SHAPE : REEL_ERR_DTYPE,
                    "%s: the input is a %s %s; it must be a %s of %d or %d dims, the last of them "
                    "%lld, and "
                    "not empty",
                    c->m->name, reel_dtype_name(x->dtype), REELI_SHAPE_OF(x),
                    reel_dtype_name((reel_dtype)dtype), least, most, (long long)c->s.input);
    }
    return fits;
}

static reel_tensor *sequence_output(reel_module *m, reel_tensor *const *in);
static reel_tensor *cell_output(reel_module *m, reel_tensor *const *in);

/* The module is alive and one of these. */
static bool begin(run *c, const char *what, reel_module *m, reeli_compute compute, reel_tensor *x)
{
    if (!REELI_ALIVE(m, what)) {
        return false;
    }
    if (m->compute != compute) {
        reeli_error(m->owned.r, REEL_ERR_VALUE, "%s: %s is no such module", what, m->name);
        return false;
    }
    *c = (run){.m = m, .s = shape_of(m)};
    return reeli_usable_as(m->owned.r, m->name, "its input", x);
}

static bool begin_sequence(run *c, const char *what, reel_module *m, reel_tensor *x,
                           reel_rnn_state state)
{
    if (!begin(c, what, m, sequence_output, x) || !input_fits(c, x, 2, 3)) {
        return false;
    }
    c->alone = x->ndim == 2;
    c->x = c->alone ? reel_unsqueeze(x, 1) : c->s.batch_first ? reel_transpose(x, 0, 1) : x;
    if (reeli_bad(c->x)) {
        return false;
    }
    c->steps = c->x->size[0];
    c->batch = c->x->size[1];
    return read_state(c, state);
}

reel_rnn_result reel_forward_rnn(reel_module *module, reel_tensor *x, reel_rnn_state state)
{
    run c;
    return begin_sequence(&c, "forward_rnn", module, x, state) ? run_layers(&c) : no_result(module);
}

/* Each length is one of the steps; the longest decides how many there are. */
static bool read_lengths(run *c, const int64_t *lengths, int count)
{
    int64_t most = 0;
    bool fits = lengths && count == c->batch && !c->alone;
    for (int64_t i = 0; fits && i < count; i++) {
        fits = lengths[i] >= 1 && lengths[i] <= c->steps;
        most = lengths[i] > most ? lengths[i] : most;
    }
    if (!fits) {
        reeli_error(c->x->r, REEL_ERR_VALUE,
                    "%s: %d lengths for %lld sequences of %lld steps; each has one, from 1 to that",
                    c->m->name, count, (long long)c->batch, (long long)c->steps);
        return false;
    }
    c->lengths = lengths;
    c->x = most < c->steps ? reel_narrow(c->x, 0, 0, most) : c->x;
    c->steps = most;
    return !reeli_bad(c->x);
}

reel_rnn_result reel_forward_packed(reel_module *module, reel_tensor *x, const int64_t *lengths,
                                    int count, reel_rnn_state state)
{
    run c;
    return begin_sequence(&c, "forward_packed", module, x, state) &&
                   read_lengths(&c, lengths, count)
               ? run_layers(&c)
               : no_result(module);
}

static reel_tensor *sequence_output(reel_module *m, reel_tensor *const *in)
{
    return reel_forward_rnn(m, in[0], (reel_rnn_state){0}).output;
}

reel_rnn_state reel_forward_cell(reel_module *module, reel_tensor *x, reel_rnn_state state)
{
    run c;
    if (!begin(&c, "forward_cell", module, cell_output, x) || !input_fits(&c, x, 1, 2)) {
        return no_result(module).state;
    }
    const weights w = weights_of(module, &c.s, 0);
    c.alone = x->ndim == 1;
    c.x = c.alone ? reel_unsqueeze(x, 0) : x;
    c.batch = reeli_bad(c.x) ? 0 : c.x->size[0];
    reel_rnn_state before = {state.h ? reel_unsqueeze(state.h, 0) : NULL,
                             state.c ? reel_unsqueeze(state.c, 0) : NULL};
    if (c.alone) { /* (1, H), the dim before being the layers' */
        before.h = before.h ? reel_unsqueeze(before.h, 1) : NULL;
        before.c = before.c ? reel_unsqueeze(before.c, 1) : NULL;
    }
    if (reeli_bad(c.x) || !read_state(&c, before)) {
        return no_result(module).state;
    }
    const reel_rnn_state first = {selected(c.start.h, 0), selected(c.start.c, 0)};
    reel_rnn_state next = step(&c.s, &w, reel_linear(c.x, w.ih, w.bias_ih), first);
    next.h = c.alone ? reel_squeeze(next.h, 0) : next.h;
    next.c = c.alone && next.c ? reel_squeeze(next.c, 0) : next.c;
    return is_bad(&next) ? no_result(module).state : next;
}

static reel_tensor *cell_output(reel_module *m, reel_tensor *const *in)
{
    return reel_forward_cell(m, in[0], (reel_rnn_state){0}).h;
}

/* "weight_ih" of a cell, "weight_ih_l0_reverse" of a layer. */
static reel_tensor *add_weight(reel_module *m, const shape *s, const char *name, int64_t number,
                               reel_dtype dtype, int ndim, const int64_t *size)
{
    char full[REELI_NAME_SIZE];
    if (s->cell) {
        snprintf(full, sizeof full, "%s", name);
    } else {
        snprintf(full, sizeof full, "%s_l%lld%s", name, (long long)(number / s->directions),
                 number % s->directions ? "_reverse" : "");
    }
    return reeli_add_parameter(m, full, dtype, 0, 1 / sqrt((double)s->hidden), ndim, size);
}

static bool add_weights(reel_module *m, const shape *s, int64_t number, reel_dtype dtype)
{
    const int64_t gates = parts_of[s->kind] * s->hidden, h = size_of_h(s);
    const int64_t input = number < s->directions ? s->input : h * s->directions;
    bool sound = add_weight(m, s, "weight_ih", number, dtype, 2, (int64_t[]){gates, input}) &&
                 add_weight(m, s, "weight_hh", number, dtype, 2, (int64_t[]){gates, h});
    if (sound && s->bias) {
        sound = add_weight(m, s, "bias_ih", number, dtype, 1, &gates) &&
                add_weight(m, s, "bias_hh", number, dtype, 1, &gates);
    }
    return sound && (!s->projected ||
                     add_weight(m, s, "weight_hr", number, dtype, 2, (int64_t[]){h, s->hidden}));
}

static bool sound_options(reel *r, const char *name, const shape *s, const reel_rnn_options *o)
{
    enum { PARTS = 8 }; /* gates and directions, by which sizes are multiplied */
    const bool sound = s->input > 0 && s->input < INT64_MAX / PARTS && s->hidden > 0 &&
                       s->hidden < INT64_MAX / PARTS && s->layers > 0 && s->layers <= 1000 &&
                       o->dropout >= 0 && o->dropout <= 1 && (unsigned)o->dtype <= REEL_F64 &&
                       s->projected >= 0 && s->projected < s->hidden &&
                       (s->projected == 0 || s->kind == LSTM) && (!s->relu || s->kind == RNN);
    if (!sound) {
        reeli_error(
            r, REEL_ERR_VALUE,
            "%s: %lld inputs, %lld hidden, %lld layers, dropout %g, projected to %lld; sizes must "
            "be positive and below 2^60, dropout a probability, a projection smaller than hidden "
            "and an LSTM's",
            name, (long long)s->input, (long long)s->hidden, (long long)s->layers, o->dropout,
            (long long)s->projected);
    }
    return sound;
}

static reel_module *new_module(reel *r, const char *name, cell_kind kind, bool cell, int64_t input,
                               int64_t hidden, const reel_rnn_options *options)
{
    static const reel_rnn_options defaults = {0};
    const reel_rnn_options *o = options ? options : &defaults;
    const shape s = {.kind = kind,
                     .input = input,
                     .hidden = hidden,
                     .layers = cell || o->num_layers == 0 ? 1 : o->num_layers,
                     .directions = !cell && o->bidirectional ? 2 : 1,
                     .projected = cell ? 0 : o->proj_size,
                     .bias = !o->no_bias,
                     .relu = o->relu,
                     .cell = cell};
    if (!r || !sound_options(r, name, &s, o)) {
        return NULL;
    }
    reel_module *m = reeli_module_new(r, name, 1, cell ? cell_output : sequence_output);
    if (!m) {
        return NULL;
    }
    const int64_t numbers[] = {input,
                               hidden,
                               s.layers,
                               s.directions,
                               s.projected,
                               (int64_t)kind,
                               s.bias | 2 * o->batch_first | 4 * s.relu | 8 * cell};
    memcpy(m->i, numbers, sizeof numbers);
    m->p[0] = o->dropout;
    bool sound = true;
    for (int64_t i = 0; sound && i < s.layers * s.directions; i++) {
        sound = add_weights(m, &s, i, o->dtype);
    }
    return reeli_finished(m, sound);
}

#define RECURRENT(make, Name, kind, cell)                                                          \
    reel_module *make(reel *r, int64_t input_size, int64_t hidden_size,                            \
                      const reel_rnn_options *options)                                             \
    {                                                                                              \
        return new_module(r, Name, kind, cell, input_size, hidden_size, options);                  \
    }
RECURRENT(reel_nn_rnn, "RNN", RNN, false)
RECURRENT(reel_nn_lstm, "LSTM", LSTM, false)
RECURRENT(reel_nn_gru, "GRU", GRU, false)
RECURRENT(reel_nn_rnn_cell, "RNNCell", RNN, true)
RECURRENT(reel_nn_lstm_cell, "LSTMCell", LSTM, true)
RECURRENT(reel_nn_gru_cell, "GRUCell", GRU, true)

/* Whether t can be one of the sequences: as the first in all dims but the length's. */
static bool alike(const reel_tensor *first, const reel_tensor *t)
{
    bool same = t->ndim == first->ndim && t->ndim > 0 && t->dtype == first->dtype;
    for (int d = 1; same && d < t->ndim; d++) {
        same = t->size[d] == first->size[d];
    }
    if (!same) {
        reeli_error(t->r, REEL_ERR_SHAPE,
                    "pad_sequence: sequences of shape %s and %s differ in more than their length",
                    REELI_SHAPE_OF(first), REELI_SHAPE_OF(t));
    }
    return same;
}

reel_tensor *reel_pad_sequence(reel_tensor *const *sequences, int count, bool batch_first,
                               double padding_value)
{
    if (count < 1 || !sequences || !reeli_all_usable("pad_sequence", count, sequences)) {
        return sequences && count > 0 ? reeli_poison_for(count, sequences) : NULL;
    }
    reel *r = sequences[0]->r;
    int64_t most = 0;
    for (int i = 0; i < count; i++) {
        if (!alike(sequences[0], sequences[i])) {
            return r->poison;
        }
        most = sequences[i]->size[0] > most ? sequences[i]->size[0] : most;
    }
    reel_tensor **padded = reeli_arena_alloc(r, (size_t)count * sizeof(reel_tensor *));
    for (int i = 0; padded && i < count; i++) {
        int64_t pad[2 * REEL_MAX_DIMS] = {0};
        pad[2 * sequences[i]->ndim - 1] = most - sequences[i]->size[0];
        padded[i] = reel_pad(sequences[i], pad, 2 * sequences[i]->ndim, padding_value);
    }
    return padded ? reel_stack(padded, count, batch_first ? 0 : 1)
                  : reeli_no_memory(r, "pad_sequence");
}
