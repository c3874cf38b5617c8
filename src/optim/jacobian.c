/* SPDX-License-Identifier: MIT */
/*
 * One backward pass gives a row of the Jacobian, Jᵀu for a unit vector u. As Jᵀu is linear in u,
 * its own gradient gives a column, J v: for n parameters n passes and no more, however many
 * residuals there are.
 */
#include "jacobian.h"

#include "kernels.h"

#include <reel/autograd.h>

/* What was allocated since the mark is given back, unless a hook has kept some of it. */
static void release(reel *r, reeli_mark mark)
{
    if (!r->retained_grads && !r->retain_all_grads) {
        reeli_arena_release(&r->arena, &mark);
    }
}

static reel_tensor *unit_like(const reel_tensor *t, int64_t at)
{
    reel_tensor *unit = reeli_empty(t->r, "Jacobian", t->dtype, t->ndim, t->size);
    if (!reeli_bad(unit)) {
        reeli_fill(unit, 0);
        if (at >= 0) {
            reeli_store(unit, at, 1);
        }
    }
    return unit;
}

/* All elements of g, row by row, as doubles with a stride. */
static void spread(const reel_tensor *g, double *to, int64_t step)
{
    int64_t stride[REEL_MAX_DIMS], at = step;
    for (int d = g->ndim - 1; d >= 0; d--) {
        stride[d] = at;
        at *= g->size[d];
    }
    reeli_move_strided(g->r, g->ndim, g->size, (reeli_operand){to, stride, REEL_F64},
                       (reeli_operand){g->data, g->stride, g->dtype});
}

static bool by_rows(reel_tensor *r, reel_tensor *const *parameters, size_t count, int64_t rows,
                    double *J, reel_tensor **g)
{
    for (int64_t i = 0; i < r->numel; i++) {
        const reeli_mark mark = reeli_arena_mark(&r->r->arena);
        reel_tensor *unit = unit_like(r, i);
        if (reeli_bad(unit) ||
            reel_gradients(r, parameters, count, &(reel_backward_options){unit, true, false}, g) !=
                REEL_OK) {
            return false;
        }
        double *to = J + i;
        for (size_t k = 0; k < count; k++) {
            if (g[k]) {
                spread(g[k], to, rows);
            }
            to += parameters[k]->numel * rows;
        }
        release(r->r, mark);
    }
    return true;
}

/* The columns of one parameter, g = Jᵀu being its share. */
static bool columns_of(reel_tensor *g, reel_tensor *u, int64_t rows, double *to)
{
    for (int64_t j = 0; j < g->numel; j++) {
        const reeli_mark mark = reeli_arena_mark(&g->r->arena);
        reel_tensor *unit = unit_like(g, j), *column = NULL;
        if (reeli_bad(unit) || reel_gradients(g, &u, 1, &(reel_backward_options){unit, true, false},
                                              &column) != REEL_OK) {
            return false;
        }
        if (column) {
            spread(column, to + j * rows, 1);
        }
        release(g->r, mark);
    }
    return true;
}

static bool by_columns(reel_tensor *r, reel_tensor *const *parameters, size_t count, int64_t rows,
                       double *J, reel_tensor **g)
{
    reel_tensor *u = reel_requires_grad_(unit_like(r, -1), true);
    if (reeli_bad(u) || reel_gradients(r, parameters, count,
                                       &(reel_backward_options){u, true, true}, g) != REEL_OK) {
        return false;
    }
    for (size_t k = 0; k < count; k++) {
        if (g[k] && reeli_requires_grad(g[k]) && !columns_of(g[k], u, rows, J)) {
            return false;
        }
        J += parameters[k]->numel * rows;
    }
    return true;
}

bool reeli_jacobian(reel_tensor *r, reel_tensor *const *parameters, size_t count, reel_jacobian how,
                    int64_t rows, double *J)
{
    int64_t n = 0;
    for (size_t k = 0; k < count; k++) {
        n += parameters[k]->numel;
    }
    for (int64_t i = 0; i < n * rows; i++) {
        J[i] = 0;
    }
    reel_tensor **g = reeli_arena_alloc(r->r, (count + 1) * sizeof *g);
    if (!g) {
        reeli_no_memory(r->r, "Jacobian");
        return false;
    }
    const bool columns =
        how == REEL_JACOBIAN_COLUMNS || (how == REEL_JACOBIAN_AUTO && 2 * n < r->numel);
    return (columns ? by_columns : by_rows)(r, parameters, count, rows, J, g);
}
