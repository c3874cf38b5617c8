/* SPDX-License-Identifier: MIT */
/*
 * Lesson 1: tensors.
 *
 * A tensor is a block of numbers and a way to look at it: a dtype, a size for each dim, and a
 * stride for each dim, which says how many elements to skip to reach the next index. Other looks at
 * the same numbers (a column, a transposed matrix) are views: only sizes and strides differ,
 * nothing is copied, and what is written through one view shows in all.
 *
 * Everything belongs to a reel. What you make lives until you free it or the reel; what an
 * operation returns lives until reel_rewind, which ends a step.
 */
#include <reel/reel.h>
#include <stdio.h>

static void show(const char *what, const reel_tensor *t)
{
    printf("%s\n%s\n\n", what, reel_repr(t));
}

static void making(reel *r)
{
    printf("-- making\n");
    show("from a C array, 2 x 3",
         reel_from_f32(r, (float[]){1, 2, 3, 4, 5, 6.5f}, REEL_SHAPE(2, 3)));
    show("arange, int64", reel_arange(r, REEL_I64, 0, 10, 2));
    show("linspace, float64", reel_linspace(r, REEL_F64, 0, 1, 5));
    show("eye", reel_eye(r, REEL_F32, 2, 2));
    show("full, bool", reel_full(r, REEL_BOOL, 1, REEL_SHAPE(3)));
    reel_manual_seed(r, 0);
    show("randn after torch.manual_seed(0)", reel_randn(r, REEL_F32, REEL_SHAPE(3)));
    show("large ones are summarised", reel_arange(r, REEL_I64, 0, 2000, 1));
}

static void reading(reel *r)
{
    printf("-- reading\n");
    reel_tensor *t = reel_from_f64(r, (double[]){0.5, 1.5, 2.5, 3.5}, REEL_SHAPE(2, 2));
    printf("%d dims, sizes %d and %d, %d elements of %s\n", reel_ndim(t), (int)reel_size(t, 0),
           (int)reel_size(t, 1), (int)reel_numel(t), reel_dtype_name(reel_dtype_of(t)));
    printf("t[1][0] = %g; the last: %g\n", reel_get(t, (int64_t[]){1, 0}),
           reel_get(t, (int64_t[]){-1, -1}));
    printf("the sum, as a plain double: %g\n", reel_item(reel_sum(t)));
    float out[4];
    reel_to_f32(t, out, 4);
    printf("copied out: %g %g %g %g\n\n", (double)out[0], (double)out[1], (double)out[2],
           (double)out[3]);
}

static void views(reel *r)
{
    printf("-- views: one memory, many shapes\n");
    reel_tensor *t = reel_arange(r, REEL_I64, 0, 6, 1);
    reel_tensor *m = reel_view(t, REEL_SHAPE(2, -1)); /* -1: what is left */
    reel_tensor *mt = reel_t(m);
    show("six numbers seen as 2 x 3", m);
    show("transposed", mt);
    printf("strides (%d, %d) and (%d, %d)\n\n", (int)reel_stride(m, 0), (int)reel_stride(m, 1),
           (int)reel_stride(mt, 0), (int)reel_stride(mt, 1));
    reel_set(mt, (int64_t[]){2, 0}, 100); /* writes m[0][2] and t[2] too */
    show("t, after a write through the transposed view", t);
    show("its middle: narrow", reel_narrow(t, 0, 2, 3));
    show("column 1: select", reel_select(m, 1, 1));
    show("t as a column: unsqueeze", reel_unsqueeze(t, 1));
}

/* Sizes are compared from the last dim on; a size of 1, or a missing dim, repeats. */
static void broadcasting(reel *r)
{
    printf("-- broadcasting and dtypes\n");
    reel_tensor *column = reel_from_f32(r, (float[]){10, 20}, REEL_SHAPE(2, 1));
    reel_tensor *row = reel_from_f32(r, (float[]){1, 2, 3}, REEL_SHAPE(3));
    show("(2, 1) + (3,) is (2, 3)", reel_add(column, row));
    reel_tensor *whole = reel_arange(r, REEL_I64, 1, 4, 1);
    show("integers stay integers", reel_mul_scalar(whole, 2));
    show("division never rounds", reel_div_scalar(whole, 2));
    show("int64 + float32 is float32", reel_add(whole, row));
    show("a comparison gives bools", reel_gt(whole, reel_scalar(r, REEL_I64, 1)));
}

int main(void)
{
    reel *r = reel_new();
    making(r);
    reading(r);
    views(r);
    broadcasting(r);
    int failed = reel_failed(r);
    reel_free(r); /* and all the tensors with it */
    return failed;
}
