/* SPDX-License-Identifier: MIT */
/* A run of backward, as what begins one sees it; and gradients that are one loop. */
#ifndef REELI_BACKWARD_H
#define REELI_BACKWARD_H

#include "tape.h"

/* One run of backward. */
typedef struct reeli_backward {
    reel *r;
    const reel_backward_options *options;
    reel_tensor *leaves;         /* reached so far, through next_leaf */
    reel_tensor *const *targets; /* of reel_gradients; then leaves keep theirs */
    reel_tensor **results;
    size_t count;
    uint32_t *numbers; /* a table of the targets' numbers, by their addresses */
    size_t mask;       /* its size less 1 */
    size_t open;       /* nodes that have a gradient, and have not handed it on */
    bool once;         /* whether this backward uses up what was saved for it */
    bool traced;       /* whether what comes along each edge is noted */
    bool plain;        /* whether nobody looks at gradients on their way, nor differentiates them */
    bool quick;        /* nor writes down how they are computed */
    bool watched;      /* whether results may have to keep their gradients */
    bool shown;        /* whether a hook was given a gradient: it lives until the next rewind */
} reeli_backward;

/* From root, which may be NULL, to the leaves, or to the targets' results. */
reel_status reeli_run_backward(reeli_backward *b, reel_tensor *root);

/* Where the gradient of t goes; NULL if it is not asked for. */
reel_tensor **reeli_result_of(const reeli_backward *b, const reel_tensor *t);

/* The map reads g, one or two inputs and y, which all lie alike; g stands for what the formula does
 * not use. */
static inline void reeli_run_gradient(const reeli_node *n, int input, const reel_tensor *g,
                                      const reel_tensor *dx)
{
    const unsigned reads = n->op->reads[input];
    const void *const y = (reads & REELI_SAVES_RESULT ? n->out : g)->data;
    const void *data[4] = {g->data, (reads & 1 ? n->in[0].t : g)->data, y, y};
    if (n->inputs > 1) {
        data[2] = (reads & 2 ? n->in[1].t : g)->data;
    }
    reeli_gradient_map(n->op->formula, input, g->r->level, g->dtype)(g->numel, dx->data, data,
                                                                     reeli_parameters(n));
}

/* sum += g, which lies like it, and is little. */
static inline void reeli_add_little(reel_tensor *sum, const reel_tensor *g)
{
    reeli_value_map(&reeli_formula_add, g->r->level,
                    g->dtype)(g->numel, sum->data, (const void *[]){sum->data, g->data}, NULL);
}

#endif
