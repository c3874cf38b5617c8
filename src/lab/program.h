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
    lab_scope inputs;      /* what pieces gave numbers, as leaves */
    lab_scope names;       /* and, after a run, what the statements named */
    lab_held held;         /* and what they detached */
    lab_mistake why;       /* of what failed, */
    int at;                /* and in which piece; -1: in none */
} lab_program;

bool lab_read_inputs(lab_program *p);
/* The value of the last statement; NULL, and why, where one is wrong. */
reel_tensor *lab_run_program(lab_program *p);
/* Backward from what the last run returned, if it wants a gradient. */
bool lab_go_back(lab_program *p, reel_tensor *root);
/* (f(x + h) - f(x - h)) / 2h for element i of an input. */
double lab_slope(lab_program *p, reel_tensor *x, int64_t i);
double lab_step_of_slope(const lab_program *p);

#endif
