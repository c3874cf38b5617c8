/* SPDX-License-Identifier: MIT */
/*
 * Optimizers, schedules and averages while allocation k fails, once or from then on, for every k
 * until none fails. What fails has changed nothing: whoever clears the error and tries again ends
 * with the very bits of an undisturbed run.
 */
#include "faulty.h"

#include <reel/reel.h>

enum { COUNT = 5, STEPS = 4 };

/* Two parameters, and all that is made for them. */
typedef struct training {
    reel *r;
    faulty *f;
    reel_tensor *p[2];
    reel_optimizer *optimizer;
    reel_scheduler *scheduler;
    reel_ema *ema;
    bool residuals; /* the closure returns those, not their sum */
} training;

/* Tries again what has failed for want of memory. For good means: memory is there again after a
 * while. */
static bool again(training *t, bool done)
{
    if (!done) {
        ck_assert_int_eq(reel_error_status(t->r), REEL_ERR_MEMORY);
        reel_clear_error(t->r);
        t->f->for_good = false;
    }
    return !done;
}

#define UNTIL(t, condition)                                                                        \
    while (again(t, condition)) {                                                                  \
    }

static bool make_parameter(training *t, int i)
{
    reel_tensor *p = reel_full(t->r, REEL_F64, i + 0.5, REEL_SHAPE(1, COUNT));
    t->p[i] = reel_is_poison(p) ? NULL : reel_requires_grad_(p, true);
    return t->p[i] != NULL;
}

static reel_tensor *evaluate(void *context)
{
    training *t = context;
    reel_rewind(t->r);
    reel_tensor *bend = reel_sub(t->p[1], reel_square(t->p[0]));
    reel_tensor *both[] = {reel_mul_scalar(bend, 10), reel_add_scalar(t->p[0], -1)};
    reel_tensor *all = reel_cat(both, 2, 0);
    if (t->residuals) {
        return all;
    }
    reel_tensor *loss = reel_sum(reel_square(all));
    reel_zero_grad(t->optimizer);
    reel_backward(loss);
    return loss;
}

/* One step; if it fails, the parameters are as they were. */
static bool step(training *t)
{
    double before[2][COUNT], after[COUNT];
    for (int i = 0; i < 2; i++) {
        memcpy(before[i], reel_data_f64(t->p[i]), sizeof before[i]);
    }
    if (reel_step_with(t->optimizer, evaluate, t, NULL) == REEL_OK) {
        return true;
    }
    for (int i = 0; i < 2; i++) {
        memcpy(after, reel_data_f64(t->p[i]), sizeof after);
        ck_assert(memcmp(before[i], after, sizeof after) == 0);
    }
    return false;
}

static bool saves_and_loads(training *t)
{
    const reel_named_tensors o = reel_optimizer_state_dict(t->optimizer);
    if (o.count == 0 ||
        reel_optimizer_load_state_dict(t->optimizer, o.entries, o.count) != REEL_OK) {
        return false;
    }
    const reel_named_tensors s = reel_scheduler_state_dict(t->scheduler);
    if (t->scheduler && (s.count == 0 || reel_scheduler_load_state_dict(t->scheduler, s.entries,
                                                                        s.count) != REEL_OK)) {
        return false;
    }
    const reel_named_tensors e = reel_ema_state_dict(t->ema);
    return e.count > 0 && reel_ema_load_state_dict(t->ema, e.entries, e.count) == REEL_OK;
}

static reel_optimizer *make_adam(const training *t)
{
    return reel_optim_adam((reel_tensor_list){t->r, t->p, 1},
                           (reel_adam_options){.lr = 0.1, .amsgrad = true});
}

static reel_optimizer *make_sgd(const training *t)
{
    return reel_optim_sgd((reel_tensor_list){t->r, t->p, 1}, (reel_sgd_options){.lr = 0.001});
}

static reel_optimizer *make_adafactor(const training *t)
{
    return reel_optim_adafactor((reel_tensor_list){t->r, t->p, 1}, (reel_adafactor_options){0});
}

static reel_optimizer *make_muon(const training *t)
{
    return reel_optim_muon((reel_tensor_list){t->r, t->p, 1}, (reel_muon_options){0});
}

static reel_optimizer *make_lbfgs(const training *t)
{
    return reel_optim_lbfgs((reel_tensor_list){t->r, t->p, 2},
                            (reel_lbfgs_options){.max_iter = 4,
                                                 .history_size = 5,
                                                 .line_search_fn = REEL_STRONG_WOLFE});
}

static reel_optimizer *make_lm(const training *t)
{
    return reel_optim_levenberg_marquardt((reel_tensor_list){t->r, t->p, 2},
                                          (reel_levenberg_marquardt_options){0});
}

static reel_scheduler *one_cycle(const training *t)
{
    return reel_lr_one_cycle(t->optimizer,
                             (reel_lr_one_cycle_options){.max_lr = 0.1, .total_steps = 9});
}

static reel_scheduler *sequence(const training *t)
{
    reel_scheduler *parts[] = {reel_lr_linear(t->optimizer, (reel_lr_linear_options){0}),
                               reel_lr_step(t->optimizer, (reel_lr_step_options){.step_size = 2})};
    reel_scheduler *s =
        parts[0] && parts[1] ? reel_lr_sequential(t->optimizer, parts, 2, (int64_t[]){2}) : NULL;
    for (int i = 0; i < 2 && !s; i++) {
        reel_scheduler_free(parts[i]);
    }
    return s;
}

static const struct {
    const char *name;
    reel_optimizer *(*make)(const training *t);
    reel_scheduler *(*schedule)(const training *t);
    bool grouped, residuals;
} cases[] = {
    {"Adam", make_adam, sequence, true, false},
    {"SGD", make_sgd, one_cycle, true, false},
    {"Adafactor", make_adafactor, sequence, true, false},
    {"Muon", make_muon, NULL, true, false},
    {"L-BFGS", make_lbfgs, NULL, false, false},
    {"Levenberg-Marquardt", make_lm, NULL, false, true},
};
enum { CASES = sizeof cases / sizeof *cases };

static bool make_optimizer(training *t, int i)
{
    t->optimizer = cases[i].make(t);
    return t->optimizer != NULL;
}

static bool make_scheduler(training *t, int i)
{
    t->scheduler = cases[i].schedule(t);
    return t->scheduler != NULL;
}

static bool make_ema(training *t)
{
    t->ema = reel_ema_new((reel_tensor_list){t->r, t->p, 2}, (reel_ema_options){.decay = 0.5});
    return t->ema != NULL;
}

/* A run in which allocation `fail_at` fails; into `values` the parameters at its end. */
static void run(faulty *f, int i, double values[2][COUNT])
{
    reel *r = faulty_reel(f);
    if (!r) {
        f->fail_at = -1;
        r = faulty_reel(f);
    }
    training t = {.r = r, .f = f, .residuals = cases[i].residuals};
    UNTIL(&t, make_parameter(&t, 0))
    UNTIL(&t, make_parameter(&t, 1))
    UNTIL(&t, make_optimizer(&t, i))
    if (cases[i].grouped) {
        UNTIL(&t, reel_add_param_group(t.optimizer, (reel_tensor_list){r, t.p + 1, 1}, NULL, 0) ==
                      REEL_OK)
    }
    if (cases[i].schedule) {
        UNTIL(&t, make_scheduler(&t, i))
    }
    UNTIL(&t, make_ema(&t))
    for (int k = 0; k < STEPS; k++) {
        UNTIL(&t, step(&t))
        UNTIL(&t, !t.scheduler || reel_scheduler_step(t.scheduler) == REEL_OK)
        UNTIL(&t, reel_ema_update(t.ema) == REEL_OK)
        UNTIL(&t, saves_and_loads(&t))
        UNTIL(&t,
              !isnan(reel_clip_grad_norm((reel_tensor_list){r, t.p, 2}, 1, (reel_clip_options){0})))
    }
    for (int k = 0; k < 2; k++) {
        memcpy(values[k], reel_data_f64(t.p[k]), sizeof values[k]);
    }
    faulty_end(f, r);
}

START_TEST(a_second_try_ends_with_the_same_bits)
{
    const int i = _i / 2;
    double expected[2][COUNT], values[2][COUNT];
    faulty f = {.fail_at = -1};
    run(&f, i, expected);
    const long calls = f.calls;
    for (long k = 0; k < calls; k++) {
        f = (faulty){.fail_at = k, .for_good = _i % 2 != 0};
        run(&f, i, values);
        ck_assert_msg(memcmp(expected, values, sizeof values) == 0, "%s: allocation %ld of %ld",
                      cases[i].name, k, calls);
    }
}
END_TEST

static void add_cases(TCase *tcase)
{
    tcase_add_loop_test(tcase, a_second_try_ends_with_the_same_bits, 0, 2 * CASES);
}

int main(void) { return run_suite("optimizers", add_cases); }
