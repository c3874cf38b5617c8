/* SPDX-License-Identifier: MIT */
/* struct reel_scheduler: an optimizer, a schedule, and where it stands. */
#ifndef REELI_SCHEDULER_H
#define REELI_SCHEDULER_H

#include "optimizer.h"

#include <reel/scheduler.h>
#include <stddef.h>

enum { REELI_SCHEDULE_NUMBERS = 3, REELI_SCHEDULE_MODES = 2 };

/* A setting that a checkpoint brings back: its name in PyTorch, and where it lies in a
 * scheduler. */
typedef struct reeli_schedule_setting {
    const char *name;
    size_t offset;
    bool whole; /* an int64_t, else a double */
} reeli_schedule_setting;
#define REELI_SETTING(name, member)                                                                \
    {                                                                                              \
        name, offsetof(reel_scheduler, member), false                                              \
    }
#define REELI_WHOLE_SETTING(name, member)                                                          \
    {                                                                                              \
        name, offsetof(reel_scheduler, member), true                                               \
    }

/* One way of changing learning rates. */
typedef struct reeli_schedule {
    const char *name;
    const char *number[REELI_SCHEDULE_NUMBERS]; /* what it remembers beside the step's number */
    const reeli_schedule_setting *setting;      /* up to one without a name; NULL: it has none */
    const char *low, *high; /* the names of what `low` and `high` hold; NULL: nothing */
    bool chained; /* goes by a group's rate alone, and so for groups that were added later, too */
    /* The group's next rate, when last_epoch is the step's number already. */
    double (*lr)(const reel_scheduler *s, size_t group);
    /* The same from the step's number alone, where PyTorch has such a form; NULL: as above. */
    double (*closed)(const reel_scheduler *s, size_t group);
    /* The group's momentum; NULL if that stays. */
    double (*momentum)(const reel_scheduler *s, size_t group);
    /* Instead of last_epoch + 1 (`restart`: = 0). */
    void (*advance)(reel_scheduler *s, bool restart);
} reeli_schedule;

struct reel_scheduler {
    reeli_owned owned;
    const reeli_schedule *kind;
    reel_optimizer *o;
    double last_epoch, step_count, number[REELI_SCHEDULE_NUMBERS];
    double mode[REELI_SCHEDULE_MODES]; /* which way, as a kind's enum or bool has it */
    double end;                        /* the last step that it can take; infinity if it goes on */
    size_t groups;                     /* when it was made */
    double *base_lr;                   /* for each; then maybe `low` and `high` for each */
    double *low, *high;
    int64_t *milestone; /* ascending */
    size_t milestones;
    union {
        reel_lr_step_options step;
        double gamma;
        reel_lr_constant_options constant;
        reel_lr_linear_options linear;
        reel_lr_polynomial_options polynomial;
        reel_lr_cosine_annealing_options cosine;
        reel_lr_cosine_annealing_warm_restarts_options restarts;
        reel_lr_one_cycle_options one_cycle;
        reel_lr_cyclic_options cyclic;
        reel_lr_reduce_on_plateau_options plateau;
        struct {
            double (*function)(void *context, size_t group, int64_t epoch);
            void *context;
        } lambda;
    } options;
    reel_scheduler **part; /* of a SequentialLR or a ChainedScheduler; else NULL */
    size_t parts;
    bool lost;          /* whether the optimizer or a part is gone */
    reeli_watch *watch; /* of the optimizer, and of each part */
    size_t watches;
    double numbers[];
};

/* Whether an optimizer is there and alive; an error if it was freed. */
bool reeli_may_schedule(const reel_optimizer *o);
/* Why a scheduler cannot go on; REEL_OK if it, its optimizer and its parts are alive. */
reel_status reeli_scheduler_ready(const reel_scheduler *s);

/* A scheduler that has not begun, with room for all that is one for each group, for milestones and
 * for parts. NULL, and an error, if memory is out. */
reel_scheduler *reeli_scheduler_new(const reeli_schedule *kind, reel_optimizer *optimizer,
                                    size_t milestones, const int64_t *milestone, size_t parts);
/* Notes down the groups' first rates and sets the rate of the first step. Returns s, which may be
 * NULL; frees it if there is no memory for momentum. */
reel_scheduler *reeli_scheduler_begin(reel_scheduler *s);
/* The first step, for the second time if s has become part of a sequence. */
bool reeli_scheduler_first_step(reel_scheduler *s);
/* last_epoch as a whole number; 0 where a state made it what is none. */
int64_t reeli_epoch(const reel_scheduler *s);
/* Goes to the next step, or to step 0; false, and an error: no memory for momentum. */
bool reeli_scheduler_advance(reel_scheduler *s, bool restart);

/* Records that an option is outside its range, unless it is sound; returns that. */
bool reeli_scheduler_check(const reel_optimizer *o, const char *name, bool sound,
                           const char *problem, double value);

/* A group's setting, that of reeli_setting. */
static inline double reeli_group_value(const reel_scheduler *s, size_t group, int setting)
{
    return s->o->group[group].value[setting];
}

#endif
