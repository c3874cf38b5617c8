/* SPDX-License-Identifier: MIT */
/*
 * Allocation k of a training fails, once and then for good, for every k until none fails: the
 * tutorial, and a larger training with all that takes memory. A program that looks at no error must
 * run to its end, its parameters those after some whole number of steps. One that clears the error
 * and tries again must end with the very bits of an undisturbed run.
 */
#include "faulty.h"

#include <reel/reel.h>

enum { MOST_EPOCHS = 100, MOST_VALUES = 4096 };

/* What a training consists of; the parameters are what the optimizer changes. */
typedef struct training {
    reel_tensor *x, *y_true;
    reel_module *layer[2], *loss;
    reel_optimizer *sgd;
    double last_loss;
} training;

typedef struct scenario {
    const char *name;
    int epochs, layers;
    void (*set_up)(training *t, reel *r);
    reel_status (*step)(training *t, reel *r);
    bool packs; /* products, which do without the room for it */
} scenario;

/* Backward says so if it has failed. */
static void backward(reel *r, reel_tensor *loss, const reel_backward_options *options)
{
    reel_status status = reel_backward_with(loss, options);
    ck_assert_msg((status == REEL_OK) == !reel_failed(r), "backward answers %d: %s", (int)status,
                  reel_error(r));
}

static void set_up_tutorial(training *t, reel *r)
{
    t->x = reel_from_f32(r, (float[]){1, 2, 3, 4, 5}, REEL_SHAPE(5));
    t->y_true = reel_from_f32(r, (float[]){2, 4, 6, 8, 10}, REEL_SHAPE(5));
    t->layer[0] = reel_nn_linear(r, 1, 1);
    t->loss = reel_nn_l1_loss(r, (reel_l1_loss_options){0});
    t->sgd = reel_optim_sgd(reel_parameters(t->layer[0]), (reel_sgd_options){.lr = 0.01});
}

/* The status says whether the parameters have moved. */
static reel_status step_tutorial(training *t, reel *r)
{
    reel_tensor *y_pred = reel_forward(t->layer[0], reel_unsqueeze(t->x, 1));
    reel_tensor *loss = reel_loss(t->loss, y_pred, reel_unsqueeze(t->y_true, 1));
    reel_zero_grad(t->sgd);
    backward(r, loss, NULL);
    reel_status status = reel_step(t->sgd);
    reel_item_repr(loss);
    reel_repr(loss);
    t->last_loss = reel_item(loss);
    reel_rewind(r);
    return status;
}

static void set_up_large(training *t, reel *r)
{
    t->x = reel_randn(r, REEL_F32, REEL_SHAPE(40, 30));
    t->y_true = reel_rand(r, REEL_F32, REEL_SHAPE(40, 3));
    t->layer[0] = reel_nn_linear(r, 30, 20);
    t->layer[1] = reel_nn_linear(r, 20, 3);
    t->loss = reel_nn_mse_loss(r, (reel_mse_loss_options){0});
    reel_tensor *list[4] = {0};
    for (int i = 0; i < 4; i++) {
        list[i] = reel_parameter(t->layer[i / 2], i % 2 ? "bias" : "weight");
    }
    t->sgd = reel_optim_sgd((reel_tensor_list){r, list, 4},
                            (reel_sgd_options){.lr = 0.01, .momentum = 0.9, .weight_decay = 0.001});
}

/* Products by BLAS, strided operands, broadcasts, a penalty on a gradient, accumulation, a kept
 * result. */
static reel_status step_large(training *t, reel *r)
{
    reel_tensor *w = reel_parameter(t->layer[0], "weight"), *g = NULL;
    reel_tensor *h = reel_tanh(reel_forward(t->layer[0], t->x));
    reel_tensor *loss = reel_loss(t->loss, reel_forward(t->layer[1], h), t->y_true);
    reel_gradients(loss, &w, 1, &(reel_backward_options){.create_graph = true}, &g);
    reel_tensor *penalty = reel_sum(reel_square(g));
    reel_tensor *mixed = reel_sum_dim(reel_mul(reel_t(h), reel_mean(h)), (int64_t[]){1}, 1, false);
    loss = reel_add(reel_add(loss, penalty), reel_mean(reel_abs(mixed)));
    reel_zero_grad(t->sgd);
    backward(r, loss, &(reel_backward_options){.retain_graph = true});
    backward(r, reel_mul_scalar(loss, 0.5), NULL); /* accumulates */
    reel_status status = reel_step(t->sgd);
    reel_tensor *kept = reel_keep(loss);
    t->last_loss = reel_item(kept);
    reel_tensor_free(kept);
    reel_rewind(r);
    return status;
}

static const scenario scenarios[] = {
    {"tutorial", MOST_EPOCHS, 1, set_up_tutorial, step_tutorial, false},
    {"large", 4, 2, set_up_large, step_large, true},
};

/* The bits of all parameters, as far as there are any. */
static size_t snapshot(const scenario *s, const training *t, float *values)
{
    size_t count = 0;
    for (int i = 0; i < s->layers; i++) {
        reel_tensor_list list = reel_parameters(t->layer[i]);
        for (size_t k = 0; k < list.count; k++) {
            int64_t n = reel_numel(list.tensors[k]);
            ck_assert_int_eq(reel_to_f32(list.tensors[k], values + count, n), REEL_OK);
            count += (size_t)n;
        }
    }
    ck_assert_uint_le(count, MOST_VALUES);
    return count;
}

/* The parameters after each number of steps of an undisturbed run. */
static struct {
    float values[MOST_EPOCHS + 1][MOST_VALUES];
    double last_loss;
} right;

static void assert_parameters(const scenario *s, const training *t, const float *expected,
                              const char *when, long k)
{
    static float now[MOST_VALUES];
    size_t count = snapshot(s, t, now);
    ck_assert_msg(memcmp(now, expected, count * sizeof *now) == 0,
                  "%s, allocation %ld: the parameters are not those %s", s->name, k, when);
}

static void run_undisturbed(const scenario *s)
{
    faulty f = {.fail_at = -1};
    training t = {0};
    reel *r = faulty_reel(&f);
    s->set_up(&t, r);
    for (int epoch = 0; epoch < s->epochs; epoch++) {
        snapshot(s, &t, right.values[epoch]);
        ck_assert_int_eq(s->step(&t, r), REEL_OK);
    }
    snapshot(s, &t, right.values[s->epochs]);
    right.last_loss = t.last_loss;
    ck_assert_msg(!reel_failed(r), "%s", reel_error(r));
    faulty_end(&f, r);
}

/* Looks at no error. Returns whether there was one. */
static bool run_blindly(const scenario *s, long k, bool for_good)
{
    faulty f = {.fail_at = k, .for_good = for_good};
    training t = {0};
    int steps = 0;
    reel *r = faulty_reel(&f);
    s->set_up(&t, r);
    if (reel_failed(r)) { /* what was not drawn has shifted what was; nothing may move */
        snapshot(s, &t, right.values[0]);
    }
    for (int epoch = 0; epoch < s->epochs; epoch++) {
        bool failed = reel_failed(r);
        bool done = s->step(&t, r) == REEL_OK;
        ck_assert_msg(!(failed && done), "%s, allocation %ld: a step after an error", s->name, k);
        steps += done;
        assert_parameters(s, &t, right.values[steps], "after a whole number of steps", k);
    }
    const bool failed = f.calls > k, told = reel_failed(r);
    ck_assert_msg(failed || !told, "%s: an error, and no allocation failed", s->name);
    ck_assert_msg(told == failed || (s->packs && steps == s->epochs),
                  "%s, allocation %ld failed, and neither an error nor all steps", s->name, k);
    ck_assert(!told || !r || reel_error_status(r) == REEL_ERR_MEMORY);
    ck_assert(!told || !r || strstr(reel_error(r), "out of memory"));
    faulty_end(&f, r);
    return failed;
}

/* Clears the error and tries again what has failed. */
static void run_stubbornly(const scenario *s, long k)
{
    faulty f = {.fail_at = k};
    training t = {0};
    reel *r = faulty_reel(&f);
    r = r ? r : faulty_reel(&f);
    s->set_up(&t, r);
    if (reel_failed(r)) {
        reel_clear_error(r);
        reel_manual_seed(r, 0);
        s->set_up(&t, r);
    }
    for (int epoch = 0; epoch < s->epochs; epoch++) {
        while (s->step(&t, r) != REEL_OK) {
            assert_parameters(s, &t, right.values[epoch], "before the step", k);
            reel_clear_error(r);
        }
        reel_clear_error(r); /* of what came after the step */
        assert_parameters(s, &t, right.values[epoch + 1], "after the step", k);
    }
    ck_assert_msg(isnan(t.last_loss) || t.last_loss == right.last_loss,
                  "%s, allocation %ld: the last loss is %.9g, not %.9g", s->name, k, t.last_loss,
                  right.last_loss);
    faulty_end(&f, r);
}

START_TEST(every_allocation_fails)
{
    const scenario *s = &scenarios[_i];
    long k = 0;
    for (run_undisturbed(s); run_blindly(s, k, false); run_undisturbed(s)) {
        ck_assert(run_blindly(s, k, true));
        run_undisturbed(s);
        run_stubbornly(s, k);
        k++;
    }
    ck_assert_msg(k > 10, "%s made only %ld allocations", s->name, k);
    ck_assert(!run_blindly(s, k, true));
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_loop_test(cases, every_allocation_fails, 0, sizeof scenarios / sizeof *scenarios);
}

int main(void) { return run_suite("fault_tutorial", add_cases); }
