/* SPDX-License-Identifier: MIT */
/* struct reel_optimizer: the parameters, and for each the state that a rule keeps. */
#ifndef REELI_OPTIMIZER_H
#define REELI_OPTIMIZER_H

#include "kernels.h"
#include "tensor.h"

#include <reel/optim.h>

/* One parameter and what the optimizer remembers about it. */
typedef struct reeli_slot {
    reel_tensor *parameter;
    reel_tensor *state; /* SGD: the momentum buffer; NULL without momentum */
    int64_t steps;      /* taken so far */
} reeli_slot;

struct reel_optimizer {
    reeli_owned owned;
    const char *name;
    void (*update)(reel_optimizer *o, reeli_slot *s); /* one parameter's step; cannot fail */
    reeli_sgd sgd;
    size_t count;
    reeli_slot slots[];
};

/* An optimizer of these parameters; NULL, and an error, if there are none, one is no floating leaf,
 * or memory is out. With `states` each slot gets a zeroed state tensor. */
reel_optimizer *reeli_optimizer_new(const char *name, reel_tensor_list parameters, bool states);

#endif
