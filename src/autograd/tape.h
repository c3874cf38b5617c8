/* SPDX-License-Identifier: MIT */
/* Operations and the tape: what an operation is, and the nodes that record its being done. */
#ifndef REELI_TAPE_H
#define REELI_TAPE_H

#include "capture.h"
#include "kernels.h"
#include "tensor.h"

#include <reel/autograd.h>

typedef struct reeli_node reeli_node;

/* In a row's `saved`: bit i for input i, and this for the result. */
enum { REELI_SAVES_RESULT = 128 };

/* WIDE: NUMERIC, with loops of its own where vectors have 512 bits. SIMPLE: REAL, with fewer.
 * LIBRARY: FLOATING, by the C library. COMPOSED: REAL, likewise. */
typedef enum reeli_domain {
    FLOATING,
    REAL,
    NUMERIC,
    ANY,
    LIBRARY = FLOATING,
    COMPOSED = REAL,
    WIDE = NUMERIC,
    SIMPLE = REAL
} reeli_domain;

/* Of g, up to three inputs, the result and the row's parameters. */
typedef reel_tensor *reeli_recorded_gradient(reel_tensor *g, reel_tensor *a, reel_tensor *b,
                                             reel_tensor *c, reel_tensor *y, const double *p);

/* A row of ops.def; what is small lies together, as there are many rows. */
typedef struct reeli_op {
    const char *name;
    uint16_t keeps; /* bytes that its nodes keep behind their edges */
    uint8_t saved;
    uint8_t reads
        [3]; /* of that, what the gradient of each input reads; the third stands for all after it */
    bool compares : 1;   /* the result is a bool */
    bool fresh : 1;      /* a gradient is a new tensor, which nobody else has, or g: see `pass` */
    unsigned domain : 4; /* a reeli_domain */
    unsigned pass : 4;   /* inputs whose gradient is g itself */
    /* Computes n->out's elements from the inputs'; NULL for a view. False when memory is out. */
    bool (*forward)(reeli_node *n);
    /* dL/d(input) given g = dL/d(out), of the input's shape and dtype, written in operations so
     * that it can be differentiated again. NULL: not differentiable. */
    reel_tensor *(*gradient)(reeli_node *n, int input, reel_tensor *g);
    const reeli_formula *formula; /* elementwise operations: the loops; NULL: it is none */
    /* And the gradient of each input in operations, which are recorded. */
    reeli_recorded_gradient *const *recorded;
} reeli_op;

/* An input of a recorded operation. */
typedef struct reeli_edge {
    reel_tensor *t;
    reeli_node *from; /* the operation that made it, when this was recorded; NULL for a leaf */
    uint32_t version; /* of its memory then */
    bool wanted;      /* whether its gradient is */
} reeli_edge;

/* One operation being done. It is on the tape only if a gradient may be asked for. */
struct reeli_node {
    reeli_node *previous; /* the one recorded before it */
    const reeli_op *op;
    reel_tensor *out;
    reel_tensor *gradient; /* dL/d(out) while backward runs */
    uint32_t version;      /* of out's memory when recorded */
    uint32_t step;         /* 1 for the first on the tape, 2 for the next, …; see below */
    bool spent;            /* a backward has used what it saved */
    bool gated;            /* its gradient is 0 already where its relu sends nothing on */
    bool own;              /* its gradient is nobody else's, and may be overwritten */
    bool alike;            /* elementwise: all is contiguous, of one shape and dtype, and small */
    int inputs;
    reeli_edge in[]; /* and behind them what the operation keeps: see reeli_parameters */
};

/* What n's operation needs to know beside the inputs: op->keeps bytes, whose meaning is the
 * operation's own. */
static inline void *reeli_parameters(const reeli_node *n)
{
    return (void *)(uintptr_t)(n->in + n->inputs);
}

/* A node for op on inputs that are known to be sound; NULL when memory is out. */
static inline reeli_node *reeli_new_node(reel *r, const reeli_op *op, int inputs,
                                         reel_tensor *const *in)
{
    reeli_node *n =
        reeli_arena_alloc(r, sizeof *n + (size_t)inputs * sizeof(reeli_edge) + op->keeps);
    if (!n) {
        reeli_no_memory(r, op->name);
        return NULL;
    }
    n->op = op;
    n->out = r->poison;
    n->inputs = inputs;
    for (int i = 0; i < inputs; i++) {
        n->in[i].t = in[i];
    }
    return n;
}

/* A node for op on these inputs; NULL if one of them is NULL, poison, stale or of another reel. */
reeli_node *reeli_begin(const reeli_op *op, int inputs, reel_tensor *const *in);

/* What the gradient of an input reads, in the bits of `saved`. */
static inline unsigned reeli_reads(const reeli_op *op, int input)
{
    return op->reads[input < 2 ? input : 2];
}

/* sum += g in the part of it that n shows; false: n shows no part, or that is not how they lie. */
bool reeli_add_part(reeli_node *n, reel_tensor *sum, reel_tensor *g);

static inline bool reeli_is_outdated(const reel_tensor *t)
{
    return REELI_RARELY(t->base != t) && t->node && t->version < t->base->history;
}

/* t, which is not outdated, as an input of a node that comes onto the tape. */
static inline void reeli_tie(reeli_edge *e, reel_tensor *t)
{
    e->t = t;
    e->from = t->node;
    e->version = t->base->version;
    e->wanted = reeli_requires_grad(t);
}

/* n, whose inputs are tied, onto the tape; `version`: of out's memory. */
static inline void reeli_push(reel *r, reeli_node *n, reel_tensor *out, uint32_t version,
                              bool alike)
{
    n->gradient = NULL;
    n->spent = n->gated = n->own = false;
    n->alike = alike;
    n->version = version;
    n->out = out;
    n->previous = r->tape;
    r->tape = n;
}

static inline reel_tensor *reeli_onto_tape(reel *r, reeli_node *n, reel_tensor *out)
{
    reeli_push(r, n, out, out->base->version, false);
    out->node = n;
    out->flags |= REELI_REQUIRES_GRAD;
    return out;
}

/* Puts n on the tape; poison if one of its inputs is outdated. */
reel_tensor *reeli_record(reel *r, reeli_node *n);

/* Whether this is the first input whose gradient backward asks for. It asks for one after another;
 * with the first an operation may compute what all of them are made of. */
static inline bool reeli_is_first_wanted(const reeli_node *n, int input)
{
    int first = 0;
    while (!n->in[first].wanted) {
        first++;
    }
    return input == first;
}

/* Whether nobody needs the gradient of n's result after that of this input has been computed of it,
 * which may then take its memory. */
static inline bool reeli_may_overwrite(const reeli_node *n, int input)
{
    const bool last = input + 1 == n->inputs || (n->inputs == 2 && !n->in[1].wanted);
    return n->own && last && !n->op->pass;
}

/* Computes n->out (poison passes through), records n if gradients are wanted, and returns it. */
reel_tensor *reeli_apply(reeli_node *n);

/* n->op->forward(n), written down. */
bool reeli_capture_forward(reeli_node *n);

/* Gives the nodes on the tape their steps: for who is about to read them, as recording has other
 * things to do. */
void reeli_number_tape(const reel *r);

/* What came to an input of a recorded operation while backward was traced: its own copies. */
typedef struct reeli_arrival {
    struct reeli_arrival *next; /* that came after it */
    const reeli_node *n;
    int input;
    reel_tensor *upstream; /* dL/d(result) */
    reel_tensor *local;  /* d(result)/d(input), where that is a number for each element; or NULL */
    reel_tensor *amount; /* what the operation sends to the input */
    reel_tensor *before; /* what had come to it until then; NULL: nothing */
    reel_tensor *after;  /* the sum of both */
} reeli_arrival;

/* n's gradient for `input` has been delivered: a new one at the end of the reel's list. False, and
 * an error, when memory is out. */
bool reeli_trace(reeli_node *n, int input, const reeli_arrival *what);
/* A copy, unrecorded, that lives until the next rewind; NULL of NULL. */
reel_tensor *reeli_trace_copy(reel_tensor *t);

/* Anomaly mode. False, and an error, if the result has an element that is not finite though all
 * inputs' are: the result of a node, and of an operation without one. */
bool reeli_sound_node(const reeli_node *n);
bool reeli_sound_result(const reeli_op *op, int inputs, reel_tensor *const *in,
                        const reel_tensor *y);
/* The same in place, where the inputs have to be looked at before. */
bool reeli_finite_inputs(int inputs, reel_tensor *const *in);
bool reeli_sound_change(const reeli_op *op, const reel_tensor *x);
/* n's gradient rule for `input`; poison, and an error, if its result is not finite though all else
 * is. */
reel_tensor *reeli_watched_gradient(reeli_node *n, int input, reel_tensor *g);
/* Whether all elements are finite; if not, where the first is that is not. */
bool reeli_all_finite(const reel_tensor *t, int64_t *element);

/* Before a backward from root: counts how many gradients it will bring each leaf that has hooks. */
void reeli_expect_gradients(reel_tensor *root);

/* What t's hooks for the value that `node` made (NULL: a leaf's) make of its gradient; poison after
 * an error. */
reel_tensor *reeli_call_hooks(reel_tensor *t, const reeli_node *node, reel_tensor *g);

#endif
