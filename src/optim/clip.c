/* SPDX-License-Identifier: MIT */
/* Gradients are scaled or limited where they lie, past the tape as PyTorch does it. */
#include "capture.h"
#include "kernels.h"
#include "optimizer.h"

#include <math.h>
#include <reel/optimizer.h>

/* The next gradient of the list from *i on; NULL at the end. *i is then behind it. */
static reel_tensor *next_gradient(const reel_tensor_list *list, size_t *i)
{
    while (*i < list->count) {
        const reel_tensor *p = list->tensors[(*i)++];
        if (p && reeli_grad(p)) {
            return reeli_grad(p);
        }
    }
    return NULL;
}

static bool usable(const reel_tensor_list *list, const char *what)
{
    if (!reeli_list_given(list->r, what, list->tensors, list->count)) {
        return false;
    }
    for (size_t i = 0; i < list->count; i++) {
        if (!reeli_usable_as(list->r, what, "a parameter", list->tensors[i])) {
            return false;
        }
    }
    return true;
}

/* g = map(g, x) in place. */
static void change(reel *r, reel_tensor *g, const reeli_formula *formula, const reel_tensor *x,
                   const double *parameters)
{
    static const int64_t still[REEL_MAX_DIMS] = {0};
    const reeli_operand whole = {g->data, g->stride, g->dtype};
    const reeli_operand operands[3] = {
        whole, whole, {x ? x->data : NULL, still, x ? x->dtype : REEL_F64}};
    reeli_map_strided(r, reeli_value_map(formula, r->level, g->dtype), g->dtype, g->dtype, g->ndim,
                      g->size, x ? 2 : 1, operands, parameters);
    g->version++;
}

/* The norm of all gradients: of each one's norm. A number in the dtype that they promote to. */
static reel_tensor *norm_of_all(const reel_tensor_list *list, double p)
{
    reel *r = list->r;
    size_t i = 0;
    int64_t count = 0;
    int dtype = REEL_F32;
    for (const reel_tensor *g; (g = next_gradient(list, &i)); count++) {
        dtype = g->dtype > dtype ? g->dtype : dtype;
    }
    reel_tensor *norms = reeli_empty(r, "clip_grad_norm", dtype, 1, &count);
    reel_tensor *total = reeli_empty(r, "clip_grad_norm", dtype, 0, NULL);
    if (reeli_bad(norms) || reeli_bad(total)) {
        return r->poison;
    }
    i = 0;
    count = 0;
    for (const reel_tensor *g; (g = next_gradient(list, &i)); count++) {
        double norm = 0; /* room for a float, too */
        const reel_tensor *row = g;
        if (!(g->flags & REELI_CONTIGUOUS)) {
            reel_tensor *copy = reeli_empty(r, "clip_grad_norm", g->dtype, g->ndim, g->size);
            if (reeli_bad(copy)) {
                return r->poison;
            }
            reeli_copy(copy, g);
            row = copy;
        }
        reeli_norm_loops[r->level][g->dtype](row->numel, 1, row->data, p, &norm, NULL);
        reeli_move(1, (char *)norms->data + count * (int64_t)reeli_element_size(dtype), dtype, 1,
                   &norm, g->dtype, 1);
    }
    reeli_norm_loops[r->level][dtype](count, 1, norms->data, p, total->data, NULL);
    return total;
}

/* min(1, max_norm / (norm + 1e-6)), rounded as tensors of the dtype are; the quotient is PyTorch's
 * reciprocal and product. */
static double coefficient(double norm, double max_norm, int dtype)
{
    const double quotient = dtype == REEL_F32
                                ? (double)(1 / ((float)norm + 1e-6F) * (float)max_norm)
                                : 1 / (norm + 1e-6) * max_norm;
    return quotient > 1 ? 1 : quotient;
}

/* What is done to which gradients. */
typedef struct clipping {
    reel_tensor_list list;
    double limit, norm_type;
    bool error_if_nonfinite;
    double *norm; /* receives it */
} clipping;

static bool clip_norm(const reeli_args *a)
{
    const clipping *c = a->more;
    reel *r = a->r;
    const reeli_mark mark = reeli_arena_mark(&r->arena);
    size_t i = 0;
    *c->norm = 0;
    if (!next_gradient(&c->list, &i)) {
        return true;
    }
    *c->norm = (double)NAN;
    reel_tensor *total = norm_of_all(&c->list, c->norm_type);
    if (reeli_bad(total)) {
        return false;
    }
    const double norm = reeli_load(total, 0), scale = coefficient(norm, c->limit, total->dtype);
    if (c->error_if_nonfinite && !isfinite(norm)) {
        reeli_error(r, REEL_ERR_VALUE, "clip_grad_norm: the norm of the gradients is %g", norm);
        return false;
    }
    reeli_store(total, 0, scale);
    i = 0;
    for (reel_tensor *g; scale != 1 && (g = next_gradient(&c->list, &i));) {
        change(r, g, &reeli_formula_mul, total, NULL);
    }
    reeli_arena_release(&r->arena, &mark);
    *c->norm = norm;
    return true;
}

static bool clip_value(const reeli_args *a)
{
    const clipping *c = a->more;
    size_t i = 0;
    for (reel_tensor *g; (g = next_gradient(&c->list, &i));) {
        change(a->r, g, &reeli_formula_clamp, NULL, (double[]){-c->limit, c->limit});
    }
    return true;
}

/* For a captured step: the list, which is the caller's, and where the norm goes are kept. NULL, and
 * an error, when memory is out. */
static clipping *keep(const clipping *c)
{
    reel *r = c->list.r;
    const size_t bytes = c->list.count * sizeof(reel_tensor *);
    clipping *kept = reeli_arena_alloc(r, sizeof *kept + sizeof(double) + bytes);
    if (!kept) {
        reeli_no_memory(r, "clip_grad");
        return NULL;
    }
    *kept = *c;
    kept->norm = (double *)(void *)(kept + 1);
    reel_tensor **tensors = (reel_tensor **)(void *)(kept->norm + 1);
    for (size_t i = 0; i < c->list.count; i++) {
        tensors[i] = c->list.tensors[i];
        reeli_note_leaf(tensors[i], true);
    }
    kept->list.tensors = tensors;
    return kept;
}

/* The norm; NaN after an error. */
static double clip(reeli_run run, const clipping *c)
{
    double norm = (double)NAN;
    clipping now = *c, *it = &now;
    now.norm = &norm;
    if (c->list.r->capture) {
        it = keep(&now);
    }
    if (!it) {
        return (double)NAN;
    }
    const reeli_args args = {.r = c->list.r, .more = it};
    return reeli_do(run, &args) ? *it->norm : (double)NAN;
}

double reel_clip_grad_norm(reel_tensor_list parameters, double max_norm, reel_clip_options options)
{
    reel *r = parameters.r;
    if (!r || r->status != REEL_OK || !usable(&parameters, "clip_grad_norm")) {
        return (double)NAN;
    }
    return clip(clip_norm, &(clipping){.list = parameters,
                                       .limit = max_norm,
                                       .norm_type = reeli_or(options.norm_type, 2),
                                       .error_if_nonfinite = options.error_if_nonfinite});
}

void reel_clip_grad_value(reel_tensor_list parameters, double limit)
{
    reel *r = parameters.r;
    if (!r || r->status != REEL_OK || !usable(&parameters, "clip_grad_value")) {
        return;
    }
    clip(clip_value, &(clipping){.list = parameters, .limit = limit});
}
