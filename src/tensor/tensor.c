/* SPDX-License-Identifier: MIT */
/* How tensors are made and freed; the dtype and the shape that several come to together. */
#include "tensor.h"

#include <stdio.h>
#include <string.h>

/* A persistent tensor is one allocation: this, then the elements. */
typedef struct persistent {
    reeli_owned owned;
    reeli_leaf leaf;
    reel_tensor t;
} persistent;

bool reeli_check_shape(reel *r, const char *what, int ndim, const int64_t *size)
{
    if (ndim < 0 || ndim > REEL_MAX_DIMS) {
        reeli_error(r, REEL_ERR_SHAPE, "%s: %d dims, but a tensor has 0 to %d", what, ndim,
                    REEL_MAX_DIMS);
        return false;
    }
    int64_t numel = 8; /* counted in bytes of the widest dtype */
    for (int d = 0; d < ndim; d++) {
        if (size[d] < 0) {
            reeli_error(r, REEL_ERR_SHAPE, "%s: size %lld of dim %d is negative", what,
                        (long long)size[d], d);
            return false;
        }
        if (!reeli_multiply(numel, size[d] ? size[d] : 1, &numel)) {
            reeli_error(r, REEL_ERR_SHAPE, "%s: shape %s has too many elements", what,
                        reeli_shape_text((char[REELI_SHAPE_TEXT]){0}, ndim, size));
            return false;
        }
    }
    return true;
}

/* Sets a contiguous shape; strides count a size of 0 as 1, as PyTorch's do. */
static void set_shape(reel_tensor *t, int ndim, const int64_t *size)
{
    int64_t step = 1, numel = 1;
    for (int d = ndim - 1; d >= 0; d--) {
        t->size[d] = size[d];
        t->stride[d] = step;
        step *= size[d] ? size[d] : 1;
        numel *= size[d];
    }
    t->ndim = (uint8_t)ndim;
    t->numel = numel;
}

static int64_t count(int ndim, const int64_t *size)
{
    int64_t numel = 1;
    for (int d = 0; d < ndim; d++) {
        numel *= size[d];
    }
    return numel;
}

/* A header followed by room for the elements, or a header alone if `destination` can hold them. */
static reel_tensor *allocate(reel *r, const char *what, int dtype, int64_t numel)
{
    size_t bytes = (size_t)numel * reeli_element_size(dtype);
    reel_tensor *into = r->destination;
    if (into && into->numel == numel && into->dtype == dtype) {
        reel_tensor *t = reeli_arena_alloc(r, sizeof *t);
        if (!t) {
            return reeli_no_memory(r, what);
        }
        reeli_start(t, r, dtype, REELI_CONTIGUOUS);
        t->data = into->data;
        r->destination = NULL;
        return t;
    }
    reel_tensor *t = reeli_arena_alloc(r, REELI_HEADER + bytes);
    if (!t) {
        return reeli_no_memory(r, what);
    }
    reeli_start(t, r, dtype, REELI_CONTIGUOUS);
    t->data = (char *)t + REELI_HEADER;
    return t;
}

reel_tensor *reeli_empty(reel *r, const char *what, int dtype, int ndim, const int64_t *size)
{
    if (!reeli_check_shape(r, what, ndim, size)) {
        return r->poison;
    }
    reel_tensor *t = allocate(r, what, dtype, count(ndim, size));
    if (!reeli_bad(t)) {
        set_shape(t, ndim, size);
    }
    return t;
}

reel_tensor *reeli_empty_like(const reel_tensor *like, const char *what, int dtype)
{
    reel_tensor *t = allocate(like->r, what, dtype, like->numel);
    if (!reeli_bad(t)) {
        set_shape(t, like->ndim, like->size);
    }
    return t;
}

/* A leaf that goes takes its gradient along, and leaves the list of those that are to be
 * settled. */
static void free_gradient(reeli_owned *it)
{
    reel_tensor *t = &((persistent *)it)->t;
    for (reel_tensor **at = &it->r->unsettled; *at; at = &(*at)->leaf->next_unsettled) {
        if (*at == t) {
            *at = t->leaf->next_unsettled;
            break;
        }
    }
    if (t->leaf->buffer) {
        reel_tensor_free(t->leaf->buffer);
    }
    for (reeli_hook *hook = t->leaf->hooks, *next; hook; hook = next) {
        next = hook->next;
        reeli_free(it->r, hook, sizeof *hook);
    }
}

reel_tensor *reeli_create(reel *r, const char *what, int dtype, int ndim, const int64_t *size)
{
    if (!reeli_check_shape(r, what, ndim, size)) {
        return r->poison;
    }
    size_t bytes = (size_t)count(ndim, size) * reeli_element_size(dtype);
    persistent *p = reeli_own(r, sizeof *p + REELI_LARGE_ALIGN + bytes, free_gradient);
    if (!p) {
        return reeli_no_memory(r, what);
    }
    reeli_start(&p->t, r, dtype,
                REELI_CONTIGUOUS | REELI_PERSISTENT | (r->capture ? REELI_CONSTANT : 0));
    p->t.leaf = &p->leaf;
    uintptr_t end = (uintptr_t)(p + 1);
    p->t.data = (char *)(p + 1) + (-end & (REELI_LARGE_ALIGN - 1));
    set_shape(&p->t, ndim, size);
    return &p->t;
}

reeli_leaf *reeli_leaf_of(reel_tensor *t)
{
    if (!t->leaf) {
        reeli_leaf *leaf = reeli_arena_alloc(t->r, sizeof *leaf);
        if (!leaf) {
            reeli_no_memory(t->r, "tensor");
            return NULL;
        }
        memset(leaf, 0, sizeof *leaf);
        t->leaf = leaf;
    }
    return t->leaf;
}

void reel_tensor_free(reel_tensor *t)
{
    if (reeli_readable("tensor_free", t) && (t->flags & REELI_PERSISTENT)) {
        reeli_disown((reeli_owned *)(void *)((char *)t - offsetof(persistent, t)));
    }
}

static bool contiguous(const reel_tensor *t)
{
    int64_t step = 1;
    for (int d = t->ndim - 1; d >= 0; d--) {
        if (t->size[d] != 1 && t->stride[d] != step) {
            return t->numel == 0;
        }
        step *= t->size[d];
    }
    return true;
}

reel_tensor *reeli_view(reel_tensor *t, const char *what, int ndim, const int64_t *size,
                        const int64_t *stride, int64_t offset)
{
    reel *r = t->r;
    reel_tensor *v = reeli_arena_alloc(r, sizeof *v);
    if (!v) {
        return reeli_no_memory(r, what);
    }
    reeli_start(v, r, t->dtype, 0);
    v->base = t->base;
    v->version = t->base->version;
    v->data = (char *)t->data + (size_t)offset * reeli_element_size(t->dtype);
    v->ndim = (uint8_t)ndim;
    v->numel = count(ndim, size);
    for (int d = 0; d < ndim; d++) {
        v->size[d] = size[d];
        v->stride[d] = stride[d];
    }
    v->flags = contiguous(v) ? REELI_CONTIGUOUS : 0;
    return v;
}

static reel_tensor *number(reel *r, int dtype, double value)
{
    reel_tensor *t = reeli_arena_alloc(r, REELI_HEADER + sizeof value);
    if (!t) {
        return reeli_no_memory(r, "number");
    }
    reeli_start(t, r, dtype, REELI_CONTIGUOUS | REELI_NUMBER | (r->capture ? REELI_CONSTANT : 0));
    t->data = (char *)t + REELI_HEADER;
    set_shape(t, 0, NULL);
    if (dtype == REEL_F32) {
        *(float *)t->data = (float)value;
    } else {
        *(double *)t->data = value;
    }
    return t;
}

reel_tensor *reeli_number(reel *r, double value) { return number(r, REEL_F64, value); }

reel_tensor *reeli_number_for(const reel_tensor *x, double value)
{
    reel *r = reeli_reel_of(x);
    return number(r, reeli_sound(r, x) && x->dtype == REEL_F32 ? REEL_F32 : REEL_F64, value);
}

bool reeli_wrap_dim(reel *r, const char *what, int64_t *dim, int ndim)
{
    int64_t dims = ndim ? ndim : 1;
    if (*dim < -dims || *dim >= dims) {
        reeli_error(r, REEL_ERR_SHAPE, "%s: dim %lld is out of range: it must be in [%lld, %lld]",
                    what, (long long)*dim, (long long)-dims, (long long)(dims - 1));
        return false;
    }
    *dim += *dim < 0 ? dims : 0;
    return true;
}

/* The dtype that both fit in; -1 stands for none yet. */
static int wider(int a, int b)
{
    if (a < 0 || b < 0) {
        return a < 0 ? b : a;
    }
    if (reeli_category(a) != reeli_category(b)) {
        return reeli_category(a) > reeli_category(b) ? a : b;
    }
    return a > b ? a : b;
}

/* A number counts as float32, or as int64 when it is whole: 2 keeps an integer tensor integer. */
static int number_dtype(const reel_tensor *t)
{
    double value = reeli_load(t, 0);
    return value == (double)(int64_t)(value > -9e15 && value < 9e15 ? value : 0.5) ? REEL_I64
                                                                                   : REEL_F32;
}

/* Tensors with dims decide; those without, then numbers, only raise the category. */
int reeli_promote(int count_, reel_tensor *const *t)
{
    int rank[3] = {-1, -1, -1};
    for (int i = 0; i < count_; i++) {
        bool number = t[i]->flags & REELI_NUMBER;
        int k = number ? 2 : t[i]->ndim == 0;
        rank[k] = wider(rank[k], number ? number_dtype(t[i]) : t[i]->dtype);
    }
    int result = rank[0];
    for (int k = 1; k < 3; k++) {
        if (result < 0 || (rank[k] >= 0 && reeli_category(rank[k]) > reeli_category(result))) {
            result = rank[k];
        }
    }
    return result;
}

/* The size of dim d of ndim in a shape of fewer dims: those in front are 1. */
static int64_t size_at(int own_ndim, const int64_t *own, int ndim, int d)
{
    const int at = d - (ndim - own_ndim);
    return at < 0 ? 1 : own[at];
}

int reeli_broadcast_shapes(reel *r, const char *what, int a_ndim, const int64_t *a, int b_ndim,
                           const int64_t *b, int64_t *size)
{
    const int ndim = a_ndim > b_ndim ? a_ndim : b_ndim;
    int64_t both[REEL_MAX_DIMS];
    for (int d = 0; d < ndim; d++) {
        const int64_t in_a = size_at(a_ndim, a, ndim, d), in_b = size_at(b_ndim, b, ndim, d);
        if (in_a != 1 && in_b != 1 && in_a != in_b) {
            reeli_error(r, REEL_ERR_SHAPE,
                        "%s: shapes %s and %s do not broadcast: %lld is not %lld in dim %d", what,
                        reeli_shape_text((char[REELI_SHAPE_TEXT]){0}, a_ndim, a),
                        reeli_shape_text((char[REELI_SHAPE_TEXT]){0}, b_ndim, b), (long long)in_a,
                        (long long)in_b, d);
            return -1;
        }
        both[d] = in_a != 1 ? in_a : in_b;
    }
    memcpy(size, both, (size_t)ndim * sizeof *size);
    return ndim;
}

int reeli_broadcast(reel *r, const char *what, int count_, reel_tensor *const *t, int64_t *size)
{
    int ndim = 0;
    for (int i = 0; i < count_ && ndim >= 0; i++) {
        ndim = reeli_broadcast_shapes(r, what, ndim, size, t[i]->ndim, t[i]->size, size);
    }
    return ndim;
}

void reeli_broadcast_strides(const reel_tensor *t, int ndim, int64_t *stride)
{
    for (int d = 0; d < ndim; d++) {
        int own = d - (ndim - t->ndim);
        stride[d] = own < 0 || t->size[own] == 1 ? 0 : t->stride[own];
    }
}

const char *reeli_shape_text(char text[REELI_SHAPE_TEXT], int ndim, const int64_t *size)
{
    size_t at = (size_t)snprintf(text, REELI_SHAPE_TEXT, "(");
    for (int d = 0; d < ndim && d < REEL_MAX_DIMS; d++) {
        at += (size_t)snprintf(text + at, REELI_SHAPE_TEXT - at, d ? ", %lld" : "%lld",
                               (long long)size[d]);
    }
    snprintf(text + at, REELI_SHAPE_TEXT - at, ndim == 1 ? ",)" : ")");
    return text;
}

#ifdef REELI_ASAN
__attribute__((no_sanitize("address"))) reel *reeli_reel_of(const reel_tensor *t)
{
    return *(reel *const volatile *)&t->r;
}
#endif

bool reeli_usable(reel *r, const char *what, const reel_tensor *t)
{
    if (!t) {
        reeli_error(r, REEL_ERR_OWNER, "%s: a tensor is NULL", what);
        return false;
    }
#ifdef REELI_ASAN
    if (__asan_address_is_poisoned(t)) {
        reeli_error(r, REEL_ERR_OWNER,
                    "%s: a tensor is stale: it was made before the last reel_rewind (keep a result "
                    "with reel_keep)",
                    what);
        return false;
    }
#endif
    if (t->r != r) {
        reeli_error(r, REEL_ERR_OWNER, "%s: a tensor of shape %s belongs to another reel", what,
                    REELI_SHAPE_OF(t));
        return false;
    }
    return !(t->flags & REELI_POISON);
}
