/* SPDX-License-Identifier: MIT */
#include "binding.h"

#include <string.h>

/* One count for two lists: lists of different lengths cannot be passed in C. */
static int common_count(call *c, int a, int b)
{
    if (COUNT(a) != COUNT(b)) {
        because(&c->refused, "lists of %d and %d, but C takes one count for both", COUNT(a),
                COUNT(b));
    }
    return COUNT(a) < COUNT(b) ? COUNT(a) : COUNT(b);
}

static reel_tensor *movedim(call *c)
{
    return reel_movedim(T(0), INTS(1), INTS(2), common_count(c, 1, 2));
}

static reel_tensor *roll(call *c)
{
    int count = GIVEN(2) ? common_count(c, 1, 2) : COUNT(1);
    return reel_roll(T(0), INTS(1), GIVEN(2) ? INTS(2) : NULL, count);
}

static reel_indexing grid_indexing(const char *text)
{
    return strcmp(text, "xy") == 0 ? REEL_INDEXING_XY : REEL_INDEXING_IJ;
}

/* arange(end), arange(start, end, step); of int64 unless a number has a point. */
static reel_tensor *arange(call *c)
{
    bool end_alone = !GIVEN(1), whole = true;
    for (int i = 0; i < 3; i++) {
        whole = whole && c->argument[i]->kind != REAL;
    }
    return reel_arange(c->r, DTYPE_OF(3, whole ? REEL_I64 : REEL_F32), end_alone ? 0 : N(0, 0),
                       end_alone ? N(0, 0) : N(1, 0), N(2, 1));
}

#define FAMILY view_rows
#define ROWS "views.def"
#include "family.h"
