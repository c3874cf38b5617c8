/* SPDX-License-Identifier: MIT */
/* What is remembered between steps, as named items: tensors, and numbers in their places. */
#ifndef REELI_STATE_DICT_H
#define REELI_STATE_DICT_H

#include "buffer.h"

#include <reel/early_stopping.h>
#include <reel/optimizer.h>
#include <reel/scheduler.h>

/* An item is a tensor, a number or a whole number; and what it is to take over, once that was
 * checked. */
typedef struct reeli_item_of_state {
    const char *name;
    reel_tensor *tensor;
    double *number;
    int64_t *whole;
    const reel_tensor *given;
    bool named; /* whether its name was among those given */
} reeli_item_of_state;

/* A list of them in the arena. */
typedef struct reeli_items {
    reel *r;
    const char *what;  /* whose they are, for messages */
    reeli_buffer list; /* reeli_item_of_state */
    bool failed;       /* memory ran out; the error is recorded */
} reeli_items;

static inline reeli_item_of_state *reeli_item_at(const reeli_items *items, size_t i)
{
    return (reeli_item_of_state *)items->list.data + i;
}

/* Adds a tensor or a number under a name that is put together as printf does it. */
void reeli_remember(reeli_items *items, reel_tensor *tensor, double *number, const char *format,
                    ...) REELI_PRINTF(4, 5);

/* The same for a whole number, which is saved as a number. */
void reeli_remember_whole(reeli_items *items, int64_t *whole, const char *format, ...)
    REELI_PRINTF(3, 4);

/* The same of a tensor or a number under a name that lasts as long as the items. */
void reeli_remember_named(reeli_items *items, const char *name, reel_tensor *tensor,
                          double *number);

/* The items as named tensors: a number is a float64 tensor of no dims. */
reel_named_tensors reeli_state_dict(reeli_items *items);

/* Whether what is given can be taken over: an error for a name that is missing, unexpected or comes
 * twice, for a shape or dtype that differs. Changes nothing. */
bool reeli_check_state_dict(const reeli_items *items, const reel_named_tensor *given, size_t count);
/* Copies what was given, and checked, into the items. Cannot fail. */
void reeli_take_state_dict(const reeli_items *items);

/* Lists in *items what it remembers, and checks that it can take over what is given; false, and an
 * error, if not. Nothing that can be noticed changes: several are prepared before one is taken. */
bool reeli_optimizer_prepare(reel_optimizer *o, const reel_named_tensor *given, size_t count,
                             reeli_items *items);
bool reeli_scheduler_prepare(reel_scheduler *s, const reel_named_tensor *given, size_t count,
                             reeli_items *items);
bool reeli_ema_prepare(reel_ema *ema, const reel_named_tensor *given, size_t count,
                       reeli_items *items);
bool reeli_early_stopping_prepare(reel_early_stopping *stopping, const reel_named_tensor *given,
                                  size_t count, reeli_items *items);
/* The reel that it belongs to. */
reel *reeli_optimizer_reel(const reel_optimizer *o);
reel *reeli_scheduler_reel(const reel_scheduler *s);
reel *reeli_ema_reel(const reel_ema *ema);
reel *reeli_early_stopping_reel(const reel_early_stopping *stopping);
/* Its name as PyTorch has it: "StepLR". */
const char *reeli_scheduler_name(const reel_scheduler *s);

#endif
