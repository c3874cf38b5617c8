/* SPDX-License-Identifier: MIT */
/* Where a reel's random numbers stand, as a tensor that a checkpoint can hold. */
#include "random.h"

#include <math.h>
#include <string.h>

/* The generator's words, how many of them are used, whether a normal value waits, and its bits. */
enum { WORDS = 624, NEXT = WORDS, HAS_NORMAL, NORMAL, NUMBERS };

reel_tensor *reel_get_rng_state(reel *r)
{
    if (!r || REELI_REFUSE(r, "get_rng_state", "the state cannot be read")) {
        return r ? r->poison : NULL;
    }
    reel_tensor *t = reeli_empty(r, "get_rng_state", REEL_I64, 1, (int64_t[]){NUMBERS});
    if (!reeli_bad(t)) {
        int64_t *to = t->data;
        for (int i = 0; i < WORDS; i++) {
            to[i] = r->random.state[i];
        }
        to[NEXT] = r->random.next;
        to[HAS_NORMAL] = r->random.has_normal;
        memcpy(&to[NORMAL], &r->random.normal, sizeof *to);
    }
    return t;
}

bool reeli_read_rng_state(const reel_tensor *t, reeli_mt19937 *to)
{
    if (t->dtype != REEL_I64 || t->ndim != 1 || t->numel != NUMBERS ||
        !(t->flags & REELI_CONTIGUOUS)) {
        return false;
    }
    const int64_t *from = t->data;
    int64_t beyond = 0; /* the bits that no word has */
    for (int i = 0; i < WORDS; i++) {
        to->state[i] = (uint32_t)from[i];
        beyond |= from[i] & ~(int64_t)UINT32_MAX;
    }
    to->next = (int32_t)from[NEXT];
    to->has_normal = from[HAS_NORMAL] == 1;
    memcpy(&to->normal, &from[NORMAL], sizeof to->normal);
    return beyond == 0 && from[NEXT] >= 0 && from[NEXT] <= WORDS && from[HAS_NORMAL] >= 0 &&
           from[HAS_NORMAL] <= 1 && isfinite(to->normal);
}

reel_status reel_set_rng_state(reel *r, const reel_tensor *state)
{
    reeli_mt19937 random;
    if (!r || r->status != REEL_OK) {
        return reel_error_status(r);
    }
    if (REELI_REFUSE(r, "set_rng_state", "the state cannot be set")) {
        return r->status;
    }
    if (!reeli_usable_as(r, "set_rng_state", "the state", state)) {
        return r->status != REEL_OK ? r->status
                                    : reeli_error(r, REEL_ERR_OWNER, "set_rng_state: it is poison");
    }
    if (!reeli_read_rng_state(state, &random)) {
        return reeli_error(
            r, REEL_ERR_VALUE,
            "set_rng_state: a tensor %s of %s is no state that reel_get_rng_state gave",
            REELI_SHAPE_OF(state), reel_dtype_name((reel_dtype)state->dtype));
    }
    r->random = random;
    return REEL_OK;
}
