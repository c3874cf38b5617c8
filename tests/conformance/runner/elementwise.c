/* SPDX-License-Identifier: MIT */
#include "binding.h"

#include <string.h>

/* The approximations have functions of their own; a word for none of them does not compile. */
static reel_tensor *gelu(call *c)
{
    const char *how = TEXT_OF(1, "none");
    if (strcmp(how, "none") != 0 && strcmp(how, "tanh") != 0) {
        because(&c->refused, "there is no approximation \"%s\"", how);
    }
    return strcmp(how, "tanh") == 0 ? reel_gelu_tanh(T(0)) : reel_gelu(T(0));
}

#define CLOSENESS ((reel_closeness){OPTION(2), OPTION(3), B(4, false)})

#define FAMILY elementwise_rows
#define ROWS "elementwise.def"
#include "family.h"
