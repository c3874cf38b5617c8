/* SPDX-License-Identifier: MIT */
/* Losses and normalisations when the Nth allocation fails, once or from then on: an error and
 * poison, and nothing else. And when none is to be made. */
#include "faulty.h"

#include <reel/autograd.h>
#include <reel/distance.h>
#include <reel/elementwise.h>
#include <reel/loss.h>
#include <reel/normalization.h>
#include <reel/reduce.h>
#include <reel/views.h>

enum { ROWS = 40, CLASSES = 60 };

typedef struct inputs {
    reel_tensor *x, *y, *unit, *classes, *labels, *weight, *signs;
} inputs;

static inputs make_inputs(reel *r)
{
    return (inputs){
        .x = reel_requires_grad_(reel_randn(r, REEL_F64, REEL_SHAPE(ROWS, CLASSES)), true),
        .y = reel_randn(r, REEL_F64, REEL_SHAPE(ROWS, CLASSES)),
        .unit = reel_rand(r, REEL_F64, REEL_SHAPE(ROWS, CLASSES)),
        .classes = reel_randint(r, REEL_I64, 0, CLASSES, REEL_SHAPE(ROWS)),
        .labels = reel_randint(r, REEL_I64, -1, CLASSES, REEL_SHAPE(ROWS, CLASSES)),
        .weight = reel_rand(r, REEL_F64, REEL_SHAPE(CLASSES)),
        .signs = reel_full(r, REEL_F64, -1, REEL_SHAPE(ROWS)),
    };
}

enum { LOSSES = 14 };

static reel_tensor *loss_number(int i, const inputs *in)
{
    reel_tensor *x = in->x, *y = in->y;
    const reel_cross_entropy_options smooth = {.weight = in->weight, .label_smoothing = 0.1};
    switch (i) {
    case 0:
        return reel_huber_loss(x, y, 1, REEL_MEAN);
    case 1:
        return reel_binary_cross_entropy(reel_sigmoid(x), in->unit, in->unit, REEL_MEAN);
    case 2:
        return reel_binary_cross_entropy_with_logits(x, in->unit, NULL, in->weight, REEL_MEAN);
    case 3:
        return reel_poisson_nll_loss(x, y, &(reel_poisson_nll_loss_options){.full = true});
    case 4:
        return reel_gaussian_nll_loss(x, y, in->unit, NULL);
    case 5:
        return reel_cross_entropy(x, in->classes, NULL);
    case 6:
        return reel_cross_entropy(x, in->classes, &smooth);
    case 7:
        return reel_cross_entropy(reel_transpose(x, 0, 1), reel_transpose(in->unit, 0, 1), NULL);
    case 8:
        return reel_multi_margin_loss(x, in->classes, NULL);
    case 9:
        return reel_multilabel_margin_loss(x, in->labels, REEL_MEAN);
    case 10:
        return reel_cosine_embedding_loss(x, y, in->signs, 0, REEL_MEAN);
    case 11:
        return reel_triplet_margin_loss(x, y, in->unit,
                                        &(reel_triplet_margin_loss_options){.swap = true, .p = 3});
    case 12:
        return reel_sum(reel_layer_norm(x, 1, (int64_t[]){CLASSES}, in->weight, NULL, 1e-5));
    default:
        return reel_sum(reel_batch_norm(x, NULL, NULL, in->weight, in->weight, true, 0.1, 1e-5));
    }
}

/* Whether all went well, though the allocation that is `nth` after the inputs' failed. */
static bool run_once(int loss, long nth, bool for_good)
{
    faulty f = {.fail_at = -1, .for_good = for_good};
    reel *r = faulty_reel(&f);
    inputs in = make_inputs(r);
    ck_assert(!reel_failed(r));
    f.fail_at = f.calls + nth;
    const bool well = reel_backward(loss_number(loss, &in)) == REEL_OK;
    ck_assert(well == !reel_failed(r));
    if (well) {
        ck_assert_ptr_nonnull(reel_grad(in.x));
    } else {
        ck_assert_int_eq(reel_error_status(r), REEL_ERR_MEMORY);
        ck_assert_ptr_null(reel_grad(in.x));
    }
    faulty_end(&f, r);
    return well;
}

START_TEST(every_failed_allocation_is_an_error)
{
    for (int for_good = 0; for_good < 2; for_good++) {
        long nth = 0;
        while (!run_once(_i, nth, for_good)) {
            ck_assert_int_lt(++nth, 1000);
        }
        ck_assert_int_gt(nth, 0);
    }
}
END_TEST

/* What a step needs is in the arena after the first. */
START_TEST(later_steps_allocate_nothing)
{
    faulty f = {.fail_at = -1};
    reel *r = faulty_reel(&f);
    inputs in = make_inputs(r);
    long calls = 0;
    for (int step = 0; step < 3; step++) {
        reel_zero_grad_of(in.x);
        ck_assert_int_eq(reel_backward(loss_number(_i, &in)), REEL_OK);
        reel_rewind(r);
        calls = step == 0 ? f.calls : calls;
    }
    ck_assert_int_eq(f.calls, calls);
    faulty_end(&f, r);
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_loop_test(cases, later_steps_allocate_nothing, 0, LOSSES);
    tcase_add_loop_test(cases, every_failed_allocation_is_an_error, 0, LOSSES);
}

int main(void) { return run_suite("fault/losses", add_cases); }
