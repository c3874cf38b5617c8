/* SPDX-License-Identifier: MIT */
/*
 * A step being written down: what computes or changes elements becomes an entry, in the order in
 * which it was done. A replay runs the entries. Shapes, addresses and everything else that a
 * program decided are in the entries; values are not.
 */
#ifndef REELI_CAPTURE_H
#define REELI_CAPTURE_H

#include "buffer.h"
#include "kernels.h"
#include "tensor.h"

#include <reel/replay.h>

struct reeli_node;

/* What a call goes by. The first tensor is the one that is written. */
typedef struct reeli_args {
    reel *r;
    reel_tensor *t[4]; /* NULL where there are fewer */
    void *more;
    const char *text;
    double p[3];
    int64_t i[3];
    bool settles; /* it touches no elements, but whose they are */
} reeli_args;

typedef bool (*reeli_run)(const reeli_args *args);
typedef bool (*reeli_forward)(struct reeli_node *n);

enum {
    REELI_CAPTURED_MAP = 0,
    REELI_CAPTURED_CALL,
    REELI_CAPTURED_FORWARD,
    REELI_CAPTURED_SETTLEMENT, /* a call that touches no elements */
    REELI_CAPTURED_INPUTS = 4
};

/* One cache line. */
typedef struct reeli_capture_entry {
    union {
        reeli_map map; /* of at most REELI_BLOCK elements: y = map(x…) */
        reeli_run run;
        reeli_forward forward;
    };
    int32_t kind, n;
    void *y;
    const void *x[REELI_CAPTURED_INPUTS];
    union {
        const double *p;
        const reeli_args *args;
        struct reeli_node *node;
    };
} reeli_capture_entry;

/* A tensor whose values a replay starts by restoring: a constant of the step that it changes. */
typedef struct reeli_restored {
    struct reeli_restored *next;
    void *to;
    const void *from;
    size_t bytes;
} reeli_restored;

/* A leaf whose gradient the step looks at or sets, and whether the step depends on there being one
 * when it starts. */
typedef struct reeli_leaf_use {
    const reel_tensor *t;
    reel_tensor *grad;
    bool depends;
} reeli_leaf_use;

/* What a step needs, in the graph's arena. */
typedef struct reeli_need {
    struct reeli_need *next;
    reeli_watch watch;
} reeli_need;

struct reel_graph {
    reeli_owned owned;
    reel_graph *next;
    reeli_arena arena;    /* what was made in the step; while it is captured, the reel's own */
    reeli_buffer entries; /* reeli_capture_entry */
    reeli_buffer leaves;  /* reeli_leaf_use */
    reeli_need *needs;    /* what must not be freed */
    reeli_restored *restored;
    size_t scratch; /* the most bytes of the arena that one call needs for a while */
    size_t slots;   /* and the most slots */
    bool broken;    /* something that it uses is gone */
};

/* Does it, and writes it down if a step is being captured. False if it failed. */
bool reeli_capture_run(reeli_run run, const reeli_args *args);
static inline bool reeli_do(reeli_run run, const reeli_args *args)
{
    return REELI_RARELY(args->r->capture != NULL) ? reeli_capture_run(run, args) : run(args);
}

/* Whether t and its memory last as long as the graph; an error if not. */
bool reeli_capture_tensor(const reel_tensor *t);

/* t's elements are about to be changed where they are, by what is written down. As all that
 * follows: false, and an error, when memory is out. */
bool reeli_capture_change(const reel_tensor *t);

/* y = map(x…) has been computed: written down for a replay. Few elements in a row are an entry of
 * their own; what follows from constants needs none. */
bool reeli_capture_map(reel *r, reeli_map map, int dtype, reel_tensor *y, bool compares, int inputs,
                       reel_tensor *const *x, const double *parameters);

/* Whether y, which was computed from x, is a constant of the step as they are: then it is
 * marked. */
bool reeli_became_constant(reel_tensor *y, int inputs, reel_tensor *const *x);

/* An entry of this kind, to be filled in; NULL, and an error, when memory is out. */
reeli_capture_entry *reeli_new_entry(reel *r, int kind);

/* The last entry before e (NULL: of all) that touches elements; NULL: there is none. */
reeli_capture_entry *reeli_entry_before(const reel *r, const reeli_capture_entry *e);

/* In e's place comes a call that does what e did and more, which was to follow; it is done at once.
 * False, and an error, when memory is out. */
bool reeli_capture_instead(reeli_capture_entry *e, reeli_run run, const reeli_args *args);

/* Whether t's elements are what they are in every replay. */
bool reeli_is_constant(const reel_tensor *t);

/* All has been written down: maps in a row over the same few elements become one entry. */
void reeli_join_maps(reel *r);

/* While a call runs nothing is written down, and what it takes of the arena is measured. */
typedef struct reeli_pause {
    reel_graph *graph;
    reeli_mark mark;
} reeli_pause;
void reeli_start_call(reel *r, reeli_pause *pause);
void reeli_end_call(reel *r, const reeli_pause *pause);

/* The step looks at t's gradient (`depends`), or sets it whatever it was. */
void reeli_capture_leaf(const reel_tensor *t, bool depends);
static inline void reeli_note_leaf(const reel_tensor *t, bool depends)
{
    if (REELI_RARELY(t->r->capture != NULL)) {
        reeli_capture_leaf(t, depends);
    }
}

/* The step needs it. */
bool reeli_capture_use(reel *r, reeli_owned *it);

/* The leaf t's gradient is `grad` from now on. */
void reeli_set_grad(reel_tensor *t, reel_tensor *grad);

/* As reeli_copy, where it may be part of a step. */
void reeli_put(reel_tensor *to, reel_tensor *from);

#endif
