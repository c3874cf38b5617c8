/* SPDX-License-Identifier: MIT */
/* How tensors are made and freed; the dtype and the shape that several come to together. */
#include "tensor.h"

#include "capture.h"
#include "factory.h"

#include <stdio.h>
#include <string.h>

/* A persistent tensor is a header, and one allocation: this, then the elements. */
typedef struct persistent {
    reeli_owned owned;
    reeli_leaf leaf;
    reel_tensor *t;
} persistent;

reeli_owned *reeli_owned_of(const reel_tensor *t)
{
    return (reeli_owned *)(void *)((char *)t->leaf - offsetof(persistent, leaf));
}

/* The same where a size is 0 or negative, or not all can be multiplied. A stride counts 0 as 1, as
 * PyTorch's do; and the other sizes are to be such that any of them can be multiplied. */
REELI_RARE static int64_t measure_empty(int ndim, const int64_t *size)
{
    int64_t step = 1;
    bool sound = true, empty = false;
    for (int d = ndim - 1; d >= 0 && sound; d--) {
        empty = empty || size[d] == 0;
        sound = size[d] >= 0 && reeli_multiply(step, size[d] ? size[d] : 1, &step);
    }
    return sound && empty && step <= INT64_MAX / 8 ? 0 : -1;
}

/* The number of elements of a tensor of such a shape; -1 if there is none: dims or sizes are no
 * tensor's, or strides or bytes (of the widest dtype) do not fit. */
static inline int64_t measure(int ndim, const int64_t *size)
{
    int64_t numel = 1;
    if (ndim < 0 || ndim > REEL_MAX_DIMS) {
        return -1;
    }
    for (int d = ndim - 1; d >= 0; d--) {
        if (size[d] <= 0 || !reeli_multiply(numel, size[d], &numel)) {
            return measure_empty(ndim, size);
        }
    }
    return numel <= INT64_MAX / 8 ? numel : -1;
}

REELI_RARE static bool tell_missing(reel *r, const char *what, size_t count)
{
    reeli_error(r, REEL_ERR_VALUE, "%s: the array of %zu is NULL", what, count);
    return false;
}

bool reeli_given(reel *r, const char *what, const void *array, int64_t count)
{
    return array || count <= 0 || tell_missing(r, what, (size_t)count);
}

bool reeli_list_given(reel *r, const char *what, const void *list, size_t count)
{
    return list || count == 0 || tell_missing(r, what, count);
}

bool reeli_check_shape(reel *r, const char *what, int ndim, const int64_t *size)
{
    if (!reeli_given(r, what, size, ndim)) {
        return false;
    }
    if (measure(ndim, size) >= 0) {
        return true;
    }
    if (ndim < 0 || ndim > REEL_MAX_DIMS) {
        reeli_error(r, REEL_ERR_SHAPE, "%s: %d dims, but a tensor has 0 to %d", what, ndim,
                    REEL_MAX_DIMS);
        return false;
    }
    for (int d = 0; d < ndim; d++) {
        if (size[d] < 0) {
            reeli_error(r, REEL_ERR_SHAPE, "%s: size %lld of dim %d is negative", what,
                        (long long)size[d], d);
            return false;
        }
    }
    reeli_error(r, REEL_ERR_SHAPE, "%s: shape %s has too many elements", what,
                reeli_shape_text((char[REELI_SHAPE_TEXT]){0}, ndim, size));
    return false;
}

/* Sets a contiguous shape that has been measured. */
static inline void set_shape(reel_tensor *t, int ndim, const int64_t *size, int64_t numel)
{
    t->ndim = (uint8_t)ndim;
    t->numel = numel;
    for (int d = 0; d < ndim; d++) {
        t->size[d] = size[d];
    }
    reeli_row_major(ndim, size, t->stride);
}

void reeli_copy_dims(reel_tensor *t, const reel_tensor *like)
{
    memcpy(t->size, like->size, sizeof t->size);
    memcpy(t->stride, like->stride, sizeof t->stride);
}

/* A header and room for the elements, or a header alone if `destination` can hold them. */
static inline reel_tensor *allocate(reel *r, const char *what, int dtype, int64_t numel)
{
    const reel_tensor *into = r->destination;
    void *data;
    if (into && into->numel == numel && into->dtype == dtype) {
        data = into->data;
        r->destination = NULL;
    } else {
        data = reeli_arena_alloc(r, (size_t)numel * reeli_element_size(dtype));
    }
    reel_tensor *t = data ? reeli_take_slot(r) : NULL;
    if (!t) {
        return reeli_no_memory(r, what);
    }
    reeli_start(t, r, dtype, REELI_CONTIGUOUS);
    t->data = data;
    return t;
}

reel_tensor *reeli_empty(reel *r, const char *what, int dtype, int ndim, const int64_t *size)
{
    const int64_t numel = measure(ndim, size);
    if (numel < 0) {
        reeli_check_shape(r, what, ndim, size);
        return r->poison;
    }
    reel_tensor *t = allocate(r, what, dtype, numel);
    if (!reeli_bad(t)) {
        set_shape(t, ndim, size, numel);
    }
    return t;
}

reel_tensor *reeli_empty_like(const reel_tensor *like, const char *what, int dtype)
{
    reel_tensor *t = allocate(like->r, what, dtype, like->numel);
    if (reeli_bad(t)) {
        return t;
    }
    if (like->flags & REELI_CONTIGUOUS) {
        t->numel = like->numel;
        reeli_copy_shape(t, like);
    } else {
        set_shape(t, like->ndim, like->size, like->numel);
    }
    return t;
}

static void follow_base(void *slot, const void *context)
{
    (void)context;
    reel_tensor *t = slot;
    if (t->flags < 0 && t->base->flags >= 0) {
        t->flags = REELI_DEAD | REELI_BASE_FREED;
    }
}

void reeli_sweep(reel *r)
{
    reeli_visit_slots(&r->arena.slots, follow_base, NULL);
    for (const reel_graph *g = r->graphs; g; g = g->next) {
        reeli_visit_slots(&g->arena.slots, follow_base, NULL);
    }
}

/* A leaf that goes takes its gradient along, and leaves the list of those that are to be
 * settled. Whoever saved it is told by its version. */
static void free_tensor(reeli_owned *it)
{
    reel_tensor *t = ((persistent *)it)->t;
    for (reel_tensor **at = &it->r->unsettled; t->leaf->unsettled;
         at = &(*at)->leaf->next_unsettled) {
        if (*at == t) {
            *at = t->leaf->next_unsettled;
            break;
        }
    }
    if (t->leaf->buffer) {
        reeli_let_go(t->leaf->buffer);
    }
    for (reeli_hook *hook = t->leaf->hooks, *next; hook; hook = next) {
        next = hook->next;
        reeli_free(it->r, hook, sizeof *hook);
    }
    const bool viewed = t->flags & REELI_VIEWED;
    t->leaf = NULL;
    t->version++;
    reeli_free_slot(it->r, t, REELI_FREED);
    if (viewed) {
        reeli_sweep(it->r);
    }
}

reel_tensor *reeli_tensor_of(const reeli_owned *it)
{
    return it->destroy == free_tensor ? ((const persistent *)it)->t : NULL;
}

reel_tensor *reeli_create(reel *r, const char *what, int dtype, int ndim, const int64_t *size)
{
    const int64_t numel = measure(ndim, size);
    if (numel < 0) {
        reeli_check_shape(r, what, ndim, size);
        return r->poison;
    }
    size_t bytes = (size_t)numel * reeli_element_size(dtype);
    persistent *p = reeli_own(r, NULL, sizeof *p + REELI_LARGE_ALIGN + bytes, NULL);
    reel_tensor *t = p ? reeli_kept_slot(r) : NULL;
    if (!t) {
        if (p) {
            reeli_disown(&p->owned);
        }
        return reeli_no_memory(r, what);
    }
    reeli_start(t, r, dtype,
                REELI_CONTIGUOUS | REELI_PERSISTENT | (r->capture ? REELI_CONSTANT : 0));
    p->owned.destroy = free_tensor;
    p->leaf.graph = r->capture;
    p->t = t;
    t->leaf = &p->leaf;
    uintptr_t end = (uintptr_t)(p + 1);
    t->data = (char *)(p + 1) + (-end & (REELI_LARGE_ALIGN - 1));
    set_shape(t, ndim, size, numel);
    return t;
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
        t->r->graph_touched = t->r->graph_touched || reeli_is_of_graph(t);
    }
    return t->leaf;
}

void reeli_release(reel_tensor *t)
{
    if (!reeli_bad(t) && (t->flags & REELI_PERSISTENT)) {
        reeli_disown(reeli_owned_of(t));
    }
}

void reeli_let_go(reel_tensor *t)
{
    if (!reeli_bad(t) && --t->leaf->owners == 0 &&
        reeli_owned_of(t)->born > t->r->in_callback_since) {
        reeli_release(t);
    }
}

reel_tensor *reeli_create_part(reel *r, const char *what, int dtype, int ndim, const int64_t *size)
{
    reel_tensor *t = reeli_create(r, what, dtype, ndim, size);
    if (reeli_bad(t)) {
        return NULL;
    }
    t->leaf->owners = 1;
    return t;
}

void reel_tensor_free(reel_tensor *t)
{
    if (!reeli_usable("tensor_free", t)) {
        return;
    }
    if ((t->flags & REELI_PERSISTENT) && t->leaf->owners) {
        reeli_error(t->r, REEL_ERR_OWNER,
                    "tensor_free: its argument, of shape %s, belongs to a module, an optimizer, a "
                    "loader or a leaf, and is freed with that",
                    REELI_SHAPE_OF(t));
        return;
    }
    if (!(t->flags & REELI_PERSISTENT) || reeli_may_free(reeli_owned_of(t), "tensor_free")) {
        reeli_release(t);
    }
}

reel_tensor *reeli_view(reel_tensor *t, const char *what, int ndim, const int64_t *size,
                        const int64_t *stride, int64_t offset)
{
    reel *r = t->r;
    if (REELI_RARELY(r->capture != NULL) && !reeli_capture_tensor(t)) {
        return r->poison; /* it would outlive what it shows */
    }
    reel_tensor *v = reeli_take_slot(r);
    if (!v) {
        return reeli_no_memory(r, what);
    }
    reeli_start(v, r, t->dtype, 0);
    v->base = t->base;
    v->version = t->base->version;
    v->data = (char *)t->data + (size_t)offset * reeli_element_size(t->dtype);
    v->ndim = (uint8_t)ndim;
    v->base->flags |= REELI_VIEWED;
    uint64_t numel = 1; /* may wrap round on its way to 0 */
    bool rows = true;   /* where a size is 1 strides may differ */
    for (int d = ndim - 1; d >= 0; d--) {
        v->size[d] = size[d];
        v->stride[d] = stride[d];
        rows &= (size[d] == 1) | (stride[d] == (int64_t)numel);
        numel *= (uint64_t)size[d];
    }
    v->numel = (int64_t)numel;
    v->flags |= rows || numel == 0 ? REELI_CONTIGUOUS : 0;
    return v;
}

reel_tensor *reeli_as_result(reel_tensor *t)
{
    reel_tensor *base = reeli_bad(t) ? t : t->base;
    if (base != t) {
        t->flags |= base->flags & (REELI_VIEWED | REELI_CONSTANT);
        t->version = base->version;
        t->history = base->history;
        t->base = base->base = t;
    }
    return t;
}

/* A number once, or REELI_FEW times in a row. */
static reel_tensor *number(reel *r, int dtype, double value, bool repeated)
{
    const float rounded = (float)value;
    const float floats[] = {rounded, rounded, rounded, rounded};
    const double doubles[] = {value, value};
    const size_t bytes = reeli_element_size(dtype) * (repeated ? REELI_FEW : 1);
    char *data = reeli_arena_alloc(r, reeli_aligned(bytes));
    reel_tensor *t = data ? reeli_take_slot(r) : NULL;
    if (!t) {
        return reeli_no_memory(r, "number");
    }
    reeli_start(t, r, dtype,
                REELI_CONTIGUOUS | REELI_NUMBER | (repeated ? REELI_REPEATED : 0) |
                    (r->capture ? REELI_CONSTANT : 0));
    t->data = data;
    set_shape(t, 0, NULL, 1);
    const void *pattern = dtype == REEL_F32 ? (const void *)floats : doubles;
    for (size_t i = 0; i < bytes; i += sizeof doubles) {
        memcpy(data + i, pattern, sizeof doubles);
    }
    return t;
}

reel_tensor *reeli_number(reel *r, double value) { return number(r, REEL_F64, value, false); }

reel_tensor *reeli_number_for(const reel_tensor *x, double value)
{
    reel *r = reeli_reel_of(x);
    const bool fits = reeli_sound(r, x) && reeli_is_float(x->dtype);
    return number(r, fits ? x->dtype : REEL_F64, value, fits && x->numel <= REELI_FEW);
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

/* A number counts as float32, or as int64 when it is one: 2 keeps an integer tensor integer. */
static int number_dtype(const reel_tensor *t)
{
    const double value = reeli_load(t, 0);
    return reeli_fits_i64(value) && value == (double)(int64_t)value ? REEL_I64 : REEL_F32;
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

bool reeli_same_shape(const reel_tensor *a, const reel_tensor *b)
{
    if (a->ndim != b->ndim || a->numel != b->numel) {
        return false;
    }
    for (int d = 0; d < a->ndim; d++) {
        if (a->size[d] != b->size[d]) {
            return false;
        }
    }
    return true;
}
