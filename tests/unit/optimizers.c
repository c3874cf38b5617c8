/* SPDX-License-Identifier: MIT */
/* Every optimizer against PyTorch's, bit for bit. Expected values: tests/generate/optimizers.py. */
#include "records.h"

#include <float.h>
#include <reel/autograd.h>
#include <reel/elementwise.h>
#include <reel/optim.h>
#include <reel/reduce.h>
#include <reel/views.h>

enum { COUNT = 11 };

/* Names as in the generator; options as there. */
#define CASES(X)                                                                                   \
    X(adam, adam, 0)                                                                               \
    X(adam_decay, adam, .lr = 0.02, .betas = {0.8, 0.95}, .eps = 1e-6, .weight_decay = 0.01,       \
      .maximize = true)                                                                            \
    X(adam_amsgrad, adam, .lr = 0.1, .betas = {REEL_ZERO, 0.5}, .amsgrad = true)                   \
    X(adam_decoupled, adam, .lr = 0.05, .weight_decay = 0.1, .decoupled_weight_decay = true)       \
    X(adamw, adamw, 0)                                                                             \
    X(adamw_amsgrad, adamw, .lr = 0.05, .weight_decay = 0.1, .amsgrad = true, .maximize = true)    \
    X(adamw_no_decay, adamw, .weight_decay = REEL_ZERO)                                            \
    X(adamax, adamax, 0)                                                                           \
    X(adamax_decay, adamax, .lr = 0.1, .betas = {0.7, 0.9}, .weight_decay = 0.05,                  \
      .maximize = true)                                                                            \
    X(nadam, nadam, 0)                                                                             \
    X(nadam_decay, nadam, .lr = 0.1, .betas = {0.8, 0.9}, .weight_decay = 0.1,                     \
      .momentum_decay = 0.05)                                                                      \
    X(nadam_decoupled, nadam, .lr = 0.1, .weight_decay = 0.1, .decoupled_weight_decay = true,      \
      .maximize = true)                                                                            \
    X(radam, radam, 0)                                                                             \
    X(radam_decay, radam, .lr = 0.1, .betas = {0.8, 0.99}, .eps = 1e-5, .weight_decay = 0.1)       \
    X(radam_decoupled, radam, .lr = 0.1, .betas = {0.8, 0.99}, .weight_decay = 0.1,                \
      .decoupled_weight_decay = true, .maximize = true)                                            \
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

/* Copies p's elements, so that another run can start there. */
static void copy_elements(reel_tensor *to, reel_tensor *from)
{
    for (int64_t k = 0; k < COUNT; k++) {
        ck_assert_int_eq(reel_set(to, &k, reel_get(from, &k)), REEL_OK);
    }
}

/* What one optimizer remembers, put into another at any step, leads on to the same bits. */
START_TEST(they_go_on_where_they_stopped)
{
    for (size_t c = 0; c < CASE_COUNT; c++) {
        for (int stop = 0; stop < 8; stop++) {
            reel *r = reel_new();
            training a = begin(r, cases[c].name, REEL_F32), b = begin(r, cases[c].name, REEL_F32);
            while (a.steps < stop) {
                step(&a);
            }
            reel_set_grad_enabled(r, false);
            copy_elements(b.p, a.p);
            reel_set_grad_enabled(r, true);
            const reel_named_tensors state = reel_optimizer_state_dict(a.optimizer);
            ck_assert_int_eq(
                reel_optimizer_load_state_dict(b.optimizer, state.entries, state.count), REEL_OK);
            for (b.steps = stop; a.steps < 8;) {
                step(&a);
                step(&b);
                ck_assert(memcmp(reel_data_f32(a.p), reel_data_f32(b.p), COUNT * sizeof(float)) ==
                          0);
            }
            reel_free(r);
        }
    }
}
END_TEST

/* A copy of what is remembered with one entry changed is refused, and nothing has changed. */
static void assert_refused(training *t, reel_named_tensors state, size_t at,
                           reel_named_tensor other, size_t count, reel_status status,
                           const char *part)
{
    reel_named_tensor entries[64];
    memcpy(entries, state.entries, state.count * sizeof *entries);
    entries[at] = other;
    double before = reel_group_setting(t->optimizer, 0, "lr");
    ck_assert_int_eq(reel_optimizer_load_state_dict(t->optimizer, entries, count), status);
    assert_error(t->r, status, part);
    ck_assert(reel_group_setting(t->optimizer, 0, "lr") == before);
}

START_TEST(wrong_states_are_refused)
{
    reel *r = quiet_reel();
    training t = begin(r, "adam", REEL_F32);
    const reel_named_tensors state = reel_optimizer_state_dict(t.optimizer);
    reel_tensor *one = reel_ones(r, REEL_F32, REEL_SHAPE(1)),
                *minus = reel_full(r, REEL_F64, -1, REEL_SCALAR_SHAPE);
    size_t average = 0, lr = 0;
    for (size_t i = 0; i < state.count; i++) {
        average = strcmp(state.entries[i].name, "state.0.exp_avg") == 0 ? i : average;
        lr = strcmp(state.entries[i].name, "param_groups.0.lr") == 0 ? i : lr;
    }
    ck_assert(average > 0 && lr > 0);
    const size_t n = state.count;
    assert_refused(&t, state, 0, state.entries[0], n - 1, REEL_ERR_VALUE, "is missing");
    assert_refused(&t, state, n, state.entries[0], n + 1, REEL_ERR_VALUE,
                   "state.0.step comes twice");
    assert_refused(&t, state, n, (reel_named_tensor){"more", one}, n + 1, REEL_ERR_VALUE,
                   "Adam: load_state_dict: more is unexpected");
    assert_refused(&t, state, average, (reel_named_tensor){"state.0.exp_avg", one}, n,
                   REEL_ERR_SHAPE, "state.0.exp_avg is float32 (1,)");
    assert_refused(&t, state, average, (reel_named_tensor){"state.0.exp_avg", minus}, n,
                   REEL_ERR_DTYPE, "float64");
    assert_refused(&t, state, 0, (reel_named_tensor){"state.0.step", t.p}, n, REEL_ERR_SHAPE,
                   "of one element");
    assert_refused(&t, state, lr, (reel_named_tensor){"param_groups.0.lr", minus}, n,
                   REEL_ERR_VALUE, "lr must not be negative");
    reel_free(r);
}
END_TEST

#define REFUSES(kind, text, ...)                                                                   \
    ck_assert_ptr_null(reel_optim_##kind(list, (reel_##kind##_options){__VA_ARGS__}));             \
    assert_error(r, REEL_ERR_VALUE, text)

START_TEST(options_are_checked)
{
    reel *r = quiet_reel();
    reel_tensor *p[2] = {reel_ones(r, REEL_F32, REEL_SHAPE(1))};
    p[1] = p[0];
    const reel_tensor_list list = {r, p, 1};
    REFUSES(adam, "Adam: lr must not be negative, and is -1", .lr = -1);
    REFUSES(adam, "Adam: beta1 must be from 0 to less than 1, and is 1", .betas = {1, 0});
    REFUSES(adamw, "AdamW: beta2 must be from 0 to less than 1", .betas = {0, -0.5});
    REFUSES(adamax, "Adamax: eps must not be negative", .eps = -1);
    REFUSES(nadam, "NAdam: momentum_decay must not be negative", .momentum_decay = -1);
    REFUSES(radam, "RAdam: weight_decay must not be negative", .weight_decay = -1);
    REFUSES(rmsprop, "RMSprop: alpha must not be negative", .alpha = -1);
    REFUSES(rmsprop, "RMSprop: momentum must not be negative", .momentum = -1);
    REFUSES(adagrad, "Adagrad: initial_accumulator_value must not",
            .initial_accumulator_value = -1);
    REFUSES(adagrad, "Adagrad: lr_decay must not", .lr_decay = -1);
    REFUSES(adadelta, "Adadelta: rho must be from 0 to 1, and is 1.5", .rho = 1.5);
    REFUSES(asgd, "ASGD: weight_decay must not", .weight_decay = -1);
    REFUSES(rprop, "Rprop: etaminus must be between 0 and 1", .etas = {1, 2});
    REFUSES(rprop, "Rprop: etaplus must be above 1", .etas = {0.5, 1});
    ck_assert_ptr_null(reel_optim_adam((reel_tensor_list){r, p, 2}, (reel_adam_options){0}));
    assert_error(r, REEL_ERR_VALUE, "Adam: a parameter of shape (1,) is given twice");
    reel_free(r);
}
END_TEST

START_TEST(groups_have_settings_of_their_own)
{
    reel *r = quiet_reel();
    reel_tensor *p[3];
    for (int i = 0; i < 3; i++) {
        p[i] = reel_requires_grad_(reel_zeros(r, REEL_F64, REEL_SHAPE(1)), true);
    }
    reel_optimizer *o = reel_optim_sgd((reel_tensor_list){r, p, 1}, (reel_sgd_options){.lr = 1});
    ck_assert_int_eq(reel_add_param_group(o, (reel_tensor_list){r, p + 1, 2},
                                          (reel_setting[]){{"lr", 2}, {"momentum", 0.5}}, 2),
                     REEL_OK);
    ck_assert_int_eq((int)reel_param_groups(o), 2);
    for (int i = 0; i < 2; i++) {
        reel_zero_grad(o);
        reel_backward(reel_add(reel_add(p[0], p[1]), p[2]));
        reel_step(o);
        reel_rewind(r);
    }
    ck_assert(reel_item(p[0]) == -2 && reel_item(p[1]) == -5 && reel_item(p[2]) == -5);
    ck_assert(reel_lr(o, 0) == 1 && reel_lr(o, 1) == 2);
    ck_assert_int_eq(reel_set_lr(o, 1, 0.25), REEL_OK);
    ck_assert(reel_lr(o, 1) == 0.25);
    ck_assert_int_eq(reel_set_lr(o, 1, -1), REEL_ERR_VALUE);
    assert_error(r, REEL_ERR_VALUE, "SGD: lr must not be negative, and is -1");
    ck_assert(reel_lr(o, 1) == 0.25);
    ck_assert(isnan(reel_lr(o, 2)));
    assert_error(r, REEL_ERR_VALUE, "SGD: there is no group 2 of 2");
    ck_assert(isnan(reel_group_setting(o, 0, "alpha")));
    assert_error(r, REEL_ERR_VALUE, "SGD: there is no setting 'alpha'");
    ck_assert_int_eq(reel_add_param_group(o, (reel_tensor_list){r, p, 1}, NULL, 0), REEL_ERR_VALUE);
    assert_error(r, REEL_ERR_VALUE, "SGD: a parameter of shape (1,) is given twice");
    ck_assert_int_eq(
        reel_add_param_group(o, (reel_tensor_list){r, p, 1}, (reel_setting[]){{"eps", 1}}, 1),
        REEL_ERR_VALUE);
    assert_error(r, REEL_ERR_VALUE, "SGD: there is no setting 'eps'");
    ck_assert_int_eq((int)reel_param_groups(o), 2);
    reel_free(r);
}
END_TEST

static reel_tensor *square_of(void *context)
{
    reel_tensor *p = context;
    reel_zero_grad_of(p);
    reel_tensor *loss = reel_square(p);
    reel_backward(loss);
    return loss;
}

START_TEST(a_closure_brings_the_gradient)
{
    reel *r = reel_new();
    reel_tensor *p = reel_requires_grad_(reel_full(r, REEL_F64, 3, REEL_SHAPE(1)), true);
    reel_optimizer *o =
        reel_optim_sgd((reel_tensor_list){r, &p, 1}, (reel_sgd_options){.lr = 0.25});
    double loss;
    ck_assert_int_eq(reel_step_with(o, square_of, p, &loss), REEL_OK);
    ck_assert(loss == 9 && reel_item(p) == 1.5);
    reel_free(r);
}
END_TEST

/* Recorded gradients may lie in memory in another order than the parameter does. */
START_TEST(recorded_gradients_serve_too)
{
    reel *r = reel_new();
    reel_tensor *p = reel_requires_grad_(reel_zeros(r, REEL_F32, REEL_SHAPE(2, 3)), true);
    reel_optimizer *o = reel_optim_sgd((reel_tensor_list){r, &p, 1}, (reel_sgd_options){.lr = 1});
    reel_tensor *w = reel_from_f32(r, (float[]){1, 2, 3, 4, 5, 6}, REEL_SHAPE(3, 2));
    reel_tensor *loss = reel_sum(reel_mul(reel_t(p), w));
    ck_assert_int_eq(reel_backward_with(loss, &(reel_backward_options){.create_graph = true}),
                     REEL_OK);
    reel_step(o);
    ck_assert_str_eq(reel_repr(reel_detach(p)),
                     "tensor([[-1., -3., -5.],\n        [-2., -4., -6.]])");
    reel_free(r);
}
END_TEST

/* Momenta and rates of few digits too: their sums lie between two floats. */
#define MORE_CASES(X)                                                                              \
    X(sgd, sgd, .lr = 0.1)                                                                         \
    X(sgd_half, sgd, .lr = 0.5, .weight_decay = 0.25, .maximize = true)                            \
    X(sgd_momentum, sgd, .lr = 0.001, .momentum = 0.9)                                             \
    X(sgd_upwards, sgd, .lr = 0.5, .momentum = 0.75, .dampening = 0.25, .maximize = true)          \
    X(sgd_damped, sgd, .lr = 0.75, .momentum = 0.5, .dampening = 0.25, .weight_decay = 0.1)        \
    X(adam_half, adam, .lr = 0.5, .betas = {0.5, 0.75}, .weight_decay = 0.125)                     \
    X(adam_upwards, adam, .lr = 0.25, .betas = {0.75, 0.5}, .maximize = true)
MORE_CASES(MAKER)

static reel_optimizer *(*const makers[])(reel_tensor_list parameters) = {
#define MAKE(name, ...) make_##name,
    CASES(MAKE) MORE_CASES(MAKE)};
enum { MAKERS = sizeof makers / sizeof *makers, MOST = 300 };

/* Numbers of any size with all digits, of few digits, and what ends the range. */
static float odd_number(unsigned *state)
{
    static const float odd[] = {0,          -0.0F,    1,        0.5F,     -0.375F, 0x1p-149F,
                                -0x1p-126F, 0x1p127F, -FLT_MAX, INFINITY, NAN};
    *state = *state * 1664525 + 1013904223;
    const unsigned draw = *state >> 8;
    return draw % 4 == 0 ? odd[draw / 4 % (sizeof odd / sizeof *odd)]
                         : ldexpf((float)draw - 0x1p23F, -(int)(draw / 4 % 30));
}

/* Three steps of n parameters with kernels of a level. */
static void run_at(const char *level, size_t maker, int64_t n, float *parameters)
{
    setenv("REEL_CPU", level, 1);
    reel *r = reel_new();
    unsetenv("REEL_CPU");
    unsigned state = (unsigned)(maker + 1);
    reel_tensor *p = reel_requires_grad_(reel_zeros(r, REEL_F32, REEL_SHAPE(n)), true);
    for (int64_t i = 0; i < n; i++) {
        reel_data_f32(p)[i] = odd_number(&state);
    }
    reel_optimizer *o = makers[maker]((reel_tensor_list){r, &p, 1});
    for (int k = 0; k < 3; k++) {
        reel_zero_grad(o);
        reel_backward(reel_sum(p));
        for (int64_t i = 0; i < n; i++) {
            reel_data_f32(reel_grad(p))[i] = odd_number(&state);
        }
        ck_assert_int_eq(reel_step(o), REEL_OK);
        reel_rewind(r);
    }
    memcpy(parameters, reel_data_f32(p), (size_t)n * sizeof *parameters);
    reel_free(r);
}

START_TEST(every_level_gives_the_same_bits)
{
    static const int64_t sizes[] = {1, 7, 128, MOST};
    static const char *const levels[] = {"portable", "avx2"};
    const int64_t n = sizes[_i / 2];
    for (size_t maker = 0; maker < MAKERS; maker++) {
        float expected[MOST], found[MOST];
        run_at("avx512", maker, n, expected);
        run_at(levels[_i % 2], maker, n, found);
        for (int64_t i = 0; i < n; i++) {
            ck_assert_msg((isnan(found[i]) && isnan(expected[i])) ||
                              memcmp(found + i, expected + i, sizeof *found) == 0,
                          "case %zu, element %d: %a, not %a", maker, (int)i, (double)found[i],
                          (double)expected[i]);
        }
    }
}
END_TEST

static void add_cases(TCase *tcase)
{
    tcase_add_loop_test(tcase, every_level_gives_the_same_bits, 0, 8);
    tcase_add_test(tcase, every_optimizer_is_pytorchs);
    tcase_add_test(tcase, they_go_on_where_they_stopped);
    tcase_add_test(tcase, wrong_states_are_refused);
    tcase_add_test(tcase, options_are_checked);
    tcase_add_test(tcase, groups_have_settings_of_their_own);
    tcase_add_test(tcase, a_closure_brings_the_gradient);
    tcase_add_test(tcase, recorded_gradients_serve_too);
}

int main(void) { return run_suite("optimizers", add_cases); }
