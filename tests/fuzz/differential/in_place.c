/* SPDX-License-Identifier: MIT */
/* Operators that work in place, which conformance cases have none of. */
#include "binding.h"
#include "program.h"

#include <string.h>

#define ROW MAKE_FUNCTION
#include "in_place.def"
#undef ROW

#define ROW MAKE_ENTRY
static const binding rows[] = {
#include "in_place.def"
};
#undef ROW

const binding *in_place_named(const char *name)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (strcmp(rows[i].name, name) == 0) {
            return &rows[i];
        }
    }
    return NULL;
}
