/* SPDX-License-Identifier: MIT */
/*
 * The words in which a row says how a call of PyTorch's is made in C:
 *
 *   ROW("sub", "input, other", reel_sub(T(0), T(1)))
 *
 * The number is the parameter's place. What has a default in PyTorch has it as a second argument.
 * A file of rows is included twice, for the functions and for the table.
 */
#ifndef CONFORMANCE_BINDING_H
#define CONFORMANCE_BINDING_H

#include "runner.h"

#define T(i) argument_tensor(c, i)                    /* a tensor */
#define O(i) argument_optional(c, i)                  /* a tensor; NULL for None and none */
#define N(i, without) argument_number(c, i, without)  /* a number */
#define I(i, without) argument_integer(c, i, without) /* a whole number */
#define B(i, without) ((bool)argument_integer(c, i, without))
#define TEXT_OF(i, without) argument_text(c, i, without) /* a word */
#define GIVEN(i) (c->argument[i]->kind != MISSING && c->argument[i]->kind != NONE)
#define IS_NUMBER(i) argument_is_number(c, i)
/* A tensor, or a number as one. */
#define X(i) (IS_NUMBER(i) ? reel_number(c->r, N(i, 0)) : T(i))
#define COUNT(i) argument_count(c, i) /* of a list; 1 for a number */
#define INTS(i) argument_integers(c, i)
#define DIMS(i) INTS(i), COUNT(i)  /* as (dims, count) */
#define SIZES(i) COUNT(i), INTS(i) /* as (ndim, size) */
#define TENSORS(i) argument_tensors(c, i), COUNT(i)
#define DTYPE_OF(i, without) ((reel_dtype)argument_dtype(c, i, (int)(without)))

reel_tensor *argument_tensor(call *c, int i);
reel_tensor *argument_optional(call *c, int i);
double argument_number(call *c, int i, double without);
int64_t argument_integer(call *c, int i, int64_t without);
const char *argument_text(call *c, int i, const char *without);
bool argument_is_number(const call *c, int i);
int argument_count(call *c, int i);
int64_t *argument_integers(call *c, int i);
reel_tensor **argument_tensors(call *c, int i);
int argument_dtype(call *c, int i, int without);

/* An option whose 0 stands for another default. */
static inline double option(double given) { return given == 0 ? REEL_ZERO : given; }
#define OPTION(i) (GIVEN(i) ? option(N(i, 0)) : 0)

/* What a call returned. */
static inline void answer_tensor(call *c, reel_tensor *t)
{
    if (c->results < MAX_RESULTS) {
        c->result[c->results++] = t;
    }
}

/* A function that fills an array with its results is given the call's own, as PARTS. */
#define PARTS c->result, MAX_RESULTS
static inline void answer_parts(call *c, int count) { c->results = count < 0 ? 1 : (size_t)count; }

#define ANSWER(c, ...)                                                                             \
    _Generic((__VA_ARGS__), reel_tensor * : answer_tensor, int : answer_parts)(c, __VA_ARGS__)

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#define MAKE_FUNCTION(name, parameters, ...)                                                       \
    static void JOIN(make_, __LINE__)(call * c) { ANSWER(c, __VA_ARGS__); }
#define MAKE_ENTRY(name, parameters, ...) {name, parameters, JOIN(make_, __LINE__)},

#endif
