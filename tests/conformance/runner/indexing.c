/* SPDX-License-Identifier: MIT */
#include "binding.h"

static int64_t bound(const value *slice, size_t i, int64_t without)
{
    return slice->items[i].kind == NONE ? without : slice->items[i].integer;
}

/* A list of integers as the tensor that Python makes of it. */
static reel_tensor *list_tensor(call *c, const value *list)
{
    int64_t integers[MAX_INTEGERS], count = 0;
    for (size_t i = 0; i < list->count && i < MAX_INTEGERS; i++) {
        integers[count++] = list->items[i].integer;
    }
    return reel_from_i64(c->r, integers, 1, &count);
}

static reel_index_item index_item(call *c, const value *v)
{
    switch (v->kind) {
    case INTEGER:
        return reel_index_at(v->integer);
    case SLICE:
        return reel_index_slice(bound(v, 0, 0), bound(v, 1, REEL_END), bound(v, 2, 1));
    case ELLIPSIS:
        return reel_index_ellipsis();
    case TENSOR:
        return reel_index_by(v->tensor);
    case LIST:
        return reel_index_by(list_tensor(c, v));
    default:
        return reel_index_new_dim();
    }
}

/* A list is a tuple of items, unless it has only integers: then it is a tensor. */
static bool is_tuple(const value *v)
{
    bool has_item = false;
    for (size_t i = 0; v->kind == LIST && i < v->count; i++) {
        has_item = has_item || v->items[i].kind != INTEGER;
    }
    return has_item;
}

static reel_tensor *get_item(call *c)
{
    reel_index_item items[MAX_INTEGERS];
    const value *v = c->argument[1];
    int count = 0;
    if (!is_tuple(v)) {
        items[count++] = index_item(c, v);
    }
    for (size_t i = 0; is_tuple(v) && i < v->count && i < MAX_INTEGERS; i++) {
        items[count++] = index_item(c, &v->items[i]);
    }
    return reel_index(T(0), items, count);
}

#define FAMILY indexing_rows
#define ROWS "indexing.def"
#include "family.h"
