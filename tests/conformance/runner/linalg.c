/* SPDX-License-Identifier: MIT */
#include "binding.h"

#include <string.h>

/* dims is a count, for a's last and b's first, or two lists. */
static reel_tensor *tensordot(call *c)
{
    const value *dims = c->argument[2];
    int64_t list[2][MAX_INTEGERS];
    if (dims->kind != LIST) {
        return reel_tensordot(T(0), T(1), NULL, NULL, (int)I(2, 2));
    }
    if (dims->count != 2 || dims->items[0].count != dims->items[1].count) {
        because(&c->refused, "C takes one count for both lists of dims");
        return NULL;
    }
    for (size_t k = 0; k < dims->items[0].count && k < MAX_INTEGERS; k++) {
        list[0][k] = dims->items[0].items[k].integer;
        list[1][k] = dims->items[1].items[k].integer;
    }
    return reel_tensordot(T(0), T(1), list[0], list[1], (int)dims->items[0].count);
}

static int signed_logarithm(call *c, reel_slogdet s)
{
    c->result[0] = s.sign;
    c->result[1] = s.logabsdet;
    return 2;
}

#define FAMILY linalg_rows
#define ROWS "linalg.def"
#include "family.h"
