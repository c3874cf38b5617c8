/* SPDX-License-Identifier: MIT */
/* Losses and normalisations when the Nth allocation fails, once or from then on: an error and
 * poison, and nothing else. And when none is to be made. */
#include "check_reel.h"

#include <reel/autograd.h>
#include <reel/distance.h>
#include <reel/elementwise.h>
#include <reel/loss.h>
#include <reel/normalization.h>
#include <reel/reduce.h>
#include <reel/views.h>

enum { ROWS = 40, CLASSES = 60 };

/* Fails the allocation numbered `at`, and those after it if `forever`. */
typedef struct budget {
    int count, at;
    bool forever, armed;
} budget;

static void *allocate(void *context, void *block, size_t old_size, size_t new_size)
{
    budget *b = context;
    (void)old_size;
    if (new_size == 0) {
        free(block);
        return NULL;
    }
    if (b->armed) {
        b->count++;
        if (b->count == b->at || (b->forever && b->count > b->at)) {
            return NULL;
        }
    }
    return realloc(block, new_size);
}

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

/* Whether all went well. */
static bool run_once(int loss, int at, bool forever)
{
    budget b = {.at = at, .forever = forever};
    reel *r = reel_new_with(
        &(reel_options){.allocator = allocate, .allocator_context = &b, .handler = ignore_message});
    inputs in = make_inputs(r);
    ck_assert(!reel_failed(r));
    b.armed = true;
    reel_tensor *y = loss_number(loss, &in);
    reel_status status = reel_backward(y);
    const bool well = status == REEL_OK;
    ck_assert(well == !reel_failed(r));
    if (well) {
        ck_assert_ptr_nonnull(reel_grad(in.x));
    } else {
        ck_assert_int_eq(reel_error_status(r), REEL_ERR_MEMORY);
        ck_assert_ptr_null(reel_grad(in.x));
    }
    reel_free(r);
    return well;
}

START_TEST(every_failed_allocation_is_an_error)
{
    for (int forever = 0; forever < 2; forever++) {
        int at = 1;
        while (!run_once(_i, at, forever)) {
            ck_assert_int_lt(++at, 1000);
        }
        ck_assert_int_gt(at, 1);
    }
}
END_TEST

/* What a step needs is in the arena after the first. */
START_TEST(later_steps_allocate_nothing)
{
    budget b = {.at = -1};
    reel *r = reel_new_with(&(reel_options){.allocator = allocate, .allocator_context = &b});
    inputs in = make_inputs(r);
    for (int step = 0; step < 3; step++) {
        b.armed = step > 0;
        reel_zero_grad_of(in.x);
        ck_assert_int_eq(reel_backward(loss_number(_i, &in)), REEL_OK);
        reel_rewind(r);
    }
    ck_assert_int_eq(b.count, 0);
    reel_free(r);
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_loop_test(cases, later_steps_allocate_nothing, 0, LOSSES);
    tcase_add_loop_test(cases, every_failed_allocation_is_an_error, 0, LOSSES);
}

int main(void) { return run_suite("fault/losses", add_cases); }
