/* SPDX-License-Identifier: MIT */
/* Every optimizer against PyTorch's, bit for bit. Expected values: tests/generate/optimizers.py. */
#include "records.h"

#include <reel/autograd.h>
#include <reel/elementwise.h>
#include <reel/optim.h>
#include <reel/reduce.h>

enum { COUNT = 11 };

/* Names as in the generator; options as there. */
#define CASES(X)                                                                                   \
    X(adam, adam, 0)                                                                               \
    X(adam_decay, adam, .lr = 0.02, .betas = {0.8, 0.95}, .eps = 1e-6, .weight_decay = 0.01,       \
      .maximize = true)                                                                            \
    X(adam_amsgrad, adam, .lr = 0.1, .betas = {REEL_ZERO, 0.5}, .amsgrad = true)                   \
    X(adamw, adamw, 0)                                                                             \
    X(adamw_amsgrad, adamw, .lr = 0.05, .weight_decay = 0.1, .amsgrad = true, .maximize = true)    \
    X(adamw_no_decay, adamw, .weight_decay = REEL_ZERO)                                            \
    X(adamax, adamax, 0)                                                                           \
    X(adamax_decay, adamax, .lr = 0.1, .betas = {0.7, 0.9}, .weight_decay = 0.05,                  \
      .maximize = true)                                                                            \
    X(nadam, nadam, 0)                                                                             \
    X(nadam_decay, nadam, .lr = 0.1, .betas = {0.8, 0.9}, .weight_decay = 0.1,                     \
      .momentum_decay = 0.05)                                                                      \
    X(radam, radam, 0)                                                                             \
    X(radam_decay, radam, .lr = 0.1, .betas = {0.8, 0.99}, .eps = 1e-5, .weight_decay = 0.1)       \
    X(rmsprop, rmsprop, 0)                                                                         \
    X(rmsprop_momentum, rmsprop, .lr = 0.05, .momentum = 0.9, .weight_decay = 0.1)                 \
    X(rmsprop_centered, rmsprop, .alpha = 0.5, .centered = true, .maximize = true)                 \
    X(rmsprop_both, rmsprop, .alpha = 0.9, .centered = true, .momentum = 0.5, .eps = 1e-3)         \
    X(adagrad, adagrad, 0)                                                                         \
    X(adagrad_decay, adagrad, .lr = 0.1, .lr_decay = 0.1, .weight_decay = 0.1,                     \
      .initial_accumulator_value = 0.5, .maximize = true)                                          \
    X(adadelta, adadelta, 0)                                                                       \
    X(adadelta_decay, adadelta, .lr = 0.5, .rho = 0.8, .eps = 1e-3, .weight_decay = 0.1,           \
      .maximize = true)                                                                            \
    X(asgd, asgd, 0)                                                                               \
    X(asgd_averaging, asgd, .lr = 0.1, .lambd = 0.01, .alpha = 0.5, .t0 = 2, .weight_decay = 0.1,  \
      .maximize = true)                                                                            \
    X(rprop, rprop, 0)                                                                             \
    X(rprop_bounds, rprop, .lr = 0.3, .etas = {0.3, 1.5}, .step_sizes = {0.1, 0.5},                \
      .maximize = true)                                                                            \
    X(sgd_nesterov, sgd, .lr = 0.1, .momentum = 0.9, .nesterov = true)

#define MAKER(name, kind, ...)                                                                     \
    static reel_optimizer *make_##name(reel_tensor_list parameters)                                \
    {                                                                                              \
        return reel_optim_##kind(parameters, (reel_##kind##_options){__VA_ARGS__});                \
    }
CASES(MAKER)

static const struct {
    const char *name;
    reel_optimizer *(*make)(reel_tensor_list parameters);
} cases[] = {
#define ROW(name, ...) {#name, make_##name},
    CASES(ROW)};
enum { CASE_COUNT = sizeof cases / sizeof *cases };

/* A parameter, its optimizer, and how many steps it has taken. */
typedef struct training {
    reel *r;
    reel_tensor *p;
    reel_optimizer *optimizer;
    int steps;
} training;

static training begin(reel *r, const char *name, reel_dtype dtype)
{
    size_t i = 0;
    while (i < CASE_COUNT && strcmp(cases[i].name, name) != 0) {
        i++;
    }
    ck_assert_msg(i < CASE_COUNT, "there is no case %s", name);
    training t = {.r = r, .p = reel_zeros(r, dtype, REEL_SHAPE(COUNT))};
    for (int64_t k = 0; k < COUNT; k++) {
        reel_set(t.p, &k, (double)(k - 5) / 8);
    }
    reel_requires_grad_(t.p, true);
    t.optimizer = cases[i].make((reel_tensor_list){r, &t.p, 1});
    ck_assert_ptr_nonnull(t.optimizer);
    return t;
}

/* The gradient of the loss is the generator's. */
static void step(training *t)
{
    double g[COUNT];
    for (int i = 0; i < COUNT; i++) {
        g[i] = (double)((7 * i + 5 * t->steps) % 11 - 5) / 4;
    }
    reel_tensor *weights = reel_from_f64(t->r, g, REEL_SHAPE(COUNT));
    reel_zero_grad(t->optimizer);
    reel_backward(reel_sum(reel_mul(t->p, weights)));
    ck_assert_int_eq(reel_step(t->optimizer), REEL_OK);
    reel_rewind(t->r);
    reel_tensor_free(weights);
    t->steps++;
}

START_TEST(every_optimizer_is_pytorchs)
{
    reel *r = reel_new();
    FILE *file = open_records("optim/steps.txt");
    training t = {0};
    int count = 0;
    for (record it; next_record(file, &it); count++) {
        if (record_whole(&it, 2) == 1) {
            t = begin(r, it.word[0], record_dtype(&it, 1));
        }
        while (t.steps < record_whole(&it, 2)) {
            step(&t);
        }
        const bool average = strstr(it.word[0], "_ax") != NULL;
        if (average) {
            const reel_named_tensors state = reel_optimizer_state_dict(t.optimizer);
            for (size_t i = 0; i < state.count; i++) {
                if (strcmp(state.entries[i].name, "state.0.ax") == 0) {
                    assert_record(&it, state.entries[i].tensor, 0.0);
                }
            }
        } else {
            assert_record(&it, t.p, 0.0);
        }
    }
    ck_assert_int_eq(count, 2 * (3 * CASE_COUNT + 2));
    reel_free(r);
}
END_TEST

static void add_cases(TCase *tcase) { tcase_add_test(tcase, every_optimizer_is_pytorchs); }

int main(void) { return run_suite("optimizers", add_cases); }
