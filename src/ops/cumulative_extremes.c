/* SPDX-License-Identifier: MIT */
/* The largest and the smallest so far along a dim. Of equal ones the last counts, and a NaN beats
 * every number. */
#include "reduction.h"

/* For each place of a line of items the one that is the extreme up to there. As an item's key a NaN
 * is the largest; for a smallest all keys move on by one, so that it wraps round to the least. */
static void pass(reeli_item *items, int64_t n, bool smallest, bool floating)
{
    const uint64_t shift = smallest && floating;
    reeli_item best = items[0];
    for (int64_t i = 0; i < n; i++) {
        const uint64_t own = items[i].key + shift, key = best.key + shift;
        best = (smallest ? own <= key : own >= key) ? items[i] : best;
        items[i] = best;
    }
}

static bool extremes_so_far(reeli_node *n, bool smallest)
{
    const reel_tensor *x = n->in[0].t;
    reel_tensor *y = n->out;
    reel *r = x->r;
    const reeli_lines l = reeli_lines_along(x, reeli_choice_of(n)->dim);
    if (x->numel == 0) {
        return true;
    }
    const reeli_mark mark = reeli_arena_mark(&r->arena);
    const char *data = reeli_dense(x, n->op->name, x->dtype);
    reeli_item *items = data ? reeli_arena_alloc(r, (size_t)l.n * sizeof *items) : NULL;
    if (data && !items) {
        reeli_no_memory(r, n->op->name);
    }
    for (int64_t line = 0; items && line < l.outer * l.inner; line++) {
        const int64_t at = line / l.inner * l.n * l.inner + line % l.inner;
        const size_t byte = (size_t)at * reeli_element_size(x->dtype);
        reeli_make_items(items, l.n, data + byte, x->dtype, l.inner, REELI_ASCENDING);
        pass(items, l.n, smallest, reeli_is_float(x->dtype));
        reeli_place_items(items, l.n, data + byte, x->dtype, l.inner, (char *)y->data + byte,
                          (int64_t *)n->in[1].t->data + at, l.inner);
    }
    reeli_arena_release(&r->arena, &mark);
    return items != NULL;
}

bool reeli_cummax_forward(reeli_node *n) { return extremes_so_far(n, false); }

bool reeli_cummin_forward(reeli_node *n) { return extremes_so_far(n, true); }

static reel_values so_far(const reeli_op *op, reel_tensor *x, int64_t dim)
{
    return reeli_one_dim(op->name, x, &dim)
               ? reeli_pick(op, x, (reeli_choice){.dim = dim}, x->ndim, x->size)
               : reeli_poison_pick(x);
}

reel_values reel_cummax(reel_tensor *x, int64_t dim) { return so_far(&reeli_op_cummax, x, dim); }

reel_values reel_cummin(reel_tensor *x, int64_t dim) { return so_far(&reeli_op_cummin, x, dim); }
