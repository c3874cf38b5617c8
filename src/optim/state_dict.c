/* SPDX-License-Identifier: MIT */
/* Items gathered in a list, and what a file's must agree with before any is changed. */
#include "state_dict.h"

#include "tensor.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { NAME_SIZE = 320 };

static reeli_item_of_state *item_at(const reeli_items *items, size_t i)
{
    return (reeli_item_of_state *)items->list.data + i;
}

/* The number is kept, to be written when state is loaded.
 * NOLINTNEXTLINE(readability-non-const-parameter) */
void reeli_remember(reeli_items *items, reel_tensor *tensor, double *number, const char *format,
                    ...)
{
    char name[NAME_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(name, sizeof name, format, arguments);
    va_end(arguments);
    const size_t size = strlen(name) + 1;
    char *kept = items->failed ? NULL : reeli_arena_alloc(items->r, size);
    reeli_item_of_state *item =
        kept ? reeli_buffer_add_in_arena(items->r, &items->list, sizeof *item) : NULL;
    if (!item) {
        if (!items->failed) {
            reeli_no_memory(items->r, items->what);
        }
        items->failed = true;
        return;
    }
    memcpy(kept, name, size);
    *item = (reeli_item_of_state){kept, tensor, number};
}

reel_named_tensors reeli_state_dict(reeli_items *items)
{
    reel *r = items->r;
    const reel_named_tensors none = {NULL, 0};
    if (REELI_REFUSE(r, items->what, "a state cannot be read")) {
        return none;
    }
    reel_named_tensor *entry =
        items->failed ? NULL : reeli_arena_alloc(r, (items->list.count + 1) * sizeof *entry);
    if (!entry) {
        if (!items->failed) {
            reeli_no_memory(r, items->what);
        }
        return none;
    }
    for (size_t i = 0; i < items->list.count; i++) {
        const reeli_item_of_state *item = item_at(items, i);
        entry[i] = (reel_named_tensor){item->name, item->tensor};
        if (item->number) {
            entry[i].tensor = reeli_empty(r, items->what, REEL_F64, 0, NULL);
            if (reeli_bad(entry[i].tensor)) {
                return none;
            }
            *(double *)entry[i].tensor->data = *item->number;
        }
    }
    return (reel_named_tensors){entry, items->list.count};
}

/* The one given under this name; NULL if there is none. `from` is where it is likely to be
 * found. */
static reel_tensor *find(const reel_named_tensor *given, size_t count, const char *name,
                         size_t from)
{
    for (size_t i = 0; i < count; i++) {
        const reel_named_tensor *it = &given[(from + i) % count];
        if (it->name && strcmp(it->name, name) == 0) {
            return it->tensor;
        }
    }
    return NULL;
}

static reel_status check(const reeli_items *items, const reeli_item_of_state *item,
                         const reel_tensor *t)
{
    reel *r = items->r;
    if (!t) {
        return reeli_error(r, REEL_ERR_VALUE, "%s: load_state_dict: %s is missing", items->what,
                           item->name);
    }
    if (!reeli_usable_as(r, items->what, item->name, t)) {
        return r->status;
    }
    if (item->number ? t->numel != 1 || t->dtype == REEL_BOOL
                     : !reeli_same_shape(t, item->tensor) || t->dtype != item->tensor->dtype) {
        return reeli_error(r,
                           item->number                      ? REEL_ERR_SHAPE
                           : t->dtype != item->tensor->dtype ? REEL_ERR_DTYPE
                                                             : REEL_ERR_SHAPE,
                           "%s: load_state_dict: %s is %s %s, and is to be %s %s", items->what,
                           item->name, reel_dtype_name((reel_dtype)t->dtype), REELI_SHAPE_OF(t),
                           item->number ? "a number,"
                                        : reel_dtype_name((reel_dtype)item->tensor->dtype),
                           item->number ? "of one element" : REELI_SHAPE_OF(item->tensor));
    }
    return REEL_OK;
}

static reel_status check_names(const reeli_items *items, const reel_named_tensor *given,
                               size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t k = 0; /* from where it is likely to be found */
        const char *name = given[i].name ? given[i].name : "(NULL)";
        while (k < items->list.count &&
               strcmp(item_at(items, (i + k) % items->list.count)->name, name) != 0) {
            k++;
        }
        if (k == items->list.count || find(given, i, name, 0)) {
            return reeli_error(items->r, REEL_ERR_VALUE, "%s: load_state_dict: %s %s", items->what,
                               name, k == items->list.count ? "is unexpected" : "comes twice");
        }
    }
    return REEL_OK;
}

bool reeli_check_state_dict(const reeli_items *items, const reel_named_tensor *given, size_t count)
{
    if (items->failed || items->r->status != REEL_OK ||
        REELI_REFUSE(items->r, items->what, "a state cannot be taken over") ||
        check_names(items, given, count) != REEL_OK) {
        return false;
    }
    for (size_t i = 0; i < items->list.count; i++) {
        if (check(items, item_at(items, i), find(given, count, item_at(items, i)->name, i)) !=
            REEL_OK) {
            return false;
        }
    }
    return true;
}

void reeli_take_state_dict(const reeli_items *items, const reel_named_tensor *given, size_t count)
{
    for (size_t i = 0; i < items->list.count; i++) {
        const reeli_item_of_state *item = item_at(items, i);
        const reel_tensor *t = find(given, count, item->name, i);
        if (item->number) {
            *item->number = reeli_load(t, 0);
        } else {
            reeli_copy(item->tensor, t);
            item->tensor->base->version++;
        }
    }
}

double reeli_given_number(const reel_named_tensor *given, size_t count, const char *name,
                          double otherwise)
{
    const reel_tensor *t = find(given, count, name, 0);
    return t && !reeli_bad(t) && t->numel == 1 ? reeli_load(t, 0) : otherwise;
}
