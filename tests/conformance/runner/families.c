/* SPDX-License-Identifier: MIT */
#include "families.h"

#include <string.h>

static const binding *const families[] = {elementwise_rows, reduction_rows, linalg_rows,
                                          view_rows,        indexing_rows,  loss_rows,
                                          image_rows,       module_rows};

const binding *binding_at(size_t i)
{
    for (size_t family = 0; family < sizeof families / sizeof *families; family++) {
        for (const binding *it = families[family]; it->name; it++, i--) {
            if (i == 0) {
                return it;
            }
        }
    }
    return NULL;
}

const binding *binding_named(const char *name)
{
    for (size_t i = 0; binding_at(i); i++) {
        if (strcmp(binding_at(i)->name, name) == 0) {
            return binding_at(i);
        }
    }
    return NULL;
}
