/* SPDX-License-Identifier: MIT */
/*
 * PyTorch's training runs, replayed on the public API.
 *
 * A run says in PyTorch's words (JSON objects with a "type" and its options) what the model, the
 * loss, the optimizer and the scheduler are. `model.c`, `optimizers.c` and `schedulers.c` make
 * them, `replay.c` trains and compares.
 */
#ifndef TRAINING_RUNNER_H
#define TRAINING_RUNNER_H

#include <jansson.h>
#include <reel/reel.h>

enum { REASON_SIZE = 400 };

/* Why something is not as it should be. */
typedef struct reason {
    char text[REASON_SIZE];
} reason;

/* Says why; false, for the caller to return. Only the first counts. */
bool because(reason *why, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* How the value of an option becomes a field of a C struct. */
typedef enum field_kind {
    REAL,        /* double; a 0 becomes REEL_ZERO, because it was asked for */
    PAIR,        /* double[2] */
    WHOLE,       /* int64_t */
    COUNT,       /* int64_t; a 0 becomes REEL_ZERO_COUNT */
    FLAG,        /* bool */
    NOT_FLAG,    /* bool, of the opposite meaning */
    CHOICE,      /* an enum; `words` are its values from 0 on */
    CHOICE_FLAG, /* bool; `words` are false's and true's */
    DIMS,        /* reel_dims */
    REDUCTION,   /* reel_reduction */
    LEGACY       /* reel_legacy_flag */
} field_kind;

/* An option by PyTorch's name and its place in the struct. A list of them ends with a NULL name. */
typedef struct field {
    const char *name;
    field_kind kind;
    size_t at;
    const char *const *words;
} field;

/* Puts the options of a spec in their places. False, with a reason, for one that is in no place or
 * of another kind; a null is left at its default. */
bool read_fields(json_t *spec, const field *fields, void *options, reason *why);

/* The spec's "type"; "" if there is none. */
const char *type_of(json_t *spec);

/* The model of a list of layers, drawn from the reel's random numbers. */
reel_module *make_model(reel *r, json_t *layers, reel_dtype dtype, reason *why);
/* What the model makes of x: its layers one by one, and the markers among them. */
reel_tensor *run_model(reel_module *model, json_t *layers, reel_tensor *x);
reel_module *make_loss(reel *r, json_t *spec, reason *why);
reel_optimizer *make_optimizer(reel_tensor_list parameters, json_t *spec, reason *why);
reel_scheduler *make_scheduler(reel *r, reel_optimizer *optimizer, json_t *spec, reason *why);

typedef enum outcome { PASSED, FAILED, SKIPPED } outcome;

/* Replays the run in this file. */
outcome replay(reel *r, reel_safetensors *file, bool losses, reason *why);
/* Or the initial weights, where those are what is in it. */
outcome replay_initial(reel *r, reel_safetensors *file, reason *why);

#endif
