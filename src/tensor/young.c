/* SPDX-License-Identifier: MIT */
/*
 * What a step makes anew each time. A tensor that a factory makes lives until it is freed. But a
 * loop that draws its noise or makes its first state in every step has no name for the last step's
 * any more. So at the end of a step what it has made takes the place of what the step before it
 * made by the same calls, in the same order counted from the end, as a variable's new value does
 * that of the old.
 *
 * What was made before the first rewind stays, and so does what asks for gradients, has a name or
 * hooks, is part of something, or is needed by a captured step or a loader.
 */
#include "tensor.h"

#include <string.h>

/* The tensor that a factory made, if nobody but a variable is known to hold it. */
static reel_tensor *loose(const reeli_owned *it)
{
    reel_tensor *t = reeli_tensor_of(it);
    const reeli_leaf *leaf = t ? t->leaf : NULL;
    const bool is = leaf && leaf->maker && !leaf->owners && !leaf->hooks && !leaf->name[0] &&
                    !leaf->graph && !t->node && !it->watches && !reeli_requires_grad(t);
    return is ? t : NULL;
}

/* Whether the same call made both; how many rows it was asked for may change from step to step. */
static bool are_alike(const reel_tensor *a, const reel_tensor *b)
{
    bool same =
        a->dtype == b->dtype && a->ndim == b->ndim && strcmp(a->leaf->maker, b->leaf->maker) == 0;
    for (int d = 1; same && d < a->ndim; d++) {
        same = a->size[d] == b->size[d];
    }
    return same;
}

/* Goes back to the last loose one born after `since`; the ring's are in the order of their
 * birth. */
static reeli_owned *last_loose(const reel *r, reeli_owned *it, uint64_t since)
{
    while (it != &r->owned && it->born > since && !loose(it)) {
        it = it->previous;
    }
    return it != &r->owned && it->born > since ? it : NULL;
}

/* The last before `it`, and it included, that is like t; among the next few only. */
static reeli_owned *find_alike(const reel *r, const reel_tensor *t, reeli_owned *it)
{
    for (int tries = 0; it && tries < 16; tries++) {
        if (are_alike(t, loose(it))) {
            return it;
        }
        it = last_loose(r, it->previous, r->last_step_born);
    }
    return NULL;
}

static void replace(reel *r)
{
    reeli_owned *now = last_loose(r, r->owned.previous, r->step_born), *before = now;
    while (before && before->born > r->step_born) {
        before = before->previous == &r->owned ? NULL : before->previous;
    }
    before = before ? last_loose(r, before, r->last_step_born) : NULL;
    for (; now && before; now = last_loose(r, now->previous, r->step_born)) {
        reeli_owned *const old = find_alike(r, loose(now), before);
        if (old) {
            before = last_loose(r, old->previous, r->last_step_born);
            reel_tensor *t = loose(old);
            reeli_release(t);
            t->flags = REELI_DEAD | REELI_REPLACED;
        }
    }
}

void reeli_end_young(reel *r)
{
    if (r->made && r->made_before) {
        replace(r);
    }
    r->made_before = r->rewound ? r->made : 0;
    r->made = 0;
    r->last_step_born = r->step_born;
    r->step_born = r->births;
    r->rewound = true;
}
