/* SPDX-License-Identifier: MIT */
/*
 * PyTorch's conformance cases, run on the public API.
 *
 * A case is a call in PyTorch's words (args, kwargs) with what PyTorch answered. `value.c` makes
 * the words into values and tensors, a row of a *.def table binds them to a C function's
 * parameters, `check.c` compares what comes back, gradients included.
 */
#ifndef CONFORMANCE_RUNNER_H
#define CONFORMANCE_RUNNER_H

#include <jansson.h>
#include <reel/reel.h>
#include <stdarg.h>

enum {
    MAX_ARGUMENTS = 16,
    MAX_RESULTS = 64,
    MAX_LEAVES = 64,
    MAX_BASES = 128,
    MAX_INTEGERS = 32,
    REASON_SIZE = 400
};

typedef enum kind {
    MISSING,
    NONE,
    BOOLEAN,
    INTEGER,
    REAL,
    TEXT,
    TENSOR,
    LIST,
    DTYPE,
    SLICE,
    ELLIPSIS
} kind;

/* A value of PyTorch's: one argument, or an item of a list. */
typedef struct value {
    kind kind;
    int64_t integer;     /* BOOLEAN, INTEGER, DTYPE */
    double number;       /* BOOLEAN, INTEGER, REAL */
    const char *text;    /* the case's */
    reel_tensor *tensor; /* the reel's */
    struct value *items; /* LIST; SLICE: start, stop, step */
    size_t count;
} value;

/* Why something is not as it should be. */
typedef struct reason {
    char text[REASON_SIZE];
} reason;

/* Says why; false, for the caller to return. Only the first counts. */
bool because(reason *why, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Where a case's values come from, and the leaves that want gradients, in PyTorch's order. */
typedef struct source {
    reel *r;
    reel_safetensors *file;
    reel_tensor *leaf[MAX_LEAVES];
    size_t leaves;
    size_t tensors;               /* how many were read */
    const char *widened;          /* an argument's dtype in the file, where it is none of ours */
    reason why;                   /* what no reel tensor can be */
    reel_tensor *base[MAX_BASES]; /* what was read, of which the arguments may be views */
    size_t bases, next;           /* how many; and, to make the arguments again, which comes now */
    reel_tensor *const *given;    /* of a program: what {"result": i} stands for */
    size_t given_count;
    bool again;                   /* the arguments are made again of what was read */
    const char *named[MAX_BASES]; /* the call's tensors: a name that comes twice is one tensor */
    reel_tensor *tensor[MAX_BASES];
    size_t names;
    reel_module *module; /* of a case of a module, once it was made */
} source;

/* Forgets the tensors of the call before. */
static inline void begin_call(source *s) { s->leaves = s->next = s->names = 0; }

/* Reads a value; false, with a reason, if we have nothing like it. */
bool value_read(source *from, json_t *json, value *out);
void value_free(value *v);
/* The elements of a contiguous tensor, and the size of one. */
void *elements_of(reel_tensor *t, size_t *size);

/* A call being made: the values of the function's parameters, and what came back. */
typedef struct call {
    reel *r;
    const value *argument[MAX_ARGUMENTS]; /* MISSING where none was given */
    int64_t integers[MAX_ARGUMENTS][MAX_INTEGERS];
    reel_tensor *tensors[MAX_ARGUMENTS][MAX_INTEGERS];
    reel_tensor *result[MAX_RESULTS];
    size_t results;
    reason refused; /* what C's types cannot express */
    source *from;
    json_t *it; /* the case */
} call;

/* An operator's row: PyTorch's name and parameters, and how it is called in C. */
typedef struct binding {
    const char *name;
    const char *parameters; /* "input, other, alpha" */
    void (*make)(call *c);
} binding;

/* All rows, sorted by family; ends with a NULL name. */
const binding *binding_at(size_t i);
const binding *binding_named(const char *name);

/* Puts args and kwargs (JSON, with their values) in the places of the parameters. */
bool bind_arguments(const binding *to, json_t *args, json_t *kwargs, const value *values, call *c,
                    reason *why);

/* The value of the parameter `name`; NULL if there is no such parameter. */
const value *argument_named(const binding *to, const call *c, const char *name);

/* Same shape, dtype and, within PyTorch's tolerance, values; `atol` is the absolute one of float32
 * where the case has its own, 0 where it has not. */
bool check_tensor(const reel_tensor *ours, const reel_tensor *theirs, double atol, reason *why);

/* A line for each element of tensors of one shape that differs. */
void print_differences(const reel_tensor *ours, const reel_tensor *theirs, double atol);

/* PyTorch refuses some calls when they are made that C refuses when they are compiled: a number in
 * place of a tensor, an approximation that has no name. Those pass too; --verbose tells which they
 * are. */
typedef enum outcome { PASSED, FAILED, REFUSED_BY_TYPE } outcome;

enum { MAX_VALUES = 2 * MAX_ARGUMENTS };

/* A case's kwargs and, of a module, its constructor's: a new object. */
json_t *keywords_of(json_t *it);

/* The values of args, then of kwargs; how many, or -1 if one is of a kind that we do not have. */
int read_values(source *s, json_t *args, json_t *kwargs, value *values);

/* The gradients of Σ ⟨result, cotangent⟩ with respect to the leaves. */
bool differentiate(const call *c, source *s, json_t *cotangents, reel_tensor **gradients);

/* Runs one case captured with other values, replayed with the case's own: the bits must be those of
 * the call itself, results and gradients. */
outcome run_replayed(reel *r, reel_safetensors *file, const char *op, json_t *it, reason *why);
/* Whether the operator has cases that a capture must refuse; they count as REFUSED_BY_TYPE. */
bool is_refused_in_capture(const char *op);

/* Runs one case of the operator `op`. */
outcome run_case(reel *r, reel_safetensors *file, const char *op, json_t *it, reason *why);

#endif
