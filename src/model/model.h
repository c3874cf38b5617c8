/* SPDX-License-Identifier: MIT */
/* struct reel_model: what a prediction needs, and room for a block of rows. */
#ifndef REELI_MODEL_H
#define REELI_MODEL_H

#include "encoder.h"
#include "text_set.h"

#include <reel/model.h>

enum { REELI_MOST_HIDDEN = 16, REELI_MOST_QUANTILES = 32, REELI_MODEL_ROWS = 256 };

struct reel_model {
    reeli_owned owned;
    reel_encoder *encoder;
    reel_module *net;
    reeli_watch watch[2]; /* of the two */
    bool lost;            /* one of them has been freed */
    int64_t hidden[REELI_MOST_HIDDEN];
    size_t hidden_count;
    int activation; /* of reeli_activation_names */
    double dropout;
    reel_dtype dtype;
    bool no_intercept;
    double interval, half_width;
    int64_t outputs;
    double quantiles[REELI_MOST_QUANTILES];
    size_t quantile_count;
    reeli_buffer training; /* char: JSON; none: not said */
    reel_tensor *x;        /* (REELI_MODEL_ROWS, features): rows from memory, encoded */
    reeli_buffer made;     /* double: a row's features; a row's outputs */
};

/* NULL at the end. */
extern const char *const reeli_activation_names[];
/* The place of a name among them; -1 if it is none. */
int reeli_activation_of(const char *name);

/* Whether it can be used, in `what`'s name: it and what it is made of are there. */
bool reeli_model_usable(const reel_model *m, const char *what);
/* A model without an encoder and a network; NULL, and an error, if memory is out. */
reel_model *reeli_model_begin(reel *r, const char *what);
bool reeli_model_set_training(reel_model *m, const char *json, size_t length);
/* Once the encoder is there: how many outputs there are; false, and no error, if that is not what
 * was said before. */
bool reeli_model_settle(reel_model *m);
/* Whether its encoder and its network, whose tensors `shape` tells of, fit what it says of
 * itself. */
bool reeli_model_fits(const reel_model *m, size_t tensors,
                      int (*shape)(void *context, const char *name, int64_t *size), void *context);
/* Makes its network, if it has none yet, and its room; false, and an error. */
bool reeli_model_finish(reel_model *m);

/* Its description in JSON, with a NUL behind it, in the arena; NULL, and an error. */
const char *reeli_model_to_json(const reel_model *m);
/* Fills a model without encoder and network from a description; false, and an error that starts
 * with `what`. */
bool reeli_model_from_json(reel_model *m, const char *what, const char *json);

#endif
