/* SPDX-License-Identifier: MIT */
/*
 * struct reel_optimizer: groups of parameters with their settings, and for each parameter what a
 * rule remembers of it. An optimizer is a rule: a row of names, and two functions or three.
 */
#ifndef REELI_OPTIMIZER_H
#define REELI_OPTIMIZER_H

#include "kernels.h"
#include "state_dict.h"
#include "tensor.h"

#include <reel/optim.h>

enum reeli_setting {
#define SETTING(name, range) REELI_##name,
#include "settings.def"
#undef SETTING
    REELI_SETTINGS
};

/* Whether a rule has a setting: its bit. */
#define REELI_BIT(name) (UINT64_C(1) << REELI_##name)

enum { REELI_STATES = 3, REELI_NUMBERS = 3 };

/* A group's settings, by reeli_setting. NaN: a scheduler's that has not been noted down. */
typedef struct reeli_group {
    double value[REELI_SETTINGS];
    size_t end; /* its slots end here; they begin where the group before it ends */
} reeli_group;

/* One parameter and what the optimizer remembers about it. */
typedef struct reeli_slot {
    reel_tensor *parameter;
    reeli_watch watch; /* of that */
    reel_tensor
        *state[REELI_STATES]; /* of the parameter's shape; NULL where its group needs none */
    double number[REELI_NUMBERS];
} reeli_slot;

typedef struct reeli_rule {
    const char *name;
    uint64_t settings;                 /* those that it has */
    const char *state[REELI_STATES];   /* what it remembers, by PyTorch's names */
    const char *number[REELI_NUMBERS]; /* the first counts steps, or tells whether there was one */
    reeli_update *const (*update)[REELI_LOOP_DTYPES]; /* the pass, by level and dtype */
    /* The states that a group with these settings needs, as a set; NULL: all. */
    unsigned (*needs)(const double *value);
    /* One parameter's step: counts it, and says what the pass goes by. */
    void (*prepare)(const double *value, double *number, reeli_step *s);
    /* In place of a pass, where that is not element by element: one parameter's step, with room of
     * `work` bytes. It cannot fail. */
    void (*move)(reel *r, reeli_slot *slot, const void *gradient, const double *value, void *room);
    size_t (*work)(const reel_tensor *parameter);
    /* State k's shape where it is not the parameter's: its dims, or -1 if there is none. */
    int (*shape)(const reel_tensor *parameter, int k, int64_t *size);
    bool matrices; /* takes no other parameters */
    /* Settings that do not go together: a sentence, and the value at fault. NULL: there are
     * none. */
    const char *(*unsound)(const double *value, double *blame);
    /* The whole of a step for a rule that evaluates a closure more than once; it has one group. */
    reel_status (*step)(reel_optimizer *o, reel_closure closure, void *context, double *loss);
    /* For such a rule: what it remembers; given `count` named tensors, those for which it shall
     * have room. False: no memory. And how it frees that. */
    bool (*remember)(reel_optimizer *o, reeli_items *items, const reel_named_tensor *given,
                     size_t count);
    void (*free)(reel_optimizer *o);
} reeli_rule;

struct reel_optimizer {
    reeli_owned owned;
    const reeli_rule *rule;
    size_t groups, slots;
    reeli_group *group;
    reeli_slot *slot;
    reeli_buffer group_room, slot_room; /* where those lie */
    double defaults[REELI_SETTINGS];    /* what it was made with, for further groups */
    int64_t steps;                      /* since the last scheduler was made */
    bool lost;                          /* whether a parameter is gone */
    reeli_step step;                    /* what the last pass went by */
    void *memory;                       /* of a rule with a step of its own */
};

/* An optimizer of these parameters with these settings in its first group; NULL, and an error, if
 * there are none, one is no floating leaf, a setting is out of its range, or memory is out. */
reel_optimizer *reeli_optimizer_new(const reeli_rule *rule, reel_tensor_list parameters,
                                    const double *value);

/* A count among the settings, which a file may have brought. */
static inline int64_t reeli_as_count(double value)
{
    return value >= 0 && value < 0x1p62 ? (int64_t)value : value > 0 ? INT64_MAX : 0;
}

/* A slot goes with what it remembers. */
void reeli_free_optimizer_slot(reeli_slot *slot);
/* The error that a parameter has been freed. */
reel_status reeli_tell_lost(const reel_optimizer *o);
/* Adds a group; false, and an error, for one of the same reasons. */
bool reeli_add_group(reel_optimizer *o, reel_tensor_list list, const double *value);
/* Whether the settings that the items are to take over are within their ranges and need no state
 * that is not there; an error if not. */
bool reeli_may_load_settings(const reel_optimizer *o, const reeli_items *items);
/* Its settings as items. */
void reeli_remember_settings(reel_optimizer *o, size_t group, reeli_items *items);

/* value, unless it is 0: then the default. REEL_ZERO, the negative zero, is 0. */
double reeli_or(double value, double otherwise);

/* Gives every slot, from that group's on, the states that its group's settings need. False, and an
 * error: no memory. */
bool reeli_optimizer_provide(reel_optimizer *o, size_t from);

/* The parameter's gradient as it lies in memory, or NULL. */
const void *reeli_gradient_data(const reel_tensor *parameter);

/* What a closure returns, called while operations are recorded or not; NULL, and an error, if it
 * failed. */
reel_tensor *reeli_call(const reel_optimizer *o, reel_closure closure, void *context, bool record);
/* What a closure returned, as a number: false, and an error, if it failed. */
bool reeli_call_closure(const reel_optimizer *o, reel_closure closure, void *context, double *loss);

/* The group that a setting is in, numbered; NULL, and an error, if there is none. */
reeli_group *reeli_group_of(reel_optimizer *o, size_t group);

#endif
