/* SPDX-License-Identifier: MIT */
/* SGD against PyTorch's, with every option. Expected values: tests/generate/sgd.py. */
#include "records.h"

#include <reel/autograd.h>
#include <reel/elementwise.h>
#include <reel/optim.h>
#include <reel/reduce.h>
#include <reel/views.h>

static reel_sgd_options options_of(const record *it)
{
    return (reel_sgd_options){
        .lr = record_number(it, 1),
        .momentum = record_number(it, 2),
        .dampening = record_number(it, 3),
        .weight_decay = record_number(it, 4),
        .nesterov = record_whole(it, 5) != 0,
        .maximize = record_whole(it, 6) != 0,
    };
}

START_TEST(every_option_is_pytorchs)
{
    reel *r = reel_new();
    FILE *file = open_records("sgd/steps.txt");
    reel_tensor *p = NULL;
    reel_optimizer *sgd = NULL;
    int count = 0;
    for (record it; next_record(file, &it); count++) {
        if (record_whole(&it, 7) == 0) {
            reel_tensor *start = reel_from_f64(r, (double[]){1.0, -0.7, 1e-3}, REEL_SHAPE(3));
            p = reel_requires_grad_(reel_keep(reel_to(start, record_dtype(&it, 0))), true);
            sgd = reel_optim_sgd((reel_tensor_list){r, &p, 1}, options_of(&it));
        }
        reel_tensor *squares = reel_sum(reel_mul(p, p)); /* in PyTorch's order: it adds backwards */
        reel_tensor *loss = reel_add(squares, reel_sum(reel_mul_scalar(p, 0.5)));
        reel_zero_grad(sgd);
        ck_assert_int_eq(reel_backward(loss), REEL_OK);
        ck_assert_int_eq(reel_step(sgd), REEL_OK);
        reel_rewind(r);
        assert_record(&it, p, 0.0);
    }
    ck_assert_int_eq(count, 2 * 4 * 20);
    reel_free(r);
}
END_TEST

/* Three steps on the loss p² from p = 1, by hand: the momentum buffer starts undampened. */
static void assert_three(reel_sgd_options options, const double *expected)
{
    reel *r = reel_new();
    reel_tensor *p = reel_requires_grad_(reel_ones(r, REEL_F64, REEL_SHAPE(1)), true);
    reel_optimizer *sgd = reel_optim_sgd((reel_tensor_list){r, &p, 1}, options);
    for (int i = 0; i < 3; i++) {
        reel_zero_grad(sgd);
        reel_backward(reel_square(p));
        reel_step(sgd);
        assert_close(reel_item(p), expected[i], 1e-15);
    }
    reel_free(r);
}

START_TEST(momentum_by_hand)
{
    assert_three(
        (reel_sgd_options){.lr = 0.1, .momentum = 0.9, .dampening = 0.5, .weight_decay = 0.01},
        (double[]){0.799, 0.5378005, 0.24867199975});
    assert_three(
        (reel_sgd_options){
            .lr = 0.1, .momentum = 0.9, .weight_decay = 0.01, .nesterov = true, .maximize = true},
        (double[]){1.3781, 2.06034961, 3.206574736541});
}
END_TEST

START_TEST(without_a_gradient_nothing_moves)
{
    reel *r = reel_new();
    reel_tensor *p[2] = {reel_requires_grad_(reel_ones(r, REEL_F32, REEL_SHAPE(2)), true),
                         reel_requires_grad_(reel_ones(r, REEL_F32, REEL_SHAPE(2)), true)};
    reel_optimizer *sgd = reel_optim_sgd((reel_tensor_list){r, p, 2},
                                         (reel_sgd_options){.lr = 0.5, .weight_decay = 1});
    ck_assert_int_eq(reel_step(sgd), REEL_OK);
    ck_assert_str_eq(reel_repr(reel_detach(p[0])), "tensor([1., 1.])");
    reel_backward(reel_sum(p[1]));
    ck_assert_int_eq(reel_step(sgd), REEL_OK);
    ck_assert_str_eq(reel_repr(reel_detach(p[0])), "tensor([1., 1.])");
    ck_assert_str_eq(reel_repr(reel_detach(p[1])), "tensor([0., 0.])");
    reel_zero_grad(sgd);
    ck_assert_ptr_null(reel_grad(p[1]));
    reel_free(r);
}
END_TEST

/* The momentum of a parameter starts with its own first gradient, not with the optimizer's first
 * step. */
START_TEST(momentum_starts_with_the_first_gradient)
{
    reel *r = reel_new();
    reel_tensor *p = reel_requires_grad_(reel_ones(r, REEL_F64, REEL_SHAPE(1)), true);
    reel_optimizer *sgd =
        reel_optim_sgd((reel_tensor_list){r, &p, 1},
                       (reel_sgd_options){.lr = 1, .momentum = 0.5, .dampening = 0.5});
    reel_step(sgd);
    reel_backward(reel_sum(p));
    reel_step(sgd);
    ck_assert(reel_item(p) == 0);
    reel_free(r);
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_test(cases, every_option_is_pytorchs);
    tcase_add_test(cases, momentum_by_hand);
    tcase_add_test(cases, without_a_gradient_nothing_moves);
    tcase_add_test(cases, momentum_starts_with_the_first_gradient);
}

int main(void) { return run_suite("sgd", add_cases); }
