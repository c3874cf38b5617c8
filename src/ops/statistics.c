/* SPDX-License-Identifier: MIT */
/* Variances and standard deviations. */
#include "reduction.h"

#include <math.h>
#include <reel/elementwise.h>
#include <reel/views.h>

/* Σ (x - mean)² is divided by n less the correction, and never by less than 0. */
static bool spread(reeli_node *n, bool root)
{
    reel_tensor *x = n->in[0].t, *y = n->out;
    reel *r = x->r;
    reeli_lines l;
    if (x->numel == 0) {
        reeli_fill(y, (double)NAN);
        return true;
    }
    const reeli_mark mark = reeli_arena_mark(&r->arena);
    double *mean = NULL;
    if (reeli_lines_of(x, reeli_reduction_of(n)->dims, y->dtype, &l) &&
        !(mean = reeli_arena_alloc(r, (size_t)l.inner * 2 * sizeof *mean))) {
        reeli_no_memory(r, n->op->name);
    }
    for (int64_t o = 0; mean && o < l.outer; o++) {
        double *squares = mean + l.inner;
        reeli_moments_loops[r->level][y->dtype](l.n, l.inner, reeli_lines_at(&l, o, y->dtype), mean,
                                                squares);
        const double divisor = fmax(0, (double)l.n - reeli_reduction_of(n)->correction);
        for (int64_t k = 0; k < l.inner; k++) {
            squares[k] = root ? sqrt(squares[k] / divisor) : squares[k] / divisor;
        }
        reeli_move(l.inner, reeli_block_of(y->data, &l, o, 1, y->dtype), y->dtype, 1, squares,
                   REEL_F64, 1);
    }
    reeli_arena_release(&r->arena, &mark);
    return mean != NULL;
}

bool reeli_var_forward(reeli_node *n) { return spread(n, false); }

bool reeli_std_forward(reeli_node *n) { return spread(n, true); }

/* 2 g (x - mean) / (n - correction). */
reel_tensor *reeli_var_gradient(reeli_node *n, int input, reel_tensor *g)
{
    reel_tensor *x = n->in[input].t;
    const unsigned dims = reeli_reduction_of(n)->dims;
    const double divisor = (double)reeli_terms(x, dims) - reeli_reduction_of(n)->correction;
    reel_tensor *mean =
        reeli_reduce(&reeli_op_mean, x, x->dtype, (reeli_reduction){.dims = dims, .keepdim = true});
    g = reel_mul_scalar(reeli_restore(g, x, dims), 2 / divisor);
    return reel_mul(g, reel_sub(x, mean));
}

/* The variance's over twice the deviation; 0 where that is 0. */
reel_tensor *reeli_std_gradient(reeli_node *n, int input, reel_tensor *g)
{
    reel_tensor *y = n->out;
    reel_tensor *zero = reeli_number_for(y, 0);
    if (n->in[input].t->numel == 0) {
        return reel_expand_as(reeli_restore(g, n->in[input].t, reeli_reduction_of(n)->dims),
                              n->in[input].t); /* no g / NaN */
    }
    reel_tensor *half = reel_div(g, reel_mul_scalar(y, 2));
    return reeli_var_gradient(n, input, reel_where(reel_eq(y, zero), zero, half));
}

static reel_tensor *moment(const reeli_op *op, reel_tensor *x, const int64_t *dims, int count,
                           double correction, bool keepdim)
{
    unsigned set;
    if (!reeli_dim_set(op->name, x, dims, count, &set) || !reeli_floating(op->name, "input", x)) {
        return reeli_poison_for(1, &x);
    }
    const reeli_reduction how = {.dims = set, .keepdim = keepdim, .correction = correction};
    return reeli_reduce(op, x, x->dtype, how);
}

reel_tensor *reel_var(reel_tensor *x) { return moment(&reeli_op_var, x, NULL, 0, 1, false); }

reel_tensor *reel_std(reel_tensor *x) { return moment(&reeli_op_std, x, NULL, 0, 1, false); }

reel_tensor *reel_var_dim(reel_tensor *x, const int64_t *dims, int count, double correction,
                          bool keepdim)
{
    return moment(&reeli_op_var, x, dims, count, correction, keepdim);
}

reel_tensor *reel_std_dim(reel_tensor *x, const int64_t *dims, int count, double correction,
                          bool keepdim)
{
    return moment(&reeli_op_std, x, dims, count, correction, keepdim);
}

/* Both, or poison twice. */
static reel_moments with_mean(reel_tensor *spread, reel_tensor *x, const int64_t *dims, int count,
                              bool keepdim)
{
    reel_tensor *mean = reeli_bad(spread) ? spread : reel_mean_dim(x, dims, count, keepdim);
    return reeli_bad(mean) ? (reel_moments){mean, mean} : (reel_moments){spread, mean};
}

reel_moments reel_var_mean(reel_tensor *x, const int64_t *dims, int count, double correction,
                           bool keepdim)
{
    return with_mean(reel_var_dim(x, dims, count, correction, keepdim), x, dims, count, keepdim);
}

reel_moments reel_std_mean(reel_tensor *x, const int64_t *dims, int count, double correction,
                           bool keepdim)
{
    return with_mean(reel_std_dim(x, dims, count, correction, keepdim), x, dims, count, keepdim);
}
