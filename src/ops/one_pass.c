/* SPDX-License-Identifier: MIT */
/* The entries of a captured step that do in one pass what was done in two. */
#include "one_pass.h"

#include "vector_product.h"

#include <reel/loss.h>

static reeli_map gradient_map(const reeli_node *loss, int input)
{
    const reeli_formula *formula = loss->op->formula;
    return formula->gradient
               ? reeli_gradient_map(formula, input, loss->out->r->level, loss->out->dtype)
               : NULL;
}

/* The loss and its gradient for an input, into t[0], of the terms' gradient t[1]. */
static bool loss_and_gradient(const reeli_args *a)
{
    reeli_node *loss = a->more;
    const int input = (int)a->i[0];
    const reeli_beside beside = {.map = gradient_map(loss, input),
                                 .g = a->t[1]->data,
                                 .y = a->t[0]->data,
                                 .pass = input == 0 ? reeli_pass_over_loss(loss) : NULL};
    return reeli_loss_beside(loss, &beside);
}

/* Whether the inputs lie alike in memory, and the loss with them. */
static bool alike(const reeli_node *loss)
{
    const reel_tensor *a = loss->in[0].t, *b = loss->in[1].t;
    return (a->flags & b->flags & REELI_CONTIGUOUS) && reeli_same_shape(a, b) &&
           a->dtype == b->dtype && a->dtype == loss->out->dtype;
}

reel_tensor *reeli_gradient_beside_loss(reeli_node *n, int input, reel_tensor *g)
{
    reel *r = g->r;
    reeli_capture_entry *e = r->capture && !r->grad_enabled ? reeli_entry_before(r, NULL) : NULL;
    if (!e || e->kind != REELI_CAPTURED_FORWARD || e->node != n || g->numel != 1 ||
        n->in[0].t->numel <= REELI_BLOCK || reeli_row_of(n)->reduction == REEL_NONE || !alike(n) ||
        !gradient_map(n, input) || !reeli_is_constant(g) || g->dtype != n->out->dtype) {
        return NULL;
    }
    reel_tensor *dx = reeli_empty_like(n->in[input].t, n->op->name, n->out->dtype);
    if (reeli_bad(dx) || !reeli_capture_tensor(dx)) {
        return r->poison;
    }
    const reeli_args args = {.r = r, .t = {dx, g}, .more = n, .i = {input}};
    return reeli_capture_instead(e, loss_and_gradient, &args) ? dx : r->poison;
}

/* Where the first input's gradient can lie from the forward on; NULL: nowhere. */
static reel_tensor *place_ahead(reeli_node *n)
{
    reel_tensor *x = n->in[0].t;
    reeli_leaf *leaf = x->leaf;
    if (x->node) {
        reel_tensor *place = reeli_empty_like(x, n->op->name, x->dtype);
        n->out = reeli_bad(place) ? place : n->out;
        return place;
    }
    if (!leaf || !leaf->buffer || leaf->grad || leaf->captured || x->flags & REELI_HOOKED) {
        return NULL;
    }
    leaf->ahead = n;
    reeli_row_of(n)->version = leaf->buffer->version;
    return leaf->buffer;
}

static uint32_t *place_for_signs(const reeli_node *n)
{
    const reel_tensor *a = n->in[0].t;
    const bool by_sign = n->op == &reeli_op_l1_loss || n->op == &reeli_op_quantile_loss;
    if (!by_sign || !reeli_signs_loops[a->r->level][a->dtype]()) {
        return NULL;
    }
    return reeli_arena_alloc(a->r, 2 * sizeof(uint32_t) * ((size_t)(a->numel - 1) / 32 + 1));
}

void reeli_prepare_gradient(reeli_node *n)
{
    reel *r = n->out->r;
    const reel_tensor *a = n->in[0].t, *b = n->in[1].t;
    reeli_row *row = reeli_row_of(n);
    if ((size_t)a->numel * sizeof(float) < REELI_STREAM_FROM || r->capture || !r->grad_enabled ||
        !((a->flags | b->flags) & REELI_REQUIRES_GRAD) || !alike(n)) {
        return;
    }
    const bool first_alone = a->flags & ~b->flags & REELI_REQUIRES_GRAD;
    if (first_alone && !r->scales_losses && gradient_map(n, 0)) {
        row->loss.ahead = place_ahead(n);
    }
    row->loss.signs = row->loss.ahead ? NULL : place_for_signs(n);
}

void reeli_go_ahead(const reeli_node *n, reeli_beside *beside, double *share)
{
    const reeli_row *row = reeli_row_of(n);
    const double terms = row->reduction == REEL_MEAN ? (double)n->in[0].t->numel : 1;
    if (n->out->dtype == REEL_F32) {
        *(float *)share = 1 / (float)terms;
    } else {
        *share = 1 / terms;
    }
    beside->map = gradient_map(n, 0);
    beside->g = share;
    beside->y = row->loss.ahead->data;
}

/* A reel whose losses are scaled before backward begins has them computed as they come from then
 * on. */
reel_tensor *reeli_gradient_ahead(reeli_node *n, int input, const reel_tensor *g)
{
    reel *r = g->r;
    reeli_row *row = reeli_row_of(n);
    reel_tensor *x = n->in[0].t, *ahead = row->loss.ahead;
    if (input != 0 || r->grad_enabled || r->capture) {
        return NULL;
    }
    row->loss.ahead = NULL; /* whoever gets it may overwrite it */
    if (g->numel != 1 || g->dtype != n->out->dtype || reeli_load(g, 0) != 1) {
        r->scales_losses = true;
        return NULL;
    }
    if (n->in[0].from) {
        return ahead;
    }
    const bool still =
        r->destination == ahead && x->leaf->ahead == n && ahead->version == row->version;
    return still ? reeli_empty_like(x, n->op->name, x->dtype) : NULL;
}

reel_tensor *reeli_gradient_by_signs(reeli_node *n, int input, reel_tensor *g)
{
    const uint32_t *signs = reeli_row_of(n)->loss.signs;
    if (!signs || g->r->grad_enabled || g->numel != 1 || g->dtype != n->out->dtype) {
        return NULL;
    }
    reel *r = g->r;
    const float once = *(const float *)g->data, a[] = {1, 0, 0}, b[] = {0, 1, 0};
    const float each[] = {once, once, once};
    float values[3];
    gradient_map(n, input)(3, values, (const void *[]){each, a, b, each}, reeli_row_of(n)->p);
    reel_tensor *dx = reeli_empty_like(n->in[input].t, n->op->name, g->dtype);
    if (!reeli_bad(dx)) {
        reeli_spread_signs(r, dx->dtype, dx->numel, signs, values, dx->data);
    }
    return dx;
}

/* A linear and the loss of its values. */
static reeli_line line_of(const reeli_node *linear, const reeli_args *loss, reel_tensor *dw)
{
    const reeli_node *n = loss->more;
    reeli_line l = {.values = reeli_linear_gemm(linear),
                    .map = gradient_map(n, (int)loss->i[0]),
                    .parameters = reeli_row_of(n)->p,
                    .g = loss->t[1]->data,
                    .in = {n->in[0].t->data, n->in[1].t->data},
                    .dy = loss->t[0]->data};
    const reeli_gemm *y = &l.values;
    l.gradient = (reeli_gemm){.dtype = y->dtype,
                              .m = 1,
                              .n = y->k,
                              .k = y->m,
                              .a = {l.dy, {1, 1}},
                              .b = y->a,
                              .c = dw ? dw->data : NULL,
                              .c_step = y->k};
    return l;
}

typedef struct line_step {
    const reeli_node *linear;
    const reeli_args *loss;
} line_step;

/* The values, their gradient and that of the weight, t[0]. */
static bool line_and_gradient(const reeli_args *a)
{
    const line_step *step = a->more;
    const reeli_line l = line_of(step->linear, step->loss, a->t[0]);
    return reeli_go_as_line(a->r, &l);
}

/* Whether the loss that is joined with its gradient is one of the linear's values, and g the
 * gradient. */
static bool is_loss_of(const reeli_node *linear, const reeli_args *loss, const reel_tensor *g)
{
    const reeli_node *n = loss->more;
    const reel_tensor *y = n->in[loss->i[0]].t, *dy = loss->t[0];
    return y->data == linear->out->data && y->numel == linear->out->numel && g->data == dy->data &&
           g->numel == dy->numel && n->in[1 - loss->i[0]].t->data != y->data;
}

reel_tensor *reeli_gradient_beside_line(reeli_node *n, reel_tensor *g)
{
    reel *r = g->r;
    const reel_tensor *x = n->in[0].t, *w = n->in[1].t;
    const reeli_capture_entry *loss =
        r->capture && !r->grad_enabled ? reeli_entry_before(r, NULL) : NULL;
    if (!loss || loss->kind != REELI_CAPTURED_CALL || loss->run != loss_and_gradient ||
        !is_loss_of(n, loss->args, g)) {
        return NULL;
    }
    reeli_capture_entry *e = reeli_entry_before(r, loss);
    if (!e || e->kind != REELI_CAPTURED_FORWARD || e->node != n || w->size[0] != 1 ||
        !(x->flags & w->flags & REELI_CONTIGUOUS) ||
        (n->inputs == 3 && !(n->in[2].t->flags & REELI_CONTIGUOUS))) {
        return NULL;
    }
    const reeli_line l = line_of(n, loss->args, NULL);
    if (!reeli_may_go_as_line(&l)) {
        return NULL;
    }
    reel_tensor *dw = reeli_empty_like(w, n->op->name, w->dtype);
    if (reeli_bad(dw) || !reeli_capture_tensor(dw)) {
        return r->poison;
    }
    line_step *step = reeli_arena_alloc(r, sizeof *step);
    if (!step) {
        return reeli_no_memory(r, n->op->name);
    }
    *step = (line_step){n, loss->args};
    const reeli_args args = {.r = r, .t = {dw, g}, .more = step};
    return reeli_capture_instead(e, line_and_gradient, &args) ? dw : r->poison;
}
