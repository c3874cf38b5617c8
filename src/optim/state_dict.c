/* SPDX-License-Identifier: MIT */
/* Items gathered in a list, and what a file's must agree with before any is changed. */
#include "state_dict.h"

#include "tensor.h"
#include "text_set.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { NAME_SIZE = 320 };

static void no_memory(reeli_items *items)
{
    if (!items->failed) {
        reeli_no_memory(items->r, items->what);
    }
    items->failed = true;
}

static void add(reeli_items *items, reeli_item_of_state it)
{
    reeli_item_of_state *item =
        items->failed ? NULL : reeli_buffer_add_in_arena(items->r, &items->list, sizeof *item);
    if (item) {
        *item = it;
    } else {
        no_memory(items);
    }
}

/* The number is kept, to be written when state is loaded.
 * NOLINTNEXTLINE(readability-non-const-parameter) */
void reeli_remember_named(reeli_items *items, const char *name, reel_tensor *tensor, double *number)
{
    add(items, (reeli_item_of_state){.name = name, .tensor = tensor, .number = number});
}

/* The same under a name that is kept. */
static void add_named(reeli_items *items, reeli_item_of_state it, const char *name)
{
    const size_t size = strlen(name) + 1;
    char *kept = items->failed ? NULL : reeli_arena_alloc(items->r, size);
    if (!kept) {
        no_memory(items);
        return;
    }
    memcpy(kept, name, size);
    it.name = kept;
    add(items, it);
}

void reeli_remember(reeli_items *items, reel_tensor *tensor, double *number, const char *format,
                    ...)
{
    char name[NAME_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(name, sizeof name, format, arguments);
    va_end(arguments);
    add_named(items, (reeli_item_of_state){.tensor = tensor, .number = number}, name);
}

/* NOLINTNEXTLINE(readability-non-const-parameter) */
void reeli_remember_whole(reeli_items *items, int64_t *whole, const char *format, ...)
{
    char name[NAME_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(name, sizeof name, format, arguments);
    va_end(arguments);
    add_named(items, (reeli_item_of_state){.whole = whole}, name);
}

static bool is_number(const reeli_item_of_state *item) { return item->number || item->whole; }

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
        const reeli_item_of_state *item = reeli_item_at(items, i);
        entry[i] = (reel_named_tensor){item->name, item->tensor};
        if (is_number(item)) {
            entry[i].tensor = reeli_empty(r, items->what, REEL_F64, 0, NULL);
            if (reeli_bad(entry[i].tensor)) {
                return none;
            }
            *(double *)entry[i].tensor->data = item->number ? *item->number : (double)*item->whole;
        }
    }
    return (reel_named_tensors){entry, items->list.count};
}

/* Whether it is one that a double holds exactly. */
static bool is_whole(double value) { return fabs(value) <= 0x1p53 && value == floor(value); }

/* Whether an item can take over what was given for it. */
static bool fits(const reeli_items *items, const reeli_item_of_state *item)
{
    reel *r = items->r;
    const reel_tensor *t = item->given;
    if (!t) {
        reeli_error(r, REEL_ERR_VALUE, "%s: load_state_dict: %s is missing", items->what,
                    item->name);
        return false;
    }
    if (!reeli_usable_as(r, items->what, item->name, t)) {
        return false;
    }
    if (is_number(item) ? t->numel != 1 || t->dtype == REEL_BOOL
                        : !reeli_same_shape(t, item->tensor) || t->dtype != item->tensor->dtype) {
        reeli_error(r,
                    is_number(item)                   ? REEL_ERR_SHAPE
                    : t->dtype != item->tensor->dtype ? REEL_ERR_DTYPE
                                                      : REEL_ERR_SHAPE,
                    "%s: load_state_dict: %s is %s %s, and is to be %s %s", items->what, item->name,
                    reel_dtype_name((reel_dtype)t->dtype), REELI_SHAPE_OF(t),
                    is_number(item) ? "a number,"
                                    : reel_dtype_name((reel_dtype)item->tensor->dtype),
                    is_number(item) ? "of one element" : REELI_SHAPE_OF(item->tensor));
        return false;
    }
    if (item->whole && !is_whole(reeli_load(t, 0))) {
        reeli_error(r, REEL_ERR_VALUE, "%s: load_state_dict: %s is %g, and is to be a whole number",
                    items->what, item->name, reeli_load(t, 0));
        return false;
    }
    return true;
}

/* The items' names as a set, whose numbers are theirs; false, and an error, when memory is out. An
 * item that has another's name is never given anything. */
static bool collect_names(const reeli_items *items, reeli_text_set *names)
{
    for (size_t i = 0; i < items->list.count; i++) {
        const char *name = reeli_item_at(items, i)->name;
        if (!reeli_text_set_add(items->r, names, name, strlen(name))) {
            reeli_no_memory(items->r, items->what);
            return false;
        }
    }
    return true;
}

/* Puts what is given with the items of its names. */
static bool hand_out(const reeli_items *items, const reeli_text_set *names,
                     const reel_named_tensor *given, size_t count)
{
    if (!reeli_list_given(items->r, items->what, given, count)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        const char *name = given[i].name ? given[i].name : "(NULL)";
        int64_t k = given[i].name ? reeli_text_set_find(names, name, strlen(name)) : -1;
        reeli_item_of_state *item = k < 0 ? NULL : reeli_item_at(items, (size_t)k);
        if (!item || item->named) {
            reeli_error(items->r, REEL_ERR_VALUE, "%s: load_state_dict: %s %s", items->what, name,
                        item ? "comes twice" : "is unexpected");
            return false;
        }
        item->named = true;
        item->given = given[i].tensor;
    }
    return true;
}

bool reeli_check_state_dict(const reeli_items *items, const reel_named_tensor *given, size_t count)
{
    if (items->failed || items->r->status != REEL_OK ||
        REELI_REFUSE(items->r, items->what, "a state cannot be taken over")) {
        return false;
    }
    reeli_text_set names = {.text = {NULL, 0, 0}};
    bool ok = collect_names(items, &names) && hand_out(items, &names, given, count);
    reeli_text_set_free(items->r, &names);
    for (size_t i = 0; ok && i < items->list.count; i++) {
        ok = fits(items, reeli_item_at(items, i));
    }
    return ok;
}

void reeli_take_state_dict(const reeli_items *items)
{
    for (size_t i = 0; i < items->list.count; i++) {
        const reeli_item_of_state *item = reeli_item_at(items, i);
        if (item->number) {
            *item->number = reeli_load(item->given, 0);
        } else if (item->whole) {
            *item->whole = (int64_t)reeli_load(item->given, 0);
        } else {
            reeli_copy(item->tensor, item->given);
            item->tensor->base->version++;
        }
    }
}
