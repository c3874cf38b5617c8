/* SPDX-License-Identifier: MIT */
/* From the second training step on nothing is allocated: the tutorial, and an MLP with momentum,
 * with second derivatives, with losses and prints of every kind. */
#include "faulty.h"

#include <reel/reel.h>

enum { STEPS = 20 };

typedef void (*step_function)(reel *r);

/* What the steps work on; made before the first. */
static struct {
    reel_tensor *x, *y;
    reel_module *layer[2], *loss;
    reel_optimizer *sgd;
} it;

static reel_tensor *mlp(void)
{
    reel_tensor *h = reel_relu(reel_forward(it.layer[0], it.x));
    return reel_loss(it.loss, reel_forward(it.layer[1], h), it.y);
}

static void set_up(reel *r, int64_t in, int64_t hidden, int64_t out, double momentum)
{
    it.x = reel_randn(r, REEL_F32, REEL_SHAPE(64, in));
    it.y = reel_randn(r, REEL_F32, REEL_SHAPE(64, out));
    it.layer[0] = reel_nn_linear(r, in, hidden);
    it.layer[1] = reel_nn_linear(r, hidden, out);
    it.loss = reel_nn_mse_loss(r, (reel_mse_loss_options){0});
    reel_tensor *list[4];
    for (int i = 0; i < 4; i++) {
        list[i] = reel_parameter(it.layer[i / 2], i % 2 ? "bias" : "weight");
    }
    it.sgd = reel_optim_sgd((reel_tensor_list){r, list, 4},
                            (reel_sgd_options){.lr = 0.001, .momentum = momentum});
}

static void step_plain(reel *r)
{
    reel_tensor *loss = mlp();
    reel_zero_grad(it.sgd);
    reel_backward(loss);
    reel_step(it.sgd);
    reel_rewind(r);
}

static void step_twice_differentiated(reel *r)
{
    reel_tensor *loss = mlp(), *w = reel_parameter(it.layer[0], "weight"), *g;
    reel_gradients(loss, &w, 1, &(reel_backward_options){.create_graph = true}, &g);
    reel_zero_grad(it.sgd);
    reel_backward_with(reel_add(loss, reel_sum(reel_square(g))),
                       &(reel_backward_options){.create_graph = true});
    reel_step(it.sgd);
    reel_rewind(r);
}

static void step_with_all_gradients(reel *r)
{
    reel_retain_all_grads(r, true);
    reel_tensor *loss = mlp();
    reel_zero_grad(it.sgd);
    reel_backward_with(loss, &(reel_backward_options){.retain_graph = true});
    reel_backward(loss);
    reel_step(it.sgd);
    reel_item_repr(loss);
    reel_repr(it.x);
    reel_rewind(r);
}

static void assert_quiet(reel *r, faulty *f, step_function step)
{
    step(r);
    long before = f->calls;
    size_t bytes = f->bytes;
    ck_assert_int_gt(before, 0);
    for (int i = 1; i < STEPS; i++) {
        step(r);
        ck_assert_msg(f->calls == before, "step %d allocated %ld times", i + 1, f->calls - before);
    }
    ck_assert_uint_eq(f->bytes, bytes);
    ck_assert_msg(!reel_failed(r), "%s", reel_error(r));
    faulty_end(f, r);
}

static void step_tutorial(reel *r)
{
    reel_tensor *y_pred = reel_forward(it.layer[0], reel_unsqueeze(it.x, 1));
    reel_tensor *loss = reel_loss(it.loss, y_pred, reel_unsqueeze(it.y, 1));
    reel_zero_grad(it.sgd);
    reel_backward(loss);
    reel_step(it.sgd);
    reel_item_repr(loss);
    reel_rewind(r);
}

START_TEST(the_tutorial_is_quiet)
{
    faulty f = {.fail_at = -1};
    reel *r = faulty_reel(&f);
    it.x = reel_from_f32(r, (float[]){1, 2, 3, 4, 5}, REEL_SHAPE(5));
    it.y = reel_from_f32(r, (float[]){2, 4, 6, 8, 10}, REEL_SHAPE(5));
    it.layer[0] = reel_nn_linear(r, 1, 1);
    it.loss = reel_nn_l1_loss(r, (reel_l1_loss_options){0});
    it.sgd = reel_optim_sgd(reel_parameters(it.layer[0]), (reel_sgd_options){.lr = 0.01});
    assert_quiet(r, &f, step_tutorial);
}
END_TEST

/* Small and large: the arena's first block and many, our product and BLAS's. */
START_TEST(an_mlp_is_quiet)
{
    static const step_function steps[] = {step_plain, step_twice_differentiated,
                                          step_with_all_gradients};
    static const int64_t sizes[] = {2, 40, 200};
    faulty f = {.fail_at = -1};
    reel *r = faulty_reel(&f);
    int64_t n = sizes[_i / 3];
    set_up(r, n, n + 3, 2, _i % 2 ? 0.9 : 0);
    assert_quiet(r, &f, steps[_i % 3]);
}
END_TEST

/* The counter counts: a step that makes a tensor is seen. */
START_TEST(an_allocation_would_be_seen)
{
    faulty f = {.fail_at = -1};
    reel *r = faulty_reel(&f);
    long before = f.calls;
    reel_zeros(r, REEL_F32, REEL_SHAPE(3));
    ck_assert_int_eq(f.calls, before + 1);
    faulty_end(&f, r);
}
END_TEST

/* A name for which there is no memory is an error, and what comes back says so. */
START_TEST(a_name_without_memory)
{
    faulty f = {.fail_at = -1};
    reel *r = faulty_reel(&f);
    reel_tensor *x = reel_zeros(r, REEL_F32, REEL_SHAPE(1)), *named = x;
    for (int i = 0; i < 1 << 16 && !reel_failed(r); i++) {
        reel_tensor *t = reel_neg(x);
        f.fail_at = f.calls;
        named = reel_set_name(t, "t");
        f.fail_at = -1;
        ck_assert(reel_is_poison(named) == reel_failed(r));
    }
    ck_assert_int_eq(reel_error_status(r), REEL_ERR_MEMORY);
    ck_assert(reel_is_poison(named));
    reel_clear_error(r);
    faulty_end(&f, r);
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_test(cases, the_tutorial_is_quiet);
    tcase_add_loop_test(cases, an_mlp_is_quiet, 0, 9);
    tcase_add_test(cases, an_allocation_would_be_seen);
    tcase_add_test(cases, a_name_without_memory);
}

int main(void) { return run_suite("allocations", add_cases); }
