/* SPDX-License-Identifier: MIT */
/* Gradients are scaled or limited where they lie, past the tape as PyTorch does it. */
#include "kernels.h"
#include "tensor.h"

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
    for (size_t i = 0; i < list->count; i++) {
        if (!reeli_usable(list->r, what, list->tensors[i])) {
            return false;
        }
    }
    return true;
}

/* g = map(g, x) in place. */
static void change(reel *r, reel_tensor *g, int formula, const reel_tensor *x,
                   const double *parameters)
{
    static const int64_t still[REEL_MAX_DIMS] = {0};
    const reeli_operand whole = {g->data, g->stride, g->dtype};
    const reeli_operand operands[3] = {
        whole, whole, {x ? x->data : NULL, still, x ? x->dtype : REEL_F64}};
    reeli_map_strided(r->kernels->of[g->dtype]->value[formula], g->dtype, g->dtype, g->ndim,
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
        r->kernels->of[g->dtype]->norm(row->numel, 1, row->data, p, &norm, NULL);
        reeli_move(1, (char *)norms->data + count * (int64_t)reeli_element_size(dtype), dtype, 1,
                   &norm, g->dtype, 1);
    }
    r->kernels->of[dtype]->norm(count, 1, norms->data, p, total->data, NULL);
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

double reel_clip_grad_norm(reel_tensor_list parameters, double max_norm, reel_clip_options options)
{
    reel *r = parameters.r;
    if (!r || r->status != REEL_OK || !usable(&parameters, "clip_grad_norm")) {
        return (double)NAN;
    }
    const reeli_mark mark = reeli_arena_mark(&r->arena);
    size_t i = 0;
    if (!next_gradient(&parameters, &i)) {
        return 0;
    }
    reel_tensor *total = norm_of_all(&parameters, options.norm_type != 0       ? options.norm_type
                                                  : signbit(options.norm_type) ? 0
                                                                               : 2);
    if (reeli_bad(total)) {
        return (double)NAN;
    }
    const double norm = reeli_load(total, 0), scale = coefficient(norm, max_norm, total->dtype);
    if (options.error_if_nonfinite && !isfinite(norm)) {
        reeli_error(r, REEL_ERR_VALUE, "clip_grad_norm: the norm of the gradients is %g", norm);
        return (double)NAN;
    }
    reeli_store(total, 0, scale);
    i = 0;
    for (reel_tensor *g; scale != 1 && (g = next_gradient(&parameters, &i));) {
        change(r, g, REELI_FORMULA_mul, total, NULL);
    }
    reeli_arena_release(&r->arena, mark);
    return norm;
}

void reel_clip_grad_value(reel_tensor_list parameters, double limit)
{
    reel *r = parameters.r;
    if (!r || r->status != REEL_OK || !usable(&parameters, "clip_grad_value")) {
        return;
    }
    size_t i = 0;
    for (reel_tensor *g; (g = next_gradient(&parameters, &i));) {
        change(r, g, REELI_FORMULA_clamp, NULL, (double[]){-limit, limit});
    }
}
