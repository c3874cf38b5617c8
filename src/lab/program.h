/* SPDX-License-Identifier: MIT */
/* An expression with its inputs: computed, gone back through, and proven by nudging. */
#ifndef LAB_PROGRAM_H
#define LAB_PROGRAM_H

#include "expression.h"

typedef struct lab_program {
    reel *r;
    reel_dtype dtype;
    const char *const *pieces; /* statements, and names with numbers ("a=3"), in any order */
    int count;
    const char *constants; /* names that want no gradient, with commas between them; NULL: none */
    double update;         /* the learning rate of a step in the end; 0: none */
    lab_scope inputs;      /* what pieces gave numbers, as leaves */
    lab_scope names;       /* and, after a run, what the statements named */
    lab_held held;         /* and what they detached */
    lab_mistake why;       /* of what failed, */
    int at;                /* and in which piece; -1: in none */
} lab_program;

/* A reel that says nothing. */
reel *lab_reel(void);
bool lab_read_inputs(lab_program *p);
/* The value of the last statement; NULL, and why, where one is wrong. */
reel_tensor *lab_run_program(lab_program *p);
/* Backward from what the last run returned, if it wants a gradient. */
bool lab_go_back(lab_program *p, reel_tensor *root);
/*
 * Gives names that have no value a small whole number, neither 0 nor 1, from a seed: pieces like
 * "a=-3" after the `count` that there are, written to `drawn`. The result and all gradients are
 * finite, if a hundred draws give that. How many pieces there are then; no more than `room`.
 */
int lab_draw_values(const char **pieces, int count, int room, char drawn[][LAB_NAME + 8],
                    const char *constants, uint64_t seed);
/* (f(x + h) - f(x - h)) / 2h for element i of an input. */
double lab_slope(lab_program *p, reel_tensor *x, int64_t i);
double lab_step_of_slope(const lab_program *p);

/* What a nudge by h says of a slope: from one side, (f(x + h) - f(x)) / h, and from both. */
typedef struct lab_nudge {
    double h, one, both;
    double apart; /* of both from the gradient */
} lab_nudge;

/* Of the first element of a value that wants a gradient, by name, from large to tiny ones; none
 * where there is no such value. */
void lab_nudges(lab_program *p, const char *name, void (*each)(const lab_nudge *it, void *context),
                void *context);

/* A step of plain SGD, of an input that wants a gradient: that times the rate is taken from it. */
typedef struct lab_update {
    const char *name;
    reel_tensor *before, *grad, *after; /* grad NULL: nothing came, and nothing moves */
    reel_tensor *added, *whole; /* what comes of adding it, and of the gradient without the rate */
} lab_update;

/* Of each of them; none moves. */
void lab_updates(lab_program *p, void (*each)(const lab_update *it, void *context), void *context);

/* An element of an input that wants a gradient, and what the two say of it. */
typedef struct lab_proof {
    const char *name;
    int64_t element; /* -1: the input is one number */
    bool has_gradient;
    double gradient, nudged;
} lab_proof;

/* Each of them, but of inputs with more than 64 elements. */
void lab_prove(lab_program *p, void (*each)(const lab_proof *it, void *context), void *context);

#endif
