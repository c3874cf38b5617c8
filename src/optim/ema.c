/* SPDX-License-Identifier: MIT */
/* Running averages of parameters. */
#include "capture.h"
#include "kernels.h"
#include "optimizer.h"

#include <math.h>
#include <string.h>

struct reel_ema {
    reeli_owned owned;
    double decay;
    bool equal, applied;
    bool lost; /* whether a parameter is gone */
    reeli_watch *watch;
    double updates;
    size_t count;
    reel_tensor **parameter, **average; /* while applied, the averages hold the parameters */
    reel_tensor *tensors[];             /* both */
};

static void free_averages(reeli_owned *it)
{
    reel_ema *ema = (reel_ema *)(void *)it;
    for (size_t i = 0; i < ema->count; i++) {
        reeli_unwatch(&ema->watch[i]);
        reeli_let_go(ema->average[i]);
    }
}

static bool may_average(reel_tensor_list list, double decay)
{
    reel *r = list.r;
    if (!(decay >= 0 && decay <= 1)) {
        reeli_error(r, REEL_ERR_VALUE, "EMA: decay must be from 0 to 1, and is %g", decay);
        return false;
    }
    if (list.count == 0) {
        reeli_error(r, REEL_ERR_VALUE, "EMA: the list of parameters is empty");
        return false;
    }
    if (!reeli_list_given(r, "EMA", list.tensors, list.count)) {
        return false;
    }
    for (size_t i = 0; i < list.count; i++) {
        if (!reeli_usable_as(r, "EMA", "a parameter", list.tensors[i])) {
            return false;
        }
        if (!(list.tensors[i]->flags & REELI_PERSISTENT)) {
            reeli_error(r, REEL_ERR_VALUE, "EMA: a result of shape %s is no parameter",
                        REELI_SHAPE_OF(list.tensors[i]));
            return false;
        }
    }
    return true;
}

reel_ema *reel_ema_new(reel_tensor_list parameters, reel_ema_options options)
{
    reel *r = parameters.r;
    const double decay = reeli_or(options.decay, 0.999);
    if (!r || !may_average(parameters, decay)) {
        return NULL;
    }
    reel_ema *ema =
        reeli_own(r, "average",
                  sizeof *ema + parameters.count * (2 * sizeof *ema->tensors + sizeof *ema->watch),
                  free_averages);
    if (!ema) {
        reeli_no_memory(r, "EMA");
        return NULL;
    }
    ema->decay = decay;
    ema->equal = options.equal;
    ema->parameter = ema->tensors;
    ema->average = ema->tensors + parameters.count;
    ema->watch = (reeli_watch *)(void *)(ema->average + parameters.count);
    for (; ema->count < parameters.count; ema->count++) {
        reel_tensor *p = parameters.tensors[ema->count];
        reel_tensor *average = reeli_create_part(r, "EMA", p->dtype, p->ndim, p->size);
        if (!average) {
            reeli_disown(&ema->owned);
            return NULL;
        }
        reeli_fill(average, 0);
        reeli_watch_for(reeli_owned_of(p), &ema->watch[ema->count], &ema->lost);
        ema->parameter[ema->count] = p;
        ema->average[ema->count] = average;
    }
    return ema;
}

/* average += weight (p - average), as lerp does it. */
static void take_in(reel_tensor *average, const reel_tensor *p, double weight)
{
    reel *r = p->r;
    double single; /* the weight in the tensors' dtype */
    reeli_move(1, &single, p->dtype, 1, &weight, REEL_F64, 1);
    reeli_map_contiguous(r, reeli_value_map(&reeli_formula_lerp, r->level, p->dtype), p->dtype,
                         p->dtype, p->numel, average->data, 3,
                         (const void *[]){average->data, p->data, &single}, 1U << 2, NULL);
}

/* Why nothing can be done with it now; REEL_OK if something can. */
static reel_status ready(const reel_ema *ema, bool applied)
{
    if (!REELI_ALIVE(ema, "EMA")) {
        return ema ? reeli_failure(ema->owned.r) : REEL_ERR_OWNER;
    }
    reel *r = ema->owned.r;
    if (r->status == REEL_OK && ema->lost) {
        return reeli_error(r, REEL_ERR_OWNER, "EMA: a parameter has been freed");
    }
    if (r->status == REEL_OK && ema->applied != applied) {
        return reeli_error(r, REEL_ERR_STATE, "EMA: the average is %s",
                           applied ? "not in the parameters' place"
                                   : "in the parameters' place: call reel_ema_restore first");
    }
    return r->status;
}

static bool update(const reeli_args *a)
{
    reel_ema *ema = a->more;
    if (ready(ema, false) != REEL_OK) {
        return false;
    }
    const double weight = ema->equal ? 1 / (ema->updates + 1) : 1 - ema->decay;
    for (size_t i = 0; i < ema->count; i++) {
        const reel_tensor *p = ema->parameter[i];
        if (ema->updates == 0 || !reeli_is_float(p->dtype)) {
            reeli_copy(ema->average[i], p);
        } else {
            take_in(ema->average[i], p, weight);
        }
    }
    ema->updates++;
    return true;
}

reel_status reel_ema_update(reel_ema *ema)
{
    const reel_status status = ready(ema, false);
    if (status != REEL_OK) {
        return status;
    }
    reel *r = ema->owned.r;
    for (size_t i = 0; r->capture && i < ema->count; i++) {
        reeli_capture_use(r, reeli_owned_of(ema->parameter[i]));
    }
    if (r->capture) {
        reeli_capture_use(r, &ema->owned);
    }
    reeli_do(update, &(reeli_args){.r = r, .more = ema});
    return r->status;
}

/* Exchanges the elements of parameters and averages, a block at a time. */
static void exchange(const reel_ema *ema)
{
    unsigned char block[4096];
    for (size_t i = 0; i < ema->count; i++) {
        reel_tensor *p = ema->parameter[i];
        char *a = p->data, *b = ema->average[i]->data;
        for (size_t left = (size_t)p->numel * reeli_element_size(p->dtype), size; left;
             left -= size) {
            size = left < sizeof block ? left : sizeof block;
            memcpy(block, a, size);
            memcpy(a, b, size);
            memcpy(b, block, size);
            a += size;
            b += size;
        }
        p->version++;
    }
}

reel_status reel_ema_apply(reel_ema *ema)
{
    reel_status status = ready(ema, false);
    if (status == REEL_OK && ema->updates == 0) {
        status = reeli_error(ema->owned.r, REEL_ERR_STATE, "EMA: there was no update yet");
    }
    if (status == REEL_OK && !REELI_REFUSE(ema->owned.r, "EMA", "parameters cannot be exchanged")) {
        exchange(ema);
        ema->applied = true;
    }
    return status == REEL_OK ? ema->owned.r->status : status;
}

reel_status reel_ema_restore(reel_ema *ema)
{
    const reel_status status = ready(ema, true);
    if (status == REEL_OK && !REELI_REFUSE(ema->owned.r, "EMA", "parameters cannot be exchanged")) {
        exchange(ema);
        ema->applied = false;
    }
    return status == REEL_OK ? ema->owned.r->status : status;
}

static reeli_items remember(reel_ema *ema)
{
    reeli_items items = {.r = ema->owned.r, .what = "EMA"};
    reeli_remember(&items, NULL, &ema->updates, "n_averaged");
    for (size_t i = 0; i < ema->count; i++) {
        reeli_remember(&items, ema->average[i], NULL, "module.%zu", i);
    }
    return items;
}

reel_named_tensors reel_ema_state_dict(reel_ema *ema)
{
    if (ready(ema, false) != REEL_OK) {
        return (reel_named_tensors){NULL, 0};
    }
    reeli_items items = remember(ema);
    return reeli_state_dict(&items);
}

reel *reeli_ema_reel(const reel_ema *ema) { return ema->owned.r; }

bool reeli_ema_prepare(reel_ema *ema, const reel_named_tensor *given, size_t count,
                       reeli_items *items)
{
    if (ready(ema, false) != REEL_OK) {
        return false;
    }
    *items = remember(ema);
    return reeli_check_state_dict(items, given, count);
}

reel_status reel_ema_load_state_dict(reel_ema *ema, const reel_named_tensor *entries, size_t count)
{
    reeli_items items;
    if (!ema) {
        return REEL_ERR_OWNER;
    }
    if (reeli_ema_prepare(ema, entries, count, &items)) {
        reeli_take_state_dict(&items);
    }
    return ema->owned.r->status;
}

void reel_ema_free(reel_ema *ema)
{
    if (REELI_ALIVE(ema, "ema_free")) {
        reeli_free_handle(&ema->owned, "ema_free");
    }
}
