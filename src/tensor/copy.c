/* SPDX-License-Identifier: MIT */
/* Elements in and out of tensors of any strides. */
#include "capture.h"
#include "kernels.h"
#include "tensor.h"

static reeli_operand operand(const reel_tensor *t)
{
    return (reeli_operand){t->data, t->stride, t->dtype};
}

void reeli_copy(reel_tensor *to, const reel_tensor *from)
{
    if ((to->flags & from->flags & REELI_CONTIGUOUS)) {
        reeli_move_all(to->r, to->numel, to->data, to->dtype, from->data, from->dtype, 1);
    } else {
        reeli_move_strided(to->r, to->ndim, to->size, operand(to), operand(from));
    }
}

const void *reeli_dense_copy(const reel_tensor *x, const char *what, int dtype)
{
    reel_tensor *copy = reeli_empty_like(x, what, dtype);
    if (reeli_bad(copy)) {
        return NULL;
    }
    reeli_copy(copy, x);
    return copy->data;
}

void reeli_fill(reel_tensor *t, double value)
{
    static const int64_t still[REEL_MAX_DIMS] = {0};
    if (t->flags & REELI_CONTIGUOUS) {
        int64_t one = 0; /* the value, converted once */
        reeli_move(1, &one, t->dtype, 1, &value, REEL_F64, 1);
        reeli_move_all(t->r, t->numel, t->data, t->dtype, &one, t->dtype, 0);
        return;
    }
    reeli_move_strided(t->r, t->ndim, t->size, operand(t),
                       (reeli_operand){&value, still, REEL_F64});
}

int64_t reeli_element_offset(const reel_tensor *t, int64_t i)
{
    int64_t offset = 0;
    for (int d = t->ndim - 1; d >= 0; d--) {
        offset += i % t->size[d] * t->stride[d];
        i /= t->size[d];
    }
    return offset;
}

double reeli_load(const reel_tensor *t, int64_t offset)
{
    switch (t->dtype) {
    case REEL_F32:
        return (double)((const float *)t->data)[offset];
    case REEL_F64:
        return ((const double *)t->data)[offset];
    case REEL_I64:
        return (double)((const int64_t *)t->data)[offset];
    default:
        return ((const unsigned char *)t->data)[offset] != 0 ? 1 : 0;
    }
}

void reeli_store(reel_tensor *t, int64_t offset, double value)
{
    char *at = (char *)t->data + offset * (int64_t)reeli_element_size(t->dtype);
    reeli_move(1, at, t->dtype, 1, &value, REEL_F64, 1);
}

reel_tensor *reel_keep(reel_tensor *t)
{
    if (!reeli_usable("keep", t)) {
        return reeli_poison_for(1, &t);
    }
    reel_tensor *kept = reeli_create(t->r, "keep", t->dtype, t->ndim, t->size);
    if (!reeli_bad(kept)) {
        kept->flags &= ~REELI_CONSTANT;
        reeli_put(kept, t);
    }
    return kept;
}
