/* SPDX-License-Identifier: MIT */
/* Every scheduler against PyTorch's, step by step. Expected values:
 * tests/generate/schedulers.py. */
#include "records.h"

#include <reel/autograd.h>
#include <reel/optim.h>
#include <reel/scheduler.h>
#include <stdio.h>

enum { STEPS = 40, GROUPS = 2 };

static double metric(int step)
{
    return step < 6 ? 1 / (double)(1 + step) : 0.2 + 0.01 * (step % 3);
}

static double falling(void *context, size_t group, int64_t epoch)
{
    (void)context;
    return group == 0 ? pow(0.95, (double)epoch) : 1 / (1 + (double)epoch);
}

static double half_over(void *context, double cycle)
{
    (void)context;
    return 0.5 / cycle;
}

#define CASE(name, kind, ...)                                                                      \
    static reel_scheduler *name(reel_optimizer *o)                                                 \
    {                                                                                              \
        return reel_lr_##kind(o, (reel_lr_##kind##_options){__VA_ARGS__});                         \
    }
CASE(step, step, .step_size = 7)
CASE(step_gamma, step, .step_size = 3, .gamma = 0.7)
static const int64_t four[] = {5, 11, 11, 30}, two[] = {2, 3};
CASE(multi_step, multi_step, .milestones = four, .count = 4)
CASE(multi_step_gamma, multi_step, two, 2, 0.3)
CASE(exponential, exponential, 0.95)
CASE(constant, constant, 0)
CASE(constant_factor, constant, .factor = 0.7, .total_iters = 12)
CASE(linear, linear, 0)
CASE(linear_factors, linear, 0.9, 0.1, 17)
CASE(linear_to_zero, linear, 0.9, REEL_ZERO, 17)
CASE(polynomial, polynomial, 0)
CASE(polynomial_power, polynomial, 30, 2.5)
CASE(cosine, cosine_annealing, .T_max = 13)
CASE(cosine_min, cosine_annealing, 9, 0.01)
CASE(restarts, cosine_annealing_warm_restarts, .T_0 = 6)
CASE(restarts_mult, cosine_annealing_warm_restarts, 4, 2, 0.01)
static const double tops[] = {0.5, 0.7}, lows[] = {0.01, 0.02}, highs[] = {0.1, 0.3},
                    floors[] = {0.02, 0.001};
CASE(one_cycle, one_cycle, 0.5, .total_steps = 40)
CASE(one_cycle_linear, one_cycle, .max_lrs = tops, .epochs = 9, .steps_per_epoch = 5,
     .pct_start = 0.4, .anneal_strategy = REEL_ANNEAL_LINEAR, .base_momentum = 0.5,
     .max_momentum = 0.6, .div_factor = 10, .final_div_factor = 100)
CASE(one_cycle_three, one_cycle, 0.5, .total_steps = 41, .three_phase = true)
CASE(one_cycle_lr, one_cycle, 0.5, .total_steps = 41, .no_cycle_momentum = true)
CASE(cyclic, cyclic, 0.01, 0.1, .step_size_up = 5)
CASE(cyclic_lr, cyclic, 0.01, 0.1, .step_size_up = 5, .no_cycle_momentum = true)
CASE(cyclic2, cyclic, .base_lrs = lows, .max_lrs = highs, .step_size_up = 5, .step_size_down = 3,
     .mode = REEL_TRIANGULAR2)
CASE(cyclic_exp, cyclic, 0.01, 0.1, .step_size_up = 4, .mode = REEL_EXP_RANGE, .gamma = 0.9,
     .base_momentum = 0.1, .max_momentum = 0.5)
CASE(cyclic_function, cyclic, 0.01, 0.1, .step_size_up = 4, .scale_fn = half_over,
     .no_cycle_momentum = true)
CASE(plateau, reduce_on_plateau, 0)
CASE(plateau_patience, reduce_on_plateau, .factor = 0.5, .patience = 2, .cooldown = 3,
     .min_lrs = floors)
CASE(plateau_max, reduce_on_plateau, .max = true, .factor = 0.5, .patience = REEL_ZERO_COUNT,
     .threshold = 0.05, .absolute = true)
CASE(warm_linear, linear, 0.1, 1, 6)
CASE(cosine_20, cosine_annealing, .T_max = 20)
CASE(constant_3, constant, 0.1, 3)
CASE(exponential_9, exponential, 0.9)
CASE(step_4, step, .step_size = 4)
CASE(restarts_5, cosine_annealing_warm_restarts, .T_0 = 5)
CASE(restarts_3, cosine_annealing_warm_restarts, .T_0 = 3, .T_mult = 2)
CASE(polynomial_12, polynomial, 12, 2)
CASE(one_cycle_12, one_cycle, 0.5, .total_steps = 12)
static const int64_t four_nine[] = {4, 9};
CASE(multi_step_49, multi_step, .milestones = four_nine, .count = 2)

static reel_scheduler *lambda(reel_optimizer *o) { return reel_lr_lambda(o, falling, NULL); }

static reel_scheduler *multiplicative(reel_optimizer *o)
{
    return reel_lr_multiplicative(o, falling, NULL);
}

static reel_scheduler *chained(reel_optimizer *o)
{
    reel_scheduler *parts[] = {constant_3(o), exponential_9(o), step_4(o)};
    return reel_lr_chained(o, parts, 3);
}

static reel_scheduler *chained_cycles(reel_optimizer *o)
{
    reel_scheduler *parts[] = {cyclic(o), polynomial_12(o)};
    return reel_lr_chained(o, parts, 2);
}

static reel_scheduler *sequential_warm(reel_optimizer *o)
{
    reel_scheduler *parts[] = {warm_linear(o), cosine_20(o)};
    return reel_lr_sequential(o, parts, 2, (int64_t[]){6});
}

static reel_scheduler *sequential_three(reel_optimizer *o)
{
    reel_scheduler *parts[] = {constant_3(o), exponential_9(o), step_4(o)};
    return reel_lr_sequential(o, parts, 3, (int64_t[]){8, 20});
}

static reel_scheduler *sequential_restarts(reel_optimizer *o)
{
    reel_scheduler *parts[] = {restarts_5(o), polynomial_12(o), restarts_3(o)};
    return reel_lr_sequential(o, parts, 3, (int64_t[]){7, 22});
}

static reel_scheduler *sequential_cycles(reel_optimizer *o)
{
    reel_scheduler *parts[] = {one_cycle_12(o), multi_step_49(o), cyclic_lr(o)};
    return reel_lr_sequential(o, parts, 3, (int64_t[]){12, 25});
}

static const struct {
    const char *name;
    reel_scheduler *(*make)(reel_optimizer *o);
} cases[] = {
#define ROW(name) {#name, name},
    ROW(step) ROW(step_gamma) ROW(multi_step) ROW(multi_step_gamma) ROW(exponential) ROW(constant)
        ROW(constant_factor) ROW(linear) ROW(linear_factors) ROW(linear_to_zero) ROW(polynomial)
            ROW(polynomial_power) ROW(cosine) ROW(cosine_min) ROW(restarts) ROW(restarts_mult)
                ROW(one_cycle) ROW(one_cycle_linear) ROW(one_cycle_three) ROW(one_cycle_lr)
                    ROW(cyclic) ROW(cyclic2) ROW(cyclic_exp) ROW(cyclic_function) ROW(plateau)
                        ROW(plateau_patience) ROW(plateau_max) ROW(lambda) ROW(multiplicative)
                            ROW(chained) ROW(chained_cycles) ROW(sequential_warm)
                                ROW(sequential_three) ROW(sequential_restarts)
                                    ROW(sequential_cycles)};
enum { CASE_COUNT = sizeof cases / sizeof *cases };

/* An optimizer of two groups, whose parameters have no gradients. */
static reel_optimizer *two_groups(reel *r)
{
    reel_tensor *p[GROUPS];
    for (int g = 0; g < GROUPS; g++) {
        p[g] = reel_requires_grad_(reel_zeros(r, REEL_F32, REEL_SHAPE(1)), true);
    }
    reel_optimizer *o =
        reel_optim_sgd((reel_tensor_list){r, p, 1}, (reel_sgd_options){.lr = 0.1, .momentum = 0.3});
    ck_assert_int_eq(
        reel_add_param_group(o, (reel_tensor_list){r, p + 1, 1}, (reel_setting[]){{"lr", 0.04}}, 1),
        REEL_OK);
    return o;
}

static reel_scheduler *make(const char *name, reel_optimizer *o)
{
    size_t i = 0;
    while (i < CASE_COUNT && strcmp(cases[i].name, name) != 0) {
        i++;
    }
    ck_assert_msg(i < CASE_COUNT, "there is no case %s", name);
    reel_scheduler *s = cases[i].make(o);
    ck_assert_ptr_nonnull(s);
    return s;
}

static void go_on(reel_optimizer *o, reel_scheduler *s, bool plateaus, int step)
{
    ck_assert_int_eq(reel_step(o), REEL_OK);
    ck_assert_int_eq(
        plateaus ? reel_scheduler_step_metric(s, metric(step)) : reel_scheduler_step(s), REEL_OK);
}

START_TEST(every_schedule_is_pytorchs)
{
    FILE *file = open_records("optim/schedules.txt");
    int count = 0;
    for (record it; next_record(file, &it); count++) {
        reel *r = reel_new();
        reel_optimizer *o = two_groups(r);
        reel_scheduler *s = make(it.word[0], o);
        ck_assert_int_eq(it.values, STEPS * GROUPS);
        for (int step = 0; step < STEPS; step++) {
            for (size_t g = 0; g < GROUPS; g++) {
                const double expected = record_number(&it, it.words + step * GROUPS + (int)g);
                const double got = reel_group_setting(o, g, it.word[1]);
                ck_assert_msg(got == expected, "%s: %s of group %zu at step %d is %a, not %a",
                              it.word[0], it.word[1], g, step, got, expected);
            }
            go_on(o, s, strncmp(it.word[0], "plateau", 7) == 0, step);
        }
        ck_assert_int_eq(reel_scheduler_last_epoch(s), STEPS);
        reel_free(r);
    }
    ck_assert_int_eq(count, CASE_COUNT + 10);
}
END_TEST

/* What a scheduler and its optimizer remember, put into others of their kind half way, leads on to
 * the same rates. */
START_TEST(they_go_on_where_they_stopped)
{
    for (size_t c = 0; c < CASE_COUNT; c++) {
        for (int stop = 1; stop < STEPS; stop += 5) {
            reel *r = reel_new();
            const bool plateaus = strncmp(cases[c].name, "plateau", 7) == 0;
            reel_optimizer *o = two_groups(r), *o2 = two_groups(r);
            reel_scheduler *s = cases[c].make(o), *s2 = cases[c].make(o2);
            for (int step = 0; step < stop; step++) {
                go_on(o, s, plateaus, step);
            }
            const reel_named_tensors of_o = reel_optimizer_state_dict(o),
                                     of_s = reel_scheduler_state_dict(s);
            ck_assert_int_eq(reel_optimizer_load_state_dict(o2, of_o.entries, of_o.count), REEL_OK);
            ck_assert_int_eq(reel_scheduler_load_state_dict(s2, of_s.entries, of_s.count), REEL_OK);
            for (int step = stop; step < STEPS; step++) {
                for (size_t g = 0; g < GROUPS; g++) {
                    ck_assert(reel_lr(o, g) == reel_lr(o2, g));
                    ck_assert(reel_group_setting(o, g, "momentum") ==
                              reel_group_setting(o2, g, "momentum"));
                }
                go_on(o, s, plateaus, step);
                go_on(o2, s2, plateaus, step);
            }
            reel_free(r);
        }
    }
}
END_TEST

/* The same into a scheduler that was made with other settings: they are the first one's from then
 * on. */
START_TEST(settings_come_back)
{
    static reel_scheduler *(*const pairs[][2])(reel_optimizer * o) = {
        {step, step_gamma},           {multi_step_gamma, multi_step_49},
        {exponential, exponential_9}, {constant, constant_factor},
        {linear, linear_factors},     {polynomial, polynomial_power},
        {cosine, cosine_min},         {restarts, restarts_mult},
        {one_cycle, one_cycle_three}, {one_cycle_three, one_cycle_linear},
        {cyclic, cyclic_exp},         {cyclic2, cyclic},
        {plateau, plateau_patience},  {plateau_max, plateau}};
    for (size_t c = 0; c < 2 * sizeof pairs / sizeof *pairs; c++) {
        reel *r = reel_new();
        reel_optimizer *o = two_groups(r), *o2 = two_groups(r);
        reel_scheduler *s = pairs[c / 2][c % 2](o), *s2 = pairs[c / 2][1 - c % 2](o2);
        const bool plateaus = c / 2 >= sizeof pairs / sizeof *pairs - 2;
        for (int step = 0; step < 6; step++) {
            go_on(o, s, plateaus, step);
        }
        const reel_named_tensors of_o = reel_optimizer_state_dict(o),
                                 of_s = reel_scheduler_state_dict(s);
        ck_assert_int_eq(reel_optimizer_load_state_dict(o2, of_o.entries, of_o.count), REEL_OK);
        ck_assert_int_eq(reel_scheduler_load_state_dict(s2, of_s.entries, of_s.count), REEL_OK);
        for (int step = 6; step < STEPS; step++) {
            for (size_t g = 0; g < GROUPS; g++) {
                ck_assert_msg(reel_lr(o, g) == reel_lr(o2, g), "pair %zu, step %d", c, step);
            }
            go_on(o, s, plateaus, step);
            go_on(o2, s2, plateaus, step);
        }
        reel_free(r);
    }
}
END_TEST

/* Two that go by the rate before can be stepped one after the other: their factors multiply. */
START_TEST(chained_schedules_multiply)
{
    reel *r = reel_new();
    reel_optimizer *o = two_groups(r);
    reel_scheduler *s = step_4(o), *t = exponential_9(o);
    for (int step = 0; step < 10; step++) {
        assert_close(reel_lr(o, 0), 0.1 * pow(0.1, floor(step / 4.0)) * pow(0.9, step), 1e-14);
        reel_step(o);
        reel_scheduler_step(s);
        reel_scheduler_step(t);
    }
    reel_free(r);
}
END_TEST

static void remember_warning(void *context, reel_level level, const char *message)
{
    if (level == REEL_WARNING) {
        snprintf(context, 256, "%s", message);
    }
}

START_TEST(a_step_in_the_wrong_order_is_a_warning)
{
    char warning[256] = "";
    reel *r = reel_new();
    reel_set_message_handler(r, remember_warning, warning);
    reel_optimizer *o = two_groups(r);
    reel_scheduler *s = step(o);
    ck_assert_int_eq(reel_scheduler_step(s), REEL_OK);
    ck_assert_msg(strstr(warning, "came before the optimizer's"), "\"%s\"", warning);
    warning[0] = '\0';
    reel_scheduler_step(s);
    reel_step(o);
    reel_scheduler *t = step(o);
    reel_step(o);
    reel_scheduler_step(t);
    ck_assert_str_eq(warning, "");
    reel_free(r);
}
END_TEST

/* A momentum that was off gets its buffers when a schedule turns it on. */
START_TEST(momentum_can_be_turned_on)
{
    reel *r = reel_new();
    reel_tensor *p = reel_requires_grad_(reel_ones(r, REEL_F64, REEL_SHAPE(1)), true);
    reel_optimizer *o = reel_optim_sgd((reel_tensor_list){r, &p, 1}, (reel_sgd_options){.lr = 0.1});
    reel_scheduler *s = reel_lr_cyclic(
        o, (reel_lr_cyclic_options){
               .base_lr = 0.1, .max_lr = 0.1, .base_momentum = 0.5, .max_momentum = 0.5});
    for (int i = 0; i < 2; i++) {
        reel_zero_grad(o);
        reel_backward(p);
        reel_step(o);
        reel_scheduler_step(s);
    }
    assert_close(reel_item(p), 1 - 0.1 - 0.1 * 1.5, 1e-15);
    reel_free(r);
}
END_TEST

START_TEST(schedules_refuse)
{
    reel *r = quiet_reel();
    reel_optimizer *o = two_groups(r);
    const double lr = reel_lr(o, 0);
    ck_assert_ptr_null(reel_lr_step(o, (reel_lr_step_options){0}));
    assert_error(r, REEL_ERR_VALUE, "StepLR: step_size must be above 0, and is 0");
    ck_assert_ptr_null(reel_lr_constant(o, (reel_lr_constant_options){.factor = 2}));
    assert_error(r, REEL_ERR_VALUE, "ConstantLR: a factor must be from 0 to 1, and is 2");
    ck_assert_ptr_null(reel_lr_linear(o, (reel_lr_linear_options){.end_factor = -1}));
    assert_error(r, REEL_ERR_VALUE, "LinearLR: a factor");
    ck_assert_ptr_null(reel_lr_cosine_annealing(o, (reel_lr_cosine_annealing_options){0}));
    assert_error(r, REEL_ERR_VALUE, "CosineAnnealingLR: T_max");
    ck_assert_ptr_null(reel_lr_cosine_annealing_warm_restarts(
        o, (reel_lr_cosine_annealing_warm_restarts_options){.T_0 = 1, .T_mult = -1}));
    assert_error(r, REEL_ERR_VALUE, "CosineAnnealingWarmRestarts: T_mult");
    ck_assert_ptr_null(reel_lr_one_cycle(o, (reel_lr_one_cycle_options){.max_lr = 1}));
    assert_error(r, REEL_ERR_VALUE, "OneCycleLR: total_steps");
    ck_assert_ptr_null(reel_lr_one_cycle(
        o, (reel_lr_one_cycle_options){.max_lr = 1, .total_steps = 1, .pct_start = 2}));
    assert_error(r, REEL_ERR_VALUE, "OneCycleLR: pct_start");
    ck_assert_ptr_null(
        reel_lr_reduce_on_plateau(o, (reel_lr_reduce_on_plateau_options){.factor = 1}));
    assert_error(r, REEL_ERR_VALUE, "ReduceLROnPlateau: factor");
    ck_assert_ptr_null(reel_lr_lambda(o, NULL, NULL));
    assert_error(r, REEL_ERR_VALUE, "LambdaLR: it needs a function");
    ck_assert(reel_lr(o, 0) == lr);
    ck_assert_ptr_null(reel_lr_step(NULL, (reel_lr_step_options){.step_size = 1}));
    ck_assert_int_ne(reel_scheduler_step(NULL), REEL_OK);
    reel_free(r);
}
END_TEST

START_TEST(steps_refuse)
{
    reel *r = quiet_reel();
    reel_optimizer *o = two_groups(r), *other = two_groups(r);
    reel_scheduler *s = plateau(o);
    ck_assert_int_eq(reel_scheduler_step(s), REEL_ERR_STATE);
    assert_error(r, REEL_ERR_STATE, "ReduceLROnPlateau: a step needs a metric");
    reel_scheduler *t = one_cycle_12(o);
    ck_assert_int_eq(reel_scheduler_step_metric(t, 1), REEL_ERR_STATE);
    assert_error(r, REEL_ERR_STATE, "OneCycleLR: a step takes no metric");
    for (int i = 0; i < 12; i++) {
        ck_assert_int_eq(reel_scheduler_step(t), REEL_OK);
    }
    const double lr = reel_lr(o, 0);
    ck_assert_int_eq(reel_scheduler_step(t), REEL_ERR_STATE);
    ck_assert(reel_lr(o, 0) == lr && reel_scheduler_last_epoch(t) == 12);
    assert_error(r, REEL_ERR_STATE, "OneCycleLR: step 13 is past its end at 12");
    ck_assert_ptr_null(reel_lr_sequential(o, (reel_scheduler *[]){s, t}, 2, (int64_t[]){3}));
    assert_error(r, REEL_ERR_VALUE, "SequentialLR: a ReduceLROnPlateau cannot be a part");
    ck_assert_ptr_null(reel_lr_sequential(other, &t, 1, NULL));
    assert_error(r, REEL_ERR_VALUE, "SequentialLR: scheduler 0 is another optimizer's");
    ck_assert_ptr_null(reel_lr_chained(o, &s, 1));
    assert_error(r, REEL_ERR_VALUE, "ChainedScheduler: a ReduceLROnPlateau cannot be a part");
    ck_assert_ptr_null(reel_lr_chained(o, NULL, 0));
    assert_error(r, REEL_ERR_VALUE, "ChainedScheduler: it needs a scheduler");
    reel_free(r);
}
END_TEST

static void add_cases(TCase *tcase)
{
    tcase_add_test(tcase, every_schedule_is_pytorchs);
    tcase_add_test(tcase, they_go_on_where_they_stopped);
    tcase_add_test(tcase, settings_come_back);
    tcase_add_test(tcase, chained_schedules_multiply);
    tcase_add_test(tcase, a_step_in_the_wrong_order_is_a_warning);
    tcase_add_test(tcase, momentum_can_be_turned_on);
    tcase_add_test(tcase, schedules_refuse);
    tcase_add_test(tcase, steps_refuse);
}

int main(void) { return run_suite("schedulers", add_cases); }
