/* SPDX-License-Identifier: MIT */
/* Whether a tensor that was given can be used, and what is said where it cannot. */
#include "tensor.h"

#include <stdio.h>

/* The reel of the first tensor that has one. */
static reel *find_reel(int count, reel_tensor *const *t)
{
    for (int i = 0; i < count; i++) {
        if (t[i]) {
            return reeli_reel_of(t[i]);
        }
    }
    return NULL;
}

reel_tensor *reeli_poison_for(int count, reel_tensor *const *t)
{
    reel *r = find_reel(count, t);
    return r ? r->poison : NULL;
}

const char *reeli_role(int i, int count)
{
    static const char *const nth[] = {
        "its first argument", "its second argument", "its third argument",   "its fourth argument",
        "its fifth argument", "its sixth argument",  "its seventh argument", "its eighth argument"};
    return count == 1 || i >= (int)(sizeof nth / sizeof *nth) ? "its argument" : nth[i];
}

/* What became of a header that its slab still holds. */
static const char *fate_of(const reel_tensor *t)
{
    switch (t->flags & ~REELI_DEAD) {
    case REELI_REWOUND:
        return "was made before the last reel_rewind; keep such a result with reel_keep";
    case REELI_TAKEN_BACK:
        return "was made within a callback or a backward that is over";
    case REELI_REPLACED:
        return "was made in a step, and the next has made one like it in its place; keep what is "
               "to "
               "last with reel_keep";
    case REELI_FREED:
        return "has been freed";
    case REELI_BASE_FREED:
        return "is a view of a tensor that has been freed";
    case REELI_GRAPH_FREED:
        return "was made by a captured step that has been freed";
    default:
        return "is gone";
    }
}

static bool is_dead(const reel_tensor *t) { return (t->flags & ~0xffff) == REELI_DEAD; }

REELI_RARE bool reeli_tell(reel *r, const char *what, const char *role, const reel_tensor *t)
{
    if (!t) {
        reeli_error(r, REEL_ERR_OWNER, "%s: %s is NULL", what, role);
        return false;
    }
    if (t == r->poison) {
        return false;
    }
    if (reeli_reel_of(t) != r && (t->flags < 0 || t == reeli_reel_of(t)->poison)) {
        reeli_error(r, REEL_ERR_OWNER, "%s: %s, of shape %s, belongs to another reel", what, role,
                    REELI_SHAPE_OF(t));
    } else if (is_dead(t) && reeli_is_slot(t)) {
        reeli_error(r, REEL_ERR_OWNER, "%s: %s, of shape %s, %s", what, role, REELI_SHAPE_OF(t),
                    fate_of(t));
    } else if (t->flags >= 0) {
        reeli_error(r, REEL_ERR_OWNER,
                    "%s: %s was made several steps ago and is gone; keep such a result with "
                    "reel_keep",
                    what, role);
    }
    return t->flags < 0 && t->r == r;
}

bool reeli_usable(const char *what, const reel_tensor *t)
{
    return t && (t->flags < 0 || reeli_tell(reeli_reel_of(t), what, reeli_role(0, 1), t));
}

bool reeli_usable_as(reel *r, const char *what, const char *role, const reel_tensor *t)
{
    return reeli_sound(r, t) || reeli_tell(r, what, role, t);
}

/* Not all are of the first one's reel and alive, as far as a glance can tell. */
REELI_RARE static bool tell_all(const char *what, int count, reel_tensor *const *t)
{
    reel *r = find_reel(count, t);
    for (int i = 0; r && i < count; i++) {
        if (!reeli_usable_as(r, what, reeli_role(i, count), t[i])) {
            return false;
        }
    }
    return r != NULL;
}

bool reeli_all_usable(const char *what, int count, reel_tensor *const *t)
{
    return reeli_all_sound(count, t) || tell_all(what, count, t);
}
