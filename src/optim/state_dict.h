/* SPDX-License-Identifier: MIT */
/* What is remembered between steps, as named items: tensors, and numbers in their places. */
#ifndef REELI_STATE_DICT_H
#define REELI_STATE_DICT_H

#include "state.h"

#include <reel/optimizer.h>

/* An item is a tensor or a number. */
typedef struct reeli_item_of_state {
    const char *name;
    reel_tensor *tensor;
    double *number;
} reeli_item_of_state;

/* A list of them in the arena, which is asked for twice the room whenever it is full. */
typedef struct reeli_items {
    reel *r;
    const char *what; /* whose they are, for messages */
    reeli_item_of_state *item;
    size_t count, room;
    bool failed; /* memory ran out; the error is recorded */
} reeli_items;

/* Adds a tensor or a number under a name that is put together as printf does it. */
void reeli_remember(reeli_items *items, reel_tensor *tensor, double *number, const char *format,
                    ...) REELI_PRINTF(4, 5);

/* The items as named tensors: a number is a float64 tensor of no dims. */
reel_named_tensors reeli_state_dict(reeli_items *items);

/* Copies what is given into the items. All of it is checked first: a name that is missing,
 * unexpected or comes twice, a shape or dtype that differs is an error that changes nothing. */
reel_status reeli_load_state_dict(const reeli_items *items, const reel_named_tensor *given,
                                  size_t count);

/* The number of this name among those given, or `otherwise`. */
double reeli_given_number(const reel_named_tensor *given, size_t count, const char *name,
                          double otherwise);

#endif
