/* SPDX-License-Identifier: MIT */
/* Copies: as they are, turned round, repeated, padded. */
#include "factory.h"
#include "view_parts.h"

#include <reel/join.h>
#include <reel/views.h>
#include <string.h>

/* A copy of x in the given dtype. */
static reel_tensor *copy(const reeli_op *op, reel_tensor *x, int dtype)
{
    reeli_node *n = reeli_begin(op, 1, &x);
    if (!n) {
        return reeli_poison_for(1, &x);
    }
    n->out = reeli_empty_like(x, op->name, dtype);
    return reeli_apply(n);
}

reel_tensor *reel_clone(reel_tensor *x)
{
    return reeli_all_usable("clone", 1, &x) ? copy(&reeli_op_clone, x, x->dtype)
                                            : reeli_poison_for(1, &x);
}

bool reeli_clone_forward(reeli_node *n)
{
    reeli_copy(n->out, n->in[0].t);
    return true;
}

reel_tensor *reeli_clone_gradient(reeli_node *n, int input, reel_tensor *g)
{
    (void)n, (void)input;
    return g;
}

reel_tensor *reel_contiguous(reel_tensor *x)
{
    return reeli_all_usable("contiguous", 1, &x) && (x->flags & REELI_CONTIGUOUS) ? x
                                                                                  : reel_clone(x);
}

reel_tensor *reel_to(reel_tensor *x, reel_dtype dtype)
{
    if (!reeli_all_usable("to", 1, &x)) {
        return reeli_poison_for(1, &x);
    }
    if ((unsigned)dtype >= REELI_DTYPES) {
        return reeli_fail(x->r, REEL_ERR_DTYPE, "to: there is no dtype %d", (int)dtype);
    }
    return x->dtype == dtype && !(x->flags & REELI_NUMBER) ? x : copy(&reeli_op_to, x, (int)dtype);
}

bool reeli_to_forward(reeli_node *n) { return reeli_clone_forward(n); }

reel_tensor *reeli_to_gradient(reeli_node *n, int input, reel_tensor *g)
{
    (void)n, (void)input;
    return g;
}

/* The dims of the set run backwards. */
static reel_tensor *flip(reel_tensor *x, unsigned dims)
{
    reeli_node *n = reeli_begin(&reeli_op_flip, 1, &x);
    if (!n) {
        return reeli_poison_for(1, &x);
    }
    reeli_dims_of(n)->set = dims;
    n->out = reeli_empty_like(x, "flip", x->dtype);
    return reeli_apply(n);
}

reel_tensor *reel_flip(reel_tensor *x, const int64_t *dims, int count)
{
    unsigned set;
    if (!reeli_all_usable("flip", 1, &x) || !reeli_dims_once("flip", x, count, dims, NULL, &set)) {
        return reeli_poison_for(1, &x);
    }
    return flip(x, set);
}

bool reeli_flip_forward(reeli_node *n)
{
    const reel_tensor *x = n->in[0].t;
    int64_t stride[REEL_MAX_DIMS], first = 0;
    for (int d = 0; d < x->ndim; d++) {
        const bool back = reeli_dims_of(n)->set >> d & 1;
        first += back ? (x->size[d] - 1) * x->stride[d] : 0;
        stride[d] = back ? -x->stride[d] : x->stride[d];
    }
    const reeli_part all = reeli_whole(n->out);
    if (x->numel > 0) {
        char *at = (char *)x->data + first * (int64_t)reeli_element_size(x->dtype);
        reeli_move_into(n->out, &all, (reeli_operand){at, stride, x->dtype});
    }
    return true;
}

reel_tensor *reeli_flip_gradient(reeli_node *n, int input, reel_tensor *g)
{
    (void)input;
    return flip(g, reeli_dims_of(n)->set);
}

/* The last `shift` indices of the dim come first. */
static reel_tensor *roll_dim(reel_tensor *x, int64_t shift, int64_t dim)
{
    const int64_t size = x->ndim ? x->size[dim] : 0,
                  rest = size ? size - (shift % size + size) % size : 0;
    if (size == 0 || rest == size) {
        return reel_clone(x);
    }
    reel_tensor *parts[] = {reel_narrow(x, dim, rest, size - rest), reel_narrow(x, dim, 0, rest)};
    return reel_cat(parts, 2, dim);
}

reel_tensor *reel_roll(reel_tensor *x, const int64_t *shifts, const int64_t *dims, int count)
{
    if (!reeli_all_usable("roll", 1, &x)) {
        return reeli_poison_for(1, &x);
    }
    if (count < 1 || (!dims && count != 1)) {
        return reeli_fail(x->r, REEL_ERR_VALUE, "roll: %d shifts for %s", count,
                          dims ? "as many dims" : "all dims as one");
    }
    if (!reeli_given(x->r, "roll", shifts, count)) {
        return x->r->poison;
    }
    if (!dims) {
        reel_tensor *flat = reel_reshape(x, 1, &(int64_t){-1});
        return reeli_bad(flat)
                   ? flat
                   : reeli_as_result(reeli_reshape_like(roll_dim(flat, shifts[0], 0), x));
    }
    for (int i = 0; i < count; i++) {
        int64_t d = dims[i];
        if (x->ndim == 0) {
            return reeli_fail(x->r, REEL_ERR_SHAPE,
                              "roll: there is no dim %lld in a tensor of no dims", (long long)d);
        }
        if (!reeli_wrap_dim(x->r, "roll", &d, x->ndim)) {
            return x->r->poison;
        }
        x = roll_dim(x, shifts[i], d);
        if (reeli_bad(x)) {
            return x;
        }
    }
    return x;
}

/* Dim d `times` over: (…, size, …) is seen as (outer, 1, size * inner), of which the 1 expands. */
static reel_tensor *repeat_dim(reel_tensor *x, int d, int64_t times)
{
    int64_t size[REEL_MAX_DIMS], outer = 1, inner = 1;
    for (int i = 0; i < x->ndim; i++) {
        size[i] = x->size[i];
        outer *= i < d ? x->size[i] : 1;
        inner *= i >= d ? x->size[i] : 1;
    }
    if (times == 1 || !reeli_multiply(size[d], times, &size[d])) {
        return times == 1 ? x : reeli_fail(x->r, REEL_ERR_SHAPE, "repeat: too many elements");
    }
    reel_tensor *wide = reel_expand(reel_reshape(x, 3, (int64_t[]){outer, 1, inner}), 3,
                                    (int64_t[]){outer, times, inner});
    return reel_reshape(wide, x->ndim, size);
}

/* Dims in front, of size 1, up to ndim. */
static reel_tensor *widen(reel_tensor *x, int ndim)
{
    int64_t size[REEL_MAX_DIMS] = {1};
    for (int d = 0; d < ndim; d++) {
        int own = d - (ndim - x->ndim);
        size[d] = own < 0 ? 1 : x->size[own];
    }
    return ndim == x->ndim ? x : reel_reshape(x, ndim, size);
}

static reel_tensor *repeat(reel_tensor *x, const char *what, const int64_t *repeats, int count,
                           int ndim)
{
    if (!reeli_given(x->r, what, repeats, count)) {
        return x->r->poison;
    }
    bool sound = ndim >= x->ndim && ndim <= REEL_MAX_DIMS && count >= 0;
    for (int i = 0; sound && i < count; i++) {
        sound = repeats[i] >= 0;
    }
    if (!sound) {
        return reeli_fail(
            x->r, REEL_ERR_SHAPE, "%s: shape %s cannot be repeated %s times", what,
            REELI_SHAPE_OF(x),
            reeli_shape_text((char[REELI_SHAPE_TEXT]){0}, count < 0 ? 0 : count, repeats));
    }
    reel_tensor *y = widen(x, ndim);
    for (int i = count - 1; i >= 0 && !reeli_bad(y); i--) {
        y = repeat_dim(y, ndim - count + i, repeats[i]);
    }
    y = reel_contiguous(y);
    return reeli_bad(y) || y->base != x->base ? reeli_as_result(y) : reel_clone(y);
}

reel_tensor *reel_repeat(reel_tensor *x, const int64_t *repeats, int count)
{
    return reeli_all_usable("repeat", 1, &x) ? repeat(x, "repeat", repeats, count, count)
                                             : reeli_poison_for(1, &x);
}

reel_tensor *reel_tile(reel_tensor *x, const int64_t *repeats, int count)
{
    if (!reeli_all_usable("tile", 1, &x)) {
        return reeli_poison_for(1, &x);
    }
    return repeat(x, "tile", repeats, count, count > x->ndim ? count : x->ndim);
}

/* tril and triu. */
static reel_tensor *triangle(const reeli_op *op, reel_tensor *x, int64_t diagonal)
{
    reeli_node *n = reeli_begin(op, 1, &x);
    if (!n) {
        return reeli_poison_for(1, &x);
    }
    if (x->ndim < 2) {
        return reeli_fail(x->r, REEL_ERR_SHAPE, "%s: shape %s is no matrix, nor a batch of them",
                          op->name, REELI_SHAPE_OF(x));
    }
    reeli_triangle_of(n)->diagonal = diagonal;
    n->out = reeli_empty_like(x, op->name, x->dtype);
    return reeli_apply(n);
}

static int64_t within(int64_t x, int64_t low, int64_t high)
{
    return x < low ? low : x > high ? high : x;
}

/* In row i the columns before i + diagonal are below it; for tril that diagonal stays too. */
static void clear_triangle(reel_tensor *y, int64_t diagonal, bool lower)
{
    const int64_t rows = y->size[y->ndim - 2], columns = y->size[y->ndim - 1];
    const size_t bytes = reeli_element_size(y->dtype);
    char *row = y->data;
    diagonal = within(diagonal, -rows, columns);
    for (int64_t i = 0; columns > 0 && i < y->numel / columns;
         i++, row += (size_t)columns * bytes) {
        int64_t edge = within(i % rows + diagonal + (lower ? 1 : 0), 0, columns);
        memset(lower ? row + (size_t)edge * bytes : row, 0,
               (size_t)(lower ? columns - edge : edge) * bytes);
    }
}

reel_tensor *reel_tril(reel_tensor *x, int64_t diagonal)
{
    return triangle(&reeli_op_tril, x, diagonal);
}

bool reeli_tril_forward(reeli_node *n)
{
    reeli_copy(n->out, n->in[0].t);
    clear_triangle(n->out, reeli_triangle_of(n)->diagonal, true);
    return true;
}

reel_tensor *reeli_tril_gradient(reeli_node *n, int input, reel_tensor *g)
{
    (void)input;
    return reel_tril(g, reeli_triangle_of(n)->diagonal);
}

reel_tensor *reel_triu(reel_tensor *x, int64_t diagonal)
{
    return triangle(&reeli_op_triu, x, diagonal);
}

bool reeli_triu_forward(reeli_node *n)
{
    reeli_copy(n->out, n->in[0].t);
    clear_triangle(n->out, reeli_triangle_of(n)->diagonal, false);
    return true;
}

reel_tensor *reeli_triu_gradient(reeli_node *n, int input, reel_tensor *g)
{
    (void)input;
    return reel_triu(g, reeli_triangle_of(n)->diagonal);
}

/* A vector on the diagonal of a square of zeros. */
static reel_tensor *diagonal_matrix(reel_tensor *x, int64_t diagonal)
{
    int64_t size, distance = diagonal < 0 ? -(diagonal + 1)
                                          : diagonal; /* one less below: -INT64_MIN is none */
    if (!reeli_add(distance, x->size[0] + (diagonal < 0), &size)) {
        return reeli_fail(x->r, REEL_ERR_SHAPE, "diag: diagonal %lld is too far off",
                          (long long)diagonal);
    }
    reeli_part p = reeli_whole(x);
    p.along[0] = 3;
    p.start[0] = diagonal < 0 ? -diagonal : 0;
    p.start[1] = diagonal > 0 ? diagonal : 0;
    return reeli_unslice(x, 2, (int64_t[]){size, size}, &p);
}

reel_tensor *reel_diag(reel_tensor *x, int64_t diagonal)
{
    if (!reeli_all_usable("diag", 1, &x)) {
        return reeli_poison_for(1, &x);
    }
    if (x->ndim != 1 && x->ndim != 2) {
        return reeli_fail(x->r, REEL_ERR_SHAPE, "diag: shape %s is neither a vector nor a matrix",
                          REELI_SHAPE_OF(x));
    }
    return x->ndim == 1 ? diagonal_matrix(x, diagonal)
                        : reel_clone(reel_diagonal(x, diagonal, 0, 1));
}

/* The counts before and after dim d; false, and an error, where they take more than there is. */
static bool read_pair(const reel_tensor *x, const char *what, const int64_t *pair, int d,
                      reeli_padding *p)
{
    const int64_t size = x->size[d], before = pair[0], after = pair[1];
    int64_t padded;
    p->before[d] = before;
    p->after[d] = after;
    if (before >= -size && after >= -size &&
        reeli_add(size + (before < 0 ? before : 0), after, &padded) && padded >= 0 &&
        reeli_add(padded, before > 0 ? before : 0, &padded)) {
        return true;
    }
    reeli_error(x->r, REEL_ERR_SHAPE,
                "%s: %lld before and %lld after the %lld elements of shape %s in dim %d leaves a "
                "size that cannot be",
                what, (long long)before, (long long)after, (long long)size, REELI_SHAPE_OF(x), d);
    return false;
}

/* PyTorch's list starts at the last dim. */
static bool read_padding(const reel_tensor *x, const char *what, const int64_t *pad, int count,
                         reeli_padding *p)
{
    bool fits = count >= 0 && count % 2 == 0 && count / 2 <= x->ndim && (pad || count == 0);
    memset(p, 0, sizeof *p);
    if (!fits) {
        reeli_error(x->r, REEL_ERR_SHAPE,
                    "%s: %d counts for shape %s; there are two for each dim, from the last on",
                    what, count, REELI_SHAPE_OF(x));
    }
    for (int i = 0; fits && i < count / 2; i++) {
        fits = read_pair(x, what, pad + (ptrdiff_t)2 * i, x->ndim - 1 - i, p);
    }
    return fits;
}

static reel_tensor *pad_by(reel_tensor *x, const char *what, const reeli_padding *p)
{
    reeli_node *n = reeli_begin(&reeli_op_constant_pad_nd, 1, &x);
    if (!n) {
        return reeli_poison_for(1, &x);
    }
    int64_t size[REEL_MAX_DIMS];
    for (int d = 0; d < x->ndim; d++) {
        size[d] = x->size[d] + (p->before[d] + p->after[d]); /* each sum fits */
    }
    *reeli_padding_of(n) = *p;
    n->out = reeli_empty(x->r, what, x->dtype, x->ndim, size);
    return reeli_apply(n);
}

static reel_tensor *pad_constant(reel_tensor *x, const char *what, const int64_t *pad, int count,
                                 double value)
{
    reeli_padding p;
    if (!reeli_all_usable(what, 1, &x) || !read_padding(x, what, pad, count, &p) ||
        !reeli_check_value(x->r, what, x->dtype, value)) {
        return reeli_poison_for(1, &x);
    }
    p.value = value;
    return pad_by(x, what, &p);
}

reel_tensor *reel_constant_pad_nd(reel_tensor *x, const int64_t *pad, int count, double value)
{
    return pad_constant(x, "constant_pad_nd", pad, count, value);
}

reel_tensor *reel_pad(reel_tensor *x, const int64_t *pad, int count, double value)
{
    return pad_constant(x, "pad", pad, count, value);
}

/* What of x stays goes to its place among the padding. */
bool reeli_constant_pad_nd_forward(reeli_node *n)
{
    const reeli_padding *p = reeli_padding_of(n);
    const reel_tensor *x = n->in[0].t;
    reeli_part place = reeli_whole(x);
    int64_t first = 0;
    bool any = n->out->numel > 0;
    for (int d = 0; d < x->ndim; d++) {
        const int64_t cut = p->before[d] < 0 ? -p->before[d] : 0;
        place.start[d] = p->before[d] > 0 ? p->before[d] : 0;
        place.size[d] -= cut + (p->after[d] < 0 ? -p->after[d] : 0);
        first += cut * x->stride[d];
        any = any && place.size[d] > 0;
    }
    reeli_fill(n->out, p->value);
    if (any) {
        char *at = (char *)x->data + first * (int64_t)reeli_element_size(x->dtype);
        reeli_move_into(n->out, &place, (reeli_operand){at, x->stride, x->dtype});
    }
    return true;
}

/* The way back takes away what was put there, and puts zeros where something was taken. */
reel_tensor *reeli_constant_pad_nd_gradient(reeli_node *n, int input, reel_tensor *g)
{
    reeli_padding back = *reeli_padding_of(n);
    back.value = 0;
    for (int d = 0; d < n->in[input].t->ndim; d++) {
        back.before[d] = -back.before[d];
        back.after[d] = -back.after[d];
    }
    return pad_by(g, "constant_pad_nd", &back);
}
