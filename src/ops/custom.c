/* SPDX-License-Identifier: MIT */
/*
 * Operations given from outside. One use of one is a node like any other, with a row of its own
 * that bears the user's name. Several outputs are parts of one flat result, so that the tape need
 * not know of them: each is a recorded view of its part, and the flat gradient is cut in the same
 * way.
 */
#include "ops.h"

#include <reel/custom.h>
#include <reel/views.h>
#include <stdio.h>
#include <string.h>

enum { CUSTOM_NAME = 48 };

/* One use of an operation, in the arena, to which its nodes point. */
typedef struct reeli_use use;
struct reeli_use {
    reel_custom_op op;
    reel_call call; /* what callbacks see: the lists below */
    reel *r;
    reeli_op row, gradient_row, kept_row; /* the rows of ops.def under the user's name */
    char name[CUSTOM_NAME], gradient_name[CUSTOM_NAME + 10];
    reel_output_shape shape;                      /* of the flat result */
    reel_output_shape parts[REEL_CUSTOM_OUTPUTS]; /* of each output */
    reel_tensor *in[REEL_CUSTOM_INPUTS], *out[REEL_CUSTOM_OUTPUTS], *g[REEL_CUSTOM_OUTPUTS];
    reel_tensor *kept[REEL_CUSTOM_KEPT];  /* as forward made them */
    reel_tensor *shown[REEL_CUSTOM_KEPT]; /* as a gradient sees them */
    bool computing;                       /* forward runs: it may keep */
};

static use *use_of(const reeli_node *n) { return reeli_custom_of(n)->use; }

/* What a callback may change of the reel's state, to be restored. */
typedef struct visit {
    reeli_visit before;
    bool grad_enabled, elements_hidden, failed;
    char head[CUSTOM_NAME + 32];
} visit;

static void enter(use *u, visit *v, const char *what, bool grad_enabled, bool elements_hidden)
{
    reel *r = u->r;
    v->grad_enabled = r->grad_enabled;
    v->elements_hidden = r->elements_hidden;
    v->failed = r->status != REEL_OK;
    snprintf(v->head, sizeof v->head, "%s: in its %s", u->name, what);
    reeli_enter_callback(r, &v->before, v->head, false);
    r->grad_enabled = grad_enabled;
    r->elements_hidden = elements_hidden;
}

/* Whether the callback went well; if not, an error is recorded. */
static bool leave(use *u, visit *v, const char *what, bool done)
{
    reel *r = u->r;
    reeli_leave_callback(r, &v->before);
    r->grad_enabled = v->grad_enabled;
    r->elements_hidden = v->elements_hidden;
    if (!done && r->status == REEL_OK) {
        reeli_error(r, REEL_ERR_STATE, "%s: its %s failed", u->name, what);
    }
    return done && (v->failed || r->status == REEL_OK);
}

bool reel_call_fail(reel_call *call, reel_status status, const char *format, ...)
{
    if (!call) {
        return false;
    }
    const use *u = (const use *)(const void *)((const char *)call - offsetof(use, call));
    const char *const was_within = u->r->within;
    char text[REELI_MESSAGE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    u->r->within = NULL;
    reeli_error(u->r, status == REEL_OK ? REEL_ERR_VALUE : status, "%s: %s", u->name, text);
    u->r->within = was_within;
    return false;
}

reel_tensor *reel_call_keep(reel_call *call, int slot, reel_dtype dtype, int ndim,
                            const int64_t *size)
{
    if (!call) {
        return NULL;
    }
    use *u = (use *)(void *)((char *)call - offsetof(use, call));
    if (!u->computing || slot < 0 || slot >= REEL_CUSTOM_KEPT) {
        reel_call_fail(call, REEL_ERR_STATE, "it cannot keep in slot %d: %s", slot,
                       u->computing ? "there are slots 0 to 3" : "only forward can");
        return u->r->poison;
    }
    if ((unsigned)dtype >= REELI_DTYPES) {
        reel_call_fail(call, REEL_ERR_DTYPE, "there is no dtype %d to keep", (int)dtype);
        return u->r->poison;
    }
    if (!u->kept[slot] && reeli_given(u->r, u->name, size, ndim)) {
        reel_tensor *t = reeli_empty(u->r, u->name, (int)dtype, ndim, size);
        u->kept[slot] = reeli_bad(t) ? NULL : t;
    }
    return u->kept[slot] ? u->kept[slot] : u->r->poison;
}

bool reeli_custom_forward(reeli_node *n)
{
    use *u = use_of(n);
    visit v;
    enter(u, &v, "forward", false, false);
    u->computing = true;
    bool done = u->op.forward(&u->call);
    u->computing = false;
    return leave(u, &v, "forward", done);
}

/* Output k as a part of `flat`; the whole of it where there is one output. */
static reel_tensor *part(use *u, reel_tensor *flat, int k)
{
    int64_t start = 0, length = 1;
    if (u->call.outputs == 1 || reeli_bad(flat)) {
        return flat;
    }
    for (int i = 0; i <= k; i++) {
        start += i ? length : 0;
        length = 1;
        for (int d = 0; d < u->parts[i].ndim; d++) {
            length *= u->parts[i].size[d];
        }
    }
    return reel_reshape(reel_narrow(flat, 0, start, length), u->parts[k].ndim, u->parts[k].size);
}

static bool cut(use *u, reel_tensor *flat, reel_tensor **parts)
{
    for (int k = 0; k < u->call.outputs; k++) {
        parts[k] = part(u, flat, k);
        if (reeli_bad(parts[k])) {
            return false;
        }
    }
    return true;
}

/* A derivative of a gradient that only its numbers are known of. */
static reel_tensor *refuse(const use *u, const char *why)
{
    return reeli_fail(
        u->r, REEL_ERR_STATE,
        "%s: it cannot be differentiated twice: %s; write `gradient` in operations on "
        "the inputs, the outputs and g",
        u->name, why);
}

/* The gradient in plain loops: inputs g of each output, then the operation's own. */
bool reeli_custom_gradient_forward(reeli_node *n)
{
    use *u = use_of(n);
    visit v;
    for (int k = 0; k < u->call.outputs; k++) {
        u->g[k] = n->in[k].t;
    }
    memcpy(u->shown, u->kept, sizeof u->shown);
    enter(u, &v, "gradient", false, false);
    return leave(u, &v, "gradient",
                 u->op.gradient_data(&u->call, reeli_custom_of(n)->input, n->out));
}

reel_tensor *reeli_custom_gradient_gradient(reeli_node *n, int input, reel_tensor *g)
{
    (void)input, (void)g;
    return refuse(use_of(n), "its gradient is computed in plain loops");
}

static reel_tensor *gradient_in_loops(use *u, int input)
{
    reel_tensor *in[REEL_CUSTOM_OUTPUTS + REEL_CUSTOM_INPUTS];
    const int outputs = u->call.outputs;
    for (int k = 0; k < outputs; k++) {
        in[k] = reel_contiguous(u->g[k]);
    }
    for (int i = 0; i < u->call.inputs; i++) {
        in[outputs + i] = u->in[i];
    }
    reeli_node *n = reeli_begin(&u->gradient_row, outputs + u->call.inputs, in);
    if (!n) {
        return u->r->poison;
    }
    *reeli_custom_of(n) = (reeli_custom){u, input};
    n->out = reeli_empty_like(u->in[input], u->name, u->in[input]->dtype);
    return reeli_apply(n);
}

/* What forward kept has no history: while gradients are recorded it is shown as a view whose own
 * gradient is refused. */
static bool show_kept(use *u)
{
    for (int i = 0; i < REEL_CUSTOM_KEPT; i++) {
        reel_tensor *t = u->shown[i] = u->kept[i];
        if (!t || !u->r->grad_enabled) {
            continue;
        }
        reeli_node *n = reeli_begin(&u->kept_row, u->call.inputs, u->in);
        if (!n) {
            return false;
        }
        reeli_custom_of(n)->use = u;
        n->out = reeli_view(t, u->name, t->ndim, t->size, t->stride, 0);
        u->shown[i] = reeli_apply(n);
        if (reeli_bad(u->shown[i])) {
            return false;
        }
    }
    return true;
}

reel_tensor *reeli_custom_kept_gradient(reeli_node *n, int input, reel_tensor *g)
{
    (void)input, (void)g;
    return refuse(use_of(n), "its gradient uses what forward kept");
}

/* What the user's gradient returned, in the input's shape and dtype; poison if that cannot be. */
static reel_tensor *fitted(use *u, int input, reel_tensor *dx)
{
    reel_tensor *x = u->in[input];
    if (!dx) {
        return reeli_zeros(u->r, u->name, x->dtype, x->ndim, x->size);
    }
    if (!reeli_usable_as(u->r, u->name, "what its gradient returned", dx)) {
        return u->r->status != REEL_OK
                   ? u->r->poison
                   : reeli_fail(u->r, REEL_ERR_STATE, "%s: its gradient returned poison", u->name);
    }
    bool fits = dx->ndim >= x->ndim;
    for (int d = 0; d < x->ndim && fits; d++) {
        fits = x->size[d] == 1 || x->size[d] == dx->size[d + dx->ndim - x->ndim];
    }
    if (!fits) {
        return reeli_fail(
            u->r, REEL_ERR_SHAPE,
            "%s: its gradient for input %d has shape %s, which does not sum to the input's %s",
            u->name, input, REELI_SHAPE_OF(dx), REELI_SHAPE_OF(x));
    }
    return dx;
}

reel_tensor *reeli_custom_gradient(reeli_node *n, int input, reel_tensor *g)
{
    use *u = use_of(n);
    reel *r = u->r;
    if (!cut(u, g, u->g)) {
        return r->poison;
    }
    if (!u->op.gradient || (u->op.gradient_data && !r->grad_enabled)) {
        return gradient_in_loops(u, input);
    }
    visit v;
    if (!show_kept(u)) {
        return r->poison;
    }
    enter(u, &v, "gradient", r->grad_enabled, r->grad_enabled);
    reel_tensor *dx = u->op.gradient(&u->call, input);
    return leave(u, &v, "gradient", true) ? fitted(u, input, dx) : r->poison;
}

/* Whether the operation is complete and the numbers of its inputs and outputs possible. */
static bool sound_operation(reel *r, const reel_custom_op *op, int count)
{
    const char *const name = op && op->name ? op->name : "custom";
    if (!op || !op->name || !op->forward) {
        reeli_error(r, REEL_ERR_VALUE, "%s: an operation needs a name and a forward", name);
    } else if (count > REEL_CUSTOM_INPUTS) {
        reeli_error(r, REEL_ERR_VALUE, "%s: %d inputs; an operation of your own has at most %d",
                    name, count, REEL_CUSTOM_INPUTS);
    } else if (op->outputs < 0 || op->outputs > REEL_CUSTOM_OUTPUTS) {
        reeli_error(r, REEL_ERR_VALUE, "%s: %d outputs; an operation of your own has 1 to %d", name,
                    op->outputs, REEL_CUSTOM_OUTPUTS);
    } else {
        return true;
    }
    return false;
}

/* The inputs row by row, in double if that is wanted; *dtype is what they promote to. */
static bool set_inputs(use *u, reel_tensor *const *inputs, int *dtype)
{
    const int count = u->call.inputs;
    for (int i = 0; i < count; i++) {
        if (!reeli_usable_as(u->r, u->name, reeli_role(i, count), inputs[i])) {
            if (!inputs[i]) {
                reeli_error(u->r, REEL_ERR_OWNER, "%s: input %d is NULL", u->name, i);
            }
            return false;
        }
    }
    *dtype = reeli_promote(count, inputs);
    for (int i = 0; i < count; i++) {
        const bool wide = u->op.as_double && reeli_is_float(inputs[i]->dtype);
        u->in[i] = reel_contiguous(wide ? reel_to(inputs[i], REEL_F64) : inputs[i]);
        if (reeli_bad(u->in[i])) {
            return false;
        }
    }
    return true;
}

/* The outputs' shapes, and the flat one that holds them all. */
static bool set_shapes(use *u)
{
    const reel_tensor *first = u->in[0];
    int64_t total = 0;
    for (int k = 0; k < u->call.outputs; k++) {
        reel_output_shape *shape = &u->parts[k];
        shape->dtype = (reel_dtype)first->dtype;
        shape->ndim = first->ndim;
        memcpy(shape->size, first->size, sizeof shape->size);
        visit v;
        if (u->op.shape) {
            enter(u, &v, "shape", false, false);
        }
        if (u->op.shape && !leave(u, &v, "shape", u->op.shape(&u->call, k, shape))) {
            return false;
        }
        if (!reeli_check_shape(u->r, u->name, shape->ndim, shape->size)) {
            return false;
        }
        int64_t numel = 1;
        for (int d = 0; d < shape->ndim; d++) {
            numel *= shape->size[d];
        }
        total += numel;
        if ((unsigned)shape->dtype >= REELI_DTYPES || shape->dtype != u->parts[0].dtype) {
            return reel_call_fail(&u->call, REEL_ERR_DTYPE,
                                  "output %d is %s and output 0 %s; all must have one dtype", k,
                                  reel_dtype_name(shape->dtype),
                                  reel_dtype_name(u->parts[0].dtype));
        }
    }
    u->shape = (reel_output_shape){u->parts[0].dtype, 1, {total}};
    return true;
}

static reeli_op row(const reeli_op *model, const char *name, unsigned saved, bool differentiable)
{
    reeli_op own = *model;
    own.name = name;
    own.saved = own.reads[0] = own.reads[1] = own.reads[2] = (uint8_t)saved;
    own.gradient = differentiable ? own.gradient : NULL;
    return own;
}

static use *new_use(reel *r, const reel_custom_op *op, void *context, int count)
{
    use *u = reeli_arena_alloc(r, sizeof *u);
    if (!u) {
        reeli_no_memory(r, op->name);
        return NULL;
    }
    memset(u, 0, sizeof *u);
    u->r = r;
    u->op = *op;
    snprintf(u->name, sizeof u->name, "%s", op->name);
    snprintf(u->gradient_name, sizeof u->gradient_name, "%s_gradient", u->name);
    u->call =
        (reel_call){context, count, op->outputs ? op->outputs : 1, u->in, u->out, u->g, u->shown};
    const unsigned all = REEL_UNREAD_OUTPUTS | ((1u << count) - 1);
    u->row = row(&reeli_op_custom, u->name, all & ~op->unread, op->gradient || op->gradient_data);
    u->gradient_row = row(&reeli_op_custom_gradient, u->gradient_name, 0, true);
    u->kept_row = row(&reeli_op_custom_kept, u->name, 0, true);
    return u;
}

/* Computes and records. The outputs that forward fills are no parts of the tape; those of the
 * caller, and of gradients, are. */
static bool compute(use *u)
{
    reeli_node *n = reeli_begin(&u->row, u->call.inputs, u->in);
    if (!n) {
        return false;
    }
    const reel_output_shape *shape = u->call.outputs == 1 ? &u->parts[0] : &u->shape;
    reeli_custom_of(n)->use = u;
    n->out = reeli_empty(u->r, u->name, (int)shape->dtype, shape->ndim, shape->size);
    if (reeli_bad(n->out) || !cut(u, n->out, u->out)) {
        return false;
    }
    reel_tensor *flat = reeli_apply(n);
    return !reeli_bad(flat) && cut(u, flat, u->out);
}

/* Uses op; the outputs, in the dtype that the inputs promote to, go to `outputs`. */
static bool apply(reel *r, const reel_custom_op *op, void *context, reel_tensor *const *inputs,
                  int count, reel_tensor **outputs)
{
    int dtype;
    use *u = sound_operation(r, op, count) ? new_use(r, op, context, count) : NULL;
    if (!u || !set_inputs(u, inputs, &dtype) || !set_shapes(u) || !compute(u)) {
        return false;
    }
    for (int k = 0; k < u->call.outputs; k++) {
        const bool narrow = op->as_double && dtype == REEL_F32 && u->out[k]->dtype == REEL_F64;
        outputs[k] = narrow ? reel_to(u->out[k], REEL_F32) : u->out[k];
        if (reeli_bad(outputs[k])) {
            return false;
        }
    }
    return true;
}

/* The reel of the first input that has one. */
static reel *find_reel(reel_tensor *const *inputs, int count)
{
    reel_tensor *poison = inputs && count > 0 ? reeli_poison_for(count, inputs) : NULL;
    return poison ? poison->r : NULL;
}

reel_tensor *reel_custom(const reel_custom_op *op, void *context, reel_tensor *const *inputs,
                         int count)
{
    reel *r = find_reel(inputs, count);
    reel_tensor *outputs[REEL_CUSTOM_OUTPUTS];
    return r && apply(r, op, context, inputs, count, outputs) ? outputs[0] : r ? r->poison : NULL;
}

reel_status reel_custom_all(const reel_custom_op *op, void *context, reel_tensor *const *inputs,
                            int count, reel_tensor **outputs)
{
    reel *r = find_reel(inputs, count);
    if (r && reeli_given(r, "custom", outputs, 1) &&
        apply(r, op, context, inputs, count, outputs)) {
        return REEL_OK;
    }
    for (int k = 0; op && outputs && (k == 0 || (k < op->outputs && k < REEL_CUSTOM_OUTPUTS));
         k++) {
        outputs[k] = r ? r->poison : NULL;
    }
    return r && r->status != REEL_OK ? r->status : REEL_ERR_OWNER;
}
