/* SPDX-License-Identifier: MIT */
/* One program: its leaves, the results of its calls in order, and their derivatives. */
#ifndef DIFFERENTIAL_PROGRAM_H
#define DIFFERENTIAL_PROGRAM_H

#include "runner.h"

enum { MAX_REGISTERS = 256 };

typedef struct bits {
    char *data;
    size_t size;
} bits;

typedef struct program {
    reel *r;
    json_t *it;
    source s; /* whose `given` are the results */
    reel_tensor *result[MAX_REGISTERS];
    const char *maker[MAX_REGISTERS]; /* the operator; NULL: a leaf */
    size_t results, leaf_count;
    reel_tensor *gradient[MAX_LEAVES], *second[MAX_LEAVES];
    bits leaf_bits[MAX_REGISTERS];
    const reel_tensor *wrong, *right; /* the first results that differ; NULL, NULL */
    double atol;                      /* theirs */
} program;

/* In a reel of its own, with its leaves read. */
bool open_program(program *p, const char *path, reason *why);
void close_program(program *p);

/* All calls, then gradients where PyTorch has some. False where a call is refused that should not
 * be, or the other way round. */
bool run_program(program *p, reason *why);

void halve_leaves(program *p);
void restore_leaves(program *p);

/* The bytes of all results and derivatives, one after the other. */
bits bits_of(const program *p);

/* An operation of custom.c; NULL if there is none. */
const binding *custom_named(const char *name);

/* An operator that works in place, by PyTorch's name; NULL if there is none. */
const binding *in_place_named(const char *name);

#endif
