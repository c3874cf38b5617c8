/* SPDX-License-Identifier: MIT */
/* struct reel_tensor: a shape and strides over memory that it owns or shares with its base. */
#ifndef REELI_TENSOR_H
#define REELI_TENSOR_H

#include "dtype.h"
#include "state.h"

#include <reel/tensor.h>

enum { REELI_NAME_SIZE = 32 };

/* Those of a live header; its mark is REELI_LIVE and these. */
enum reeli_flags {
    REELI_REQUIRES_GRAD = 1, /* set on leaves by the user, on results by the tape */
    REELI_VIEWED = 2,        /* of a base: there have been views of it */
    REELI_CONTIGUOUS = 4,
    REELI_PERSISTENT = 8,   /* lives until it is freed, not until the next rewind */
    REELI_NUMBER = 16,      /* a plain C number in an expression: yields to any tensor's dtype */
    REELI_RETAIN_GRAD = 32, /* backward leaves this non-leaf's gradient in `grad` */
    REELI_HOOKED = 64,      /* there are hooks on its gradient */
    REELI_CONSTANT = 128,   /* of a base, while a step is captured: its elements are the step's own,
                               and nothing of what was written down has computed them */
    REELI_REPEATED = 256    /* a number that lies in memory REELI_FEW times */
};

/* A function of the user's that is called with a gradient. */
typedef struct reeli_hook {
    struct reeli_hook *next;
    struct reeli_node *node; /* that made the tensor's value when it was registered; NULL: a leaf */
    uint64_t handle;         /* 0: removed */
    reel_tensor *(*function)(reel_tensor *gradient, void *context);
    void *context;
} reeli_hook;

/* What leaves have, and results that someone looks at: few of all tensors, so it is kept apart. */
typedef struct reeli_leaf {
    reel_tensor *grad;    /* its gradient, or NULL */
    reel_tensor *buffer;  /* of a persistent leaf: where the gradient lives from step to step */
    reel_tensor *pending; /* its gradient while backward runs, until that succeeds */
    const struct reeli_node *ahead; /* the loss whose forward wrote the gradient into the buffer,
                                     * while `grad` is NULL and nothing else was written there */
    reel_tensor *next;              /* the next leaf that this backward reached */
    reel_tensor *next_unsettled;
    bool unsettled;     /* whether it is on the reel's list of those */
    bool removed_hooks; /* whether some of its hooks are still to be taken out */
    uint32_t owners; /* how many modules, optimizers, … it is part of; a gradient's is its leaf */
    const struct reel_graph *graph; /* in whose step it was created; NULL: outside of any */
    reeli_hook *hooks, *last_hook;  /* called with its gradient, in this order */
    uint64_t seen;                  /* the last walk through modules that came here */
    uint64_t captured; /* the last captured step that uses its gradient, by its birth */
    int64_t expected;  /* gradients that a backward still brings, where there are hooks */
    const char *maker; /* the factory that made it; NULL: none did */
    char name[REELI_NAME_SIZE];
} reeli_leaf;

static inline void reeli_drop_grad(reeli_leaf *leaf)
{
    leaf->grad = NULL;
    leaf->ahead = NULL;
}

struct reel_tensor {
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    _Alignas(REELI_WORD) int32_t flags; /* the mark of its slot */
    uint8_t dtype;
    uint8_t ndim;
#else
    _Alignas(REELI_WORD) uint8_t dtype;
    uint8_t ndim;
    int32_t flags; /* the mark of its slot */
#endif
    reel *r;
    void *data; /* the first element */
    int64_t numel;
    struct reeli_node *node; /* the recorded operation that made it; NULL for a leaf */
    reel_tensor *base;       /* whose memory this is: itself unless it is a view */
    reeli_leaf *leaf;        /* NULL until something of it is needed */
    uint32_t version;        /* of a base: how often its memory was written in place */
    uint32_t history;        /* of a base: its version after the last write that was recorded */
    int64_t size[REEL_MAX_DIMS];
    int64_t stride[REEL_MAX_DIMS]; /* in elements */
};

_Static_assert(sizeof(reel_tensor) <= REELI_SLOT && sizeof(reel_tensor) % REELI_WORD == 0,
               "a header fits its slot, in whole words");
_Static_assert(offsetof(reel_tensor, flags) == REELI_MARK_AT, "its flags are the slot's mark");

/* Whether there is no t to go on with: of what has just been made. Arguments are looked at by
 * reeli_usable and its kin. */
static inline bool reeli_bad(const reel_tensor *t) { return !t || t->flags >= 0; }

static inline bool reeli_requires_grad(const reel_tensor *t)
{
    return t->flags & REELI_REQUIRES_GRAD;
}

bool reeli_same_shape(const reel_tensor *a, const reel_tensor *b);

/* Results: contiguous, uninitialised, in the arena. Poison, and an error in `what`'s name, when
 * memory is out or the shape holds too many elements. */
reel_tensor *reeli_empty(reel *r, const char *what, int dtype, int ndim, const int64_t *size);
reel_tensor *reeli_empty_like(const reel_tensor *t, const char *what, int dtype);

/* As `reeli_empty`, but living until freed: what factories and modules make. */
reel_tensor *reeli_create(reel *r, const char *what, int dtype, int ndim, const int64_t *size);

/* The start of every tensor's life; its shape and memory are still to be set. */
static inline void reeli_start(reel_tensor *t, reel *r, int dtype, int32_t flags)
{
    t->r = r;
    t->base = t;
    t->dtype = (uint8_t)dtype;
    t->flags = REELI_LIVE | flags;
    t->version = t->history = 0;
    t->node = NULL;
    t->leaf = NULL;
}

/* All sizes and strides, whatever there is in those behind the last. */
void reeli_copy_dims(reel_tensor *t, const reel_tensor *like);

/* The same of the used ones, of which there are most often one or two. */
static inline void reeli_copy_shape(reel_tensor *t, const reel_tensor *like)
{
    typedef struct few {
        int64_t of[2];
    } few;
    t->ndim = like->ndim;
    if (like->ndim <= 2) {
        *(few *)t->size = *(const few *)like->size;
        *(few *)t->stride = *(const few *)like->stride;
    } else {
        reeli_copy_dims(t, like);
    }
}

/* The strides of elements that lie row by row. */
static inline void reeli_row_major(int ndim, const int64_t *size, int64_t *stride)
{
    int64_t step = 1;
    for (int d = ndim - 1; d >= 0; d--) {
        stride[d] = step;
        step *= size[d] ? size[d] : 1;
    }
}

/* As `reeli_empty_like` for a contiguous `like`, without leaving the caller where memory is at
 * hand. */
static inline reel_tensor *reeli_result_like(reel *r, const reel_tensor *like, const char *what,
                                             int dtype)
{
    const size_t bytes = (size_t)like->numel * reeli_element_size(dtype);
    reel_tensor *t;
    char *data = r->destination ? NULL : reeli_take_at_hand(r, reeli_aligned(bytes), &t);
    if (!data) {
        return reeli_empty_like(like, what, dtype);
    }
    reeli_start(t, r, dtype, REELI_CONTIGUOUS);
    t->data = data;
    t->numel = like->numel;
    reeli_copy_shape(t, like);
    return t;
}

/* Whether t is what a captured step made, outside of that step. */
static inline bool reeli_is_of_graph(const reel_tensor *t)
{
    return !(t->flags & REELI_PERSISTENT) && reeli_slab_of(t)->graph != t->r->arena.slots.graph;
}

/* t's leaf part, made if it has none; NULL when memory is out. */
reeli_leaf *reeli_leaf_of(reel_tensor *t);

/* t's gradient, or NULL. */
static inline reel_tensor *reeli_grad(const reel_tensor *t)
{
    return t->leaf ? t->leaf->grad : NULL;
}

/* t was changed in place by what is gone: it keeps what it holds. */
void reeli_forget_history(reel_tensor *t);
/* At the end of a step: leaves keep the values of what still lies in the arena of theirs. */
void reeli_settle_gradients(reel *r);
/* At the end of a step, or of a captured one: what graphs hold forgets what lies in its arena. */
void reeli_forget_in_graphs(reel *r);

/* Zeros in the arena, which no gradient passes. */
reel_tensor *reeli_zeros(reel *r, const char *what, int dtype, int ndim, const int64_t *size);

/* One value in no dims, in the arena. */
reel_tensor *reeli_scalar(reel *r, const char *what, int dtype, double value);

/* A view of t's memory from `offset` elements after its first, in the arena; not yet recorded. */
reel_tensor *reeli_view(reel_tensor *t, const char *what, int ndim, const int64_t *size,
                        const int64_t *stride, int64_t offset);

/* A view of all of a result that nobody else has becomes a result itself, and what it was a view of
 * its view. t if it is no view. */
reel_tensor *reeli_as_result(reel_tensor *t);

/* A number in an expression: no dims, float64, yielding to any tensor's dtype. In the arena. */
reel_tensor *reeli_number(reel *r, double value);
/* The same in x's dtype if that is floating, which saves a conversion; repeated if x is small. */
reel_tensor *reeli_number_for(const reel_tensor *x, double value);

/* Whether ndim and size describe a tensor; records the error if not. */
bool reeli_check_shape(reel *r, const char *what, int ndim, const int64_t *size);

/* Whether an array of so many is there; the error if there is none. */
bool reeli_given(reel *r, const char *what, const void *array, int64_t count);
/* The same of a list, whose count has no sign. */
bool reeli_list_given(reel *r, const char *what, const void *list, size_t count);

/* `dim` counted from the end if negative; false, and an error, if it is none of ndim dims (a tensor
 * of no dims has one for this purpose, as in PyTorch). */
bool reeli_wrap_dim(reel *r, const char *what, int64_t *dim, int ndim);

/* The dtype that PyTorch's promotion gives an operation on these tensors. */
int reeli_promote(int count, reel_tensor *const *t);
/* The smallest shape that all broadcast to, in size; its dims, or -1, and an error, if there is
 * none. */
int reeli_broadcast(reel *r, const char *what, int count, reel_tensor *const *t, int64_t *size);
/* The same of two shapes, one of which may be in `size`. */
int reeli_broadcast_shapes(reel *r, const char *what, int a_ndim, const int64_t *a, int b_ndim,
                           const int64_t *b, int64_t *size);
/* t's stride for each of the ndim dims of `size` that it broadcasts to: 0 where it repeats. */
void reeli_broadcast_strides(const reel_tensor *t, int ndim, int64_t *stride);

/* All elements of `from`, converted, into `to` (same shape, any strides). */
void reeli_copy(reel_tensor *to, const reel_tensor *from);
/* x's elements row by row in `dtype`: its own, or those of a copy. NULL, and an error, when memory
 * is out. */
const void *reeli_dense_copy(const reel_tensor *x, const char *what, int dtype);
static inline const void *reeli_dense(const reel_tensor *x, const char *what, int dtype)
{
    return x->dtype == dtype && (x->flags & REELI_CONTIGUOUS) ? x->data
                                                              : reeli_dense_copy(x, what, dtype);
}
/* `value` into every element of t (any strides). */
void reeli_fill(reel_tensor *t, double value);

/* Where element i of t, counted row by row, lies in its memory. */
int64_t reeli_element_offset(const reel_tensor *t, int64_t i);
/* Element `offset` of t's memory as a double, and back. */
double reeli_load(const reel_tensor *t, int64_t offset);
void reeli_store(reel_tensor *t, int64_t offset, double value);

/* "grad_fn=<MulBackward0>", of a result that was recorded. */
enum { REELI_GRAD_FN = 96 };
void reeli_grad_fn(char text[REELI_GRAD_FN], const reel_tensor *t);

/* "(2, 3)" in text, for messages. */
enum { REELI_SHAPE_TEXT = 192 };
const char *reeli_shape_text(char text[REELI_SHAPE_TEXT], int ndim, const int64_t *size);
/* The shape of t in a buffer that lives as long as the enclosing block. */
#define REELI_SHAPE_OF(t) reeli_shape_text((char[REELI_SHAPE_TEXT]){0}, (t)->ndim, (t)->size)

/* The reel of a tensor that was ever one, alive or not. */
static inline reel *reeli_reel_of(const reel_tensor *t) { return reeli_slab_of(t)->r; }

/* Whether t is a live tensor of r. */
static inline bool reeli_sound(const reel *r, const reel_tensor *t)
{
    return t && t->r == r && t->flags < 0;
}

/* Whether all are live tensors of one reel. */
static inline bool reeli_all_sound(int count, reel_tensor *const *t)
{
    const reel *r = count > 0 && t[0] ? t[0]->r : NULL;
    for (int i = 0; i < count; i++) {
        if (!reeli_sound(r, t[i])) {
            return false;
        }
    }
    return count > 0;
}

/* The same of what is not known to be one yet: if not, the error says in `what`'s name which
 * argument it is (`role`: "its second argument"), its shape, and what became of it. */
bool reeli_tell(reel *r, const char *what, const char *role, const reel_tensor *t);

/* "its first argument", of several. */
const char *reeli_role(int i, int count);

/* Whether all are live tensors of one reel; the error in `what`'s name if not. Poison is not, and
 * was told before. */
bool reeli_all_usable(const char *what, int count, reel_tensor *const *t);

/* The same of one, of whatever reel; NULL is not, without a message. */
bool reeli_usable(const char *what, const reel_tensor *t);

/* The same of r, for what has a name of its own: `role`. NULL is an error. */
bool reeli_usable_as(reel *r, const char *what, const char *role, const reel_tensor *t);

/* What an operation on such tensors returns: poison, or NULL where there is no reel to be found. */
reel_tensor *reeli_poison_for(int count, reel_tensor *const *t);

/* What there is of a tensor that lives until it is freed, beside its header. */
reeli_owned *reeli_owned_of(const reel_tensor *t);
/* The tensor that this belongs to; NULL if it is something else. */
reel_tensor *reeli_tensor_of(const reeli_owned *it);
/* At the end of a step: what it made anew takes the place of what the step before it made. */
void reeli_end_young(reel *r);

/* A tensor that lives until it is freed goes, whoever owns it. */
void reeli_release(reel_tensor *t);
/* As `reeli_create`, and part of something that lets go of it when it goes itself. NULL, and an
 * error, when memory is out. */
reel_tensor *reeli_create_part(reel *r, const char *what, int dtype, int ndim, const int64_t *size);
/* One of those that it was part of is gone: with the last it goes. */
void reeli_let_go(reel_tensor *t);
/* Views of what is gone are dead, too: in the step, and in those that are captured. */
void reeli_sweep(reel *r);

#endif
